"""Writing less on a note that waits for its decision; what it holds follows."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from creditnotes.lowering import Wanted, lowered, record_of, require_less
from creditnotes.models import CreditNote, Hold
from creditnotes.rebilling import rebill_of
from creditnotes.services.drafting import fix_content, lock_counters
from customers.errors import Refusal


def lower(note: CreditNote, wanted: Wanted) -> dict[str, Any]:
    """Write less on a locked, submitted note; answers what was asked for, as a record.

    Call it in the transaction of the decision. The note goes back and forth for it, as a return
    and a new submission would take it, under the counters' locks: so the database checks what is
    written as it checks every submission, and nobody comes between. Raises
    :class:`~customers.errors.Refusal` where a line would come to more.
    """
    if rebill_of(note) is not None:
        raise Refusal(_("It bills an invoice anew, so it is approved as it is, or returned."))
    asked, less = record_of(note), lowered(note, wanted)
    for position, line in enumerate(asked["lines"]):
        line["kept"] = less.positions.index(position) + 1 if position in less.positions else None
    lock_counters(note, less.claims)
    note.return_for_changes()
    note.hold = Hold.NONE
    note.save()
    fix_content(note, less.claims)
    require_less(note, asked)
    note.submit()
    note.save()
    return asked

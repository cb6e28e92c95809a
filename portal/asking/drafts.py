"""What a person began to ask for and did not send, to be continued."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from creditnotes.models import CreditNote, Reason
from creditnotes.services import MOST_UNSENT
from customers.models import Customer, Invoice, User
from portal import access
from portal.asking.typed import Typed

#: As many are offered at once: all that a person may keep.
MOST = MOST_UNSENT


@dataclass(frozen=True)
class Begun:
    """A draft in a list: what it is about, in the words that were typed, and since when."""

    note: CreditNote
    title: str
    about: str
    saved_at: datetime


def begun_by(user: User, customer: Customer) -> list[Begun]:
    """The person's drafts for the customer, the latest first; in three queries for all."""
    notes = list(
        access.drafts_of(user).filter(customer=customer).order_by("-unsent__saved_at")[:MOST]
    )
    if not notes:
        return []
    typed = {note.pk: Typed.kept(note.unsent.typed) for note in notes}
    wanted = {pk for each in typed.values() for pk in each.invoices}
    numbers = dict(
        Invoice.objects.filter(customer=customer, pk__in=wanted).values_list("pk", "number")
    )
    reasons = Reason.objects.filter(company=customer.company).in_bulk()
    return [_begun(note, typed[note.pk], numbers, reasons) for note in notes]


def _begun(
    note: CreditNote, typed: Typed, numbers: dict[int, str], reasons: dict[int, Reason]
) -> Begun:
    about = [numbers[pk] for pk in typed.invoices if pk in numbers]
    chosen = typed.head.get("reason", "")
    reason = reasons.get(int(chosen)) if chosen.isdecimal() else None
    words = typed.head.get("comment", "").strip()
    return Begun(
        note,
        _("Invoice %(numbers)s") % {"numbers": ", ".join(about)},
        str(reason or "") or words[:60],
        note.unsent.saved_at,
    )

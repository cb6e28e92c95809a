"""What is left of invoice lines for a page to show, and who holds the rest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal

from creditnotes import creditable
from creditnotes.creditable import Counters
from creditnotes.models import (
    CreditableLine,
    CreditableTax,
    CreditLine,
    CreditNote,
    Hold,
    State,
)
from customers.models import Invoice, User


@dataclass(frozen=True)
class Holding:
    """What one credit note holds of an invoice line; ``note`` is None where it may not be seen."""

    note: CreditNote | None
    quantity: Decimal
    net: Decimal
    is_issued: bool


def look(
    line_ids: Iterable[int],
    besides: CreditNote | None = None,
    invoice_ids: Iterable[int] = (),
) -> Counters:
    """The counters as they would stand if the note ``besides`` held nothing.

    A returned credit note keeps its reservation while it is changed; what it holds
    itself is not in its own way. Nothing is written.
    """
    counters = creditable.look(line_ids, invoice_ids)
    if besides is not None and besides.hold != Hold.NONE:
        _release(counters, besides)
    return counters


def _release(counters: Counters, note: CreditNote) -> None:
    for line in note.lines.all():
        if line.creditable_id and (counter := counters.lines.get(line.creditable_id)):
            _lessen(counter, note.hold, quantity=line.quantity, net=line.taken)
    for tax in note.taxes.all():
        if levied := counters.taxes.get(tax.creditable_id):
            _lessen(
                levied,
                note.hold,
                base=tax.base + tax.untaxed_base,
                amount=tax.amount + tax.withheld,
                kept=tax.kept,
                adjusted=tax.adjusted,
                recovered=tax.recovered,
            )


def _lessen(counter: CreditableLine | CreditableTax, hold: str, **held: Decimal) -> None:
    for what, amount in held.items():
        name = f"{hold}_{what}"
        setattr(counter, name, getattr(counter, name) - amount)


def held_lines(counters: Counters) -> list[int]:
    """The invoice lines of which anything is reserved or credited."""
    return [
        pk
        for pk, line in counters.lines.items()
        if (line.charged_quantity, line.charged_net) != (line.quantity_left, line.net_left)
    ]


def holdings_of(
    line_ids: Collection[int], user: User, besides: CreditNote | None = None
) -> dict[int, list[Holding]]:
    """Who has reserved or credited something of these invoice lines, by line; in two queries.

    Notes that ``user`` may not see are counted but not named (rule 7).
    """
    if not line_ids:
        return {}
    held = (
        CreditLine.objects.filter(
            creditable__in=line_ids, note__hold__in=[Hold.RESERVED, Hold.ISSUED]
        )
        .exclude(note=besides)
        .select_related("note__document", "note__owner", "creditable")
        .order_by("note_id", "position")
    )
    lines = list(held)
    seen = set(
        CreditNote.objects.visible_to(user)
        .filter(pk__in={line.note_id for line in lines})
        .values_list("pk", flat=True)
    )
    holdings: dict[int, list[Holding]] = defaultdict(list)
    for line in lines:
        note = line.note if line.note_id in seen else None
        issued = line.note.hold == Hold.ISSUED
        holdings[line.counter.pk].append(Holding(note, line.quantity, line.taken, issued))
    return holdings


def under_way_on(
    invoices: Collection[Invoice], user: User, besides: CreditNote | None
) -> list[CreditNote]:
    """Drafts and requests, as far as ``user`` may see them, that credit these invoices too.

    They reserve nothing yet: two people may be about to credit the same shortage.
    """
    others = CreditNote.objects.visible_to(user).exclude(pk=besides.pk if besides else None)
    found = others.filter(state__in=(State.DRAFT, State.REQUESTED), lines__invoice__in=invoices)
    return list(found.select_related("owner", "created_by").distinct().order_by("pk"))

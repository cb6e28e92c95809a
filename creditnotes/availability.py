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
    CreditTax,
    Hold,
    State,
)
from customers.models import Invoice, User
from customers.money import ZERO


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
    seen = _visible(user, {line.note_id for line in lines})
    holdings: dict[int, list[Holding]] = defaultdict(list)
    for line in lines:
        note = line.note if line.note_id in seen else None
        issued = line.note.hold == Hold.ISSUED
        holdings[line.counter.pk].append(Holding(note, line.quantity, line.taken, issued))
    return holdings


def held_taxes(counters: Counters) -> set[int]:
    """The invoices of whose taxes anything is reserved or credited."""
    return {
        tax.invoice_id for tax in counters.taxes.values() if tax.amount_left < tax.charged_amount
    }


def tax_holdings_of(
    invoice_ids: Collection[int], user: User, besides: CreditNote | None = None
) -> dict[tuple[int, str], list[Holding]]:
    """Who has reserved or given back how much of each tax, by invoice and kind; in two queries.

    As :func:`holdings_of`; a tax given back without any net stands on no invoice line.
    """
    if not invoice_ids:
        return {}
    held = (
        CreditTax.objects.filter(
            creditable__invoice__in=invoice_ids, note__hold__in=[Hold.RESERVED, Hold.ISSUED]
        )
        .exclude(note=besides)
        .select_related("note__document", "note__owner", "creditable")
        .order_by("note_id", "pk")
    )
    sums: dict[tuple[int, str], dict[CreditNote, Decimal]] = defaultdict(dict)
    for tax in held:
        of_kind = sums[tax.creditable.invoice_id, tax.creditable.kind]
        of_kind[tax.note] = of_kind.get(tax.note, ZERO) + tax.amount + tax.withheld
    seen = _visible(user, {tax.note_id for tax in held})
    return {
        key: [
            Holding(note if note.pk in seen else None, ZERO, amount, note.hold == Hold.ISSUED)
            for note, amount in of_kind.items()
            if amount
        ]
        for key, of_kind in sums.items()
    }


def _visible(user: User, notes: Collection[int]) -> set[int]:
    visible = CreditNote.objects.visible_to(user).filter(pk__in=notes)
    return set(visible.values_list("pk", flat=True))


def under_way_on(
    invoices: Collection[Invoice], user: User, besides: CreditNote | None
) -> list[CreditNote]:
    """Drafts and requests, as far as ``user`` may see them, that credit these invoices too.

    They reserve nothing yet: two people may be about to credit the same shortage.
    """
    others = CreditNote.objects.visible_to(user).exclude(pk=besides.pk if besides else None)
    found = others.filter(state__in=(State.DRAFT, State.REQUESTED), lines__invoice__in=invoices)
    return list(found.select_related("owner", "created_by").distinct().order_by("pk"))

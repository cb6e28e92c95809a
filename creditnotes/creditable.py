"""What can still be credited of invoices, and what a set of claims would take of it.

:func:`look` reads the counters as they are; :func:`lock` reads them for good, in
id order, until the transaction ends. :func:`quote` works on either, so that the
composer's preview and the submission compute by the same rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Min, Q, QuerySet
from django.utils.translation import gettext as _

from creditnotes import amounts
from creditnotes.amounts import LineLeft, Taken, TaxSoFar
from creditnotes.models import Basis, CreditableLine, CreditableTax
from customers.errors import Incomplete, OverCredit, Refusal
from customers.models import Invoice, InvoiceLine, InvoiceLineTax, InvoiceTax, TaxRounding
from customers.money import ZERO

#: Quantities, prices and percentages are exact to this; amounts to the cent.
FOUR_PLACES = Decimal("0.0001")


@dataclass(frozen=True)
class Claim:
    """One line as it was asked for: an invoice line, a basis, and that basis's value.

    Basis *quantity* takes ``quantity`` and may name a lower ``unit_price``;
    *percent*, *amount* (before tax) and *unit_price* take the field of that name.
    """

    invoice_line_id: int
    basis: str = Basis.QUANTITY
    quantity: Decimal | None = None
    percent: Decimal | None = None
    amount: Decimal | None = None
    unit_price: Decimal | None = None


@dataclass(frozen=True)
class Counters:
    """The counters of some invoices: lines by invoice line, taxes with the lines that bear them."""

    lines: dict[int, CreditableLine]
    taxes: dict[int, CreditableTax]
    taxes_of_line: dict[int, list[int]]


@dataclass(frozen=True)
class QuotedLine:
    """A claim and what it takes of its invoice line."""

    claim: Claim
    taken: Taken


@dataclass(frozen=True)
class QuotedTax:
    """What is given back of one tax: the net it is counted on, and the tax."""

    creditable: CreditableTax
    base: Decimal
    amount: Decimal


@dataclass(frozen=True)
class Quote:
    """What a set of claims comes to; in the currency of the invoices."""

    lines: Sequence[QuotedLine] = ()
    taxes: Sequence[QuotedTax] = ()
    refusals: Sequence[Refusal] = field(default=())

    @property
    def net(self) -> Decimal:
        """The sum before tax."""
        return sum((line.taken.net for line in self.lines), ZERO)

    @property
    def tax_total(self) -> Decimal:
        """The sum of all taxes."""
        return sum((tax.amount for tax in self.taxes), ZERO)

    @property
    def total(self) -> Decimal:
        """Net and taxes together."""
        return self.net + self.tax_total


def ensure_counters(invoices: Iterable[Invoice]) -> None:
    """Make the counters of these invoices where nobody has yet; the database fills them in."""
    invoices = list(invoices)
    known = set(
        CreditableLine.objects.filter(invoice__in=invoices).values_list("invoice_id", flat=True)
    )
    for invoice in invoices:
        if invoice.pk not in known:
            _make_counters(invoice)


def _make_counters(invoice: Invoice) -> None:
    line_ids = (
        InvoiceLine.objects.filter(invoice=invoice).order_by("pk").values_list("pk", flat=True)
    )
    if invoice.tax_rounding == TaxRounding.LINE:
        taxes = [
            CreditableTax(
                invoice=invoice,
                invoice_line_id=tax.line_id,
                kind=tax.kind,
                province=tax.province,
                rate=tax.rate,
            )
            for tax in InvoiceLineTax.objects.filter(line__invoice=invoice).order_by("pk")
        ]
    else:
        taxes = [
            CreditableTax(invoice=invoice, kind=tax.kind, province=tax.province, rate=tax.rate)
            for tax in InvoiceTax.objects.filter(invoice=invoice).order_by("pk")
        ]
    CreditableTax.objects.bulk_create(taxes, ignore_conflicts=True)
    CreditableLine.objects.bulk_create(
        [CreditableLine(invoice_line_id=pk, invoice=invoice) for pk in line_ids],
        ignore_conflicts=True,
    )


def look(line_ids: Iterable[int]) -> Counters:
    """The counters behind these invoice lines as they stand now."""
    return _counters(set(line_ids), locked=False)


def lock(line_ids: Iterable[int]) -> Counters:
    """The counters behind these invoice lines, locked in id order until the transaction ends."""
    return _counters(set(line_ids), locked=True)


def _counters(line_ids: set[int], *, locked: bool) -> Counters:
    if locked:
        _ensure_all(line_ids)
    line_of = _lines(line_ids, locked=locked)
    if len(line_of) < len(line_ids) and not locked:
        _ensure_all(line_ids)
        line_of = _lines(line_ids, locked=locked)
    taxes = (
        CreditableTax.objects.filter(invoice__in={line.invoice_id for line in line_of.values()})
        .filter(Q(invoice_line__isnull=True) | Q(invoice_line__in=line_ids))
        .order_by("pk")
    )
    if locked:
        taxes = taxes.select_for_update()
    tax_of = {tax.pk: tax for tax in taxes}
    return Counters(line_of, tax_of, _bearers(line_of, tax_of))


def _lines(line_ids: set[int], *, locked: bool) -> dict[int, CreditableLine]:
    lines = CreditableLine.objects.filter(pk__in=line_ids)
    if locked:
        lines = _with_invoices(lines).select_for_update(of=("self",))
    found = lines.select_related("invoice").order_by("pk")
    return {line.pk: line for line in found if line.pk in line_ids}


def _with_invoices(lines: QuerySet[CreditableLine]) -> QuerySet[CreditableLine]:
    """These and the first line of each of their invoices, which stands for the invoice.

    Thus credits on one invoice come one after the other even where they share no
    counter, and each counts the ones before it against the limits (rule 6).
    """
    firsts = (
        CreditableLine.objects.filter(invoice__creditable_lines__in=lines)
        .order_by()
        .values("invoice")
        .annotate(first=Min("pk"))
    )
    both = lines.values("pk").union(firsts.values("first"))
    return CreditableLine.objects.filter(pk__in=both)


def _ensure_all(line_ids: set[int]) -> None:
    """Make what is missing before anything is locked, so that locks go up in id order."""
    known = CreditableLine.objects.filter(pk__in=line_ids).values_list("pk", flat=True)
    if missing := line_ids - set(known):
        ensure_counters(Invoice.objects.filter(lines__in=missing).order_by("pk").distinct())


def _bearers(
    lines: dict[int, CreditableLine], taxes: dict[int, CreditableTax]
) -> dict[int, list[int]]:
    """Which tax counters each invoice line falls under."""
    by_key = {
        (tax.invoice_id, tax.invoice_line_id, tax.kind, tax.rate): pk for pk, tax in taxes.items()
    }
    bearers: dict[int, list[int]] = {pk: [] for pk in lines}
    levies = InvoiceLineTax.objects.filter(line__in=lines) if taxes else ()
    for levy in levies:
        invoice_id = lines[levy.line_id].invoice_id
        for line_id in (None, levy.line_id):
            if pk := by_key.get((invoice_id, line_id, levy.kind, levy.rate)):
                bearers[levy.line_id].append(pk)
    return bearers


def quote(claims: Sequence[Claim], counters: Counters) -> Quote:
    """What the claims take of the counters, line by line and tax by tax.

    A claim that can't be met is left out and named among the quote's refusals,
    with its position. Several claims on one invoice line take one after the other.
    """
    left = {pk: LineLeft(line.quantity_left, line.net_left) for pk, line in counters.lines.items()}
    lines: list[QuotedLine] = []
    refusals: list[Refusal] = []
    for position, claim in enumerate(claims):
        try:
            taken = _take(claim, left[claim.invoice_line_id], position)
        except Refusal as refusal:
            refusals.append(refusal)
            continue
        left[claim.invoice_line_id] = left[claim.invoice_line_id].less(taken)
        lines.append(QuotedLine(claim, taken))
    return Quote(lines, _quote_taxes(lines, counters), refusals)


def _take(claim: Claim, left: LineLeft, position: int) -> Taken:
    try:
        taken = _by_basis(claim, left)
    except Incomplete as error:
        raise Incomplete(error.message, field=claim.basis, line=position) from error
    except amounts.TooMuchQuantity as error:
        message = _("Only %(left)s can still be credited.") % {"left": plain(error.left)}
        raise OverCredit(message, field="quantity", line=position) from error
    except amounts.TooMuch as error:
        unit = "\N{NO-BREAK SPACE}%" if claim.basis == "percent" else ""
        message = _("At most %(left)s can still be credited.") % {"left": plain(error.left) + unit}
        raise OverCredit(message, field=claim.basis, line=position) from error
    except amounts.NotLower as error:
        message = _("The corrected price must be lower than what is left of the price charged.")
        raise Refusal(message, field="unit_price", line=position) from error
    if not (taken.quantity or taken.net):
        raise Incomplete(_("This line would credit nothing."), field=claim.basis, line=position)
    return taken


def _by_basis(claim: Claim, left: LineLeft) -> Taken:
    match claim.basis:
        case Basis.QUANTITY if claim.unit_price is not None:
            return amounts.by_quantity_at(left, _asked(claim.quantity), _asked(claim.unit_price))
        case Basis.QUANTITY:
            return amounts.by_quantity(left, _asked(claim.quantity))
        case Basis.PERCENT:
            return amounts.by_percent(left, _asked(claim.percent))
        case Basis.AMOUNT:
            return amounts.by_amount(left, _asked(claim.amount))
        case Basis.UNIT_PRICE:
            return amounts.by_unit_price(left, _asked(claim.unit_price))
    raise ValueError(f"unknown basis {claim.basis}")


def _asked(value: Decimal | None) -> Decimal:
    if value is None or value < 0:
        raise Incomplete(_("Enter a number, zero or above."))
    return value.quantize(FOUR_PLACES)


def _quote_taxes(lines: Sequence[QuotedLine], counters: Counters) -> list[QuotedTax]:
    bases: dict[int, Decimal] = {}
    for line in lines:
        for pk in counters.taxes_of_line[line.claim.invoice_line_id]:
            bases[pk] = bases.get(pk, ZERO) + line.taken.net
    return [_quote_tax(counters.taxes[pk], base) for pk, base in sorted(bases.items()) if base]


def _quote_tax(tax: CreditableTax, base: Decimal) -> QuotedTax:
    so_far = TaxSoFar(
        rate=tax.rate,
        charged_base=tax.charged_base,
        charged_amount=tax.charged_amount,
        used_base=tax.reserved_base + tax.issued_base,
        used_amount=tax.reserved_amount + tax.issued_amount,
    )
    return QuotedTax(tax, base, amounts.tax_on(so_far, base))


def plain(number: Decimal) -> str:
    """A number without trailing zeros or an exponent, as people write it."""
    return f"{number.normalize():f}"

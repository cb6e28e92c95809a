"""Sums that the composer and the credit note's page show; pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from creditnotes.availability import Holding
from creditnotes.creditable import Counters, Quote
from creditnotes.models import CreditableLine, CreditableTax, CreditNote
from customers.models import Invoice
from customers.money import ZERO

#: A tax at one rate, as it is written at the head of a column.
Levy = tuple[str, str, Decimal]


@dataclass(frozen=True)
class TaxSum:
    """One tax at one rate: the net it is counted on, and the tax."""

    name: str
    province: str
    rate: Decimal
    base: Decimal
    amount: Decimal


@dataclass(frozen=True)
class Amounts:
    """A net and its taxes, in the order of the levies that they are shown under."""

    net: Decimal
    taxes: tuple[Decimal, ...]

    @property
    def total(self) -> Decimal:
        """Net and taxes together."""
        return sum(self.taxes, self.net)

    def less(self, *others: Amounts) -> Amounts:
        """What remains once the others are gone."""
        net = self.net - sum((other.net for other in others), ZERO)
        columns = zip(self.taxes, *(other.taxes for other in others), strict=True)
        return Amounts(net, tuple(first - sum(rest, ZERO) for first, *rest in columns))

    def __bool__(self) -> bool:
        return bool(self.net or any(self.taxes))


@dataclass(frozen=True)
class InvoiceTotals:
    """An invoice before and after a credit, tax by tax, in its currency."""

    levies: Sequence[Levy]
    charged: Amounts
    credited: Amounts
    reserved: Amounts
    now: Amounts
    kept: Amounts
    open: Decimal | None = None
    holdings: Sequence[Holding] = ()
    #: Whether what is open is so with this credit already.
    is_issued: bool = False

    @property
    def left(self) -> Amounts:
        """What could still be credited once this credit is as well."""
        return self.charged.less(self.credited, self.reserved, self.now, self.kept)

    @property
    def to_pay(self) -> Decimal | None:
        """What the customer owes on the invoice after this credit."""
        return None if self.open is None else max(self.open - self.now.total, ZERO)

    @property
    def on_account(self) -> Decimal:
        """What this credit gives beyond what is open: it stays to the customer's credit."""
        if self.open is None or self.is_issued:
            return ZERO
        return max(self.now.total - self.open, ZERO)

    @property
    def reserving(self) -> list[CreditNote | None]:
        """The other notes that wait with a part of it; None for one that may not be seen."""
        return _notes(held for held in self.holdings if not held.is_issued)

    @property
    def crediting(self) -> list[CreditNote | None]:
        """The other notes that credited a part of it; None for one that may not be seen."""
        return _notes(held for held in self.holdings if held.is_issued)


def _notes(holdings: Iterable[Holding]) -> list[CreditNote | None]:
    """Each note once; those without a name come last, as one."""
    notes = {held.note.pk if held.note else 0: held.note for held in holdings}
    return sorted(notes.values(), key=lambda note: (note is None, note and note.pk))


@dataclass(frozen=True)
class Part:
    """What one credit takes: nets and fees by invoice line, taxes by their counters."""

    nets: dict[int, Decimal] = field(default_factory=dict)
    fees: dict[int, Decimal] = field(default_factory=dict)
    taxes: dict[int, Decimal] = field(default_factory=dict)
    withheld: dict[int, Decimal] = field(default_factory=dict)

    def add_line(self, pk: int, net: Decimal, fee: Decimal) -> None:
        """What is credited of an invoice line, and what is kept back of it."""
        self.nets[pk] = self.nets.get(pk, ZERO) + net
        self.fees[pk] = self.fees.get(pk, ZERO) + fee

    def add_tax(self, pk: int, amount: Decimal, withheld: Decimal) -> None:
        """What is given back of a tax, and what goes with the fees."""
        self.taxes[pk], self.withheld[pk] = amount, withheld


def totals_of(
    invoice: Invoice, counters: Counters, quote: Quote, holdings: Sequence[Holding] = ()
) -> InvoiceTotals:
    """What was charged, what is credited or reserved so far, and what ``quote`` takes."""
    part = Part()
    for line in quote.lines:
        if pk := line.claim.invoice_line_id:
            part.add_line(pk, line.net, line.taken.fee)
    for tax in quote.taxes:
        part.add_tax(tax.creditable.pk, tax.amount, tax.taken.withheld)
    return standing_of(invoice, counters, part, holdings)


def standing_of(
    invoice: Invoice, counters: Counters, part: Part, holdings: Sequence[Holding] = ()
) -> InvoiceTotals:
    """An invoice before and after ``part`` of it is credited."""
    lines = [line for line in counters.lines.values() if line.invoice_id == invoice.pk]
    taxes = [tax for tax in counters.taxes.values() if tax.invoice_id == invoice.pk]
    levies = sorted({_levy(tax) for tax in taxes})

    def summed(
        net: Callable[[CreditableLine], Decimal], amount: Callable[[CreditableTax], Decimal]
    ) -> Amounts:
        sums = dict.fromkeys(levies, ZERO)
        for tax in taxes:
            sums[_levy(tax)] += amount(tax)
        return Amounts(sum((net(line) for line in lines), ZERO), tuple(sums.values()))

    return InvoiceTotals(
        levies=levies,
        charged=summed(lambda line: line.charged_net, lambda tax: tax.charged_amount),
        credited=summed(lambda line: line.issued_net, lambda tax: tax.issued_amount),
        reserved=summed(lambda line: line.reserved_net, lambda tax: tax.reserved_amount),
        now=summed(
            lambda line: part.nets.get(line.pk, ZERO), lambda tax: part.taxes.get(tax.pk, ZERO)
        ),
        kept=summed(
            lambda line: part.fees.get(line.pk, ZERO), lambda tax: part.withheld.get(tax.pk, ZERO)
        ),
        open=_open(invoice),
        holdings=holdings,
    )


def _open(invoice: Invoice) -> Decimal | None:
    """What the customer still owes on the invoice; None for an invoice of nothing."""
    item = getattr(invoice.entry, "open_item", None)
    return item.open if item else None


def _levy(tax: CreditableTax) -> Levy:
    return str(tax.get_kind_display()), tax.province, tax.rate


def tax_sums(quote: Quote) -> list[TaxSum]:
    """The quote's taxes added up over its invoices."""
    return sum_taxes((tax.creditable, tax.base, tax.amount) for tax in quote.taxes)


def sum_taxes(taxes: Iterable[tuple[CreditableTax, Decimal, Decimal]]) -> list[TaxSum]:
    """Taxes as (levy, base, amount) added up per tax, province and rate."""
    sums: dict[Levy, list[Decimal]] = {}
    for levy, base, amount in taxes:
        if not (base or amount):
            continue
        so_far = sums.setdefault(_levy(levy), [ZERO, ZERO])
        so_far[0] += base
        so_far[1] += amount
    return [TaxSum(*key, *values) for key, values in sorted(sums.items())]

"""What a set of claims takes of the counters, line by line and tax by tax."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from django.utils.translation import gettext as _

from creditnotes import amounts
from creditnotes.amounts import LineLeft, Nets, Taken, TaxSoFar, TaxTaken
from creditnotes.creditable.claims import Claim
from creditnotes.creditable.counters import Counters
from creditnotes.models import TAKING_PIECES, Basis, CreditableTax, Reason
from customers.errors import Incomplete, OverCredit, Refusal
from customers.models import InvoiceLine
from customers.money import ZERO, to_cent

#: Quantities, prices and percentages are exact to this; amounts to the cent.
FOUR_PLACES = Decimal("0.0001")


@dataclass(frozen=True)
class QuotedLine:
    """A claim and what it takes: of its invoice line, or of a tax, or as goodwill.

    ``fee_percent`` is the restocking fee that it bears, None where pieces that come
    back bear none. ``tax`` is what basis *tax* gives back.
    """

    claim: Claim
    taken: Taken
    fee_percent: Decimal | None = None
    tax: Decimal = ZERO

    @property
    def net(self) -> Decimal:
        """What is credited before tax."""
        return self.taken.credited


@dataclass(frozen=True)
class QuotedTax:
    """What is given back of one tax, and else used up of it."""

    creditable: CreditableTax
    taken: TaxTaken

    @property
    def base(self) -> Decimal:
        """The net on which tax is given back."""
        return self.taken.base

    @property
    def amount(self) -> Decimal:
        """The tax given back."""
        return self.taken.amount


@dataclass(frozen=True)
class Quote:
    """What a set of claims comes to; in the currency of the invoices."""

    lines: Sequence[QuotedLine] = ()
    taxes: Sequence[QuotedTax] = ()
    refusals: Sequence[Refusal] = field(default=())

    @property
    def net(self) -> Decimal:
        """The sum credited before tax, without the fees kept back."""
        return sum((line.net for line in self.lines), ZERO)

    @property
    def fees(self) -> Decimal:
        """The restocking fees kept back, before tax."""
        return sum((line.taken.fee for line in self.lines), ZERO)

    @property
    def tax_total(self) -> Decimal:
        """The sum of all taxes given back."""
        return sum((tax.amount for tax in self.taxes), ZERO)

    @property
    def total(self) -> Decimal:
        """Net and taxes together."""
        return self.net + self.tax_total


def quote(claims: Sequence[Claim], counters: Counters, reason: Reason | None = None) -> Quote:
    """What the claims take of the counters, line by line and tax by tax.

    A claim that can't be met is left out and named among the quote's refusals,
    with its position. Several claims on one invoice line take one after the other;
    tax adjustments come after all that is credited with net. The ``reason`` tells the
    restocking fee and the cap of goodwill; without one there is neither.
    """
    return _Quoting(counters, reason).quote(claims)


class _Quoting:
    """What is still left as claim after claim takes its part."""

    def __init__(self, counters: Counters, reason: Reason | None) -> None:
        self.counters, self.reason = counters, reason
        self.left = {
            pk: LineLeft(line.quantity_left, line.net_left) for pk, line in counters.lines.items()
        }
        self.goodwill_left = reason.goodwill_cap if reason else None
        self.taxes: dict[int, TaxTaken] = {}
        self.lines: dict[int, QuotedLine] = {}
        self.refusals: dict[int, Refusal] = {}

    def quote(self, claims: Sequence[Claim]) -> Quote:
        self._run(claims, self._take, lambda claim: claim.basis != Basis.TAX)
        for pk, nets in self._nets().items():
            if nets != Nets():
                self.taxes[pk] = amounts.tax_with(so_far(self.counters.taxes[pk]), nets)
        self._run(claims, self._adjust, lambda claim: claim.basis == Basis.TAX)
        return Quote(
            lines=[line for _, line in sorted(self.lines.items())],
            taxes=[
                QuotedTax(self.counters.taxes[pk], taken)
                for pk, taken in sorted(self.taxes.items())
                if taken != TaxTaken()
            ],
            refusals=[refusal for _, refusal in sorted(self.refusals.items())],
        )

    def _run(
        self,
        claims: Sequence[Claim],
        take: Callable[[Claim], QuotedLine],
        chosen: Callable[[Claim], bool],
    ) -> None:
        for position, claim in enumerate(claims):
            if not chosen(claim):
                continue
            try:
                self.lines[position] = take(claim)
            except Refusal as refusal:
                refusal.line = position
                self.refusals[position] = refusal

    def _take(self, claim: Claim) -> QuotedLine:
        if claim.basis == Basis.GOODWILL:
            return self._goodwill(claim)
        left = self.left[claim.line_id]
        taken = _measured(claim, left, self._kind_of(claim))
        if not (taken.quantity or taken.net):
            raise _nothing(claim)
        fee = self._fee_percent(claim, taken)
        if fee is not None:
            taken = amounts.with_fee(taken, fee)
        self.left[claim.line_id] = left.less(taken)
        return QuotedLine(claim, taken, fee)

    def _kind_of(self, claim: Claim) -> str:
        return self.counters.lines[claim.line_id].invoice_line.kind

    def _goodwill(self, claim: Claim) -> QuotedLine:
        amount = to_cent(_asked(claim))
        if not claim.description.strip():
            raise Incomplete(_("Say what this is for."), field="description")
        if not amount:
            raise _nothing(claim)
        if self.goodwill_left is None or amount > self.goodwill_left:
            left = plain(self.goodwill_left or ZERO)
            message = _("This reason gives at most %(left)s without an invoice line.")
            raise OverCredit(message % {"left": left}, field="amount")
        self.goodwill_left -= amount
        return QuotedLine(claim, Taken(Decimal(0), amount))

    def _fee_percent(self, claim: Claim, taken: Taken) -> Decimal | None:
        """The restocking fee on pieces of goods that come back; None for all else.

        The reason's, or a lower one for which the rep gives a word.
        """
        due = self._fee_due(claim, taken)
        if not due:
            return None
        asked = claim.fee_percent
        if asked is None or asked == due:
            return due
        if not 0 <= asked < due:
            message = _("The fee can only be lowered from %(fee)s %%.") % {"fee": plain(due)}
            raise Refusal(message, field="fee_percent")
        if not claim.fee_words.strip():
            raise Incomplete(_("Say why the fee is lowered."), field="fee_words")
        return asked.quantize(FOUR_PLACES)

    def _fee_due(self, claim: Claim, taken: Taken) -> Decimal:
        goods = self._kind_of(claim) == InvoiceLine.Kind.GOODS
        if self.reason is None or not (goods and taken.quantity and claim.basis in TAKING_PIECES):
            return Decimal(0)
        return self.reason.restocking_fee

    def _nets(self) -> Mapping[int, Nets]:
        """What the lines quoted so far use up of what each tax was charged on."""
        nets: dict[int, Nets] = {}
        for line in self.lines.values():
            if line.claim.invoice_line_id is not None:
                for pk in self.counters.taxes_of_line[line.claim.line_id]:
                    nets[pk] = _with_line(nets.get(pk, Nets()), line)
        return nets

    def _adjust(self, claim: Claim) -> QuotedLine:
        of_kind = self.counters.taxes_on(claim.invoice_id or 0, claim.tax_kind)
        asked = None if claim.amount is None else _asked(claim)
        taxes = [so_far(tax).after(self.taxes.get(tax.pk, TaxTaken())) for tax in of_kind]
        try:
            parts = amounts.adjust(taxes, asked)
        except amounts.TooMuch as error:
            message = _("At most %(left)s can still be given back of this tax.")
            raise OverCredit(message % {"left": plain(error.left)}, field="amount") from error
        for tax, part in zip(of_kind, parts, strict=True):
            self.taxes[tax.pk] = self.taxes.get(tax.pk, TaxTaken()).plus(part)
        given = sum((part.amount for part in parts), ZERO)
        if not given:
            raise _nothing(claim)
        return QuotedLine(claim, Taken(Decimal(0), ZERO), tax=given)


def _with_line(nets: Nets, line: QuotedLine) -> Nets:
    if line.claim.price_only:
        nets = replace(nets, price_only=nets.price_only + line.net)
    else:
        nets = replace(nets, credited=nets.credited + line.net)
    return replace(nets, fee=nets.fee + line.taken.fee)


def _nothing(claim: Claim) -> Incomplete:
    in_amount = claim.basis in (Basis.FREIGHT, Basis.TAX, Basis.GOODWILL)
    field_name = "amount" if in_amount else claim.basis
    return Incomplete(_("This line would credit nothing."), field=field_name)


def _measured(claim: Claim, left: LineLeft, kind: str) -> Taken:
    """What the claim takes of its invoice line; raises the refusal that says why not."""
    try:
        return _by_basis(claim, left, kind)
    except amounts.TooMuchQuantity as error:
        message = _("Only %(left)s can still be credited.") % {"left": plain(error.left)}
        raise OverCredit(message, field="quantity") from error
    except amounts.TooMuch as error:
        unit = "\N{NO-BREAK SPACE}%" if claim.basis == Basis.PERCENT else ""
        message = _("At most %(left)s can still be credited.") % {"left": plain(error.left) + unit}
        raise OverCredit(message, field=_field_of(claim)) from error
    except amounts.NotLower as error:
        message = _("The corrected price must be lower than what is left of the price charged.")
        raise Refusal(message, field="unit_price") from error


def _field_of(claim: Claim) -> str:
    return "amount" if claim.basis == Basis.FREIGHT else claim.basis


def _by_basis(claim: Claim, left: LineLeft, kind: str) -> Taken:
    match claim.basis:
        case Basis.QUANTITY:
            return _by_quantity(claim, left)
        case Basis.PERCENT:
            return amounts.by_percent(left, _number(claim.percent, "percent"))
        case Basis.AMOUNT:
            return amounts.by_amount(left, _asked(claim))
        case Basis.UNIT_PRICE:
            return amounts.by_unit_price(left, _number(claim.unit_price, "unit_price"))
        case Basis.FREIGHT:
            return _by_freight(claim, left, kind)
        case Basis.WHOLE:
            return amounts.whole(left)
    raise ValueError(f"unknown basis {claim.basis}")


def _by_quantity(claim: Claim, left: LineLeft) -> Taken:
    quantity = _number(claim.quantity, "quantity")
    if claim.unit_price is None:
        return amounts.by_quantity(left, quantity)
    return amounts.by_quantity_at(left, quantity, _number(claim.unit_price, "unit_price"))


def _by_freight(claim: Claim, left: LineLeft, kind: str) -> Taken:
    if kind != InvoiceLine.Kind.FREIGHT:
        raise Refusal(_("Only freight is credited as freight."), field="basis")
    return amounts.by_freight(left, None if claim.amount is None else _asked(claim))


def _asked(claim: Claim) -> Decimal:
    return _number(claim.amount, "amount")


def _number(value: Decimal | None, field_name: str) -> Decimal:
    if value is None or value < 0:
        raise Incomplete(_("Enter a number, zero or above."), field=field_name)
    return value.quantize(FOUR_PLACES)


def so_far(tax: CreditableTax) -> TaxSoFar:
    """A tax counter as :mod:`creditnotes.amounts` reckons with it."""
    return TaxSoFar(
        rate=tax.rate,
        charged_base=tax.charged_base,
        charged_amount=tax.charged_amount,
        used_base=tax.reserved_base + tax.issued_base,
        used_amount=tax.reserved_amount + tax.issued_amount,
        kept=tax.reserved_kept + tax.issued_kept,
        adjusted=tax.reserved_adjusted + tax.issued_adjusted,
        recovered=tax.reserved_recovered + tax.issued_recovered,
    )


def tax_left(counters: Counters, invoice_id: int) -> dict[str, Decimal]:
    """What can still be given back of an invoice's taxes, by kind."""
    left: dict[str, Decimal] = {}
    for tax in counters.taxes.values():
        if tax.invoice_id == invoice_id:
            left[tax.kind] = left.get(tax.kind, ZERO) + tax.amount_left
    return left


def whole_invoice(invoice_id: int, counters: Counters) -> list[Claim]:
    """The claims that take exactly what is left of an invoice: every line, and each tax.

    ``counters`` must hold all its lines. Tax that goes with no net any more, mostly because
    a price-only credit left it, is asked for as a tax adjustment.
    """
    lines = [
        Claim(pk, Basis.WHOLE)
        for pk, line in sorted(counters.lines.items())
        if line.invoice_id == invoice_id and (line.quantity_left or line.net_left)
    ]
    without_net = {
        tax.kind
        for tax in counters.taxes.values()
        if tax.invoice_id == invoice_id and so_far(tax).left_without_net
    }
    return lines + [
        Claim(basis=Basis.TAX, invoice_id=invoice_id, tax_kind=kind) for kind in sorted(without_net)
    ]


def plain(number: Decimal) -> str:
    """A number without trailing zeros or an exponent, as people write it."""
    return f"{number.normalize():f}"

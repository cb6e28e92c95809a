"""What a set of claims takes of the counters, line by line and tax by tax."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from django.utils.translation import gettext as _

from creditnotes import amounts
from creditnotes.amounts import LineLeft, Nets, Taken, TaxTaken
from creditnotes.creditable.claims import Claim
from creditnotes.creditable.counters import Counters
from creditnotes.creditable.measuring import FOUR_PLACES, amount_asked, measured, nothing, plain
from creditnotes.creditable.quotes import Quote, QuotedLine, QuotedTax
from creditnotes.creditable.remaining import so_far
from creditnotes.models import TAKING_PIECES, Basis, Reason
from customers.errors import Incomplete, OverCredit, Refusal
from customers.models import InvoiceLine
from customers.money import ZERO, to_cent


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
        taken = measured(claim, left, self._kind_of(claim))
        if not (taken.quantity or taken.net):
            raise nothing(claim)
        fee = self._fee_percent(claim, taken)
        if fee is not None:
            taken = amounts.with_fee(taken, fee)
        self.left[claim.line_id] = left.less(taken)
        return QuotedLine(claim, taken, fee)

    def _kind_of(self, claim: Claim) -> str:
        return self.counters.lines[claim.line_id].invoice_line.kind

    def _goodwill(self, claim: Claim) -> QuotedLine:
        amount = to_cent(amount_asked(claim))
        if not claim.description.strip():
            raise Incomplete(_("Say what this is for."), field="description")
        if not amount:
            raise nothing(claim)
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
        asked = None if claim.amount is None else amount_asked(claim)
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
            raise nothing(claim)
        return QuotedLine(claim, Taken(Decimal(0), ZERO), tax=given)


def _with_line(nets: Nets, line: QuotedLine) -> Nets:
    if line.claim.price_only:
        nets = replace(nets, price_only=nets.price_only + line.net)
    else:
        nets = replace(nets, credited=nets.credited + line.net)
    return replace(nets, fee=nets.fee + line.taken.fee)

"""An invoice of a file of tax cases: what it charges, and what its credits take of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from creditnotes import amounts
from creditnotes.amounts import LineLeft, TaxSoFar, TooMuch
from creditnotes.taxcases.reading import Case, Line
from customers.models import TaxRounding
from customers.money import ZERO, extend, split
from customers.taxes import Levy, tax_lines

#: A counter: one for each tax of an invoice, or of each line where it was rounded by line.
Key = tuple[Levy, int]
#: Stands for the whole invoice in a counter's key.
WHOLE = -1


@dataclass(frozen=True)
class Credited:
    """What a credit came to."""

    net: Decimal
    tax_by_kind: Mapping[str, Decimal]


class Charged:
    """An invoice with its taxes, and what its credits have left of it so far."""

    def __init__(self, case: Case, levies: Sequence[Levy]) -> None:
        self.case, self.lines, self.levies = case, case.lines, levies
        self.by_line = case.rounding == TaxRounding.LINE
        nets = [net_of(line) for line in case.lines]
        self.net = sum(nets, ZERO)
        borne = [[tax for tax in levies if tax.kind not in line.exempt] for line in case.lines]
        self.taxes = tax_lines(list(zip(nets, borne, strict=True)), case.rounding)
        self._used = dict(self._counters(nets))
        self._left = nets if self.by_line else _discounted(nets, case.lines)

    @property
    def tax_by_kind(self) -> Mapping[str, Decimal]:
        """What the invoice charges of each kind of tax."""
        return _summed((tax.levy.kind, tax.amount) for tax in self.taxes)

    def _counters(self, nets: Sequence[Decimal]) -> Iterator[tuple[Key, TaxSoFar]]:
        for tax in self.taxes:
            rate = tax.levy.rate
            if not self.by_line:
                yield (tax.levy, WHOLE), TaxSoFar(rate, tax.base, tax.amount, ZERO, ZERO)
                continue
            for at, amount in tax.by_line.items():
                yield (tax.levy, at), TaxSoFar(rate, nets[at], amount, ZERO, ZERO)

    def credit(self, case: Case) -> Credited:
        """What the next credit takes: all of it, or (:class:`TooMuch`) nothing."""
        nets = [net_of(line) for line in case.lines]
        sign = -1 if sum(nets, ZERO) < 0 else 1
        nets = [sign * net for net in nets]
        if not self.by_line:
            nets = _discounted(nets, case.lines)
        left = list(self._left)
        bases: dict[Key, Decimal] = defaultdict(lambda: ZERO)
        for net, line in zip(nets, case.lines, strict=True):
            for at, part in self._parts(net, line, case.lines, left):
                left[at] -= amounts.by_amount(LineLeft(Decimal(1), left[at]), part).net
                for key in self._keys(at, line):
                    bases[key] += part
        self._left = left
        taxes = _summed((key[0].kind, sign * self._take(key, bases[key])) for key in sorted(bases))
        return Credited(sign * sum(nets, ZERO), taxes)

    def _keys(self, at: int, credited: Line) -> Iterator[Key]:
        """The counters of the taxes that the invoice line bears and the credit gives back."""
        for levy in self.levies:
            if levy.kind not in self.lines[at].exempt | credited.exempt:
                yield (levy, at if self.by_line else WHOLE)

    def _take(self, key: Key, base: Decimal) -> Decimal:
        tax = self._used[key]
        amount = amounts.tax_on(tax, base)
        used = {"used_base": tax.used_base + base, "used_amount": tax.used_amount + amount}
        self._used[key] = replace(tax, **used)
        return amount

    def _parts(
        self, net: Decimal, line: Line, lines: Sequence[Line], left: Sequence[Decimal]
    ) -> Sequence[tuple[int, Decimal]]:
        """Which invoice lines a line of a credit takes of, and how much of each.

        One that has enough left, if there is any; else all that bear the same taxes, by
        largest remainder. Raises :class:`TooMuch`.
        """
        if not net:
            return ()
        for at in self._candidates(line, lines):
            if net <= left[at]:
                return [(at, net)]
        alike = [at for at, own in enumerate(self.lines) if own.exempt == line.exempt]
        for group in (alike, range(len(self.lines))):
            weights = [max(left[at], ZERO) for at in group]
            if net <= sum(weights, ZERO):
                return list(zip(group, split(net, weights), strict=True))
        raise TooMuch(sum(left, ZERO))

    def _candidates(self, line: Line, lines: Sequence[Line]) -> Iterator[int]:
        """The invoice lines it may mean: by name, by place, by price, by the taxes they bear."""
        own = list(enumerate(self.lines))
        yield from (at for at, each in own if each.description == line.description)
        if len(lines) == len(own):
            yield list(lines).index(line)
        alike = [(at, each) for at, each in own if each.exempt == line.exempt]
        yield from (at for at, each in alike if each.unit_price == line.unit_price)
        yield from (at for at, _ in alike)


def net_of(line: Line) -> Decimal:
    """What a line charges: quantity × price, or less of it where a discount was given."""
    full = extend(line.quantity, line.unit_price)
    return line.net if ZERO <= line.net <= full or full <= line.net <= ZERO else full


def _discounted(nets: Sequence[Decimal], lines: Sequence[Line]) -> list[Decimal]:
    """The nets with lines below zero, which are discounts, spread over those taxed alike."""
    spread = list(nets)
    for exempt in {line.exempt for line, net in zip(lines, nets, strict=True) if net < 0}:
        alike = [at for at, line in enumerate(lines) if line.exempt == exempt]
        charged = [max(nets[at], ZERO) for at in alike]
        rest = sum((nets[at] for at in alike), ZERO)
        if rest < 0 or not any(charged):
            continue
        for at, part in zip(alike, split(rest, charged), strict=True):
            spread[at] = part
    return spread


def _summed(pairs: Iterator[tuple[str, Decimal]]) -> Mapping[str, Decimal]:
    sums: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for kind, amount in pairs:
        sums[kind] += amount
    return sums

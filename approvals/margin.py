"""What a credit does to the margin of the lines it credits. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from customers.money import HUNDRED, ZERO


@dataclass(frozen=True)
class Sold:
    """One invoice line as it stands: net still charged, cost of the goods, and this credit."""

    net: Decimal
    cost: Decimal | None
    credit: Decimal
    cost_back: Decimal = ZERO


@dataclass(frozen=True)
class Margin:
    """Margin before and after the credit, in the invoice's currency, before tax.

    Only lines whose cost is known are counted: ``known`` of ``lines``.
    """

    before: Decimal
    after: Decimal
    net_before: Decimal
    net_after: Decimal
    known: int
    lines: int

    @property
    def rate_before(self) -> Decimal | None:
        """Margin in percent of the net, before; None where nothing is charged."""
        return _rate(self.before, self.net_before)

    @property
    def rate_after(self) -> Decimal | None:
        """Margin in percent of the net, after."""
        return _rate(self.after, self.net_after)


def margin_of(lines: Iterable[Sold]) -> Margin | None:
    """The margin over these lines; None where no cost is known at all."""
    lines = list(lines)
    known = [line for line in lines if line.cost is not None]
    if not known:
        return None
    net = sum((line.net for line in known), ZERO)
    credit = sum((line.credit for line in known), ZERO)
    cost = sum((line.cost for line in known if line.cost is not None), ZERO)
    back = sum((line.cost_back for line in known), ZERO)
    return Margin(net - cost, net - credit - cost + back, net, net - credit, len(known), len(lines))


def _rate(margin: Decimal, net: Decimal) -> Decimal | None:
    return (margin / net * HUNDRED).quantize(Decimal("0.1")) if net else None

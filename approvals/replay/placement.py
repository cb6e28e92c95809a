"""Placing a credit on what was charged: which invoice lines, how much of each, at what worth.

Pure. A credit of the past names a customer, a product, a quantity and a price, but no
invoice. It is placed on the customer's earlier invoice lines of that product: those at
the same price first, the newest first, on several where one has too little left. Each
piece is worth the credit's own price, but never more than its invoice line has left.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_FLOOR, Decimal

from django.db import models
from django.utils.translation import gettext_lazy as _

from creditnotes.amounts import LineLeft, Taken, by_quantity
from creditnotes.creditable import Claim
from creditnotes.models import Basis
from customers.money import extend

#: Prices have four decimals.
FINEST_PRICE = Decimal("0.0001")


class Shortfall(models.TextChoices):
    """Why a credit line is not placed whole."""

    NEVER_INVOICED = "never_invoiced", _("the customer was never invoiced this product")
    ONLY_LATER = "only_later", _("the customer was invoiced this product only later")
    USED_UP = "used_up", _("all that was invoiced before is credited already")
    TOO_LITTLE = "too_little", _("less is left of what was invoiced before")
    REFUSED = "refused", _("a rule refused the credit note")


@dataclass(frozen=True)
class Charged:
    """An invoice line of the right customer and product, and what is left of it."""

    line_id: int
    issued_at: datetime
    unit_price: Decimal
    left: LineLeft


@dataclass(frozen=True)
class Piece:
    """What one invoice line gives towards a credit line."""

    charged: Charged
    taken: Taken
    unit_price: Decimal

    def claims(self) -> list[Claim]:
        """The claims that take exactly this, to the cent.

        One by quantity: as the line is still worth it, else at the credit's own price,
        else at the price that the cap leaves. Where no price of four decimals comes to
        the sum, the cents that are missing follow as an amount.
        """
        line_id, (quantity, net) = self.charged.line_id, (self.taken.quantity, self.taken.net)
        if by_quantity(self.charged.left, quantity).net == net:
            return [Claim(line_id, quantity=quantity)]
        capped = (net / quantity).quantize(FINEST_PRICE, rounding=ROUND_FLOOR)
        for price in (self.unit_price, capped, capped + FINEST_PRICE):
            if extend(quantity, price) == net:
                return [Claim(line_id, quantity=quantity, unit_price=price)]
        rest = net - extend(quantity, capped)
        return [
            Claim(line_id, quantity=quantity, unit_price=capped),
            Claim(line_id, basis=Basis.AMOUNT, amount=rest),
        ]


def place(
    quantity: Decimal, unit_price: Decimal, moment: datetime, lines: Sequence[Charged]
) -> list[Piece]:
    """Where ``quantity`` at ``unit_price`` goes, as far as it goes; ``lines`` in any order.

    A line invoiced at ``moment`` itself counts as earlier.
    """
    pieces = []
    for line in _in_order(unit_price, moment, lines):
        wanted = min(quantity, line.left.quantity)
        if wanted > 0:
            net = min(extend(wanted, unit_price), line.left.net)
            pieces.append(Piece(line, Taken(wanted, net), unit_price))
            quantity -= wanted
    return pieces


def _in_order(unit_price: Decimal, moment: datetime, lines: Sequence[Charged]) -> Iterator[Charged]:
    earlier = [line for line in lines if line.issued_at <= moment]
    earlier.sort(key=lambda line: (line.issued_at, line.line_id), reverse=True)
    earlier.sort(key=lambda line: line.unit_price != unit_price)
    return iter(earlier)


def less(lines: Sequence[Charged], pieces: Sequence[Piece]) -> list[Charged]:
    """The lines once the pieces are taken from them."""
    taken = {piece.charged.line_id: piece.taken for piece in pieces}
    return [
        replace(line, left=line.left.less(taken[line.line_id])) if line.line_id in taken else line
        for line in lines
    ]


def shortfall(
    wanted: Decimal, placed: Decimal, moment: datetime, lines: Sequence[Charged]
) -> Shortfall | None:
    """Why less was placed than wanted; None where it was placed whole."""
    if placed >= wanted:
        return None
    if placed > 0:
        return Shortfall.TOO_LITTLE
    if not lines:
        return Shortfall.NEVER_INVOICED
    earlier = any(line.issued_at <= moment for line in lines)
    return Shortfall.USED_UP if earlier else Shortfall.ONLY_LATER

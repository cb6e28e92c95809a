"""What one claim takes of its invoice line by its basis, or the refusal that says why not."""

from __future__ import annotations

from decimal import Decimal

from django.utils.translation import gettext as _

from creditnotes import amounts
from creditnotes.amounts import LineLeft, Taken
from creditnotes.creditable.claims import Claim
from creditnotes.models import Basis
from customers.errors import Incomplete, OverCredit, Refusal
from customers.models import InvoiceLine

#: Quantities, prices and percentages are exact to this; amounts to the cent.
FOUR_PLACES = Decimal("0.0001")


def nothing(claim: Claim) -> Incomplete:
    """The refusal of a claim that comes to nothing."""
    in_amount = claim.basis in (Basis.FREIGHT, Basis.TAX, Basis.GOODWILL)
    field_name = "amount" if in_amount else claim.basis
    return Incomplete(_("This line would credit nothing."), field=field_name)


def measured(claim: Claim, left: LineLeft, kind: str) -> Taken:
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
            return amounts.by_amount(left, amount_asked(claim))
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
    return amounts.by_freight(left, None if claim.amount is None else amount_asked(claim))


def amount_asked(claim: Claim) -> Decimal:
    """The amount that the claim names, zero or above."""
    return _number(claim.amount, "amount")


def _number(value: Decimal | None, field_name: str) -> Decimal:
    if value is None or value < 0:
        raise Incomplete(_("Enter a number, zero or above."), field=field_name)
    return value.quantize(FOUR_PLACES)


def plain(number: Decimal) -> str:
    """A number without trailing zeros or an exponent, as people write it."""
    return f"{number.normalize():f}"

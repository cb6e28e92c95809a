"""What a line of a sales export is: a sale that makes sense, or refused with a reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from django.db import models
from django.utils.translation import gettext_lazy

from customers.money import extend


class Reason(models.TextChoices):
    """Why a line is not in the books."""

    CREDIT = "credit", gettext_lazy("a credit: left to replay_credits")
    NO_CUSTOMER = "no_customer", gettext_lazy("names no customer")
    NOT_POSITIVE = "not_positive", gettext_lazy("quantity is not above zero")
    NOT_NEGATIVE = "not_negative", gettext_lazy("a credit's quantity is not below zero")
    NEGATIVE_PRICE = "negative_price", gettext_lazy("price is below zero")
    COLUMNS = "columns", gettext_lazy("has not as many columns as the header")
    TEXT = "text", gettext_lazy("holds characters that can't be read")
    NO_NUMBER = "no_number", gettext_lazy("names no document")
    NO_PRODUCT = "no_product", gettext_lazy("names no product")
    TOO_LONG = "too_long", gettext_lazy("a number or code is too long")
    QUANTITY = "quantity", gettext_lazy("quantity is not a number that can be kept")
    PRICE = "price", gettext_lazy("price is not a number that can be kept")
    AMOUNT = "amount", gettext_lazy("quantity × price is too large")
    DATE = "date", gettext_lazy("date can't be read")
    OTHER_CUSTOMER = "other_customer", gettext_lazy("its document is another customer's")
    CHANGED = "changed", gettext_lazy("its invoice is in the books with other content")
    DATABASE = "database", gettext_lazy("the database refused its invoice")


class Row(NamedTuple):
    """A record of the file as it stands there; ``line`` counts from 1, the header included."""

    line: int
    values: Sequence[str]


@dataclass(frozen=True, slots=True)
class Sale:
    """A line that makes sense: so many of a product to a customer, or back from one."""

    row: Row
    number: str
    is_credit: bool
    customer: str
    customer_name: str
    country: str
    product: str
    is_charge: bool
    description: str
    quantity: Decimal
    unit_price: Decimal
    moment: datetime

    @property
    def net(self) -> Decimal:
        """Quantity × price, to the cent; below zero for a credit."""
        return extend(self.quantity, self.unit_price)


@dataclass(frozen=True, slots=True)
class Refused:
    """A line that stays out, why, and of which document it is where that could be read."""

    row: Row
    reason: Reason
    number: str = ""
    detail: str = ""

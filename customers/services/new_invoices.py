"""An invoice as it is asked for, before it is posted."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from customers.models import Customer, InvoiceLine, OrderLine, Product, TaxRounding
from customers.money import ZERO
from customers.pricing import net_of_line
from customers.taxes import Levy


@dataclass(frozen=True)
class NewLine:
    """A line to invoice.

    Its net is quantity × price less ``discount_percent`` (10 is 10 %) and ``discount``, or
    ``net`` where that is told. Its taxes are those of the place and day of supply, less what
    the customer's certificates, the product and ``exempt`` relieve it of, or ``levies`` where
    they are told. A container deposit bears none.
    """

    quantity: Decimal
    unit_price: Decimal
    description: str
    product: Product | None = None
    order_line: OrderLine | None = None
    unit: str = "ea"
    kind: str = InvoiceLine.Kind.GOODS
    net: Decimal | None = None
    levies: Sequence[Levy] | None = None
    discount_percent: Decimal = Decimal(0)
    discount: Decimal = ZERO
    regular_price: Decimal | None = None
    promotion: str = ""
    exempt: Collection[str] = ()
    #: Its share of the invoice's discount; reckoned when it is posted.
    share: Decimal = ZERO

    @property
    def is_deposit(self) -> bool:
        """Whether it is no sale, but owed until the containers come back."""
        return self.kind == InvoiceLine.Kind.CONTAINER

    def net_charged(self) -> Decimal:
        """What the line comes to before tax. Raises :class:`~pricing.DiscountTooLarge`."""
        if self.net is not None:
            return self.net - self.share
        net = net_of_line(
            self.quantity,
            self.unit_price,
            percent=self.discount_percent,
            amount=self.discount,
        )
        return net - self.share


@dataclass(frozen=True)
class NewInvoice:
    """An invoice to post; due by the customer's terms unless ``due_on`` says otherwise.

    In the customer's currency at the rate of its day, unless ``details`` say otherwise.

    ``details`` are further fields of :class:`~customers.models.Invoice`, such as
    ``order``, ``site``, ``handover``, ``customer_reference``; ``province`` where the place of
    supply is not to be found by the rules. ``discount`` is taken off the whole invoice: it
    is spread over its lines, deposits excepted.
    """

    customer: Customer
    number: str
    moment: datetime
    lines: Sequence[NewLine]
    due_on: date | None = None
    tax_rounding: str = TaxRounding.TOTAL
    details: Mapping[str, Any] = field(default_factory=dict)
    discount: Decimal = ZERO

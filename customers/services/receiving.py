"""Recording money that came."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from customers.models import Customer, Payment
from customers.receipts import NewReceipt, receive_payments


def receive_payment(
    customer: Customer,
    number: str,
    received_on: date,
    amount: Decimal,
    method: str = "",
    **details: Any,
) -> Payment:
    """Record money received; it stays on account until it is applied.

    ``details`` may give ``currency`` and ``rate``; see :class:`~customers.receipts.NewReceipt`.
    """
    new = NewReceipt(customer, number, received_on, amount, method, **details)
    return receive_payments(customer.company, [new])[0]

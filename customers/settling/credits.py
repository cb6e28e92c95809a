"""Where a credit goes by itself when it is issued."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Protocol

from django.db.models import F

from customers.currencies import part_of
from customers.models import Application, Customer, OpenItem
from customers.models.company import AppliesCredits
from customers.money import ZERO
from customers.querysets import BelongsToCustomerQuerySet
from customers.settling.writing import Settlement, locked, write


class Share(Protocol):
    """What a credit gives one invoice: in its currency, and in base at its own rate."""

    @property
    def amount(self) -> Decimal: ...
    @property
    def base(self) -> Decimal: ...


def apply_credit(credit: OpenItem, shares: Mapping[int, Share], day: date) -> list[Application]:
    """Apply a credit just issued, as far as the company's settings go.

    First to the invoices (by id) that it credits, by each one's share; then what is left
    to the customer's overdue ones, oldest first. The rest stays on account.
    """
    company = credit.customer.company
    if company.applies_credits == AppliesCredits.NOWHERE:
        return []
    own = {
        item.pk: shares[item.invoice_id]
        for item in OpenItem.objects.filter(entry__invoice__in=shares).annotate(
            invoice_id=F("entry__invoice")
        )
    }
    overdue = []
    if company.applies_credits == AppliesCredits.OVERDUE:
        overdue = _overdue_that_take(credit, own, day)
    items = locked([*own, *overdue])
    settlements = []
    left = credit.amount
    for pk, share in own.items():
        if (amount := min(share.amount, items[pk].open, left)) > ZERO:
            base = part_of(share.base, amount, share.amount)
            settlements.append(Settlement(credit, items[pk], amount, day, base))
            left -= amount
    applied = write(company, settlements)
    for pk in overdue:
        if (amount := min(items[pk].open, left)) > ZERO:
            applied += write(company, [Settlement(credit, items[pk], amount, day)])
            left -= amount
    return applied


def _overdue_that_take(credit: OpenItem, own: Mapping[int, Share], day: date) -> list[int]:
    """The overdue items that may be needed for what its own invoices do not take."""
    taken = [
        min(own[pk].amount, amount - applied)
        for pk, amount, applied in OpenItem.objects.filter(pk__in=own).values_list(
            "pk", "amount", "applied"
        )
    ]
    left = credit.amount - sum(taken, ZERO)
    if left <= ZERO:
        return []
    needed = []
    rows = overdue_items(credit.customer, day).filter(currency=credit.currency)
    for pk, amount, applied in rows.values_list("pk", "amount", "applied"):
        needed.append(pk)
        if pk not in own:
            left -= amount - applied
        if left <= ZERO:
            break
    return needed


def overdue_items(customer: Customer, day: date) -> BelongsToCustomerQuerySet:
    """What the customer should have paid before ``day``, the oldest first."""
    return OpenItem.objects.filter(
        customer=customer,
        side=OpenItem.Side.OWES,
        applied__lt=F("amount"),
        due_on__lt=day,
    ).order_by("due_on", "pk")

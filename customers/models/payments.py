"""Money received."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models.base import AppendOnly, money
from customers.models.company import Company
from customers.models.currencies import POSTED_AT_ITS_RATE, exchange_rate
from customers.models.ledger import JournalEntry
from customers.models.parties import Customer
from customers.querysets import BelongsToCustomerQuerySet


class Payment(AppendOnly):
    """Money received from a customer; what is not applied is on account."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="payments")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="payments")
    entry = models.OneToOneField(
        JournalEntry, models.PROTECT, editable=False, related_name="payment"
    )
    number = models.CharField(_("number"), max_length=40)
    received_on = models.DateField(_("received on"))
    currency = models.CharField(_("currency"), max_length=3)
    rate = exchange_rate(default=1, db_default=1)
    amount = money(verbose_name=_("amount"))
    method = models.CharField(_("method"), max_length=40, blank=True)

    objects = BelongsToCustomerQuerySet.as_manager()

    class Meta(AppendOnly.Meta):
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["company", "number"], name="payment_number_once"),
            models.CheckConstraint(
                condition=models.Q(amount__gt=0), name="payment_amount_positive"
            ),
            models.CheckConstraint(condition=models.Q(rate__gt=0), name="payment_rate_above_zero"),
        ]
        triggers = [*AppendOnly.Meta.triggers, POSTED_AT_ITS_RATE]

    def __str__(self) -> str:
        return self.number

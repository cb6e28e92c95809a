"""Money that a customer pays ahead: a liability until it is applied to an invoice."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models.applications import Application
from customers.models.base import HISTORY_IS_IMMUTABLE, AppendOnly, money
from customers.models.company import Company, User
from customers.models.currencies import exchange_rate
from customers.models.invoices import Invoice
from customers.models.ledger import JournalEntry
from customers.models.orders import Order
from customers.models.parties import Customer
from customers.querysets import BelongsToCustomerQuerySet


class CustomerDeposit(models.Model):
    """Received before anything is invoiced: it bears no tax, and is owed until it is applied.

    ``applied`` moves only through :class:`DepositUse` rows; the database keeps it within
    the amount. ``rate`` is that of the day on which it was received, for good: what is owed
    of it stays owed at that.
    """

    company = models.ForeignKey(Company, models.PROTECT, related_name="deposits")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="deposits")
    order = models.ForeignKey(Order, models.PROTECT, null=True, blank=True, related_name="deposits")
    entry = models.OneToOneField(
        JournalEntry, models.PROTECT, editable=False, related_name="deposit"
    )
    number = models.CharField(_("number"), max_length=40)
    received_on = models.DateField(_("received on"))
    currency = models.CharField(_("currency"), max_length=3)
    rate = exchange_rate(default=1, db_default=1)
    amount = money(verbose_name=_("amount"))
    applied = money(verbose_name=_("applied"), default=0)
    method = models.CharField(_("method"), max_length=40, blank=True)

    objects = BelongsToCustomerQuerySet.as_manager()

    class Meta:
        verbose_name = _("customer deposit")
        verbose_name_plural = _("customer deposits")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["company", "number"], name="deposit_number_once"),
            models.CheckConstraint(
                condition=models.Q(amount__gt=0, applied__gte=0, applied__lte=models.F("amount")),
                name="deposit_applied_within_amount",
            ),
            models.CheckConstraint(condition=models.Q(rate__gt=0), name="deposit_rate_above_zero"),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["customer"],
                name="deposit_held",
                condition=models.Q(applied__lt=models.F("amount")),
            )
        ]
        triggers: ClassVar = [
            pgtrigger.Trigger(
                name="starts_unapplied",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    IF NEW.applied <> 0 THEN
                        RAISE EXCEPTION 'a deposit starts unapplied';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="received_at_its_rate",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                timing=pgtrigger.Deferred,
                declare=[("base", "text"), ("posted", "numeric")],
                func="""
                    SELECT base_currency INTO base FROM customers_company
                        WHERE id = NEW.company_id;
                    SELECT sum(debit) INTO posted FROM customers_journalline
                        WHERE entry_id = NEW.entry_id;
                    IF NEW.currency = base AND NEW.rate <> 1
                        OR posted IS DISTINCT FROM round(NEW.amount * NEW.rate, 2) THEN
                        RAISE EXCEPTION 'a document is posted at its own exchange rate';
                    END IF;
                    RETURN NULL;
                """,
            ),
            pgtrigger.Trigger(
                name="amount_is_fixed",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func=f"""
                    IF (OLD.company_id, OLD.customer_id, OLD.order_id, OLD.entry_id, OLD.number,
                        OLD.received_on, OLD.currency, OLD.rate, OLD.amount, OLD.method)
                        IS DISTINCT FROM
                       (NEW.company_id, NEW.customer_id, NEW.order_id, NEW.entry_id, NEW.number,
                        NEW.received_on, NEW.currency, NEW.rate, NEW.amount, NEW.method) THEN
                        RAISE EXCEPTION '{HISTORY_IS_IMMUTABLE}: deposit';
                    END IF;
                    IF OLD.applied <> NEW.applied AND pg_trigger_depth() < 2 THEN
                        RAISE EXCEPTION 'applied moves through uses of the deposit only';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def held(self) -> Decimal:
        """What of it is not applied yet, in its currency."""
        return self.amount - self.applied


class DepositUse(AppendOnly):
    """A part of a deposit that is held no longer: it paid an invoice, or is on account.

    On account (``invoice`` is None) it is like any payment: to be applied, or refunded.
    """

    deposit = models.ForeignKey(CustomerDeposit, models.PROTECT, related_name="uses")
    invoice = models.ForeignKey(
        Invoice, models.PROTECT, null=True, blank=True, related_name="deposit_uses"
    )
    entry = models.OneToOneField(
        JournalEntry, models.PROTECT, editable=False, related_name="deposit_use"
    )
    application = models.OneToOneField(
        Application,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="deposit_use",
    )
    amount = money(verbose_name=_("amount"))
    used_on = models.DateField(_("applied on"))
    used_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta(AppendOnly.Meta):
        verbose_name = _("use of a deposit")
        verbose_name_plural = _("uses of deposits")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(amount__gt=0), name="deposit_use_amount_positive"
            ),
            models.CheckConstraint(
                condition=models.Q(invoice=None, application=None)
                | models.Q(invoice__isnull=False, application__isnull=False),
                name="deposit_use_pays_or_is_on_account",
            ),
        ]
        triggers = [
            *AppendOnly.Meta.triggers,
            pgtrigger.Trigger(
                name="moves_its_deposit",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                func="""
                    IF NEW.invoice_id IS NOT NULL AND NOT EXISTS (
                        SELECT FROM customers_customerdeposit d
                            JOIN customers_invoice i ON i.id = NEW.invoice_id
                            WHERE d.id = NEW.deposit_id AND d.customer_id = i.customer_id
                                AND d.currency = i.currency
                    ) THEN
                        RAISE EXCEPTION 'a deposit pays its own customer''s invoices';
                    END IF;
                    UPDATE customers_customerdeposit SET applied = applied + NEW.amount
                        WHERE id = NEW.deposit_id;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.deposit} → {self.invoice or _('on account')}"

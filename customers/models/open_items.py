"""What is still to be settled, and what was applied to what."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models.base import AppendOnly, money
from customers.models.company import User
from customers.models.ledger import JournalEntry
from customers.models.parties import Customer
from customers.querysets import BelongsToCustomerQuerySet


class OpenItem(models.Model):
    """What a posted document leaves to be settled: an invoice owes, a payment or credit pays.

    ``applied`` moves only through :class:`Application` rows; the database keeps it
    within the item's amount, so nothing is applied twice.
    """

    class Side(models.TextChoices):
        OWES = "owes", _("Owed by the customer")
        PAYS = "pays", _("In the customer's favour")

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="open_items")
    entry = models.OneToOneField(JournalEntry, models.PROTECT, related_name="open_item")
    side = models.CharField(_("side"), max_length=4, choices=Side)
    currency = models.CharField(_("currency"), max_length=3)
    due_on = models.DateField(_("due"), null=True, blank=True)
    amount = money(verbose_name=_("amount"))
    applied = money(verbose_name=_("applied"), default=0)

    objects = BelongsToCustomerQuerySet.as_manager()

    class Meta:
        verbose_name = _("open item")
        verbose_name_plural = _("open items")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(amount__gt=0, applied__gte=0, applied__lte=models.F("amount")),
                name="open_item_applied_within_amount",
            )
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["customer", "side"],
                name="open_item_unsettled",
                condition=models.Q(applied__lt=models.F("amount")),
                include=["amount", "applied", "due_on"],
            ),
            # Tells the planner how few items are unsettled, and sorts by what is left.
            models.Index(
                models.F("amount") - models.F("applied"), name="open_item_by_what_is_left"
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="starts_as_it_was_posted",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    IF NEW.applied <> 0 THEN
                        RAISE EXCEPTION 'an open item starts unapplied';
                    END IF;
                    IF NEW.amount IS DISTINCT FROM (
                        SELECT sum(CASE NEW.side WHEN 'owes' THEN debit ELSE credit END)
                            FROM customers_journalline
                            WHERE entry_id = NEW.entry_id AND customer_id = NEW.customer_id
                    ) THEN
                        RAISE EXCEPTION 'an open item is of what was posted';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="amount_is_fixed",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func="""
                    IF (OLD.customer_id, OLD.entry_id, OLD.side, OLD.currency, OLD.amount)
                        IS DISTINCT FROM
                       (NEW.customer_id, NEW.entry_id, NEW.side, NEW.currency, NEW.amount) THEN
                        RAISE EXCEPTION 'history is immutable: open item';
                    END IF;
                    IF OLD.applied <> NEW.applied AND pg_trigger_depth() < 2 THEN
                        RAISE EXCEPTION 'applied moves through applications only';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return str(self.entry)

    @property
    def open(self) -> Decimal:
        """What is left to settle, in the item's currency."""
        return self.amount - self.applied


class Application(AppendOnly):
    """A payment or credit applied to an invoice; undone by a row that names it."""

    payer = models.ForeignKey(OpenItem, models.PROTECT, related_name="applications")
    invoice = models.ForeignKey(OpenItem, models.PROTECT, related_name="settlements")
    amount = money(verbose_name=_("amount"))
    applied_on = models.DateField(_("applied on"))
    applied_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    undoes = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="undone_by"
    )

    class Meta(AppendOnly.Meta):
        verbose_name = _("application")
        verbose_name_plural = _("applications")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(amount__gt=0), name="application_amount_positive"
            )
        ]
        triggers = [
            *AppendOnly.Meta.triggers,
            pgtrigger.Trigger(
                name="moves_both_items",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                declare=[
                    ("source", "customers_openitem%ROWTYPE"),
                    ("target", "customers_openitem%ROWTYPE"),
                    ("original", "customers_application%ROWTYPE"),
                    ("change", "numeric := NEW.amount"),
                ],
                func="""
                    IF NEW.undoes_id IS NOT NULL THEN
                        SELECT * INTO original FROM customers_application
                            WHERE id = NEW.undoes_id;
                        IF original.undoes_id IS NOT NULL
                            OR (original.payer_id, original.invoice_id, original.amount)
                            <> (NEW.payer_id, NEW.invoice_id, NEW.amount) THEN
                            RAISE EXCEPTION 'an application is undone whole and once';
                        END IF;
                        change := -NEW.amount;
                    END IF;
                    UPDATE customers_openitem SET applied = applied + change
                        WHERE id = least(NEW.payer_id, NEW.invoice_id);
                    UPDATE customers_openitem SET applied = applied + change
                        WHERE id = greatest(NEW.payer_id, NEW.invoice_id);
                    SELECT * INTO source FROM customers_openitem WHERE id = NEW.payer_id;
                    SELECT * INTO target FROM customers_openitem WHERE id = NEW.invoice_id;
                    IF source.side <> 'pays' OR target.side <> 'owes'
                        OR source.customer_id <> target.customer_id
                        OR source.currency <> target.currency THEN
                        RAISE EXCEPTION 'applied to what it cannot settle';
                    END IF;
                    RETURN NULL;
                """,
            ),
            pgtrigger.Trigger(
                name="reversal_is_final",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                condition=pgtrigger.Q(new__undoes__isnull=False),
                func="""
                    IF 'reversal' = (
                        SELECT e.kind FROM customers_openitem i
                            JOIN customers_journalentry e ON e.id = i.entry_id
                            WHERE i.id = NEW.invoice_id
                    ) THEN
                        RAISE EXCEPTION 'what was reversed stays settled';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.payer} → {self.invoice}"

"""What was applied to what, and what exchange rates made of it."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models.base import AppendOnly, money
from customers.models.company import User
from customers.models.ledger import JournalEntry
from customers.models.open_items import OpenItem


class Application(AppendOnly):
    """A payment or credit applied to an invoice; undone by a row that names it.

    ``payer_base`` and ``invoice_base`` are what it takes of each item in base currency.
    They are the amount itself where that is the base currency (the database sees to it);
    where they differ, ``entry`` posts the realised exchange difference.
    """

    payer = models.ForeignKey(OpenItem, models.PROTECT, related_name="applications")
    invoice = models.ForeignKey(OpenItem, models.PROTECT, related_name="settlements")
    amount = money(verbose_name=_("amount"))
    payer_base = money(verbose_name=_("of the payer, in base currency"), db_default=0)
    invoice_base = money(verbose_name=_("of the invoice, in base currency"), db_default=0)
    entry = models.OneToOneField(
        JournalEntry,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="application",
        verbose_name=_("exchange difference"),
    )
    applied_on = models.DateField(_("applied on"))
    applied_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    undoes = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="undone_by"
    )
    reason = models.CharField(
        _("reason"), max_length=300, blank=True, help_text=_("Why it was taken back.")
    )

    class Meta(AppendOnly.Meta):
        verbose_name = _("application")
        verbose_name_plural = _("applications")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(amount__gt=0), name="application_amount_positive"
            ),
            models.CheckConstraint(
                condition=models.Q(payer_base__gte=0, invoice_base__gte=0),
                name="application_base_not_negative",
            ),
        ]
        triggers = [
            *AppendOnly.Meta.triggers,
            pgtrigger.Trigger(
                name="base_currency_at_par",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    IF NEW.undoes_id IS NOT NULL THEN
                        SELECT payer_base, invoice_base INTO NEW.payer_base, NEW.invoice_base
                            FROM customers_application WHERE id = NEW.undoes_id;
                    ELSIF EXISTS (
                        SELECT FROM customers_openitem i
                            JOIN customers_customer p ON p.id = i.customer_id
                            JOIN customers_company c ON c.id = p.company_id
                            WHERE i.id = NEW.payer_id AND i.currency = c.base_currency
                    ) THEN
                        NEW.payer_base := NEW.amount;
                        NEW.invoice_base := NEW.amount;
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="moves_both_items",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                declare=[
                    ("source", "customers_openitem%ROWTYPE"),
                    ("target", "customers_openitem%ROWTYPE"),
                    ("original", "customers_application%ROWTYPE"),
                    ("sign", "integer := 1"),
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
                        sign := -1;
                    END IF;
                    UPDATE customers_openitem SET applied = applied + sign * NEW.amount,
                        base_applied = base_applied + sign * CASE id
                            WHEN NEW.payer_id THEN NEW.payer_base ELSE NEW.invoice_base END
                        WHERE id = least(NEW.payer_id, NEW.invoice_id);
                    UPDATE customers_openitem SET applied = applied + sign * NEW.amount,
                        base_applied = base_applied + sign * CASE id
                            WHEN NEW.payer_id THEN NEW.payer_base ELSE NEW.invoice_base END
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
                name="posts_the_difference",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                declare=[("difference", "numeric"), ("posted", "numeric")],
                func="""
                    difference := (NEW.payer_base - NEW.invoice_base)
                        * CASE WHEN NEW.undoes_id IS NULL THEN 1 ELSE -1 END;
                    IF difference <> 0 OR NEW.entry_id IS NOT NULL THEN
                        SELECT sum(l.debit - l.credit) INTO posted
                            FROM customers_journalline l
                            JOIN customers_journalentry e ON e.id = l.entry_id
                            JOIN customers_openitem i ON i.customer_id = l.customer_id
                            WHERE e.id = NEW.entry_id AND e.kind = 'exchange'
                                AND i.id = NEW.payer_id;
                        IF posted IS DISTINCT FROM difference THEN
                            RAISE EXCEPTION 'a realised exchange difference is posted';
                        END IF;
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
            pgtrigger.Trigger(
                name="refund_stays_paid",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                condition=pgtrigger.Q(new__undoes__isnull=False),
                func="""
                    IF EXISTS (
                        SELECT FROM customers_openitem i
                            JOIN customers_journalentry e ON e.id = i.entry_id
                            WHERE i.id = NEW.invoice_id AND e.kind = 'refund'
                    ) THEN
                        RAISE EXCEPTION 'what was refunded is paid out';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.payer} → {self.invoice}"

    @property
    def difference(self) -> Decimal:
        """The realised exchange gain; below zero a loss. In base currency."""
        gained: Decimal = self.payer_base - self.invoice_base
        return -gained if self.undoes_id else gained

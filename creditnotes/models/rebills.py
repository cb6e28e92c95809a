"""A wrong invoice credited whole and billed anew: what is to be billed, and the new invoice."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from creditnotes.models.lines import WRITTEN_WHILE_OPEN
from creditnotes.models.notes import CreditNote
from customers.models import Invoice, NumberedDocument, Product, Site
from customers.models.base import AppendOnly, money
from customers.models.numbers import bears_a_number


class Rebill(models.Model):
    """What is billed anew in place of the invoice that the note credits whole.

    ``lines`` name the invoice's own lines: ``[{"line": id, "quantity": "3", "unit_price":
    "9.50"}]``, and those that it lacks by their ``product``, ``description`` and
    ``kind``. The amounts are what the new invoice comes to. All of it is frozen, hashed and
    decided with the note.
    ``credited_net`` is what the note credited when it was written: where less is left when it
    is submitted, somebody credited in between.
    """

    note = models.OneToOneField(CreditNote, models.PROTECT, primary_key=True, related_name="rebill")
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="rebills")
    site = models.ForeignKey(Site, models.PROTECT, null=True, blank=True, related_name="+")
    customer_reference = models.CharField(_("customer's reference"), max_length=60, blank=True)
    lines = models.JSONField()
    credited_net = money()
    net = money(verbose_name=_("net"))
    tax_total = money(verbose_name=_("tax"))
    total = money(verbose_name=_("total"))

    class Meta:
        verbose_name = _("rebill")
        verbose_name_plural = _("rebills")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(net__gte=0, tax_total__gte=0)
                & models.Q(total=models.F("net") + models.F("tax_total")),
                name="rebill_total_adds_up",
            )
        ]
        triggers: ClassVar = [
            WRITTEN_WHILE_OPEN,
            pgtrigger.Trigger(
                name="bills_its_customer",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func="""
                    IF NOT EXISTS (
                        SELECT FROM creditnotes_creditnote n
                            JOIN customers_invoice i ON i.id = NEW.invoice_id
                            WHERE n.id = NEW.note_id AND n.customer_id = i.customer_id
                                AND n.currency = i.currency
                                AND (NEW.site_id IS NULL OR n.customer_id = (
                                    SELECT customer_id FROM customers_site WHERE id = NEW.site_id
                                ))
                    ) THEN
                        RAISE EXCEPTION 'invoice or site of another customer';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="bills_products_that_stay",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                declare=[("named", "bigint[]"), ("found", "bigint")],
                func="""
                    SELECT coalesce(array_agg(DISTINCT (line ->> 'product')::bigint), '{}')
                        INTO named FROM jsonb_array_elements(NEW.lines) line
                        WHERE line ->> 'product' IS NOT NULL;
                    PERFORM FROM customers_product WHERE id = ANY (named)
                        ORDER BY id FOR KEY SHARE;
                    GET DIAGNOSTICS found = ROW_COUNT;
                    IF found <> cardinality(named) THEN
                        RAISE EXCEPTION 'a line bills a product that is not there';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.note} {self.invoice}"


class BilledAnewProduct(Product):
    """Products as this app sees them: what a note bills anew stays, since its lines name it."""

    class Meta:
        proxy = True
        default_permissions = ()
        triggers: ClassVar = [
            pgtrigger.Trigger(
                name="stays_while_billed_anew",
                when=pgtrigger.Before,
                operation=pgtrigger.Delete,
                func="""
                    IF EXISTS (
                        SELECT FROM creditnotes_rebill WHERE lines @> jsonb_build_array(
                            jsonb_build_object('product', OLD.id)
                        )
                    ) THEN
                        RAISE EXCEPTION 'a credit note bills this product anew';
                    END IF;
                    RETURN OLD;
                """,
            ),
        ]


class RebilledInvoice(NumberedDocument):
    """The number of the invoice that was issued together with its credit note."""

    prefix = "IN"

    note = models.OneToOneField(CreditNote, models.PROTECT, related_name="rebilled")
    invoice = models.OneToOneField(Invoice, models.PROTECT, related_name="corrects")

    class Meta(NumberedDocument.Meta):
        verbose_name = _("rebilled invoice")
        verbose_name_plural = _("rebilled invoices")
        triggers = [
            *AppendOnly.Meta.triggers,
            bears_a_number("IN"),
            pgtrigger.Trigger(
                name="as_it_was_approved",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                timing=pgtrigger.Deferred,
                func="""
                    IF NOT EXISTS (
                        SELECT FROM creditnotes_rebill r
                            JOIN creditnotes_creditnote n ON n.id = r.note_id
                            JOIN customers_invoice i ON i.id = NEW.invoice_id
                            WHERE r.note_id = NEW.note_id AND n.state IN ('issued', 'reversed')
                                AND i.number = NEW.number AND i.customer_id = n.customer_id
                                AND i.issued_on = NEW.issued_on
                                AND (i.net, i.tax_total, i.total)
                                    = (r.net, r.tax_total, r.total)
                    ) THEN
                        RAISE EXCEPTION 'what is billed anew is not what was approved';
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

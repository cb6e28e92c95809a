"""Invoices as posted: immutable, with the tax rates and rounding of their day."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

import pgtrigger
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Round, Upper
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from customers.matching import Folded
from customers.models.base import (
    STAMPED,
    AppendOnly,
    completed_at_once,
    money,
    percent,
    quantity,
    written_in,
)
from customers.models.base import unit_price as price_of_one
from customers.models.catalogue import Product, TaxKind
from customers.models.company import Company
from customers.models.currencies import POSTED_AT_ITS_RATE, exchange_rate
from customers.models.ledger import JournalEntry
from customers.models.orders import Order, OrderLine
from customers.models.parties import PROVINCES, Customer, Site
from customers.querysets import BelongsToCustomerQuerySet


class TaxRounding(models.TextChoices):
    """Where tax is rounded to the cent; frozen on each invoice (rule 2)."""

    TOTAL = "total", _("On the document's total per tax")
    LINE = "line", _("On each line")


class Handover(models.TextChoices):
    """Who brings the goods; with the addresses it decides the place of supply."""

    DELIVERED = "delivered", _("Delivered by us or our carrier")
    BUYERS_CARRIER = "carrier", _("The customer’s own carrier")
    COLLECTED = "collected", _("Picked up")


class Invoice(AppendOnly):
    """What the customer was charged. Amounts are positive, in the invoice's currency."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="invoices")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="invoices")
    order = models.ForeignKey(Order, models.PROTECT, null=True, blank=True, related_name="invoices")
    site = models.ForeignKey(Site, models.PROTECT, null=True, blank=True, related_name="invoices")
    entry = models.OneToOneField(
        JournalEntry,
        models.PROTECT,
        null=True,
        editable=False,
        related_name="invoice",
        help_text=_("The posting; none for an invoice of nothing."),
    )
    number = models.CharField(_("number"), max_length=40)
    issued_on = models.DateField(_("date"))
    issued_at = models.DateTimeField(_("time of issue"), default=timezone.now)
    due_on = models.DateField(_("due"))
    currency = models.CharField(_("currency"), max_length=3)
    rate = exchange_rate(
        default=1,
        db_default=1,
        help_text=_("What one unit of the currency is worth in the base currency, for good."),
    )
    province = models.CharField(_("place of supply"), max_length=2, choices=PROVINCES, blank=True)
    handover = models.CharField(
        _("handed over"),
        max_length=9,
        choices=Handover,
        default=Handover.DELIVERED,
        db_default=Handover.DELIVERED,
    )
    customer_reference = models.CharField(_("customer's reference"), max_length=60, blank=True)
    tax_rounding = models.CharField(
        _("tax rounding"), max_length=5, choices=TaxRounding, default=TaxRounding.TOTAL
    )
    net = money(verbose_name=_("net"))
    tax_total = money(verbose_name=_("tax"), default=0)
    total = money(verbose_name=_("total"))
    transaction = written_in()

    objects = BelongsToCustomerQuerySet.as_manager()

    class Meta(AppendOnly.Meta):
        verbose_name = _("invoice")
        verbose_name_plural = _("invoices")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["company", "number"], name="invoice_number_once"),
            models.CheckConstraint(
                condition=models.Q(net__gte=0, tax_total__gte=0)
                & models.Q(total=models.F("net") + models.F("tax_total")),
                name="invoice_total_adds_up",
            ),
            models.CheckConstraint(condition=models.Q(rate__gt=0), name="invoice_rate_above_zero"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["customer", "-issued_on", "-id"], name="invoice_by_customer"),
            models.Index(fields=["company", "issued_on", "id"], name="invoice_by_date"),
            models.Index(fields=["company", "due_on", "id"], name="invoice_by_due_date"),
            models.Index(fields=["company", "total", "id"], name="invoice_by_total"),
            GinIndex(
                OpClass(Upper("number"), "gin_trgm_ops"),
                OpClass(Upper("customer_reference"), "gin_trgm_ops"),
                name="invoice_number_trigram",
            ),
        ]
        triggers = [
            *AppendOnly.Meta.triggers,
            STAMPED,
            POSTED_AT_ITS_RATE,
            pgtrigger.Trigger(
                name="adds_up",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                timing=pgtrigger.Deferred,
                func="""
                    IF NEW.net IS DISTINCT FROM (
                        SELECT coalesce(sum(net), 0) FROM customers_invoiceline
                            WHERE invoice_id = NEW.id
                    ) OR NEW.tax_total IS DISTINCT FROM (
                        SELECT coalesce(sum(amount), 0) FROM customers_invoicetax
                            WHERE invoice_id = NEW.id
                    ) THEN
                        RAISE EXCEPTION 'invoice % does not add up', NEW.number;
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.number


_OF_ITS_INVOICE = completed_at_once(
    "SELECT transaction FROM customers_invoice WHERE id = NEW.invoice_id"
)


class InvoiceLine(AppendOnly):
    """One charge on an invoice; ``net`` is what was really charged, after all discounts.

    ``discount`` is what quantity × price was lowered by, ``invoice_discount`` the part of
    it that is the line's share of a discount on the whole invoice. Where the price is a
    promotion's, ``regular_price`` is what the goods cost otherwise. What was charged is
    what can be credited.
    """

    class Kind(models.TextChoices):
        GOODS = "goods", _("Goods")
        CHARGE = "charge", _("Charge")
        FREIGHT = "freight", _("Freight")
        CONTAINER = "container", _("Container deposit")

    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="lines")
    product = models.ForeignKey(
        Product, models.PROTECT, null=True, blank=True, related_name="invoice_lines"
    )
    order_line = models.ForeignKey(
        OrderLine, models.PROTECT, null=True, blank=True, related_name="invoice_lines"
    )
    position = models.PositiveIntegerField(_("position"))
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.GOODS)
    description = models.CharField(_("description"), max_length=250)
    quantity = quantity(verbose_name=_("quantity"))
    unit = models.CharField(_("unit"), max_length=20, default="ea")
    unit_price = price_of_one(verbose_name=_("unit price"))
    net = money(verbose_name=_("net"))
    discount = models.GeneratedField(
        expression=Round(models.F("quantity") * models.F("unit_price"), precision=2)
        - models.F("net"),
        output_field=money(),
        db_persist=True,
        verbose_name=_("discount"),
    )
    invoice_discount = money(
        verbose_name=_("share of the invoice's discount"), default=0, db_default=Decimal(0)
    )
    regular_price = price_of_one(verbose_name=_("regular price"), null=True, blank=True)
    promotion = models.CharField(_("promotion"), max_length=100, blank=True, db_default="")

    class Meta(AppendOnly.Meta):
        verbose_name = _("invoice line")
        verbose_name_plural = _("invoice lines")
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["invoice", "position"], name="invoice_line_position_once"
            ),
            models.CheckConstraint(
                condition=models.Q(quantity__gt=0, unit_price__gte=0, net__gte=0),
                name="invoice_line_amounts",
            ),
            models.CheckConstraint(
                condition=models.Q(invoice_discount=0)
                | models.Q(
                    invoice_discount__gt=0,
                    net__lte=Round(models.F("quantity") * models.F("unit_price"), precision=2)
                    - models.F("invoice_discount"),
                ),
                name="invoice_line_discounts",
            ),
        ]
        indexes: ClassVar = [
            GinIndex(OpClass(Folded("description"), "gin_trgm_ops"), name="invoice_line_words"),
        ]
        triggers = [*AppendOnly.Meta.triggers, _OF_ITS_INVOICE]

    def __str__(self) -> str:
        return self.description

    @property
    def line_discount(self) -> Decimal:
        """What this line alone was lowered by, in the invoice's currency."""
        off: Decimal = self.discount - self.invoice_discount
        return off

    @property
    def name(self) -> str:
        """What it is called in the reader's language, as far as the catalogue tells."""
        is_french = (get_language() or "").startswith("fr")
        translated = self.product.name_fr if is_french and self.product else ""
        return translated or self.description


class InvoiceLineTax(AppendOnly):
    """A tax that the line bears, at the rate frozen when it was invoiced.

    ``amount`` is the tax rounded on this line; it counts only where the invoice
    rounds by line, and is null where it rounds on the total.
    """

    line = models.ForeignKey(InvoiceLine, models.PROTECT, related_name="taxes")
    kind = models.CharField(_("tax"), max_length=3, choices=TaxKind)
    province = models.CharField(_("province"), max_length=2, choices=PROVINCES, blank=True)
    rate = percent(verbose_name=_("rate in percent"))
    amount = money(verbose_name=_("amount"), null=True, blank=True)

    class Meta(AppendOnly.Meta):
        verbose_name = _("tax of an invoice line")
        verbose_name_plural = _("taxes of invoice lines")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["line", "kind"], name="invoice_line_tax_once")
        ]
        triggers = [
            *AppendOnly.Meta.triggers,
            completed_at_once(
                "SELECT i.transaction FROM customers_invoice i"
                " JOIN customers_invoiceline l ON l.invoice_id = i.id WHERE l.id = NEW.line_id"
            ),
            pgtrigger.Trigger(
                name="deposits_bear_no_tax",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    IF 'container' = (
                        SELECT kind FROM customers_invoiceline WHERE id = NEW.line_id
                    ) THEN
                        RAISE EXCEPTION 'a container deposit bears no tax';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.rate.normalize():f} %"


class InvoiceTax(AppendOnly):
    """What the invoice charged of one tax at one rate, and the net it was charged on."""

    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="taxes")
    kind = models.CharField(_("tax"), max_length=3, choices=TaxKind)
    province = models.CharField(_("province"), max_length=2, choices=PROVINCES, blank=True)
    rate = percent(verbose_name=_("rate in percent"))
    base = money(verbose_name=_("taxed net"))
    amount = money(verbose_name=_("amount"))

    class Meta(AppendOnly.Meta):
        verbose_name = _("tax of an invoice")
        verbose_name_plural = _("taxes of invoices")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["invoice", "kind", "rate"], name="invoice_tax_and_rate_once"
            )
        ]
        triggers = [*AppendOnly.Meta.triggers, _OF_ITS_INVOICE]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.rate.normalize():f} %"

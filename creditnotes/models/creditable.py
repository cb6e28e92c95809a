"""Counters: what an invoice charged, and how much of it is reserved or credited.

One row per invoice line, and one per invoice and tax (per line and tax where the
invoice was rounded by line). Only the database's own trigger on a credit note's
``hold`` moves them; the checks here refuse an over-credit whoever asks (rule 1).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Greatest
from django.utils.translation import gettext_lazy as _

from customers.models import Invoice, InvoiceLine, TaxKind
from customers.models.base import money, percent, quantity


def _within(what: str) -> Any:
    """The condition that what is reserved and issued fits into what was charged."""
    return (
        Q(**{f"reserved_{what}__gte": 0})
        & Q(**{f"issued_{what}__gte": 0})
        & Q(**{f"charged_{what}__gte": F(f"reserved_{what}") + F(f"issued_{what}")})
    )


def _not_negative(what: str) -> Any:
    return Q(**{f"reserved_{what}__gte": 0}) & Q(**{f"issued_{what}__gte": 0})


#: Tax that price-only credits left with the company and no tax adjustment gave back since.
_LEFT_BY_PRICE_ONLY = Greatest(
    F("reserved_kept") + F("issued_kept") - F("reserved_recovered") - F("issued_recovered"),
    Decimal(0),
)

#: Counters start at nothing and only move inside another trigger: that of the note's hold.
_MOVES_BY_HOLD_ONLY = pgtrigger.Trigger(
    name="moves_by_hold_only",
    when=pgtrigger.Before,
    operation=pgtrigger.Update | pgtrigger.Delete,
    func="""
        IF TG_OP = 'DELETE' OR pg_trigger_depth() < 2 THEN
            RAISE EXCEPTION 'counters move only with a credit note''s hold';
        END IF;
        RETURN NEW;
    """,
)


class CreditableLine(models.Model):
    """How much of an invoice line, in quantity and net, can still be credited."""

    invoice_line = models.OneToOneField(
        InvoiceLine, models.PROTECT, primary_key=True, related_name="creditable"
    )
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="creditable_lines")
    charged_quantity = quantity()
    reserved_quantity = quantity(default=0)
    issued_quantity = quantity(default=0)
    charged_net = money()
    reserved_net = money(default=0)
    issued_net = money(default=0)

    class Meta:
        verbose_name = _("creditable line")
        verbose_name_plural = _("creditable lines")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=_within("quantity"),
                name="never_over_credit_quantity",
                violation_error_message=_("More would be credited than was invoiced."),
            ),
            models.CheckConstraint(
                condition=_within("net"),
                name="never_over_credit_net",
                violation_error_message=_("More would be credited than was invoiced."),
            ),
        ]
        triggers: ClassVar = [
            _MOVES_BY_HOLD_ONLY,
            pgtrigger.Trigger(
                name="copies_its_line",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    SELECT invoice_id, quantity, net
                        INTO NEW.invoice_id, NEW.charged_quantity, NEW.charged_net
                        FROM customers_invoiceline WHERE id = NEW.invoice_line_id;
                    NEW.reserved_quantity := 0; NEW.issued_quantity := 0;
                    NEW.reserved_net := 0; NEW.issued_net := 0;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return str(self.invoice_line)

    @property
    def quantity_left(self) -> Decimal:
        """What can still be credited, in the line's unit."""
        return self.charged_quantity - self.reserved_quantity - self.issued_quantity

    @property
    def net_left(self) -> Decimal:
        """What can still be credited before tax, in the invoice's currency."""
        return self.charged_net - self.reserved_net - self.issued_net


class CreditableTax(models.Model):
    """How much of a tax the invoice charged can still be given back, and on what net.

    ``base`` is the net that credits used up, fees and price-only credits included.
    ``amount`` is the tax used up: what was given back, and what was kept with
    restocking fees. ``kept`` is the tax that price-only credits did not give back; a
    tax adjustment may still. Of ``amount``, tax adjustments gave back ``recovered``
    (which had been kept so) and ``adjusted`` (beyond that, which lowers the rate of
    what follows): see :mod:`creditnotes.amounts`.
    """

    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="creditable_taxes")
    invoice_line = models.ForeignKey(
        InvoiceLine,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="creditable_taxes",
        help_text=_("Set where the invoice was rounded by line."),
    )
    kind = models.CharField(_("tax"), max_length=3, choices=TaxKind)
    province = models.CharField(_("province"), max_length=2, blank=True)
    rate = percent(verbose_name=_("rate in percent"))
    charged_base = money()
    reserved_base = money(default=0)
    issued_base = money(default=0)
    charged_amount = money()
    reserved_amount = money(default=0)
    issued_amount = money(default=0)
    reserved_kept = money(default=0, db_default=Decimal(0))
    issued_kept = money(default=0, db_default=Decimal(0))
    reserved_adjusted = money(default=0, db_default=Decimal(0))
    issued_adjusted = money(default=0, db_default=Decimal(0))
    reserved_recovered = money(default=0, db_default=Decimal(0))
    issued_recovered = money(default=0, db_default=Decimal(0))

    class Meta:
        verbose_name = _("creditable tax")
        verbose_name_plural = _("creditable taxes")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["invoice", "invoice_line", "kind", "rate"],
                nulls_distinct=False,
                name="creditable_tax_once",
            ),
            models.CheckConstraint(condition=_within("base"), name="never_over_credit_tax_base"),
            models.CheckConstraint(
                condition=_not_negative("amount")
                & _not_negative("kept")
                & _not_negative("adjusted")
                & _not_negative("recovered")
                & Q(
                    charged_amount__gte=F("reserved_amount")
                    + F("issued_amount")
                    + _LEFT_BY_PRICE_ONLY
                ),
                name="never_over_credit_tax",
            ),
        ]
        triggers: ClassVar = [
            _MOVES_BY_HOLD_ONLY,
            pgtrigger.Trigger(
                name="copies_its_tax",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    IF (NEW.invoice_line_id IS NOT NULL) <> (
                        SELECT tax_rounding = 'line' FROM customers_invoice
                            WHERE id = NEW.invoice_id
                    ) THEN
                        RAISE EXCEPTION 'a tax is counted where its invoice rounded it';
                    END IF;
                    IF NEW.invoice_line_id IS NULL THEN
                        SELECT base, amount, province
                            INTO STRICT NEW.charged_base, NEW.charged_amount, NEW.province
                            FROM customers_invoicetax
                            WHERE invoice_id = NEW.invoice_id
                                AND kind = NEW.kind AND rate = NEW.rate;
                    ELSE
                        SELECT l.net, t.amount, t.province
                            INTO STRICT NEW.charged_base, NEW.charged_amount, NEW.province
                            FROM customers_invoicelinetax t
                            JOIN customers_invoiceline l ON l.id = t.line_id
                            WHERE t.line_id = NEW.invoice_line_id
                                AND l.invoice_id = NEW.invoice_id
                                AND t.kind = NEW.kind AND t.rate = NEW.rate;
                    END IF;
                    NEW.reserved_base := 0; NEW.issued_base := 0;
                    NEW.reserved_amount := 0; NEW.issued_amount := 0;
                    NEW.reserved_kept := 0; NEW.issued_kept := 0;
                    NEW.reserved_adjusted := 0; NEW.issued_adjusted := 0;
                    NEW.reserved_recovered := 0; NEW.issued_recovered := 0;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.rate.normalize():f} %"

    @property
    def amount_left(self) -> Decimal:
        """The tax that can still be given back, in the invoice's currency."""
        return self.charged_amount - self.reserved_amount - self.issued_amount

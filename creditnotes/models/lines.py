"""What a credit note credits: its lines, its taxes, and the people who took part in it."""

from __future__ import annotations

from decimal import Decimal
from typing import ClassVar

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from creditnotes.models.creditable import CreditableLine, CreditableTax
from creditnotes.models.notes import CreditNote
from creditnotes.models.reasons import TAKING_PIECES, Basis
from customers.models import Invoice, TaxKind, User
from customers.models.base import AppendOnly, money, quantity, unit_price
from customers.models.base import percent as in_percent

#: Lines and taxes are written only while their note is open and holds nothing.
WRITTEN_WHILE_OPEN = pgtrigger.Trigger(
    name="written_while_open",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
    declare=[("parent", "creditnotes_creditnote%ROWTYPE")],
    func="""
        SELECT * INTO parent FROM creditnotes_creditnote
            WHERE id = CASE WHEN TG_OP = 'DELETE' THEN OLD.note_id ELSE NEW.note_id END
            FOR SHARE;
        IF parent.state NOT IN ('draft', 'returned') OR parent.hold <> 'none' THEN
            RAISE EXCEPTION 'what was submitted cannot change';
        END IF;
        IF TG_OP = 'UPDATE' AND OLD.note_id <> NEW.note_id THEN
            RAISE EXCEPTION 'a line stays with its credit note';
        END IF;
        RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    """,
)


#: On an invoice line by any basis; on the tax of an invoice; or on no invoice at all.
_ONE_SHAPE = (
    Q(creditable__isnull=False, invoice__isnull=False, tax_kind="", tax=0, description="")
    & ~Q(basis__in=[Basis.TAX, Basis.GOODWILL])
    | Q(basis=Basis.TAX, creditable__isnull=True, invoice__isnull=False, description="")
    & Q(tax__gt=0, net=0, price_only=False)
    & ~Q(tax_kind="")
    | Q(basis=Basis.GOODWILL, creditable__isnull=True, invoice__isnull=True)
    & Q(tax_kind="", tax=0, net__gt=0, price_only=False)
    & ~Q(description="")
)
#: Each basis has its own figures and none of another's.
_ONE_BASIS = (
    (Q(basis=Basis.PERCENT) & Q(percent__isnull=False) | ~Q(basis=Basis.PERCENT))
    & (Q(percent__isnull=True) | Q(basis=Basis.PERCENT))
    & (Q(unit_price__isnull=False) | ~Q(basis=Basis.UNIT_PRICE))
    & (Q(unit_price__isnull=True) | Q(basis__in=[Basis.UNIT_PRICE, Basis.QUANTITY]))
    & (Q(in_full=False) | Q(basis__in=[Basis.FREIGHT, Basis.TAX]))
)
_FEE_ON_PIECES = Q(fee=0, fee_percent__isnull=True, fee_words="") | Q(
    fee__gte=0,
    fee_percent__isnull=False,
    fee_percent__gte=0,
    fee_percent__lt=100,
    basis__in=TAKING_PIECES,
)


class CreditLine(models.Model):
    """Credits an invoice line, the tax of an invoice, or nothing charged, by one basis.

    ``quantity`` and ``net`` + ``fee`` are what it takes of the invoice line: ``net`` is
    credited, ``fee`` kept back before tax. ``percent`` and ``unit_price`` record what
    was asked for, where the basis asks for them; with basis *quantity* a
    ``unit_price`` is the price per unit agreed for the credit, where it is lower than
    what was charged. Basis *tax* credits ``tax`` of the invoice's ``tax_kind`` and no
    net; *goodwill* credits a ``net`` without tax that no invoice charged. ``in_full``
    records that all was asked for of a freight line or a tax, whatever it comes to.
    """

    note = models.ForeignKey(CreditNote, models.CASCADE, related_name="lines")
    creditable = models.ForeignKey(
        CreditableLine, models.PROTECT, null=True, blank=True, related_name="credit_lines"
    )
    invoice = models.ForeignKey(Invoice, models.PROTECT, null=True, blank=True, related_name="+")
    position = models.PositiveIntegerField(_("position"))
    basis = models.CharField(_("basis"), max_length=12, choices=Basis, default=Basis.QUANTITY)
    quantity = quantity(verbose_name=_("quantity"), default=0)
    percent = in_percent(verbose_name=_("percent"), null=True, blank=True)
    unit_price = unit_price(verbose_name=_("unit price"), null=True, blank=True)
    in_full = models.BooleanField(_("in full"), default=False, db_default=False)
    net = money(verbose_name=_("net"))
    price_only = models.BooleanField(
        _("price only"),
        default=False,
        db_default=False,
        help_text=_("The net is credited and no tax given back with it."),
    )
    fee = money(verbose_name=_("restocking fee"), default=0, db_default=Decimal(0))
    fee_percent = in_percent(verbose_name=_("restocking fee in percent"), null=True, blank=True)
    fee_words = models.CharField(
        _("why the fee was lowered"), max_length=250, blank=True, default="", db_default=""
    )
    tax_kind = models.CharField(
        _("tax"), max_length=3, choices=TaxKind, blank=True, default="", db_default=""
    )
    tax = money(verbose_name=_("tax given back"), default=0, db_default=Decimal(0))
    description = models.CharField(
        _("description"), max_length=250, blank=True, default="", db_default=""
    )

    class Meta:
        verbose_name = _("credit line")
        verbose_name_plural = _("credit lines")
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["note", "position"], name="credit_line_position_once"),
            models.CheckConstraint(
                condition=Q(quantity__gte=0, net__gte=0, fee__gte=0, tax__gte=0)
                & (Q(quantity__gt=0) | Q(net__gt=0) | Q(tax__gt=0)),
                name="credit_line_credits_something",
            ),
            models.CheckConstraint(
                condition=Q(basis=Basis.QUANTITY, quantity__gt=0)
                | Q(basis__in=[Basis.WHOLE, Basis.FREIGHT])
                | (~Q(basis=Basis.QUANTITY) & Q(quantity=0)),
                name="credit_line_quantity_by_basis",
            ),
            models.CheckConstraint(condition=_ONE_SHAPE, name="credit_line_one_shape"),
            models.CheckConstraint(condition=_ONE_BASIS, name="credit_line_one_basis"),
            models.CheckConstraint(condition=_FEE_ON_PIECES, name="credit_line_fee_on_pieces"),
        ]
        triggers: ClassVar = [
            WRITTEN_WHILE_OPEN,
            pgtrigger.Trigger(
                name="credits_its_customer",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                declare=[("of_kind", "text")],
                func="""
                    IF NEW.creditable_id IS NOT NULL THEN
                        SELECT l.invoice_id, l.kind INTO NEW.invoice_id, of_kind
                            FROM creditnotes_creditableline c
                            JOIN customers_invoiceline l ON l.id = c.invoice_line_id
                            WHERE c.invoice_line_id = NEW.creditable_id;
                        IF NEW.basis = 'freight' AND of_kind IS DISTINCT FROM 'freight' THEN
                            RAISE EXCEPTION 'only freight is credited as freight';
                        END IF;
                    END IF;
                    IF NEW.invoice_id IS NOT NULL AND NOT EXISTS (
                        SELECT FROM customers_invoice i
                            JOIN creditnotes_creditnote n ON n.id = NEW.note_id
                            WHERE i.id = NEW.invoice_id
                                AND i.customer_id = n.customer_id AND i.currency = n.currency
                    ) THEN
                        RAISE EXCEPTION 'line of another customer or currency';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        if self.basis == Basis.TAX:
            return f"{self.get_tax_kind_display()}, {self.invoice}"
        return self.description or str(self.creditable)

    @property
    def taken(self) -> Decimal:
        """What it uses up of the invoice line's net: what is credited, and the fee."""
        return self.net + self.fee

    @property
    def counter(self) -> CreditableLine:
        """What is left of the invoice line, which every line by a figure on one has."""
        if self.creditable is None:
            raise ValueError(f"{self} is not on an invoice line")
        return self.creditable


class CreditTax(models.Model):
    """What the note gives back, and else uses up, of one tax that an invoice charged.

    ``amount`` is credited: on ``base``, and without any net where a tax adjustment
    gives back ``adjusted`` and ``recovered`` (which price-only credits had kept).
    ``untaxed_base`` is net that it uses up and gives no tax back for: its fees, whose
    tax is ``withheld``, and its price-only lines, whose tax is ``kept``.
    """

    note = models.ForeignKey(CreditNote, models.CASCADE, related_name="taxes")
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="+")
    creditable = models.ForeignKey(CreditableTax, models.PROTECT, related_name="credit_taxes")
    base = money(verbose_name=_("net credited"))
    amount = money(verbose_name=_("tax credited"))
    untaxed_base = money(verbose_name=_("net without its tax"), default=0, db_default=Decimal(0))
    withheld = money(verbose_name=_("tax kept with fees"), default=0, db_default=Decimal(0))
    kept = money(verbose_name=_("tax left by price only"), default=0, db_default=Decimal(0))
    adjusted = money(verbose_name=_("tax adjusted without net"), default=0, db_default=Decimal(0))
    recovered = money(
        verbose_name=_("tax given back after price only"), default=0, db_default=Decimal(0)
    )

    class Meta:
        verbose_name = _("tax of a credit note")
        verbose_name_plural = _("taxes of credit notes")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["note", "creditable"], name="credit_tax_once"),
            models.CheckConstraint(
                condition=Q(base__gte=0, amount__gte=0, untaxed_base__gte=0)
                & Q(withheld__gte=0, kept__gte=0, adjusted__gte=0, recovered__gte=0)
                & Q(amount__gte=models.F("adjusted") + models.F("recovered"))
                & (Q(base__gt=0) | Q(untaxed_base__gt=0) | Q(amount__gt=0)),
                name="credit_tax_not_negative",
            ),
        ]
        triggers: ClassVar = [
            WRITTEN_WHILE_OPEN,
            pgtrigger.Trigger(
                name="credits_its_customer",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func="""
                    IF NOT EXISTS (
                        SELECT FROM creditnotes_creditabletax c
                            JOIN creditnotes_creditline u ON u.invoice_id = c.invoice_id
                            WHERE c.id = NEW.creditable_id AND c.invoice_id = NEW.invoice_id
                                AND u.note_id = NEW.note_id
                    ) THEN
                        RAISE EXCEPTION 'tax of an invoice that the note does not credit';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return str(self.creditable)


class Participant(AppendOnly):
    """Somebody who created, edited or requested the note, and so can't decide it (rule 6)."""

    note = models.ForeignKey(CreditNote, models.PROTECT, related_name="participants")
    user = models.ForeignKey(User, models.PROTECT, related_name="participations")
    since = models.DateTimeField(default=timezone.now)

    class Meta(AppendOnly.Meta):
        verbose_name = _("participant")
        verbose_name_plural = _("participants")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["note", "user"], name="participant_once")
        ]

    def __str__(self) -> str:
        return str(self.user)

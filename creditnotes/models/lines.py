"""What a credit note credits: its lines, its taxes, and the people who took part in it."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from creditnotes.models.creditable import CreditableLine, CreditableTax
from creditnotes.models.notes import CreditNote
from creditnotes.models.reasons import Basis
from customers.models import Invoice, User
from customers.models.base import AppendOnly, money, percent, quantity, unit_price

#: Lines and taxes are written only while their note is open and holds nothing.
_WRITTEN_WHILE_OPEN = pgtrigger.Trigger(
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


class CreditLine(models.Model):
    """Credits an invoice line by one basis.

    ``quantity`` and ``net`` are what it takes of the invoice line. ``percent`` and
    ``unit_price`` record what was asked for, where the basis asks for them; with
    basis *quantity* a ``unit_price`` is the price per unit agreed for the credit,
    where it is lower than what was charged.
    """

    note = models.ForeignKey(CreditNote, models.CASCADE, related_name="lines")
    creditable = models.ForeignKey(CreditableLine, models.PROTECT, related_name="credit_lines")
    position = models.PositiveIntegerField(_("position"))
    basis = models.CharField(_("basis"), max_length=12, choices=Basis, default=Basis.QUANTITY)
    quantity = quantity(verbose_name=_("quantity"), default=0)
    percent = percent(verbose_name=_("percent"), null=True, blank=True)
    unit_price = unit_price(verbose_name=_("unit price"), null=True, blank=True)
    net = money(verbose_name=_("net"))

    class Meta:
        verbose_name = _("credit line")
        verbose_name_plural = _("credit lines")
        ordering: ClassVar = ["position"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["note", "position"], name="credit_line_position_once"),
            models.CheckConstraint(
                condition=models.Q(quantity__gte=0, net__gte=0)
                & (models.Q(quantity__gt=0) | models.Q(net__gt=0)),
                name="credit_line_credits_something",
            ),
            models.CheckConstraint(
                condition=models.Q(basis=Basis.QUANTITY, quantity__gt=0)
                | (~models.Q(basis=Basis.QUANTITY) & models.Q(quantity=0)),
                name="credit_line_quantity_by_basis",
            ),
        ]
        triggers: ClassVar = [
            _WRITTEN_WHILE_OPEN,
            pgtrigger.Trigger(
                name="credits_its_customer",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func="""
                    IF NOT EXISTS (
                        SELECT FROM creditnotes_creditableline c
                            JOIN customers_invoice i ON i.id = c.invoice_id
                            JOIN creditnotes_creditnote n ON n.id = NEW.note_id
                            WHERE c.invoice_line_id = NEW.creditable_id
                                AND i.customer_id = n.customer_id AND i.currency = n.currency
                    ) THEN
                        RAISE EXCEPTION 'line of another customer or currency';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return str(self.creditable)


class CreditTax(models.Model):
    """What the note gives back of one tax that an invoice charged."""

    note = models.ForeignKey(CreditNote, models.CASCADE, related_name="taxes")
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="+")
    creditable = models.ForeignKey(CreditableTax, models.PROTECT, related_name="credit_taxes")
    base = money(verbose_name=_("net credited"))
    amount = money(verbose_name=_("tax credited"))

    class Meta:
        verbose_name = _("tax of a credit note")
        verbose_name_plural = _("taxes of credit notes")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["note", "creditable"], name="credit_tax_once"),
            models.CheckConstraint(
                condition=models.Q(base__gt=0, amount__gte=0), name="credit_tax_not_negative"
            ),
        ]
        triggers: ClassVar = [
            _WRITTEN_WHILE_OPEN,
            pgtrigger.Trigger(
                name="credits_its_customer",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func="""
                    IF NOT EXISTS (
                        SELECT FROM creditnotes_creditabletax c
                            JOIN creditnotes_creditableline l ON l.invoice_id = c.invoice_id
                            JOIN creditnotes_creditline u ON u.creditable_id = l.invoice_line_id
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

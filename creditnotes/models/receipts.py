"""Goods that came back: what, how many, in which condition, and what they had cost."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from creditnotes.models.lines import CreditLine
from creditnotes.models.notes import CreditNote
from customers.models import JournalEntry, User
from customers.models.base import (
    STAMPED,
    AppendOnly,
    completed_at_once,
    money,
    quantity,
    unit_price,
    written_in,
)


class GoodsReceipt(AppendOnly):
    """One delivery of goods that came back for a credit note.

    ``entry`` moves what goes back on the shelf from cost of goods sold to inventory;
    there is none where all was scrapped or no cost is known.
    """

    note = models.ForeignKey(CreditNote, models.PROTECT, related_name="receipts")
    reference = models.CharField(_("reference"), max_length=30)
    received_on = models.DateField(_("received on"))
    recorded_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(_("recorded"))
    comment = models.TextField(_("comment"), blank=True)
    token = models.UUIDField(
        unique=True, help_text=_("Made by the page, so that a double click records once.")
    )
    entry = models.OneToOneField(
        JournalEntry, models.PROTECT, null=True, related_name="goods_receipt"
    )
    transaction = written_in()

    class Meta(AppendOnly.Meta):
        verbose_name = _("goods received back")
        verbose_name_plural = _("goods received back")
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["note", "reference"], name="receipt_reference_once")
        ]
        triggers = [
            *AppendOnly.Meta.triggers,
            STAMPED,
            pgtrigger.Trigger(
                name="for_an_approved_note",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="""
                    IF (SELECT state FROM creditnotes_creditnote WHERE id = NEW.note_id)
                        NOT IN ('approved', 'issued') THEN
                        RAISE EXCEPTION 'goods come back for an approved credit note';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="posted_at_cost",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                timing=pgtrigger.Deferred,
                func="""
                    IF coalesce((
                        SELECT sum(cost) FROM creditnotes_goodsreceiptline
                            WHERE receipt_id = NEW.id AND condition = 'restock'
                    ), 0) IS DISTINCT FROM coalesce((
                        SELECT sum(l.debit) FROM customers_journalline l
                            JOIN customers_journalentry e ON e.id = l.entry_id
                            WHERE e.id = NEW.entry_id AND e.kind = 'restock'
                    ), 0) THEN
                        RAISE EXCEPTION 'goods in stock that are not posted at their cost';
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.reference


class GoodsReceiptLine(AppendOnly):
    """How many of a credited line's goods came back; never more than it credits."""

    class Condition(models.TextChoices):
        RESTOCK = "restock", _("Back on the shelf")
        SCRAP = "scrap", _("Scrapped")

    receipt = models.ForeignKey(GoodsReceipt, models.PROTECT, related_name="lines")
    credit_line = models.ForeignKey(CreditLine, models.PROTECT, related_name="receipt_lines")
    quantity = quantity(verbose_name=_("quantity"))
    condition = models.CharField(_("condition"), max_length=7, choices=Condition)
    unit_cost = unit_price(verbose_name=_("unit cost"), null=True, blank=True)
    cost = money(verbose_name=_("cost"), default=0)

    class Meta(AppendOnly.Meta):
        verbose_name = _("line of goods received back")
        verbose_name_plural = _("lines of goods received back")
        ordering: ClassVar = ["id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["receipt", "credit_line", "condition"], name="receipt_line_once"
            ),
            models.CheckConstraint(
                condition=models.Q(quantity__gt=0, cost__gte=0), name="receipt_line_of_something"
            ),
        ]
        triggers = [
            *AppendOnly.Meta.triggers,
            completed_at_once(
                "SELECT transaction FROM creditnotes_goodsreceipt WHERE id = NEW.receipt_id"
            ),
            pgtrigger.Trigger(
                name="never_more_than_credited",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                declare=[("returned", "creditnotes_creditline%ROWTYPE"), ("of_note", "bigint")],
                func="""
                    SELECT note_id INTO of_note FROM creditnotes_goodsreceipt
                        WHERE id = NEW.receipt_id;
                    -- Two who record at once come one after the other.
                    PERFORM FROM creditnotes_creditnote WHERE id = of_note FOR UPDATE;
                    SELECT * INTO returned FROM creditnotes_creditline
                        WHERE id = NEW.credit_line_id;
                    IF returned.note_id <> of_note OR NEW.quantity + coalesce((
                        SELECT sum(quantity) FROM creditnotes_goodsreceiptline
                            WHERE credit_line_id = NEW.credit_line_id
                    ), 0) > returned.quantity THEN
                        RAISE EXCEPTION 'more came back than is credited';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity.normalize():f} {self.credit_line}"

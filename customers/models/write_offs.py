"""What is given up of an invoice without a credit note: small balances and bad debts.

A write-off is internal: the customer gets no document, and no tax is given back to them.
It settles its invoice through its own open item; a recovery or a reversal owes it again.
"""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models.bad_debts import BadDebtProposal
from customers.models.base import STAMPED, AppendOnly, completed_at_once, money, written_in
from customers.models.catalogue import TaxKind
from customers.models.company import Company, User
from customers.models.invoices import Invoice
from customers.models.ledger import JournalEntry
from customers.models.numbers import NumberedDocument, bears_a_number
from customers.models.parties import PROVINCES, Customer
from customers.querysets import BelongsToCustomerQuerySet


class WriteOffLimit(models.Model):
    """The largest small balance that somebody in finance may write off alone.

    In the company's base currency, tax included; a person's own limit wins over everybody's.
    """

    company = models.ForeignKey(Company, models.PROTECT, related_name="write_off_limits")
    user = models.ForeignKey(
        User,
        models.CASCADE,
        null=True,
        blank=True,
        related_name="write_off_limits",
        verbose_name=_("person"),
        help_text=_("Empty for everybody in finance."),
    )
    amount = money(verbose_name=_("limit"))

    class Meta:
        verbose_name = _("write-off limit")
        verbose_name_plural = _("write-off limits")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["company", "user"], nulls_distinct=False, name="write_off_limit_once"
            ),
            models.CheckConstraint(
                condition=models.Q(amount__gte=0), name="write_off_limit_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user or self.company}: {self.amount}"


class WriteOff(NumberedDocument):
    """A small balance or bad debt written off, a bad debt recovered, or one of them reversed.

    ``amount`` is in the invoice's currency, tax included; ``tax_total`` is the part of it
    that the law gives back of the tax (or takes again, of a recovery or reversal).
    """

    class Kind(models.TextChoices):
        SMALL_BALANCE = "small_balance", _("Small balance")
        BAD_DEBT = "bad_debt", _("Bad debt")
        RECOVERY = "recovery", _("Recovery of a bad debt")
        REVERSAL = "reversal", _("Write-off reversed")

    prefix = "WO"

    kind = models.CharField(_("kind"), max_length=13, choices=Kind)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="write_offs")
    invoice = models.ForeignKey(Invoice, models.PROTECT, related_name="write_offs")
    undoes = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="undone_by",
        help_text=_("The write-off that this recovers or reverses."),
    )
    proposal = models.OneToOneField(
        BadDebtProposal, models.PROTECT, null=True, blank=True, related_name="write_off"
    )
    entry = models.OneToOneField(
        JournalEntry, models.PROTECT, editable=False, related_name="write_off"
    )
    currency = models.CharField(_("currency"), max_length=3)
    amount = money(verbose_name=_("amount"))
    tax_total = money(verbose_name=_("tax"), default=0)
    why = models.TextField(_("why"), blank=True)
    transaction = written_in()

    objects = BelongsToCustomerQuerySet.as_manager()

    class Meta(NumberedDocument.Meta):
        verbose_name = _("write-off")
        verbose_name_plural = _("write-offs")
        constraints: ClassVar = [
            *NumberedDocument.Meta.constraints,
            models.CheckConstraint(
                condition=models.Q(
                    amount__gt=0, tax_total__gte=0, tax_total__lt=models.F("amount")
                ),
                name="write_off_amounts",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    kind="small_balance", undoes__isnull=True, proposal__isnull=True, tax_total=0
                )
                | models.Q(kind="bad_debt", undoes__isnull=True, proposal__isnull=False)
                | models.Q(
                    kind__in=["recovery", "reversal"], undoes__isnull=False, proposal__isnull=True
                ),
                name="write_off_of_its_kind",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["company", "-issued_on", "-id"], name="write_off_by_date")
        ]
        triggers = [
            *AppendOnly.Meta.triggers,
            STAMPED,
            bears_a_number("WO"),
            pgtrigger.Trigger(
                name="by_two_people",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                declare=[("wish", "customers_baddebtproposal%ROWTYPE")],
                func="""
                    IF (NEW.company_id, NEW.customer_id, NEW.currency) IS DISTINCT FROM (
                        SELECT (company_id, customer_id, currency)
                            FROM customers_invoice WHERE id = NEW.invoice_id
                    ) THEN
                        RAISE EXCEPTION 'a write-off of another customer';
                    END IF;
                    IF NEW.kind <> 'bad_debt' THEN
                        RETURN NEW;
                    END IF;
                    SELECT * INTO wish FROM customers_baddebtproposal WHERE id = NEW.proposal_id;
                    IF (wish.invoice_id, wish.amount) IS DISTINCT FROM
                        (NEW.invoice_id, NEW.amount) THEN
                        RAISE EXCEPTION 'not what was proposed';
                    END IF;
                    IF NEW.issued_by_id IS NULL OR NEW.issued_by_id = wish.proposed_by_id THEN
                        RAISE EXCEPTION 'a bad debt takes two people';
                    END IF;
                    IF EXISTS (
                        SELECT FROM customers_baddebtrefusal WHERE proposal_id = wish.id
                    ) THEN
                        RAISE EXCEPTION 'the bad debt was refused';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="undoes_no_more_than_was_done",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                condition=pgtrigger.Q(new__undoes__isnull=False),
                declare=[
                    ("done", "customers_writeoff%ROWTYPE"),
                    ("undone", "numeric"),
                    ("tax", "numeric"),
                ],
                func="""
                    SELECT * INTO done FROM customers_writeoff WHERE id = NEW.undoes_id;
                    -- Whoever else undoes it waits here: an append-only row can't be locked.
                    PERFORM FROM customers_openitem WHERE entry_id = done.entry_id FOR UPDATE;
                    SELECT coalesce(sum(amount), 0), coalesce(sum(tax_total), 0)
                        INTO undone, tax
                        FROM customers_writeoff WHERE undoes_id = NEW.undoes_id;
                    IF done.invoice_id <> NEW.invoice_id
                        OR done.kind NOT IN ('small_balance', 'bad_debt')
                        OR NEW.kind = 'recovery' AND done.kind <> 'bad_debt'
                        OR undone + NEW.amount > done.amount
                        OR tax + NEW.tax_total > done.tax_total
                        OR undone + NEW.amount = done.amount
                            AND tax + NEW.tax_total <> done.tax_total THEN
                        RAISE EXCEPTION 'more is undone than was written off';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="posted_and_settled",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                timing=pgtrigger.Deferred,
                declare=[("item", "customers_openitem%ROWTYPE")],
                func="""
                    SELECT * INTO item FROM customers_openitem
                        WHERE entry_id = NEW.entry_id AND customer_id = NEW.customer_id;
                    IF (item.amount, item.currency, item.side) IS DISTINCT FROM
                        (NEW.amount, NEW.currency,
                         CASE WHEN NEW.undoes_id IS NULL THEN 'pays' ELSE 'owes' END::varchar)
                    THEN
                        RAISE EXCEPTION 'a write-off that is not posted';
                    END IF;
                    IF NEW.undoes_id IS NULL AND item.applied <> item.amount THEN
                        RAISE EXCEPTION 'a write-off settles its invoice';
                    END IF;
                    IF NEW.tax_total IS DISTINCT FROM (
                        SELECT coalesce(sum(amount), 0)
                            FROM customers_writeofftax WHERE write_off_id = NEW.id
                    ) THEN
                        RAISE EXCEPTION 'the taxes of a write-off are its tax';
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]


class WriteOffTax(AppendOnly):
    """What a bad debt gives back of one tax, or its recovery or reversal takes again."""

    write_off = models.ForeignKey(WriteOff, models.PROTECT, related_name="taxes")
    kind = models.CharField(_("tax"), max_length=3, choices=TaxKind)
    province = models.CharField(_("province"), max_length=2, choices=PROVINCES, blank=True)
    amount = money(verbose_name=_("amount"))

    class Meta(AppendOnly.Meta):
        verbose_name = _("tax of a write-off")
        verbose_name_plural = _("taxes of write-offs")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["write_off", "kind", "province"], name="write_off_tax_once"
            ),
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="write_off_tax_positive"),
        ]
        triggers = [
            *AppendOnly.Meta.triggers,
            completed_at_once(
                "SELECT transaction FROM customers_writeoff WHERE id = NEW.write_off_id"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.amount}"

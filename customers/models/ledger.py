"""Double entry: periods, accounts, balanced journal entries.

The database itself refuses an unbalanced entry, an entry in a closed period,
and a later addition to an entry (rule 4).
"""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeBoundary, RangeOperators
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.models.base import (
    HISTORY_IS_IMMUTABLE,
    STAMPED,
    AppendOnly,
    completed_at_once,
    money,
    written_in,
)
from customers.models.catalogue import DateRange
from customers.models.company import Company
from customers.models.parties import Customer


def _fixed_once_used(user: str, *columns: str) -> pgtrigger.Trigger:
    """Refuse a change of ``columns`` once rows of ``user`` (``table.key``) point here."""
    table, key = user.split(".")
    old = ", ".join(f"OLD.{column}" for column in columns)
    new = ", ".join(f"NEW.{column}" for column in columns)
    return pgtrigger.Trigger(
        name="fixed_once_used",
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        func=f"""
            IF ({old}) IS DISTINCT FROM ({new})
                AND EXISTS (SELECT FROM {table} WHERE {key} = OLD.id) THEN
                RAISE EXCEPTION '{HISTORY_IS_IMMUTABLE}: entries refer to it';
            END IF;
            RETURN NEW;
        """,
    )


class FiscalPeriod(models.Model):
    """A month or other span of days into which entries are posted."""

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        FINANCE_ONLY = "finance_only", _("Finance only")
        CLOSED = "closed", _("Closed")

    company = models.ForeignKey(Company, models.PROTECT, related_name="periods")
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.OPEN)

    class Meta:
        verbose_name = _("fiscal period")
        verbose_name_plural = _("fiscal periods")
        ordering: ClassVar = ["starts_on"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(ends_on__gte=models.F("starts_on")), name="period_has_days"
            ),
            ExclusionConstraint(
                name="period_no_overlap",
                expressions=[
                    ("company", RangeOperators.EQUAL),
                    (
                        DateRange(
                            "starts_on",
                            "ends_on",
                            RangeBoundary(inclusive_lower=True, inclusive_upper=True),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]
        triggers: ClassVar = [
            _fixed_once_used(
                "customers_journalentry.period_id", "company_id", "starts_on", "ends_on"
            )
        ]

    def __str__(self) -> str:
        return f"{self.starts_on:%Y-%m-%d} – {self.ends_on:%Y-%m-%d}"


class Account(models.Model):
    """A general ledger account."""

    class Kind(models.TextChoices):
        RECEIVABLE = "receivable", _("Accounts receivable")
        REVENUE = "revenue", _("Revenue")
        ALLOWANCE = "allowance", _("Returns and allowances")
        TAX = "tax", _("Sales tax")
        BANK = "bank", _("Bank clearing")
        INVENTORY = "inventory", _("Inventory")
        COST = "cost", _("Cost of goods sold")
        LIABILITY = "liability", _("Deposits and other liabilities")
        EXPENSE = "expense", _("Bad debts and write-offs")
        EXCHANGE = "exchange", _("Exchange differences")

    company = models.ForeignKey(Company, models.PROTECT, related_name="accounts")
    code = models.CharField(_("code"), max_length=20)
    name = models.CharField(_("name"), max_length=100)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")
        ordering: ClassVar = ["code"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["company", "code"], name="account_code_once")
        ]
        triggers: ClassVar = [
            _fixed_once_used("customers_journalline.account_id", "company_id", "code", "kind")
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class JournalEntry(AppendOnly):
    """One balanced posting of one document, in the company's base currency."""

    class Kind(models.TextChoices):
        INVOICE = "invoice", _("Invoice")
        PAYMENT = "payment", _("Payment")
        CREDIT_NOTE = "credit_note", _("Credit note")
        REVERSAL = "reversal", _("Reversal")
        RESTOCK = "restock", _("Goods back in stock")
        REFUND = "refund", _("Refund")
        WRITE_OFF = "write_off", _("Small balance written off")
        BAD_DEBT = "bad_debt", _("Bad debt")
        RECOVERY = "recovery", _("Recovery of a bad debt")
        DEPOSIT = "deposit", _("Deposit applied")
        EXCHANGE = "exchange", _("Exchange difference")

    company = models.ForeignKey(Company, models.PROTECT, related_name="entries")
    period = models.ForeignKey(FiscalPeriod, models.PROTECT, related_name="entries")
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    posted_on = models.DateField(_("posting date"))
    document_date = models.DateField(_("document date"))
    reference = models.CharField(_("document"), max_length=40)
    recorded_at = models.DateTimeField(_("recorded"), default=timezone.now)
    transaction = written_in()

    class Meta(AppendOnly.Meta):
        verbose_name = _("journal entry")
        verbose_name_plural = _("journal entries")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["company", "kind", "reference"], name="entry_once_per_document"
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["company", "posted_on", "id"], name="entry_by_date")
        ]
        triggers = [
            *AppendOnly.Meta.triggers,
            STAMPED,
            pgtrigger.Trigger(
                name="posts_into_its_period",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                declare=[("span", "customers_fiscalperiod%ROWTYPE")],
                func="""
                    SELECT * INTO span FROM customers_fiscalperiod
                        WHERE id = NEW.period_id FOR SHARE;
                    IF span.company_id <> NEW.company_id
                        OR NEW.posted_on NOT BETWEEN span.starts_on AND span.ends_on THEN
                        RAISE EXCEPTION 'entry outside of its period';
                    END IF;
                    IF span.state = 'closed' THEN
                        RAISE EXCEPTION 'period is closed';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="balances",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                timing=pgtrigger.Deferred,
                declare=[("difference", "numeric")],
                func="""
                    SELECT sum(debit - credit) INTO difference
                        FROM customers_journalline WHERE entry_id = NEW.id;
                    IF difference IS DISTINCT FROM 0 THEN
                        RAISE EXCEPTION 'entry % does not balance: %', NEW.id, difference;
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.reference}"


class JournalLine(AppendOnly):
    """A debit or a credit of one account; a receivable's line names its customer."""

    entry = models.ForeignKey(JournalEntry, models.PROTECT, related_name="lines")
    account = models.ForeignKey(Account, models.PROTECT, related_name="lines")
    customer = models.ForeignKey(
        Customer, models.PROTECT, null=True, blank=True, related_name="journal_lines"
    )
    debit = money(verbose_name=_("debit"), default=0)
    credit = money(verbose_name=_("credit"), default=0)

    class Meta(AppendOnly.Meta):
        verbose_name = _("journal line")
        verbose_name_plural = _("journal lines")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(debit__gt=0, credit=0) | models.Q(debit=0, credit__gt=0),
                name="journal_line_on_one_side",
            )
        ]
        triggers = [
            *AppendOnly.Meta.triggers,
            completed_at_once(
                "SELECT transaction FROM customers_journalentry WHERE id = NEW.entry_id"
            ),
            pgtrigger.Trigger(
                name="belongs_to_its_entry",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                declare=[
                    ("parent", "customers_journalentry%ROWTYPE"),
                    ("used", "customers_account%ROWTYPE"),
                ],
                func="""
                    SELECT * INTO parent FROM customers_journalentry WHERE id = NEW.entry_id;
                    SELECT * INTO used FROM customers_account WHERE id = NEW.account_id;
                    IF used.company_id <> parent.company_id THEN
                        RAISE EXCEPTION 'account of another company';
                    END IF;
                    IF NEW.customer_id IS NOT NULL AND parent.company_id IS DISTINCT FROM (
                        SELECT company_id FROM customers_customer WHERE id = NEW.customer_id
                    ) THEN
                        RAISE EXCEPTION 'customer of another company';
                    END IF;
                    IF (used.kind = 'receivable') <> (NEW.customer_id IS NOT NULL) THEN
                        RAISE EXCEPTION 'a receivable names its customer, and only a receivable';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.debit or -self.credit}"

"""Double entry: accounts and balanced journal entries.

The database itself refuses an unbalanced entry, an entry in a closed period,
and a later addition to an entry (rule 4).
"""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.models.base import STAMPED, AppendOnly, completed_at_once, money, written_in
from customers.models.company import Company, User
from customers.models.parties import Customer
from customers.models.periods import FiscalPeriod, fixed_once_used


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
            fixed_once_used("customers_journalline.account_id", "company_id", "code", "kind")
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
    posted_by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("posted by"),
        help_text=_("Whose action posted it; nobody's where the system acts by itself."),
    )
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
                    IF span.state = 'finance_only' AND NOT EXISTS (
                        SELECT FROM customers_user_groups m JOIN auth_group g ON g.id = m.group_id
                            WHERE m.user_id = NEW.posted_by_id AND g.name = 'Finance'
                    ) THEN
                        RAISE EXCEPTION 'period is for finance only';
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

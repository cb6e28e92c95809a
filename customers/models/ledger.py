"""Double entry: periods, accounts, balanced journal entries, open items.

The database itself refuses an unbalanced entry, an entry in a closed period,
a later addition to an entry, and an application beyond what is open (rule 4).
"""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeBoundary, RangeOperators
from django.db import models
from django.db.models.expressions import Func
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.models.base import AppendOnly, money
from customers.models.catalogue import DateRange
from customers.models.company import Company, User
from customers.models.parties import Customer
from customers.querysets import BelongsToCustomerQuerySet


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

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class CurrentTransaction(Func):
    """The number of the transaction that inserts the row."""

    template = "(pg_current_xact_id()::text::bigint)"
    output_field = models.BigIntegerField()


class JournalEntry(AppendOnly):
    """One balanced posting of one document, in the company's base currency."""

    class Kind(models.TextChoices):
        INVOICE = "invoice", _("Invoice")
        PAYMENT = "payment", _("Payment")
        CREDIT_NOTE = "credit_note", _("Credit note")

    company = models.ForeignKey(Company, models.PROTECT, related_name="entries")
    period = models.ForeignKey(FiscalPeriod, models.PROTECT, related_name="entries")
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    posted_on = models.DateField(_("posting date"))
    document_date = models.DateField(_("document date"))
    reference = models.CharField(_("document"), max_length=40)
    recorded_at = models.DateTimeField(_("recorded"), default=timezone.now)
    transaction = models.BigIntegerField(
        editable=False,
        db_default=CurrentTransaction(),
        help_text=_("The database transaction that wrote the entry; lines join it only there."),
    )

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
                    NEW.transaction := pg_current_xact_id()::text::bigint;
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
                    IF parent.transaction <> pg_current_xact_id()::text::bigint THEN
                        RAISE EXCEPTION 'entry % was completed earlier', NEW.entry_id;
                    END IF;
                    IF used.company_id <> parent.company_id THEN
                        RAISE EXCEPTION 'account of another company';
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


class OpenItem(models.Model):
    """What a posted document leaves to be settled: an invoice owes, a payment or credit pays.

    ``applied`` moves only through :class:`Application` rows; the database keeps it
    within the item's amount, so nothing is applied twice.
    """

    class Side(models.TextChoices):
        OWES = "owes", _("Owed by the customer")
        PAYS = "pays", _("In the customer's favour")

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="open_items")
    entry = models.OneToOneField(JournalEntry, models.PROTECT, related_name="open_item")
    side = models.CharField(_("side"), max_length=4, choices=Side)
    currency = models.CharField(_("currency"), max_length=3)
    due_on = models.DateField(_("due"), null=True, blank=True)
    amount = money(verbose_name=_("amount"))
    applied = money(verbose_name=_("applied"), default=0)

    objects = BelongsToCustomerQuerySet.as_manager()

    class Meta:
        verbose_name = _("open item")
        verbose_name_plural = _("open items")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(amount__gt=0, applied__gte=0, applied__lte=models.F("amount")),
                name="open_item_applied_within_amount",
            )
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["customer", "side"],
                name="open_item_unsettled",
                condition=models.Q(applied__lt=models.F("amount")),
            )
        ]
        triggers = [
            pgtrigger.Trigger(
                name="starts_unapplied",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                condition=pgtrigger.Q(new__applied__gt=0),
                func="RAISE EXCEPTION 'an open item starts unapplied';",
            ),
            pgtrigger.Trigger(
                name="amount_is_fixed",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func="""
                    IF (OLD.customer_id, OLD.entry_id, OLD.side, OLD.currency, OLD.amount)
                        IS DISTINCT FROM
                       (NEW.customer_id, NEW.entry_id, NEW.side, NEW.currency, NEW.amount) THEN
                        RAISE EXCEPTION 'history is immutable: open item';
                    END IF;
                    IF OLD.applied <> NEW.applied AND pg_trigger_depth() < 2 THEN
                        RAISE EXCEPTION 'applied moves through applications only';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return str(self.entry)

    @property
    def open(self) -> object:
        """What is left to settle, in the item's currency."""
        return self.amount - self.applied


class Application(AppendOnly):
    """A payment or credit applied to an invoice; undone by a row that names it."""

    payer = models.ForeignKey(OpenItem, models.PROTECT, related_name="applications")
    invoice = models.ForeignKey(OpenItem, models.PROTECT, related_name="settlements")
    amount = money(verbose_name=_("amount"))
    applied_on = models.DateField(_("applied on"))
    applied_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    undoes = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="undone_by"
    )

    class Meta(AppendOnly.Meta):
        verbose_name = _("application")
        verbose_name_plural = _("applications")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(amount__gt=0), name="application_amount_positive"
            )
        ]
        triggers = [
            *AppendOnly.Meta.triggers,
            pgtrigger.Trigger(
                name="moves_both_items",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                declare=[
                    ("source", "customers_openitem%ROWTYPE"),
                    ("target", "customers_openitem%ROWTYPE"),
                    ("original", "customers_application%ROWTYPE"),
                    ("change", "numeric := NEW.amount"),
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
                        change := -NEW.amount;
                    END IF;
                    UPDATE customers_openitem SET applied = applied + change
                        WHERE id = least(NEW.payer_id, NEW.invoice_id);
                    UPDATE customers_openitem SET applied = applied + change
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
        ]

    def __str__(self) -> str:
        return f"{self.payer} → {self.invoice}"

"""The ledger: accounts to name, periods to close, everything else to be looked at."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from customers.administration import (
    OwnCompanyAdmin,
    ReadOnlyAdmin,
    ReadOnlyInline,
    day_of,
    money_of,
    number_of,
)
from customers.models import (
    Account,
    Application,
    FiscalPeriod,
    JournalEntry,
    JournalLine,
    NumberSeries,
    OpenItem,
    PeriodChange,
)


class JournalLineInline(ReadOnlyInline):
    model = JournalLine
    fields = ("account", "customer", "debited", "credited")
    readonly_fields = ("debited", "credited")
    related = ("account", "customer")
    debited = money_of("debit", _("debit"))
    credited = money_of("credit", _("credit"))


@admin.register(Account)
class AccountAdmin(OwnCompanyAdmin[Account]):
    """The chart of accounts. An account that was posted to keeps its code and kind."""

    about = _("The ledger accounts to which invoices, payments and credits are posted.")
    list_display = ("code", "name", "kind", "company")
    list_display_links = ("code", "name")
    list_select_related = ("company",)
    list_filter = ("kind",)
    search_fields = ("code", "name")
    search_help_text = _("Code or name")
    fieldsets = (
        (
            None,
            {
                "fields": ("company", "code", "name", "kind"),
                "description": _(
                    "An account that was posted to keeps its code and its kind for good;"
                    " its name may change."
                ),
            },
        ),
    )

    def get_readonly_fields(
        self, request: HttpRequest, obj: Account | None = None
    ) -> tuple[str, ...]:
        return ("code", "kind") if obj and obj.lines.exists() else ()


class PeriodChangeInline(ReadOnlyInline):
    model = PeriodChange
    fields = ("changed_at", "changed_by", "old_state", "new_state", "proposal")
    related = ("changed_by", "proposal")


@admin.register(FiscalPeriod)
class FiscalPeriodAdmin(ReadOnlyAdmin[FiscalPeriod]):
    """Periods and their state; the months make themselves when something is posted."""

    about = _("Months of the ledger. A document is posted on its own day while that month is open.")
    why_read_only = _("Finance opens and closes periods on the page of the period, on the record.")
    list_display = (
        day_of("starts_on", _("first day")),
        day_of("ends_on", _("last day")),
        "state",
        "company",
    )
    list_select_related = ("company",)
    list_filter = ("state",)
    ordering = ("-starts_on",)
    fields = ("starts_on", "ends_on", "state")
    inlines = (PeriodChangeInline,)


@admin.register(NumberSeries)
class NumberSeriesAdmin(ReadOnlyAdmin[NumberSeries]):
    """How far each series has counted."""

    about = _("How far the legal numbers have counted, without a gap, in each fiscal year.")
    why_read_only = _("Numbers are given out by issuing, one by one; nobody sets them.")
    list_display = (
        "prefix",
        "fiscal_year",
        number_of("last_sequence", _("last number given")),
        "company",
    )
    list_select_related = ("company",)
    ordering = ("-fiscal_year", "prefix")
    fields = ("prefix", "fiscal_year", "last_sequence")


@admin.register(JournalEntry)
class JournalEntryAdmin(ReadOnlyAdmin[JournalEntry]):
    """Postings, each balanced."""

    about = _("Every posting: one of each invoice, payment and credit note, balanced to the cent.")
    customer_lookup = "open_item__customer"
    list_display = (
        "reference",
        "kind",
        day_of("posted_on", _("posting date")),
        day_of("document_date", _("document date")),
        "period",
    )
    list_select_related = ("period",)
    list_filter = ("kind",)
    search_fields = ("reference",)
    search_help_text = _("Number of the document")
    date_hierarchy = "posted_on"
    ordering = ("-posted_on", "-pk")
    fields = ("kind", "reference", "document_date", "posted_on", "period", "recorded_at")
    inlines = (JournalLineInline,)


@admin.register(OpenItem)
class OpenItemAdmin(ReadOnlyAdmin[OpenItem]):
    """What is still to be settled, and what was."""

    about = _("What each document leaves to be settled: invoices owe, payments and credits pay.")
    company_lookup = "customer__company_id"
    customer_lookup = "customer"
    list_display = (
        "entry",
        "customer",
        "side",
        day_of("due_on", _("due")),
        money_of("amount", _("amount"), "currency"),
        money_of("applied", _("applied")),
        money_of("open", _("open"), sorts=False),
    )
    list_select_related = ("entry", "customer")
    list_filter = ("side", "currency")
    search_fields = ("entry__reference", "customer__name", "customer__number")
    search_help_text = _("Number of the document, or customer")
    ordering = ("-pk",)


@admin.register(Application)
class ApplicationAdmin(ReadOnlyAdmin[Application]):
    """Which payment or credit settled which invoice."""

    about = _("Which payment or credit settled which invoice, and by how much.")
    company_lookup = "invoice__customer__company_id"
    customer_lookup = "invoice__customer"
    list_display = (
        "payer",
        "invoice",
        money_of("amount", _("amount"), "invoice__currency"),
        day_of("applied_on", _("applied on")),
        "applied_by",
        "undoes",
    )
    list_select_related = (
        "payer__entry",
        "invoice__entry",
        "applied_by",
        "undoes__payer__entry",
        "undoes__invoice__entry",
    )
    search_fields = ("payer__entry__reference", "invoice__entry__reference")
    search_help_text = _("Number of the payment, credit or invoice")
    date_hierarchy = "applied_on"
    ordering = ("-applied_on", "-pk")

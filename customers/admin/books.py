"""The ledger: accounts to name, everything else to be looked at."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest

from customers.administration import OwnCompanyAdmin, ReadOnlyAdmin, ReadOnlyInline
from customers.models import (
    Account,
    Application,
    FiscalPeriod,
    JournalEntry,
    JournalLine,
    OpenItem,
)


class JournalLineInline(ReadOnlyInline):
    model = JournalLine
    fields = ("account", "customer", "debit", "credit")
    related = ("account", "customer")


@admin.register(Account)
class AccountAdmin(OwnCompanyAdmin[Account]):
    """The chart of accounts. An account that was posted to keeps its code and kind."""

    list_display = ("code", "name", "kind", "company")
    list_select_related = ("company",)
    list_filter = ("kind",)
    search_fields = ("code", "name")

    def get_readonly_fields(
        self, request: HttpRequest, obj: Account | None = None
    ) -> tuple[str, ...]:
        return ("company", "code", "kind") if obj and obj.lines.exists() else ()


@admin.register(FiscalPeriod)
class FiscalPeriodAdmin(ReadOnlyAdmin[FiscalPeriod]):
    """Periods and their state."""

    list_display = ("starts_on", "ends_on", "state", "company")
    list_select_related = ("company",)
    list_filter = ("state",)
    ordering = ("-starts_on",)


@admin.register(JournalEntry)
class JournalEntryAdmin(ReadOnlyAdmin[JournalEntry]):
    """Postings, each balanced."""

    list_display = ("reference", "kind", "posted_on", "document_date", "period")
    list_select_related = ("period",)
    list_filter = ("kind",)
    search_fields = ("reference",)
    date_hierarchy = "posted_on"
    inlines = (JournalLineInline,)


@admin.register(OpenItem)
class OpenItemAdmin(ReadOnlyAdmin[OpenItem]):
    """What is still to be settled, and what was."""

    company_lookup = "customer__company_id"
    list_display = ("entry", "customer", "side", "due_on", "amount", "applied", "currency")
    list_select_related = ("entry", "customer")
    list_filter = ("side", "currency")
    search_fields = ("entry__reference", "customer__name", "customer__number")


@admin.register(Application)
class ApplicationAdmin(ReadOnlyAdmin[Application]):
    """Which payment or credit settled which invoice."""

    company_lookup = "invoice__customer__company_id"
    list_display = ("payer", "invoice", "amount", "applied_on", "applied_by", "undoes")
    list_select_related = (
        "payer__entry",
        "invoice__entry",
        "applied_by",
        "undoes__payer__entry",
        "undoes__invoice__entry",
    )
    search_fields = ("payer__entry__reference", "invoice__entry__reference")
    date_hierarchy = "applied_on"

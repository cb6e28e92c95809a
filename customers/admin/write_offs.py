"""Write-offs: who may write off how much alone, and what was written off."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from customers.administration import (
    OwnCompanyAdmin,
    ReadOnlyAdmin,
    ReadOnlyInline,
    day_of,
    moment_of,
    money_of,
)
from customers.administration.forms import TidyForm, not_negative
from customers.models import (
    BadDebtProposal,
    BadDebtRefusal,
    WriteOff,
    WriteOffLimit,
    WriteOffTax,
)


class WriteOffLimitForm(TidyForm[WriteOffLimit]):
    """Everybody's limit in finance, or one person's own."""

    class Meta:
        model = WriteOffLimit
        fields = ("company", "user", "amount")
        help_texts = {
            "user": _("Empty for everybody in finance. A person’s own limit wins."),
            "amount": _(
                "The largest balance of an invoice, in the company’s currency, that one person"
                " may write off alone. More than that is a bad debt, and takes two."
            ),
        }

    def clean_amount(self) -> Any:
        return not_negative(self.cleaned_data["amount"])

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        company, user = values.get("company"), values.get("user")
        if company and user and user.company_id != company.pk:
            self.add_error("user", _("The person works for another company."))
        return values


@admin.register(WriteOffLimit)
class WriteOffLimitAdmin(OwnCompanyAdmin[WriteOffLimit]):
    """The largest small balance that somebody in finance writes off alone."""

    about = _("The largest small balance that somebody in finance writes off alone.")
    form = WriteOffLimitForm
    list_display = ("whose", money_of("amount", _("limit"), "company__base_currency"), "company")
    list_select_related = ("user", "company")
    search_fields = ("user__full_name", "user__email")
    search_help_text = _("Person")
    autocomplete_fields = ("user",)
    ordering = ("user__full_name", "pk")

    @admin.display(description=_("who"), ordering="user__full_name")
    def whose(self, limit: WriteOffLimit) -> str:
        return str(limit.user or _("everybody in finance"))


class WriteOffTaxInline(ReadOnlyInline):
    model = WriteOffTax
    fields = ("kind", "province", "amount")


@admin.register(WriteOff)
class WriteOffAdmin(ReadOnlyAdmin[WriteOff]):
    """Small balances, bad debts, recoveries and reversals."""

    about = _("Small balances and bad debts written off, recovered and reversed.")
    customer_lookup = "customer"
    list_display = (
        "number",
        "kind",
        "invoice",
        "customer",
        day_of("issued_on", _("date")),
        money_of("amount", _("amount"), "currency"),
        money_of("tax_total", _("tax")),
    )
    list_select_related = ("invoice", "customer")
    list_filter = ("kind",)
    search_fields = ("number", "invoice__number", "customer__name")
    search_help_text = _("Number, invoice or customer")
    date_hierarchy = "issued_on"
    ordering = ("-issued_on", "-pk")
    inlines = (WriteOffTaxInline,)


class BadDebtRefusalInline(ReadOnlyInline):
    model = BadDebtRefusal
    fields = ("refused_by", "refused_at", "why")
    related = ("refused_by",)


@admin.register(BadDebtProposal)
class BadDebtProposalAdmin(ReadOnlyAdmin[BadDebtProposal]):
    """Bad debts that somebody proposed, with their evidence."""

    about = _("Bad debts that somebody in finance proposed, and what shows them.")
    company_lookup = "invoice__company_id"
    customer_lookup = "invoice__customer"
    list_display = (
        "invoice",
        money_of("amount", _("amount"), "invoice__currency"),
        "proposed_by",
        moment_of("proposed_at", _("proposed")),
    )
    list_select_related = ("invoice", "proposed_by")
    search_fields = ("invoice__number",)
    search_help_text = _("Number of the invoice")
    ordering = ("-pk",)
    fields = ("invoice", "amount", "evidence", "file_name", "proposed_by", "proposed_at")
    inlines = (BadDebtRefusalInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[BadDebtProposal]:
        return super().get_queryset(request).defer("file_content")

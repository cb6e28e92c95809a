"""The company and its departments."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.contrib import admin
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from customers import access
from customers.administration import OwnCompanyAdmin
from customers.administration.forms import DaysField, TidyForm
from customers.models import Company, Department
from customers.models.company import Weekday


class CompanyForm(TidyForm[Company]):
    """The supplier's facts, with where each of them shows."""

    work_days = forms.TypedMultipleChoiceField(
        label=_("working days"),
        choices=Weekday.choices,
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
    )
    closed_days = DaysField(
        label=_("closed besides"),
        required=False,
        help_text=_(
            "Days off beyond the province’s public holidays, which are known: one a line, such"
            " as 2026-12-24."
        ),
    )

    class Meta:
        model = Company
        fields = (
            "code",
            "legal_name",
            "address",
            "province",
            "country",
            "gst_number",
            "qst_number",
            "email",
            "phone",
            "base_currency",
            "fiscal_year_start_month",
            "time_zone",
            "applies_credits",
            "review_percent",
            "work_days",
            "opens_at",
            "closes_at",
            "closed_days",
            "appeal_days",
            "shows_names",
            "shows_offers",
            "applies_wishes",
            "takes_refund_wishes",
        )
        help_texts = {
            "code": _("A short name for the company inside this system."),
            "legal_name": _("At the head of every credit note issued from now on."),
            "address": _("As it stands on credit notes, line by line."),
            "gst_number": _("The law wants it on every credit note."),
            "qst_number": _("Stands on credit notes that give QST back."),
            "email": _("Where customers are told to ask; answers to our mails go there."),
            "base_currency": _("Of the ledger and of the approval limits."),
            "time_zone": _("Decides which day it is, and so a document’s date."),
            "fiscal_year_start_month": _(
                "1 is January. Numbers start anew with each fiscal year, which is named after"
                " the year in which it ends."
            ),
        }

    def clean_time_zone(self) -> str:
        zone = str(self.cleaned_data["time_zone"])
        if zone not in available_timezones():
            raise forms.ValidationError(_("There is no such time zone, such as America/Toronto."))
        return zone


@admin.register(Company)
class CompanyAdmin(OwnCompanyAdmin[Company]):
    """The supplier's own facts, as they stand on documents."""

    about = _("The supplier’s own facts, as they stand on credit notes. What is issued keeps them.")
    form = CompanyForm
    company_lookup = "pk"
    list_display = ("legal_name", "code", "province", "base_currency", "time_zone")
    search_fields = ("legal_name", "code")
    fieldsets = (
        (None, {"fields": ("code", "legal_name", "address", "province", "country")}),
        (_("Tax numbers"), {"fields": ("gst_number", "qst_number")}),
        (_("For questions"), {"fields": ("email", "phone")}),
        (_("Books"), {"fields": ("base_currency", "fiscal_year_start_month", "time_zone")}),
        (_("Credits"), {"fields": ("applies_credits", "review_percent")}),
        (
            _("Customer portal"),
            {
                "fields": (
                    "appeal_days",
                    "shows_names",
                    "shows_offers",
                    "applies_wishes",
                    "takes_refund_wishes",
                )
            },
        ),
        (
            _("Business hours"),
            {
                "description": _(
                    "The time to decide runs within these hours alone. What waits keeps the time"
                    " that it was given."
                ),
                "fields": ("work_days", "opens_at", "closes_at", "closed_days"),
            },
        ),
    )

    def get_readonly_fields(
        self, request: HttpRequest, obj: Company | None = None
    ) -> tuple[str, ...]:
        """What posted entries were written in stays."""
        return ("base_currency",) if obj and obj.entries.exists() else ()


class DepartmentForm(TidyForm[Department]):
    """A department and its manager, who must work for the same company."""

    class Meta:
        model = Department
        fields = ("company", "name", "province", "manager")

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        company, manager = values.get("company"), values.get("manager")
        if company and manager and manager.company_id != company.pk:
            self.add_error("manager", _("The manager works for another company."))
        return values


@admin.register(Department)
class DepartmentAdmin(OwnCompanyAdmin[Department]):
    """Who decides on which customers' credit notes."""

    about = _("Who serves which customers, and who decides on their credit notes.")
    form = DepartmentForm
    list_display = ("name", "manager", "company")
    list_select_related = ("manager", "company")
    search_fields = ("name", "manager__full_name", "manager__email")
    search_help_text = _("Name of the department or of its manager")
    autocomplete_fields = ("manager",)
    ordering = ("name",)

    def save_model(
        self, request: HttpRequest, obj: Department, form: ModelForm[Department], change: bool
    ) -> None:
        """A manager also serves the department, else they could not look at its customers."""
        super().save_model(request, obj, form, change)
        if obj.manager:
            access.let_serve_department(obj.manager, obj)

"""The catalogue of reasons: an admin's to tune."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Max
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from creditnotes.models import (
    Basis,
    Reason,
)
from customers.administration import (
    OwnCompanyAdmin,
)
from customers.administration.forms import TidyForm


class ReasonForm(TidyForm[Reason]):
    """A reason; its bases are ticked, not typed."""

    bases = forms.MultipleChoiceField(
        label=_("bases"),
        choices=Basis.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("By which measures the composer lets a line be credited for this reason."),
    )

    class Meta:
        model = Reason
        fields = (
            "company",
            "code",
            "name_en",
            "name_fr",
            "position",
            "is_active",
            "customer_visible",
            "bases",
            "needs_photo",
            "needs_return",
            "restocking_fee",
            "account",
            "goodwill_cap",
            "goodwill_account",
        )
        help_texts = {
            "code": _(
                "Its name in imports; nobody reads it on a document. “shortage” is proposed where"
                " a short delivery is credited."
            ),
            "name_en": _("As customers and colleagues read it."),
            "name_fr": _("On French credit notes and pages."),
            "position": _("Its place in the composer’s list; 1 comes first."),
            "is_active": _("Untick it to retire the reason; credit notes that bear it keep it."),
            "customer_visible": _("Customers choose among these in the portal."),
            "needs_photo": _("It cannot be submitted without one."),
            "needs_return": _("An approved credit note then waits until finance issues it."),
            "restocking_fee": _(
                "Kept back, before tax, of goods that come back by quantity or whole. A rep may "
                "lower it on a line, saying why."
            ),
            "account": _("What is credited for this reason is posted there."),
            "goodwill_cap": _(
                "The most that one credit note may give without an invoice line. It bears no tax."
            ),
            "goodwill_account": _("What is given without an invoice line is posted there."),
        }

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        company = values.get("company")
        for field in ("account", "goodwill_account"):
            account = values.get(field)
            if company and account and account.company_id != company.pk:
                self.add_error(field, _("The account belongs to another company."))
        self._check_goodwill(values)
        return values

    def _check_goodwill(self, values: dict[str, Any]) -> None:
        """Say beside each field what goodwill on no invoice needs."""
        if Basis.GOODWILL not in values.get("bases", ()):
            return
        if not values.get("goodwill_cap"):
            self.add_error("goodwill_cap", _("Say how much at most, or untick goodwill."))
        if not values.get("goodwill_account"):
            self.add_error("goodwill_account", _("Choose an account, or untick goodwill."))


@admin.register(Reason)
class ReasonAdmin(OwnCompanyAdmin[Reason]):
    """Why credits are given, in the order in which the composer offers it."""

    about = _("Why credits are given: what each reason asks for, and where it is posted.")
    form = ReasonForm
    list_display = (
        "name_en",
        "name_fr",
        "position",
        "is_active",
        "customer_visible",
        "needs_photo",
        "needs_return",
        "account",
    )
    fieldsets = (
        (None, {"fields": ("company", "code", "name_en", "name_fr", "position")}),
        (_("Who sees it"), {"fields": ("is_active", "customer_visible")}),
        (
            _("What it asks for"),
            {"fields": ("bases", "needs_photo", "needs_return", "restocking_fee")},
        ),
        (_("Where it is posted"), {"fields": ("account",)}),
        (
            _("Goodwill without an invoice line"),
            {"fields": ("goodwill_cap", "goodwill_account")},
        ),
    )

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A new reason comes last."""
        last = self.get_queryset(request).aggregate(last=Max("position", default=0))["last"]
        return {**super().get_changeform_initial_data(request), "position": last + 1}

    list_editable = ("position", "is_active", "customer_visible")
    list_select_related = ("account",)
    list_filter = ("is_active", "customer_visible")
    search_fields = ("code", "name_en", "name_fr")
    search_help_text = _("Name or code")
    autocomplete_fields = ("account", "goodwill_account")

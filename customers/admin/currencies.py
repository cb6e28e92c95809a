"""Exchange rates: entered day by day, or imported from a central bank's file."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from customers.administration import OwnCompanyAdmin, day_of
from customers.administration.forms import TidyForm
from customers.models import ExchangeRate


class ExchangeRateForm(TidyForm[ExchangeRate]):
    """One currency's rate on one day."""

    class Meta:
        model = ExchangeRate
        fields = ("company", "currency", "day", "rate")
        help_texts = {
            "currency": _("Three capital letters, such as USD."),
            "rate": _("What one unit of it is worth in base currency, such as 1.3925."),
        }

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        company = values.get("company")
        if company and values.get("currency") == company.base_currency:
            self.add_error("currency", forms.ValidationError(_("The base currency needs no rate.")))
        return values


@admin.register(ExchangeRate)
class ExchangeRateAdmin(OwnCompanyAdmin[ExchangeRate]):
    """What other currencies were worth, day by day."""

    about = _(
        "What other currencies are worth from a day on. New invoices and payments take the latest"
        " rate of their day and keep it: a change here moves nothing that is in the books."
    )
    form = ExchangeRateForm
    list_display = ("currency", day_of("day", _("day")), "rate", "company")
    list_select_related = ("company",)
    list_filter = ("currency",)
    date_hierarchy = "day"
    ordering = ("currency", "-day")

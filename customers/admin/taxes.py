"""The law's taxes: rates, and until when they may be given back; an admin's to keep up to date."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Model, Q
from django.utils.translation import gettext_lazy as _

from customers.administration import OwnCompanyAdmin, day_of, rate_of
from customers.administration.forms import TidyForm
from customers.models import TaxRate, TaxTimeLimit


class DatedForm(TidyForm[Any]):
    """A row of law, from a first to a last day; two of the same never on one day."""

    same: ClassVar[tuple[str, ...]] = ()

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        start, end = values.get("valid_from"), values.get("valid_to")
        if start and end and end < start:
            self.add_error("valid_to", _("The end must come after the beginning."))
        elif start and (other := self._overlapping(values)):
            words = _("Another rate is in force then: %(rate)s from %(day)s. End it first.")
            self.add_error("valid_from", words % {"rate": other, "day": other.valid_from})
        return values

    def _overlapping(self, values: dict[str, Any]) -> Any:
        """Another row about the same in force on one of the same days."""
        model: type[Model] = self._meta.model
        others = model._default_manager.exclude(pk=self.instance.pk).filter(  # noqa: SLF001
            Q(valid_to__isnull=True) | Q(valid_to__gte=values["valid_from"]),
            **{name: values.get(name) for name in self.same},
        )
        end = values.get("valid_to")
        return (others.filter(valid_from__lte=end) if end else others).first()

    def validate_constraints(self) -> None:
        """Said by :meth:`clean` already, in kinder words."""
        if not self.errors:
            super().validate_constraints()


class TaxRateForm(DatedForm):
    """A rate, and from when to when it is the law."""

    class Meta:
        model = TaxRate
        fields = ("kind", "province", "rate", "valid_from", "valid_to")
        help_texts = {
            "kind": _("Manitoba’s RST is of the provincial kind, PST."),
            "rate": _("Ten per cent is 10. Invoices keep the rate of their own day."),
            "valid_from": _("The first day in force."),
            "valid_to": _(
                "The last day in force; empty while it is the law. To change a rate, end this one"
                " and add the next."
            ),
        }

    def clean_rate(self) -> Any:
        rate = self.cleaned_data["rate"]
        if not 0 <= rate < 100:
            raise forms.ValidationError(_("From 0 to less than 100, please."))
        return rate

    #: What makes two rows speak of the same thing.
    same = ("kind", "province")


@admin.register(TaxRate)
class TaxRateAdmin(OwnCompanyAdmin[TaxRate]):
    """The law's rates, for all companies; invoices keep the ones of their own day."""

    about = _(
        "The law’s rates by province and day. Credits take the rates frozen with their invoice:"
        " a change here counts for invoices to come. Enter a coming rate ahead of its day, and"
        " “manage.py check_taxes” tries it on a file of cases."
    )
    form = TaxRateForm
    company_lookup = ""
    list_display = (
        "kind",
        "province",
        rate_of("rate", _("rate")),
        day_of("valid_from", _("valid from")),
        day_of("valid_to", _("valid until")),
    )
    list_filter = ("kind", "province", ("valid_to", admin.EmptyFieldListFilter))
    ordering = ("province", "kind", "valid_from")


class TaxTimeLimitForm(DatedForm):
    """Until when one tax may be given back."""

    same = ("kind", "province", "ground")

    class Meta:
        model = TaxTimeLimit
        fields = ("kind", "province", "ground", "length", "unit", "law", "valid_from", "valid_to")
        help_texts = {
            "ground": _("A credit of tax alone is tax charged in error; any other is the second."),
            "length": _("Counted from the invoice’s date."),
            "law": _("As the approver reads it, with its section."),
            "valid_from": _("Counts for invoices from this day on."),
            "valid_to": _("The last invoice date it counts for; empty while it is the law."),
        }

    def clean_length(self) -> Any:
        length = self.cleaned_data["length"]
        if not length:
            raise forms.ValidationError(_("At least one, please."))
        return length


@admin.register(TaxTimeLimit)
class TaxTimeLimitAdmin(OwnCompanyAdmin[TaxTimeLimit]):
    """The law's time limits, for all companies."""

    about = _(
        "How long a tax may be given back after it was invoiced. Later than that, the product"
        " warns, and finance decides."
    )
    form = TaxTimeLimitForm
    company_lookup = ""
    list_display = (
        "kind",
        "province",
        "ground",
        "length",
        "unit",
        "law",
        day_of("valid_from", _("valid from")),
        day_of("valid_to", _("valid until")),
    )
    list_filter = ("kind", "province", "ground")
    ordering = ("kind", "province", "ground", "valid_from")

"""Certificates that relieve customers of taxes, and the deposits that customers paid."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.core.files.base import ContentFile
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from creditnotes.attaching import cleaned
from customers.administration import (
    OwnCompanyAdmin,
    ReadOnlyAdmin,
    ReadOnlyInline,
    day_of,
    money_of,
)
from customers.administration.forms import TidyForm
from customers.errors import Refusal
from customers.models import CustomerDeposit, DepositUse, TaxExemption, TaxKind


class TaxExemptionForm(TidyForm[TaxExemption]):
    """A certificate; its taxes are ticked, not typed, and its file is a PDF or a photo."""

    kinds = forms.MultipleChoiceField(
        label=_("taxes"),
        choices=TaxKind.choices,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("What it relieves the customer of. Manitoba’s RST is of the kind PST."),
    )
    upload = forms.FileField(
        label=_("certificate"),
        required=False,
        widget=forms.FileInput,
        help_text=_("A PDF or a photo; it takes the place of one that is there."),
    )

    class Meta:
        model = TaxExemption
        fields = (
            "customer",
            "certificate",
            "kinds",
            "province",
            "valid_from",
            "valid_to",
            "remark",
        )
        help_texts = {
            "certificate": _("As it stands on the certificate."),
            "valid_from": _("The first day whose invoices it counts for."),
            "valid_to": _("The last one; empty where it has no end."),
        }

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        start, end = values.get("valid_from"), values.get("valid_to")
        if start and end and end < start:
            self.add_error("valid_to", _("The end must come after the beginning."))
        return values

    def clean_upload(self) -> Any:
        upload = self.cleaned_data.get("upload")
        if not upload:
            return None
        try:
            content, _type = cleaned(upload.read(), upload.name)
        except Refusal as refusal:
            raise forms.ValidationError(str(refusal)) from refusal
        return ContentFile(content, name=upload.name)

    def validate_constraints(self) -> None:
        """What :meth:`clean` said already is not said again."""
        if not self.errors:
            super().validate_constraints()


@admin.register(TaxExemption)
class TaxExemptionAdmin(OwnCompanyAdmin[TaxExemption]):
    """Who is exempt of what, by which certificate, and how long."""

    about = _(
        "Certificates that relieve customers of taxes. They count for invoices to come; what was"
        " charged before is given back by a credit note for a late tax exemption."
    )
    form = TaxExemptionForm
    company_lookup = "customer__company_id"
    customer_lookup = "customer"
    list_display = (
        "certificate",
        "customer",
        "taxes",
        day_of("valid_from", _("valid from")),
        day_of("valid_to", _("valid until")),
    )
    list_select_related = ("customer",)
    list_filter = ("province", ("valid_to", admin.EmptyFieldListFilter))
    search_fields = ("certificate", "customer__name", "customer__number")
    search_help_text = _("Certificate number, or customer")
    autocomplete_fields = ("customer",)
    readonly_fields = ("document",)
    fieldsets = (
        (None, {"fields": ("customer", "certificate", "kinds", "province")}),
        (_("How long it counts"), {"fields": ("valid_from", "valid_to")}),
        (_("On file"), {"fields": ("upload", "document", "remark")}),
    )

    @admin.display(description=_("taxes"))
    def taxes(self, exemption: TaxExemption) -> str:
        return exemption.taxes

    @admin.display(description=_("on file"))
    def document(self, exemption: TaxExemption) -> SafeString | str:
        if not exemption.file:
            return "–"
        address = reverse("customers:certificate", args=[exemption.pk])
        return format_html('<a href="{}">{}</a>', address, exemption.file_name)

    def save_model(self, request: HttpRequest, obj: TaxExemption, form: Any, change: bool) -> None:
        upload = form.cleaned_data.get("upload")
        if upload:
            obj.file, obj.file_name = upload, (upload.name or "")[-200:]
        super().save_model(request, obj, form, change)


class DepositUseInline(ReadOnlyInline):
    model = DepositUse
    fields = ("invoice", "used", "used_on", "used_by")
    readonly_fields = ("used",)
    related = ("invoice", "used_by")
    used = money_of("amount", _("amount"))


@admin.register(CustomerDeposit)
class CustomerDepositAdmin(ReadOnlyAdmin[CustomerDeposit]):
    """Money that customers paid ahead."""

    about = _("Money that customers paid ahead, and the invoices to which it was applied.")
    customer_lookup = "customer"
    list_display = (
        "number",
        "customer",
        day_of("received_on", _("received on")),
        money_of("amount", _("amount"), "currency"),
        money_of("applied", _("applied")),
        money_of("held", _("held"), sorts=False),
    )
    list_select_related = ("customer",)
    list_filter = ("currency",)
    search_fields = ("number", "customer__name", "customer__number")
    search_help_text = _("Number, or customer")
    ordering = ("-received_on", "-pk")
    inlines = (DepositUseInline,)

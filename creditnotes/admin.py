"""Credit notes on the admin site: reasons to tune, everything else to be looked at."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from creditnotes.models import (
    Attachment,
    Basis,
    CreditableLine,
    CreditableTax,
    CreditLine,
    CreditNote,
    CreditTax,
    Dispatch,
    DocumentFile,
    Event,
    IssuedDocument,
    News,
    NumberSeries,
    Participant,
    Reason,
)
from customers.administration import OwnCompanyAdmin, ReadOnlyAdmin, ReadOnlyInline


class ReasonForm(forms.ModelForm[Reason]):
    """A reason; its bases are ticked, not typed."""

    bases = forms.MultipleChoiceField(
        label=_("bases"), choices=Basis.choices, widget=forms.CheckboxSelectMultiple
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
            "account",
        )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        company, account = values.get("company"), values.get("account")
        if company and account and account.company_id != company.pk:
            self.add_error("account", _("The account belongs to another company."))
        return values


@admin.register(Reason)
class ReasonAdmin(OwnCompanyAdmin[Reason]):
    """Why credits are given, in the order in which the composer offers it."""

    form = ReasonForm
    list_display = (
        "code",
        "name_en",
        "name_fr",
        "position",
        "is_active",
        "customer_visible",
        "needs_photo",
        "needs_return",
        "account",
    )
    list_editable = ("position", "is_active", "customer_visible")
    list_select_related = ("account",)
    list_filter = ("is_active", "customer_visible", "needs_photo", "needs_return")
    search_fields = ("code", "name_en", "name_fr")
    autocomplete_fields = ("account",)


class CreditLineInline(ReadOnlyInline):
    model = CreditLine
    fields = ("position", "creditable", "basis", "quantity", "percent", "unit_price", "net")
    related = ("creditable__invoice_line",)


class CreditTaxInline(ReadOnlyInline):
    model = CreditTax
    fields = ("invoice", "creditable", "base", "amount")
    related = ("invoice", "creditable")


class AttachmentInline(ReadOnlyInline):
    model = Attachment
    fields = ("name", "content_type", "size", "added_by", "added_at")
    related = ("added_by",)


class ParticipantInline(ReadOnlyInline):
    model = Participant
    fields = ("user", "since")
    related = ("user",)


class EventInline(ReadOnlyInline):
    model = Event
    fields = ("happened_at", "kind", "actor", "on_behalf_of", "old_state", "new_state", "comment")
    related = ("actor", "on_behalf_of", "note")


@admin.register(CreditNote)
class CreditNoteAdmin(ReadOnlyAdmin[CreditNote]):
    """Credit notes, whole. They are worked on in the product, never here."""

    list_display = ("reference", "customer", "state", "reason", "total", "currency", "owner")
    list_select_related = ("customer", "reason", "owner")
    list_filter = ("state", "origin", ("reason", admin.RelatedOnlyFieldListFilter))
    search_fields = (
        "=pk",
        "document__number",
        "customer_reference",
        "customer__name",
        "customer__number",
    )
    date_hierarchy = "created_at"
    ordering = ("-pk",)
    inlines = (CreditLineInline, CreditTaxInline, AttachmentInline, ParticipantInline, EventInline)

    def get_queryset(self, request: HttpRequest) -> QuerySet[CreditNote]:
        """A contact's own draft is private until it is requested (rule 7)."""
        notes = super().get_queryset(request)
        return notes.exclude(state="draft", origin="portal", owner__isnull=True)


@admin.register(CreditableLine)
class CreditableLineAdmin(ReadOnlyAdmin[CreditableLine]):
    """What is reserved and credited of each invoice line."""

    company_lookup = "invoice__company_id"
    list_display = (
        "invoice",
        "invoice_line",
        "charged_quantity",
        "reserved_quantity",
        "issued_quantity",
        "charged_net",
        "reserved_net",
        "issued_net",
    )
    list_select_related = ("invoice", "invoice_line")
    search_fields = ("invoice__number",)


@admin.register(CreditableTax)
class CreditableTaxAdmin(ReadOnlyAdmin[CreditableTax]):
    """What is reserved and given back of each tax."""

    company_lookup = "invoice__company_id"
    list_display = (
        "invoice",
        "kind",
        "rate",
        "charged_amount",
        "reserved_amount",
        "issued_amount",
    )
    list_select_related = ("invoice",)
    list_filter = ("kind",)
    search_fields = ("invoice__number",)


@admin.register(NumberSeries)
class NumberSeriesAdmin(ReadOnlyAdmin[NumberSeries]):
    """How far each series has counted."""

    list_display = ("prefix", "fiscal_year", "last_sequence", "company")
    list_select_related = ("company",)


class DocumentFileInline(ReadOnlyInline):
    model = DocumentFile
    fields = ("format", "sha256", "rendered_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("content")


@admin.register(IssuedDocument)
class IssuedDocumentAdmin(ReadOnlyAdmin[IssuedDocument]):
    """Documents as issued."""

    list_display = ("number", "note", "issued_on", "issued_by")
    list_select_related = ("note", "issued_by")
    search_fields = ("number",)
    date_hierarchy = "issued_on"
    inlines = (DocumentFileInline,)


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin[Event]):
    """Everything that happened."""

    company_lookup = "note__company_id"
    list_display = ("happened_at", "note", "kind", "actor", "on_behalf_of", "new_state")
    list_select_related = ("note", "actor", "on_behalf_of")
    list_filter = ("kind",)
    search_fields = ("=note__pk", "actor__full_name", "actor__email")
    date_hierarchy = "happened_at"


@admin.register(Dispatch)
class DispatchAdmin(ReadOnlyAdmin[Dispatch]):
    """The outbox: what is to be done about events, and what went wrong."""

    company_lookup = "event__note__company_id"
    list_display = ("event", "consumer", "attempts", "due_at", "done_at", "last_error")
    list_select_related = ("event__note",)
    list_filter = ("consumer", ("done_at", admin.EmptyFieldListFilter))
    search_fields = ("=event__note__pk",)


@admin.register(News)
class NewsAdmin(ReadOnlyAdmin[News]):
    """Who was told what."""

    company_lookup = "event__note__company_id"
    list_display = ("user", "event", "seen_at")
    list_select_related = ("user", "event__note")
    search_fields = ("user__full_name", "user__email")

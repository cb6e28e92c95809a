"""Credit notes, what they hold of their invoices, and documents: to be looked at."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from creditnotes.access import UNSENT
from creditnotes.models import (
    Attachment,
    CreditableLine,
    CreditableTax,
    CreditLine,
    CreditNote,
    CreditTax,
    DocumentFile,
    Event,
    IssuedDocument,
    Participant,
)
from customers.administration import (
    ReadOnlyAdmin,
    ReadOnlyInline,
    data_of,
    day_of,
    money_of,
    number_of,
    price_of,
    rate_of,
)


class CreditLineInline(ReadOnlyInline):
    model = CreditLine
    fields = ("position", "creditable", "basis", "pieces", "share", "price", "amount")
    readonly_fields = ("pieces", "share", "price", "amount")
    related = ("creditable__invoice_line",)
    pieces = number_of("quantity", _("quantity"))
    share = rate_of("percent", _("percent"))
    price = price_of("unit_price", _("unit price"))
    amount = money_of("net", _("net"))


class CreditTaxInline(ReadOnlyInline):
    model = CreditTax
    fields = ("invoice", "creditable", "credited", "tax")
    readonly_fields = ("credited", "tax")
    related = ("invoice", "creditable")
    credited = money_of("base", _("net credited"))
    tax = money_of("amount", _("tax credited"))


class AttachmentInline(ReadOnlyInline):
    model = Attachment
    fields = ("name", "content_type", "size", "added_by", "link", "added_at")
    related = ("added_by", "link")


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

    about = _("Every credit note, whole, with what happened to it.")
    why_read_only = _("Credit notes are worked on in the product, by those who serve the customer.")
    customer_lookup = "customer"
    reference_prefix = "CR-"
    site_page = "creditnotes:credit_note"
    list_display = (
        "reference",
        "customer",
        "state",
        "reason",
        money_of("total", _("total"), "currency"),
        "owner",
        day_of("created_at", _("created")),
    )
    list_select_related = ("customer", "reason", "owner")
    list_filter = ("state", "origin", ("reason", admin.RelatedOnlyFieldListFilter))
    search_fields = (
        "=pk",
        "document__number",
        "customer_reference",
        "customer__name",
        "customer__number",
    )
    search_help_text = _("CR-…, CN-…, the customer’s reference, or customer")
    date_hierarchy = "created_at"
    ordering = ("-pk",)
    readonly_fields = ("reference", "amount_net", "amount_tax", "amount_total", "offered")
    fieldsets = (
        (None, {"fields": ("reference", "customer", "state", "reason", "owner", "origin")}),
        (_("Amounts"), {"fields": ("amount_net", "amount_tax", "amount_total", "offered", "hold")}),
        (
            _("Words"),
            {"fields": ("customer_reference", "explanation", "internal_note", "language")},
        ),
        (_("When"), {"fields": ("created_by", "created_at", "submitted_at", "changed_at")}),
    )
    inlines = (CreditLineInline, CreditTaxInline, AttachmentInline, ParticipantInline, EventInline)
    amount_net = money_of("net", _("net"), "currency")
    amount_tax = money_of("tax_total", _("tax"), "currency")
    amount_total = money_of("total", _("total"), "currency")
    offered = rate_of("offer_percent", _("offer"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[CreditNote]:
        """A contact's own draft is private until it is requested (rule 7)."""
        notes = super().get_queryset(request)
        return notes.exclude(UNSENT)


@admin.register(CreditableLine)
class CreditableLineAdmin(ReadOnlyAdmin[CreditableLine]):
    """What is reserved and credited of each invoice line."""

    about = _(
        "What of each invoice line is reserved and credited. The database lets none exceed it."
    )
    company_lookup = "invoice__company_id"
    customer_lookup = "invoice__customer"
    list_display = (
        "invoice",
        "invoice_line",
        number_of("charged_quantity", _("quantity charged")),
        number_of("reserved_quantity", _("reserved")),
        number_of("issued_quantity", _("credited")),
        money_of("charged_net", _("net charged")),
        money_of("reserved_net", _("reserved")),
        money_of("issued_net", _("credited")),
    )
    list_select_related = ("invoice", "invoice_line")
    search_fields = ("invoice__number",)
    search_help_text = _("Number of the invoice")
    ordering = ("-pk",)


@admin.register(CreditableTax)
class CreditableTaxAdmin(ReadOnlyAdmin[CreditableTax]):
    """What is reserved and given back of each tax."""

    about = _("What of each invoice’s tax is reserved and given back.")
    company_lookup = "invoice__company_id"
    customer_lookup = "invoice__customer"
    list_display = (
        "invoice",
        "kind",
        rate_of("rate", _("rate")),
        money_of("charged_amount", _("tax charged")),
        money_of("reserved_amount", _("reserved")),
        money_of("issued_amount", _("given back")),
    )
    list_select_related = ("invoice",)
    list_filter = ("kind",)
    search_fields = ("invoice__number",)
    search_help_text = _("Number of the invoice")
    ordering = ("-pk",)


class DocumentFileInline(ReadOnlyInline):
    model = DocumentFile
    fields = ("format", "sha256", "rendered_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("content")


@admin.register(IssuedDocument)
class IssuedDocumentAdmin(ReadOnlyAdmin[IssuedDocument]):
    """Documents as issued."""

    about = _("Credit notes as issued, with all that stands on paper and the kept file.")
    customer_lookup = "note__customer"
    list_display = ("number", "note", day_of("issued_on", _("date")), "issued_by")
    list_select_related = ("note", "issued_by")
    search_fields = ("number",)
    search_help_text = _("Number, such as CN-2026-000123")
    date_hierarchy = "issued_on"
    ordering = ("-issued_on", "-pk")
    fieldsets = (
        (None, {"fields": ("number", "note", "issued_on", "issued_at", "issued_by")}),
        (_("Proof"), {"fields": ("series", "sequence", "entry", "content_hash")}),
        (_("As it stands on paper"), {"fields": ("paper",)}),
    )
    readonly_fields = ("paper",)
    inlines = (DocumentFileInline,)
    paper = data_of("snapshot", _("snapshot"))

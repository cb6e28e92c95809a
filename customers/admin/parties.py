"""Customers, their sites, contacts and notes; products."""

from __future__ import annotations

from copy import copy
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from creditnotes.models import CreditNote
from creditnotes.rebilling import notes_billing
from customers.access import RIGHTS
from customers.administration import (
    OwnCompanyAdmin,
    OwnCompanyInline,
    ReadOnlyInline,
    moment_of,
    money_of,
    price_of,
)
from customers.administration.forms import TidyForm, not_negative
from customers.contacts.granting import give_portal_access, take_portal_access, void_invitations
from customers.contacts.recording import record_changes
from customers.models import Contact, Customer, CustomerNote, Product, Site, User
from customers.text import sort_key


class SiteInline(OwnCompanyInline):
    """Where the customer has goods delivered."""

    model = Site


class ContactInline(ReadOnlyInline):
    """Who is who at the customer; each has a page of their own."""

    model = Contact
    fields = ("name", "email", "phone", "language", "gets_credit_notes", "user")
    related = ("user",)
    show_change_link = True


class IsTold(admin.SimpleListFilter):
    """Whether somebody at the customer is sent the credit notes."""

    title = _("sent the credit notes")
    parameter_name = "told"

    def lookups(self, *_request: Any) -> list[tuple[str, Any]]:
        return [("nobody", _("Nobody")), ("somebody", _("Somebody"))]

    def queryset(self, _request: HttpRequest, rows: QuerySet[Customer]) -> QuerySet[Customer]:
        told = Exists(Contact.objects.filter(customer=OuterRef("pk"), gets_credit_notes=True))
        wanted = {"nobody": ~told, "somebody": told}
        return rows.filter(wanted[self.value()]) if self.value() in wanted else rows  # type: ignore[index]


class CustomerForm(TidyForm[Customer]):
    """A customer, with what each choice does."""

    class Meta:
        model = Customer
        fields = (
            "company",
            "number",
            "name",
            "department",
            "parent",
            "tier",
            "billing_address",
            "province",
            "country",
            "language",
            "currency",
            "credit_limit",
            "payment_terms_days",
        )
        help_texts = {
            "department": _("Its staff see the customer, and its manager decides on the credits."),
            "parent": _("The business whose job account this is; empty for most."),
            "tier": _("How the company ranks the customer; the approver sees it."),
            "language": _("Of the credit notes, the mails and the portal."),
            "province": _("Of the billing address. A site’s province decides the tax."),
            "credit_limit": _("In the customer’s currency. Empty for no limit."),
            "payment_terms_days": _("From the invoice’s date to when it is due."),
        }

    def clean_credit_limit(self) -> Any:
        return not_negative(self.cleaned_data["credit_limit"])


@admin.register(Customer)
class CustomerAdmin(OwnCompanyAdmin[Customer]):
    """Who buys, on what terms, and which department serves them."""

    about = _("Who buys, on what terms, and which department serves them.")
    form = CustomerForm
    customer_lookup = ""
    site_page = "customers:customer"
    list_display = (
        "number",
        "name",
        "department",
        "tier",
        "province",
        money_of("credit_limit", _("credit limit"), "currency"),
        "language",
    )
    list_display_links = ("number", "name")
    list_select_related = ("department",)
    list_filter = (
        ("department", admin.RelatedOnlyFieldListFilter),
        "tier",
        "province",
        "language",
        IsTold,
    )
    search_fields = ("number", "name", "sort_name")
    search_help_text = _("Number or name")
    autocomplete_fields = ("department", "parent", "account_manager")
    ordering = ("sort_name", "pk")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "company",
                    "number",
                    "name",
                    "department",
                    "account_manager",
                    "parent",
                    "tier",
                )
            },
        ),
        (_("Where and how"), {"fields": ("billing_address", "province", "country", "language")}),
        (_("Terms"), {"fields": ("currency", "credit_limit", "payment_terms_days")}),
    )
    inlines = (SiteInline, ContactInline)

    def save_model(
        self, request: HttpRequest, obj: Customer, form: ModelForm[Customer], change: bool
    ) -> None:
        obj.sort_name = sort_key(obj.name)
        super().save_model(request, obj, form, change)


@admin.register(Site)
class SiteAdmin(OwnCompanyAdmin[Site]):
    """Delivery addresses."""

    about = _("Where customers have goods delivered; the province decides which taxes are charged.")
    company_lookup = "customer__company_id"
    customer_lookup = "customer"
    list_display = ("name", "customer", "province", "country")
    list_select_related = ("customer",)
    list_filter = ("province",)
    search_fields = ("name", "customer__name", "customer__number")
    search_help_text = _("Name of the site, or customer")
    autocomplete_fields = ("customer",)
    ordering = ("customer__sort_name", "name", "pk")


class ContactForm(TidyForm[Contact]):
    """A contact, and whether they may sign in."""

    may_sign_in = forms.BooleanField(
        label=_("may sign in to the portal"),
        required=False,
        help_text=_("With this e-mail address; “Forgot your password?” gives them a password."),
    )

    class Meta:
        model = Contact
        fields = ("customer", "name", "email", "phone", "language", "gets_credit_notes", *RIGHTS)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["may_sign_in"] = self.instance.user_id is not None

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        staff = User.objects.filter(email__iexact=values.get("email", ""), company__isnull=False)
        if values.get("may_sign_in") and staff.exists():
            self.add_error("email", _("This address belongs to a member of staff."))
        return values


@admin.register(Contact)
class ContactAdmin(OwnCompanyAdmin[Contact]):
    """People at customers, and their access to the portal."""

    about = _(
        "People at customers: who is sent the credit notes, and who may sign in to the portal."
    )
    form = ContactForm
    company_lookup = "customer__company_id"
    customer_lookup = "customer"
    list_display = ("name", "email", "customer", "gets_credit_notes", "signs_in")
    list_select_related = ("customer",)
    list_filter = ("language", "gets_credit_notes", ("user", admin.EmptyFieldListFilter))
    search_fields = ("name", "email", "customer__name", "customer__number")
    search_help_text = _("Name, e-mail, or customer")
    autocomplete_fields = ("customer",)
    ordering = ("name", "pk")
    fieldsets = (
        (None, {"fields": ("customer", "name", "email", "phone", "language")}),
        (_("What they get"), {"fields": ("gets_credit_notes", "may_sign_in")}),
        (_("What they may do in the portal"), {"fields": RIGHTS}),
    )

    @admin.display(description=_("signs in"), boolean=True, ordering="user")
    def signs_in(self, contact: Contact) -> bool:
        return contact.user_id is not None

    def save_model(
        self, request: HttpRequest, obj: Contact, form: ModelForm[Contact], change: bool
    ) -> None:
        """Access follows the contact: ended with the old address or customer, given anew."""
        before = self._as_it_was(obj)
        if before:
            was = copy(before)
            take_portal_access(before)
            if (before.email, before.customer_id) != (obj.email, obj.customer_id):
                void_invitations(before)
        obj.user = None
        super().save_model(request, obj, form, change)
        if form.cleaned_data["may_sign_in"]:
            give_portal_access(obj)
        record_changes(was if before else None, obj, actor=_by(request), moment=timezone.now())

    def _as_it_was(self, contact: Contact) -> Contact | None:
        rows = Contact.objects.filter(pk=contact.pk).select_related("user", "customer")
        return rows.first()

    def delete_model(self, request: HttpRequest, obj: Contact) -> None:
        was = copy(obj)
        take_portal_access(obj)
        record_changes(was, None, actor=_by(request), moment=timezone.now())
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Contact]) -> None:
        for contact in queryset.select_related("user", "customer"):
            was = copy(contact)
            take_portal_access(contact)
            record_changes(was, None, actor=_by(request), moment=timezone.now())
        super().delete_queryset(request, queryset)


def _by(request: HttpRequest) -> User:
    return cast("User", request.user)


@admin.register(CustomerNote)
class CustomerNoteAdmin(OwnCompanyAdmin[CustomerNote]):
    """What colleagues wrote about customers."""

    about = _("What colleagues should know about a customer. Customers never see it.")
    company_lookup = "customer__company_id"
    customer_lookup = "customer"
    list_display = ("customer", "text", "author", moment_of("written_at", _("written")))
    list_select_related = ("customer", "author")
    search_fields = ("text", "customer__name", "customer__number")
    search_help_text = _("Words of the note, or customer")
    autocomplete_fields = ("customer", "author")
    date_hierarchy = "written_at"


@admin.register(Product)
class ProductAdmin(OwnCompanyAdmin[Product]):
    """What is sold."""

    about = _(
        "Goods and charges. The unit cost lets an approver see what a credit does to the margin."
    )
    list_display = (
        "sku",
        "name",
        "category",
        "unit",
        price_of("unit_cost", _("unit cost")),
        "is_charge",
    )
    list_display_links = ("sku", "name")
    list_filter = ("is_charge", "category")
    search_fields = ("sku", "name", "name_fr")
    search_help_text = _("Stock code or name")
    ordering = ("sku", "pk")
    fieldsets = (
        (None, {"fields": ("company", "sku", "name", "name_fr", "category")}),
        (_("How it is sold"), {"fields": ("unit", "unit_cost", "is_charge")}),
    )

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """With the credit notes that bill one anew, among what refers to it."""
        deleted, counts, lacking, protected = super().get_deleted_objects(objs, request)
        return deleted, counts, lacking, protected + [_named(note) for note in notes_billing(objs)]


def _named(note: CreditNote) -> str:
    address = reverse("creditnotes:credit_note", args=[note.pk])
    kind = capfirst(note._meta.verbose_name)  # noqa: SLF001 - as the site names all others
    return format_html('{}: <a href="{}">{}</a>', kind, address, note)

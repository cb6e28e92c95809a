"""Customers, their sites, contacts and notes; products and tax rates."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from customers.administration import OwnCompanyAdmin, OwnCompanyInline, ReadOnlyInline
from customers.inviting import give_portal_access, take_portal_access
from customers.models import Contact, Customer, CustomerNote, Product, Site, TaxRate, User
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


@admin.register(Customer)
class CustomerAdmin(OwnCompanyAdmin[Customer]):
    """Who buys, on what terms, and which department serves them."""

    list_display = ("number", "name", "department", "tier", "currency", "credit_limit", "language")
    list_display_links = ("number", "name")
    list_select_related = ("department",)
    list_filter = ("tier", "language", "province", ("department", admin.RelatedOnlyFieldListFilter))
    search_fields = ("number", "name", "sort_name")
    autocomplete_fields = ("department", "parent")
    ordering = ("sort_name", "pk")
    inlines = (SiteInline, ContactInline)

    def save_model(
        self, request: HttpRequest, obj: Customer, form: ModelForm[Customer], change: bool
    ) -> None:
        obj.sort_name = sort_key(obj.name)
        super().save_model(request, obj, form, change)


@admin.register(Site)
class SiteAdmin(OwnCompanyAdmin[Site]):
    """Delivery addresses."""

    company_lookup = "customer__company_id"
    list_display = ("name", "customer", "province", "country")
    list_select_related = ("customer",)
    list_filter = ("province",)
    search_fields = ("name", "customer__name", "customer__number")
    autocomplete_fields = ("customer",)


class ContactForm(forms.ModelForm[Contact]):
    """A contact, and whether they may sign in."""

    may_sign_in = forms.BooleanField(
        label=_("may sign in to the portal"),
        required=False,
        help_text=_("With this e-mail address; “Forgot your password?” gives them a password."),
    )

    class Meta:
        model = Contact
        fields = ("customer", "name", "email", "phone", "language", "gets_credit_notes")

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

    form = ContactForm
    company_lookup = "customer__company_id"
    list_display = ("name", "email", "customer", "user", "gets_credit_notes")
    list_select_related = ("customer", "user")
    list_filter = ("language", "gets_credit_notes", ("user", admin.EmptyFieldListFilter))
    search_fields = ("name", "email", "customer__name", "customer__number")
    autocomplete_fields = ("customer",)

    def save_model(
        self, request: HttpRequest, obj: Contact, form: ModelForm[Contact], change: bool
    ) -> None:
        """Access follows the contact: ended with the old address or customer, given anew."""
        before = Contact.objects.filter(pk=obj.pk).select_related("user", "customer").first()
        if before:
            take_portal_access(before)
        obj.user = None
        super().save_model(request, obj, form, change)
        if form.cleaned_data["may_sign_in"]:
            give_portal_access(obj)

    def delete_model(self, request: HttpRequest, obj: Contact) -> None:
        take_portal_access(obj)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Contact]) -> None:
        for contact in queryset.select_related("user", "customer"):
            take_portal_access(contact)
        super().delete_queryset(request, queryset)


@admin.register(CustomerNote)
class CustomerNoteAdmin(OwnCompanyAdmin[CustomerNote]):
    """What colleagues wrote about customers."""

    company_lookup = "customer__company_id"
    list_display = ("customer", "author", "written_at", "text")
    list_select_related = ("customer", "author")
    search_fields = ("text", "customer__name", "customer__number")
    autocomplete_fields = ("customer", "author")
    date_hierarchy = "written_at"


@admin.register(Product)
class ProductAdmin(OwnCompanyAdmin[Product]):
    """What is sold."""

    list_display = ("sku", "name", "category", "unit", "unit_cost", "is_charge")
    list_display_links = ("sku", "name")
    list_filter = ("is_charge", "category")
    search_fields = ("sku", "name", "name_fr")
    ordering = ("sku", "pk")


@admin.register(TaxRate)
class TaxRateAdmin(OwnCompanyAdmin[TaxRate]):
    """The law's rates, for all companies; invoices keep the ones of their own day."""

    company_lookup = ""
    list_display = ("kind", "province", "rate", "valid_from", "valid_to")
    list_filter = ("kind", "province")
    ordering = ("province", "kind", "valid_from")

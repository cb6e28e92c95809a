"""The shape of what is typed on the customers' and invoices' pages."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.models import Customer, CustomerNote, Department, Tier, User

CUSTOMER_SORTS = [
    ("name", _("Name")),
    ("-name", _("Name, from the end")),
    ("number", _("Number")),
    ("-created", _("Newest")),
]
INVOICE_SORTS = [
    ("-date", _("Newest")),
    ("date", _("Oldest")),
    ("-total", _("Largest")),
    ("total", _("Smallest")),
    ("number", _("Number")),
]
STATUSES = [
    ("", _("Any")),
    ("open", _("To be paid")),
    ("overdue", _("Past due")),
    ("paid", _("Settled")),
]


class CustomersFilter(forms.Form):
    """How the list of customers is narrowed and sorted; whatever is wrong is left out."""

    q = forms.CharField(label=_("Search"), required=False, max_length=100)
    department = forms.ModelChoiceField(
        label=_("Department"),
        required=False,
        queryset=Department.objects.none(),
        empty_label=_("Any"),
    )
    tier = forms.ChoiceField(
        label=_("Tier"), required=False, choices=[("", _("Any")), *Tier.choices]
    )
    sort = forms.ChoiceField(label=_("Sort by"), required=False, choices=CUSTOMER_SORTS)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        departments = Department.objects.filter(company=user.company_id).order_by("name")
        self.fields["department"].queryset = departments  # type: ignore[attr-defined]


class InvoicesFilter(forms.Form):
    """How the list of invoices is narrowed and sorted; whatever is wrong is left out."""

    q = forms.CharField(label=_("Search"), required=False, max_length=100)
    product = forms.CharField(label=_("Product"), required=False, max_length=100)
    customer = forms.ModelChoiceField(
        required=False, queryset=Customer.objects.none(), widget=forms.HiddenInput
    )
    status = forms.ChoiceField(label=_("Payment"), required=False, choices=STATUSES)
    since = forms.DateField(
        label=_("From"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )
    until = forms.DateField(
        label=_("Until"), required=False, widget=forms.DateInput({"type": "date"}, "%Y-%m-%d")
    )
    sort = forms.ChoiceField(label=_("Sort by"), required=False, choices=INVOICE_SORTS)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        customers = Customer.objects.visible_to(user)
        self.fields["customer"].queryset = customers  # type: ignore[attr-defined]


class CustomerNoteForm(forms.ModelForm[CustomerNote]):
    """A note for colleagues about a customer."""

    class Meta:
        model = CustomerNote
        fields = ("text",)
        labels = {"text": _("New note")}
        help_texts = {"text": _("For colleagues; the customer never sees it.")}
        widgets = {"text": forms.Textarea({"rows": 3, "maxlength": 2000})}

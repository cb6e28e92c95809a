"""The shape of what is typed on the customers', orders' and invoices' pages."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, cast

from django import forms
from django.db.models import F
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from customers.models import (
    Customer,
    CustomerDeposit,
    CustomerNote,
    Department,
    Invoice,
    Tier,
    User,
)

#: Each order by its name; the first is how the list opens.
CUSTOMER_SORTS = [
    ("name", _("Name")),
    ("-name", _("Name, from the end")),
    ("number", _("Number")),
    ("-number", _("Number, from the end")),
    ("-owes", _("Owes most")),
    ("owes", _("Owes least")),
    ("-late", _("Most past due")),
    ("late", _("Least past due")),
    ("-limit", _("Highest credit limit")),
    ("limit", _("Lowest credit limit")),
    ("department", _("Department")),
    ("-department", _("Department, from the end")),
    ("tier", _("Tier")),
    ("-tier", _("Tier, from the end")),
    ("-created", _("Newest")),
    ("created", _("Oldest")),
]
INVOICE_SORTS = [
    ("-date", _("Newest")),
    ("date", _("Oldest")),
    ("due", _("Due first")),
    ("-due", _("Due last")),
    ("-total", _("Largest")),
    ("total", _("Smallest")),
    ("-left", _("Most to be paid")),
    ("left", _("Least to be paid")),
    ("customer", _("Customer")),
    ("-customer", _("Customer, from the end")),
    ("number", _("Number")),
    ("-number", _("Number, from the end")),
]
ORDER_SORTS = [
    ("-date", _("Newest")),
    ("date", _("Oldest")),
    ("customer", _("Customer")),
    ("-customer", _("Customer, from the end")),
    ("number", _("Number")),
    ("-number", _("Number, from the end")),
    ("reference", _("Customer’s reference")),
    ("-reference", _("Customer’s reference, from the end")),
]
STATUSES = [
    ("", _("Any")),
    ("open", _("To be paid")),
    ("overdue", _("Past due")),
    ("paid", _("Settled")),
]
STANDINGS = [("", _("Any")), ("owes", _("Owes something")), ("late", _("Past due"))]
ORDER_STATES = {
    "ordered": pgettext_lazy("an order", "Ordered"),
    "delivered": pgettext_lazy("an order", "Delivered"),
    "invoiced": pgettext_lazy("an order", "Invoiced"),
}
PROBLEMS = [
    ("", _("Any")),
    ("any", _("Short or damaged")),
    ("short", _("Short")),
    ("damaged", _("Damaged")),
]


def _day(label: Any) -> forms.DateField:
    widget = forms.DateInput({"type": "date"}, "%Y-%m-%d")
    return forms.DateField(label=label, required=False, widget=widget)


def _words(label: Any) -> forms.CharField:
    return forms.CharField(label=label, required=False, max_length=100)


def _choice(label: Any, choices: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, required=False, choices=choices)


class ListFilter(forms.Form):
    """How a list is narrowed and sorted; whatever is wrong in the address is left out."""

    @property
    def is_narrowed(self) -> bool:
        """Whether the list shows less than all there is."""
        return any(value for name, value in self.cleaned_data.items() if name != "sort")

    @property
    def order_name(self) -> str:
        """The name of the order asked for, else of the list's own."""
        field: Any = self.fields["sort"]
        return str(self.cleaned_data.get("sort") or field.choices[0][0])


class CustomersFilter(ListFilter):
    """By words, department, tier and standing."""

    q = _words(_("Number or name"))
    department = forms.ModelChoiceField(
        label=_("Department"),
        required=False,
        queryset=Department.objects.none(),
        empty_label=_("Any"),
    )
    tier = _choice(_("Tier"), [("", _("Any")), *Tier.choices])
    standing = _choice(_("Standing"), STANDINGS)
    sort = _choice(_("Sort by"), CUSTOMER_SORTS)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        departments = Department.objects.filter(company=user.company_id).order_by("name")
        self.fields["department"].queryset = departments  # type: ignore[attr-defined]


class OfCustomerFilter(ListFilter):
    """A list that can be narrowed to one customer and to some days."""

    customer = forms.ModelChoiceField(
        required=False, queryset=Customer.objects.none(), widget=forms.HiddenInput
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        customers = Customer.objects.visible_to(user)
        self.fields["customer"].queryset = customers  # type: ignore[attr-defined]


class OrdersFilter(OfCustomerFilter):
    """By words, how far the order has come, what went wrong, and days."""

    q = _words(_("Number, reference or customer"))
    state = _choice(_("State"), [("", _("Any")), *ORDER_STATES.items()])
    problem = _choice(_("Delivery"), PROBLEMS)
    since = _day(_("From"))
    until = _day(_("Until"))
    sort = _choice(_("Sort by"), ORDER_SORTS)


class InvoicesFilter(OfCustomerFilter):
    """By words, product, payment and days."""

    q = _words(_("Number, reference or customer"))
    product = _words(_("Product"))
    status = _choice(_("Payment"), STATUSES)
    since = _day(_("From"))
    until = _day(_("Until"))
    sort = _choice(_("Sort by"), INVOICE_SORTS)


class CustomerNoteForm(forms.ModelForm[CustomerNote]):
    """A note for colleagues about a customer."""

    class Meta:
        model = CustomerNote
        fields = ("text",)
        labels = {"text": _("New note")}
        help_texts = {"text": _("For colleagues; the customer never sees it.")}
        widgets = {"text": forms.Textarea({"rows": 3, "maxlength": 2000})}


class HeldDeposit(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A deposit to choose, with what is left of it."""

    def label_from_instance(self, deposit: CustomerDeposit) -> str:
        words = gettext("%(number)s of %(day)s, %(held)s held")
        told = {"number": deposit.number, "day": deposit.received_on, "held": deposit.held}
        return words % told


class DepositForm(forms.Form):
    """Which deposit pays an invoice, and how much of it."""

    deposit = HeldDeposit(CustomerDeposit.objects.none(), label=_("Deposit"), empty_label=None)
    amount = forms.DecimalField(
        label=_("Amount"), min_value=Decimal("0.01"), max_digits=14, decimal_places=2
    )

    def __init__(self, invoice: Invoice, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.held = CustomerDeposit.objects.filter(
            customer=invoice.customer_id, currency=invoice.currency, applied__lt=F("amount")
        ).order_by("received_on", "pk")
        cast("HeldDeposit", self.fields["deposit"]).queryset = self.held

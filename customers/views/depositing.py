"""What customers pay ahead: received, applied to invoices, and put on account to be refunded."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from http import HTTPStatus
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from customers import depositing
from customers.access import may_settle
from customers.depositing import apply_deposit as apply
from customers.errors import NotAllowed, Refusal
from customers.forms import DepositForm
from customers.models import Customer, CustomerDeposit, ExchangeRate
from customers.settling import require_may_settle
from customers.templatetags.display import money
from customers.views.finding import customer_or_404, invoice_or_404, signed_in, today_of
from customers.views.invoice import invoice_page, may_apply_deposits

CENT = Decimal("0.01")


def _amount(**options: Any) -> forms.DecimalField:
    return forms.DecimalField(
        label=gettext_lazy("Amount"), min_value=CENT, max_digits=14, decimal_places=2, **options
    )


class ReceivedForm(forms.Form):
    """What came, from the bank's own words."""

    amount = _amount()
    currency = forms.ChoiceField(
        label=gettext_lazy("Currency"),
        help_text=gettext_lazy("At the exchange rate of the day on which it was received."),
    )
    received_on = forms.DateField(
        label=gettext_lazy("Received on"),
        widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"),
        localize=False,
    )
    number = forms.CharField(
        label=gettext_lazy("Reference"),
        max_length=40,
        help_text=gettext_lazy("Of the transfer or cheque. It names the deposit from now on."),
    )
    method = forms.CharField(
        label=gettext_lazy("How it was paid"),
        max_length=40,
        required=False,
        help_text=gettext_lazy("Such as wire or cheque."),
    )

    def __init__(self, customer: Customer, today: date, data: Any = None) -> None:
        super().__init__(data, initial={"currency": customer.currency, "received_on": today})
        self.today = today
        currency = cast("forms.ChoiceField", self.fields["currency"])
        currency.choices = [(each, each) for each in _currencies(customer)]

    def clean_received_on(self) -> date:
        day: date = self.cleaned_data["received_on"]
        if day > self.today:
            raise forms.ValidationError(_("Not in the future."))
        return day


def _currencies(customer: Customer) -> list[str]:
    """The customer's own first, then the company's, and those of which a rate is known."""
    company = customer.company
    rates = ExchangeRate.objects.filter(company=company).order_by("currency")
    known = rates.values_list("currency", flat=True).distinct()
    return list(dict.fromkeys([customer.currency, company.base_currency, *known]))


@require_http_methods(["GET", "POST"])
def receive_deposit(request: HttpRequest, pk: int) -> HttpResponse:
    """Take into the books what a customer paid ahead."""
    customer, user = customer_or_404(request, pk), signed_in(request)
    require_may_settle(user, customer)
    form = ReceivedForm(customer, today_of(user), request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            deposit = depositing.receive_deposit(customer, **form.cleaned_data, by=user)
        except Refusal as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            sentence = _("%(amount)s is held for %(customer)s.")
            told = {"amount": money(deposit.amount, deposit.currency), "customer": customer.name}
            messages.success(request, sentence % told)
            return redirect("customers:deposit", deposit.pk)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    context = {"customer": customer, "form": form}
    return render(request, "customers/receive_deposit.html", context, status=status)


class ReleaseForm(forms.Form):
    """How much of a deposit to put on account."""

    amount = _amount()


@require_GET
def deposit(request: HttpRequest, pk: int) -> HttpResponse:
    """One deposit: what came, what it paid, and what is held."""
    found = deposit_or_404(request, pk)
    return _page(request, found, ReleaseForm(initial={"amount": found.held}))


@require_POST
def release_deposit(request: HttpRequest, pk: int) -> HttpResponse:
    """Put what is held, or a part of it, on account: to be applied or refunded from there."""
    found, user = deposit_or_404(request, pk), signed_in(request)
    require_may_settle(user, found.customer)
    form = ReleaseForm(request.POST)
    if form.is_valid():
        try:
            amount = form.cleaned_data["amount"]
            item = depositing.release_deposit(found, amount, today_of(user), user)
        except Refusal as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            messages.success(
                request, _("%(amount)s is on account.") % {"amount": money(amount, found.currency)}
            )
            wants_refund = request.POST.get("then") == "refund"
            name = "customers:propose_refund" if wants_refund else "customers:apply"
            return redirect(name, item.pk)
    return _page(request, found, form, HTTPStatus.UNPROCESSABLE_ENTITY)


def _page(
    request: HttpRequest, found: CustomerDeposit, form: ReleaseForm, status: int = HTTPStatus.OK
) -> HttpResponse:
    uses = found.uses.select_related("invoice", "entry__open_item", "used_by").order_by("pk")
    context = {
        "deposit": found,
        "uses": uses,
        "form": form,
        "may_settle": may_settle(signed_in(request), found.customer),
        "base_currency": found.company.base_currency,
    }
    return render(request, "customers/deposit.html", context, status=status)


def deposit_or_404(request: HttpRequest, pk: int) -> CustomerDeposit:
    """The deposit, if this person serves its customer."""
    deposits = CustomerDeposit.objects.visible_to(signed_in(request))
    related = deposits.select_related("customer", "company", "order", "entry")
    found: CustomerDeposit = get_object_or_404(related, pk=pk)
    return found


@require_POST
def apply_deposit(request: HttpRequest, pk: int) -> HttpResponse:
    """Pay an invoice, or a part of it, from a deposit that is held."""
    invoice, user = invoice_or_404(request, pk), signed_in(request)
    if not may_apply_deposits(user):
        raise NotAllowed(_("You may not do this."))
    form = DepositForm(invoice, request.POST)
    if not form.is_valid():
        return invoice_page(request, invoice, form)
    deposit, amount = form.cleaned_data["deposit"], form.cleaned_data["amount"]
    try:
        apply(deposit, invoice, amount, today_of(user), user)
    except Refusal as refusal:
        form.add_error(refusal.field, str(refusal))
        return invoice_page(request, invoice, form)
    told = {"amount": money(amount, invoice.currency), "number": deposit.number}
    messages.success(request, _("%(amount)s of deposit %(number)s is applied.") % told)
    return redirect("customers:invoice", pk)

"""Applying what a customer paid ahead to one of their invoices."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from customers.depositing import apply_deposit as apply
from customers.errors import NotAllowed, Refusal
from customers.forms import DepositForm
from customers.templatetags.display import money
from customers.views.finding import invoice_or_404, signed_in, today_of
from customers.views.invoice import invoice_page, may_apply_deposits


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

"""One customer whole: how they stand, their documents and people, and notes for colleagues."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.db.models import F
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from creditnotes.access import may_compose
from creditnotes.models import CreditNote
from customers import applied, services
from customers.access import may_settle, serves
from customers.browsing import invoices_narrowed, order_facts, orders_narrowed
from customers.certificates import standings_of
from customers.exposure import exposure_of
from customers.forms import CustomerNoteForm
from customers.models import Customer, User
from customers.views.documents import credit_note_rows, invoice_rows, order_rows
from customers.views.finding import customer_or_404, signed_in, today_of
from customers.views.standing import credit_rate_of, last_payment_of

#: How many orders, invoices and credit notes a customer's page shows of each.
LATEST = 8
#: How many notes; older ones are rarely read.
NOTES = 20


@require_GET
def customer(request: HttpRequest, pk: int) -> HttpResponse:
    """What a rep needs to know of a customer while on the phone with them."""
    return _page(request, customer_or_404(request, pk), CustomerNoteForm())


@require_POST
def add_note(request: HttpRequest, pk: int) -> HttpResponse:
    """Write a note for colleagues."""
    customer = customer_or_404(request, pk)
    form = CustomerNoteForm(request.POST)
    if not form.is_valid():
        return _page(request, customer, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    services.write_note(
        customer, form.cleaned_data["text"], author=signed_in(request), moment=timezone.now()
    )
    messages.success(request, _("The note is saved."))
    return redirect("customers:customer", pk)


def _page(
    request: HttpRequest,
    customer: Customer,
    note_form: CustomerNoteForm,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    user = signed_in(request)
    context = {
        "customer": customer,
        "currency": customer.company.base_currency,
        "exposure": exposure_of(customer, today_of(user)),
        "credit_rate": credit_rate_of(customer, today_of(user)),
        "last_payment": last_payment_of(customer),
        "contacts": customer.contacts.order_by("name", "pk"),
        "sites": customer.sites.order_by("name", "pk"),
        "job_accounts": customer.job_accounts.filter(
            pk__in=Customer.objects.visible_to(user)
        ).order_by("sort_name"),
        "certificates": standings_of(customer, today_of(user)),
        "deposits": customer.deposits.filter(applied__lt=F("amount")).order_by("received_on"),
        "customer_notes": customer.notes.select_related("author")[:NOTES],
        "note_form": note_form,
        "parent_is_seen": bool(customer.parent and serves(user, customer.parent)),
        "may_compose": may_compose(user),
        "may_settle": may_settle(user, customer),
        "on_account": applied.on_account(customer)[:LATEST],
        "on_account_count": applied.on_account(customer).count(),
    }
    return render(
        request, "customers/customer.html", context | _documents(customer, user), status=status
    )


def _documents(customer: Customer, user: User) -> dict[str, Any]:
    """The latest of each kind, and the oldest invoices that wait for payment."""
    today = today_of(user)
    invoices = invoices_narrowed(user, {"customer": customer}, today)
    unpaid = invoices_narrowed(user, {"customer": customer, "status": "open"}, today)
    orders = list(
        orders_narrowed(user, {"customer": customer}).order_by("-ordered_on", "-pk")[:LATEST]
    )
    notes = CreditNote.objects.visible_to(user).filter(customer=customer).with_parties()
    return {
        "unpaid": invoice_rows(unpaid.order_by("due_on", "pk")[:LATEST], today),
        "invoices": invoice_rows(invoices.order_by("-issued_on", "-pk")[:LATEST], today),
        "orders": order_rows(orders, order_facts(orders)),
        "credit_notes": credit_note_rows(notes.order_by("-created_at", "-pk")[:LATEST]),
    }

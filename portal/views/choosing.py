"""What a request is about: the customer's own invoices, to choose from."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from customers.access import REQUEST
from customers.paging import page_of
from portal import access, browsing
from portal.access import visitor_of
from portal.forms import CustomersFilter

#: Invoices to choose from on a page.
ROWS = 20


def choose(request: HttpRequest) -> HttpResponse:
    """Which invoice is it about?"""
    user = visitor_of(request)
    customers = access.customers_of(user)
    if not customers:
        return render(request, "portal/nobody.html")
    customer = access.chosen(request, customers, right=REQUEST)
    form = CustomersFilter(request.GET)
    form.is_valid()  # what is wrong in the address is left out
    words = form.cleaned_data.get("q", "")
    today = customer.company.day_of(timezone.now())
    invoices = browsing.invoices_narrowed(user, customer, {"q": words}, today)
    context = {
        "customers": customers,
        "customer": customer,
        "form": form,
        "words": words,
        "today": today,
        "page": page_of(invoices, ["-issued_on", "-id"], request.GET, ROWS),
    }
    return render(request, "portal/choose_invoice.html", context)

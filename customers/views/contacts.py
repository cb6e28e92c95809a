"""A customer's people, as the company's own people manage them."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods, require_POST

from customers.contacts import pages
from customers.views.finding import customer_or_404

STAFF = pages.Side("customers", "base.html", "customers:customer", customer_or_404)


@require_http_methods(["GET", "POST"])
def contacts(request: HttpRequest, pk: int) -> HttpResponse:
    """Who is a contact of the customer, and who is invited."""
    return pages.contacts_page(request, STAFF, pk)


@require_http_methods(["GET", "POST"])
def contact(request: HttpRequest, pk: int) -> HttpResponse:
    """One contact, and what they may do in the portal."""
    return pages.contact_page(request, STAFF, pk)


@require_POST
def end_access(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a contact's access away."""
    return pages.end_access(request, STAFF, pk)


@require_POST
def send_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Send a contact's invitation once more."""
    return pages.send_again(request, STAFF, pk)


@require_POST
def withdraw_invitation(request: HttpRequest, pk: int) -> HttpResponse:
    """Withdraw a contact's invitation."""
    return pages.withdraw_invitation(request, STAFF, pk)

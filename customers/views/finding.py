"""Fetching what a person may see, or answering 404."""

from __future__ import annotations

from datetime import date
from typing import cast

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone

from customers.models import Customer, Invoice, Order, User


def signed_in(request: HttpRequest) -> User:
    """The person who asks; the sign-in wall stands before every view."""
    return cast("User", request.user)


def today_of(user: User) -> date:
    """The day it is at the person's company."""
    assert user.company  # noqa: S101 - only staff come here
    return user.company.day_of(timezone.now())


def customer_or_404(request: HttpRequest, pk: int) -> Customer:
    """The customer, if this person serves them."""
    customers = Customer.objects.visible_to(signed_in(request))
    found: Customer = get_object_or_404(
        customers.select_related("company", "department__manager", "parent"), pk=pk
    )
    return found


def order_or_404(request: HttpRequest, pk: int) -> Order:
    """The order, if this person serves its customer."""
    orders = Order.objects.visible_to(signed_in(request))
    found: Order = get_object_or_404(orders.select_related("customer", "site"), pk=pk)
    return found


def invoice_or_404(request: HttpRequest, pk: int) -> Invoice:
    """The invoice, if this person serves its customer."""
    invoices = Invoice.objects.visible_to(signed_in(request))
    found: Invoice = get_object_or_404(
        invoices.select_related("customer", "site", "order", "entry__open_item"), pk=pk
    )
    return found

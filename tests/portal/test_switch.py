"""Somebody who acts for several customers: one at a time, kept for the session, never mixed."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from approvals.models import Policy
from customers.access import stop_representing
from customers.models import Customer, Invoice, User
from tests import factories

LISTS = ("portal", "invoices", "credit_notes", "statement", "ask")


@pytest.fixture
def client(
    client_of: Callable[[User], Client],
    contact: User,
    other_customer: Customer,
    invoice: Invoice,
    quebec_invoice: Invoice,
    rep: User,
    other_rep: User,
    policy: Policy,
) -> Client:
    """Of somebody who acts for both customers; Érable comes first by name."""
    factories.let_act(contact, other_customer)
    factories.issued_note(invoice, rep)
    factories.issued_note(quebec_invoice, other_rep)
    return client_of(contact)


def page(client: Client, name: str, **query: str | int) -> str:
    response = client.get(reverse(name), query)
    assert response.status_code == 200
    body = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]
    return body.decode()


@pytest.mark.parametrize("name", LISTS)
def test_the_one_asked_for_is_kept(client: Client, other_customer: Customer, name: str) -> None:
    name = f"portal:{name}"
    assert "INV-3" not in page(client, name)
    page(client, "portal:portal", customer=other_customer.pk)
    shown = page(client, name)
    assert f'?customer={other_customer.pk}"' in shown
    assert "INV-1" not in shown


@pytest.mark.parametrize("name", ["portal:invoices", "portal:credit_notes", "portal:statement"])
def test_a_file_is_of_one_customer(client: Client, other_customer: Customer, name: str) -> None:
    first = page(client, name, **{"as": "csv"})
    second = page(client, name, customer=other_customer.pk, **{"as": "csv"})
    assert "INV-1" not in second
    assert first.splitlines()[0] == second.splitlines()[0]
    assert first.splitlines()[1] != second.splitlines()[1]


def test_a_search_stays_with_one_customer(client: Client, other_customer: Customer) -> None:
    assert "INV-3" not in page(client, "portal:invoices", q="INV")
    assert "INV-1" not in page(client, "portal:invoices", q="INV", customer=other_customer.pk)


def test_every_page_says_whom_it_is_about(
    client: Client, quebec_invoice: Invoice, other_customer: Customer, customer: Customer
) -> None:
    """Also the page of one thing: its own customer, whichever was visited."""
    page(client, "portal:portal", customer=customer.pk)
    shown = client.get(reverse("portal:invoice", args=[quebec_invoice.pk])).content.decode()
    menu = shown.split("portal-places")[1].split("</nav>")[0]
    assert f"customer={other_customer.pk}" in menu
    assert f"customer={customer.pk}" not in menu


def test_whoever_acts_for_one_sees_no_switch(
    client_of: Callable[[User], Client], contact: User
) -> None:
    assert "portal-switch" not in page(client_of(contact), "portal:portal")


def test_somebody_elses_customer_is_neither_shown_nor_kept(
    client: Client, foreign_customer: Customer
) -> None:
    url = reverse("portal:portal")
    assert client.get(url, {"customer": foreign_customer.pk}).status_code == 404
    assert client.get(url, {"customer": "x"}).status_code == 404
    assert "Érable" in page(client, "portal:portal")


def test_access_that_ends_ends_at_once(
    client: Client, contact: User, other_customer: Customer, quebec_invoice: Invoice
) -> None:
    page(client, "portal:portal", customer=other_customer.pk)
    stop_representing(contact, other_customer)
    assert "Toitures" not in page(client, "portal:portal")
    assert client.get(reverse("portal:invoice", args=[quebec_invoice.pk])).status_code == 404


def test_the_menu_costs_the_same_for_many_customers(
    client: Client, contact: User, customer: Customer, django_assert_num_queries: object
) -> None:
    with CaptureQueriesContext(connection) as few:
        page(client, "portal:invoices")
    for number in range(5):
        more = factories.customer(customer.department, f"C-3{number}", f"Zed {number}")
        factories.let_act(contact, more)
    with CaptureQueriesContext(connection) as many:
        page(client, "portal:invoices")
    assert len(many) == len(few)

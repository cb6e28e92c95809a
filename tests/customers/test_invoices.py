"""The list of invoices: only one's own, found, narrowed, sorted, page by page, as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from customers.browsing import INVOICE_ORDERS
from customers.forms import INVOICE_SORTS
from customers.models import Customer, Invoice, Product, User
from customers.services import NewLine, post_invoice, receive_payment
from customers.settling import apply
from tests import factories

SignIn = Callable[[User], Client]


def numbers(browser: Client, **query: str) -> list[str]:
    answer = browser.get("/invoices/", query)
    assert answer.status_code == 200
    return [invoice.number for invoice in answer.context["page"].rows]


def test_only_ones_own(
    rep: User,
    other_rep: User,
    finance: User,
    invoice: Invoice,
    quebec_invoice: Invoice,
    foreign_invoice: Invoice,
    client_of: SignIn,
) -> None:
    assert numbers(client_of(rep)) == [invoice.number]
    assert numbers(client_of(other_rep)) == [quebec_invoice.number]
    assert set(numbers(client_of(finance))) == {invoice.number, quebec_invoice.number}


def test_strangers_sign_in_first(client: Client, db: None) -> None:
    assert client.get("/invoices/").status_code == 302


def test_an_empty_list_says_why(rep: User, invoice: Invoice, client_of: SignIn) -> None:
    browser = client_of(rep)
    assert "No invoice fits" in browser.get("/invoices/", {"q": "zebra"}).content.decode()
    rep.departmentusergrant_set.all().delete()
    assert "No invoices yet" in browser.get("/invoices/").content.decode()


@pytest.mark.parametrize("words", ["inv-1", "po-9", "érable", "C-100"])
def test_found_by_number_reference_and_customer(
    words: str, rep: User, customer: Customer, client_of: SignIn
) -> None:
    factories.invoice(customer, customer_reference="PO-9")
    assert numbers(client_of(rep), q=words) == ["INV-1"]


def test_found_by_product(rep: User, customer: Customer, client_of: SignIn) -> None:
    product = Product.objects.create(company=customer.company, sku="SHG-30", name="Cedar shingle")
    line = NewLine(Decimal(4), Decimal(25), "Cedar shingle", product=product)
    post_invoice(customer, "INV-55", factories.MOMENT, [line, line])
    factories.invoice(customer)
    browser = client_of(rep)
    assert numbers(browser, product="shg") == numbers(browser, product="Shingle") == ["INV-55"]
    assert numbers(browser, product="freight") == ["INV-1"]


def test_narrowed_by_customer_days_and_payment(
    rep: User, customer: Customer, other_customer: Customer, client_of: SignIn
) -> None:
    now = timezone.now()
    second = factories.customer(customer.department, "C-101", "Second")
    old = factories.invoice(customer, "OLD", moment=now - timedelta(days=60))
    factories.invoice(customer, "NEW", moment=now)
    factories.invoice(second, "PAID", moment=now - timedelta(days=60))
    paid = receive_payment(second, "PAY", now.date(), Decimal(1000))
    entry = Invoice.objects.get(number="PAID").entry
    assert entry
    apply(paid.entry.open_item, entry.open_item, old.total, now.date())
    browser = client_of(rep)
    assert set(numbers(browser, status="open")) == {"OLD", "NEW"}
    assert numbers(browser, status="overdue") == ["OLD"]
    assert numbers(browser, status="paid") == ["PAID"]
    assert numbers(browser, customer=str(second.pk)) == ["PAID"]
    assert numbers(browser, since=str(old.issued_on + timedelta(days=1))) == ["NEW"]
    assert set(numbers(browser, until=str(old.issued_on))) == {"OLD", "PAID"}
    everything = {"OLD", "NEW", "PAID"}
    assert set(numbers(browser, customer=str(other_customer.pk))) == everything
    assert set(numbers(browser, since="yesterday", status="lost")) == everything


def test_sorted(rep: User, customer: Customer, client_of: SignIn) -> None:
    day = timedelta(days=1)
    factories.invoice(customer, "B", [("Nails", "1", "5", "goods")], moment=factories.MOMENT)
    factories.invoice(customer, "A", [("Nails", "1", "9", "goods")], moment=factories.MOMENT - day)
    browser = client_of(rep)
    assert numbers(browser) == numbers(browser, sort="-date") == ["B", "A"]
    assert numbers(browser, sort="date") == numbers(browser, sort="number") == ["A", "B"]
    assert numbers(browser, sort="total") == ["B", "A"]
    assert numbers(browser, sort="-total") == ["A", "B"]


@pytest.mark.parametrize("sort", INVOICE_ORDERS)
def test_pages_show_every_row_once(
    sort: str, rep: User, customer: Customer, client_of: SignIn
) -> None:
    for number in range(60):
        days = timedelta(days=number % 3)
        factories.invoice(
            customer,
            f"N-{number:02}",
            [("Nails", "1", "5", "goods")],
            moment=factories.MOMENT - days,
        )
    browser = client_of(rep)
    first = browser.get("/invoices/", {"sort": sort}).context["page"]
    second = browser.get("/invoices/", {"sort": sort, "after": first.after}).context["page"]
    assert (len(first.rows), len(second.rows), second.after) == (50, 10, "")
    assert len({invoice.pk for page in (first, second) for invoice in page.rows}) == 60
    back = browser.get("/invoices/", {"sort": sort, "before": second.before}).context["page"]
    assert back.rows == first.rows


def test_exported_as_narrowed(
    rep: User, invoice: Invoice, large_invoice: Invoice, quebec_invoice: Invoice, client_of: SignIn
) -> None:
    answer = client_of(rep).get("/invoices/", {"as": "csv", "q": "INV-1"})
    text = answer.getvalue().decode("utf-8-sig")
    [row] = csv.DictReader(io.StringIO(text))
    assert (row["Number"], row["Total"], row["To be paid"]) == ("INV-1", "461.38", "461.38")
    assert row["Date"] == "2026-03-10"


def test_the_list_costs_the_same_however_long(
    rep: User, customer: Customer, invoice: Invoice, client_of: SignIn
) -> None:
    browser = client_of(rep)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            browser.get("/invoices/", {"product": "nails"})
        return len(captured)

    before = queries()
    for number in range(5):
        factories.invoice(customer, f"N-{number}")
    assert queries() == before
    assert before <= 12


def test_every_order_can_be_asked_for() -> None:
    assert {name for name, _ in INVOICE_SORTS} == set(INVOICE_ORDERS)


def test_products_are_found_in_either_language_without_accents(
    rep: User, customer: Customer, client_of: SignIn
) -> None:
    product = Product.objects.create(
        company=customer.company, sku="G-1", name="Joist hanger", name_fr="Étrier à solive"
    )
    line = NewLine(Decimal(4), Decimal(25), "Joist hanger", product=product)
    post_invoice(customer, "INV-55", factories.MOMENT, [line])
    browser = client_of(rep)
    assert numbers(browser, product="etrier") == numbers(browser, product="SOLIVE étrier")
    assert numbers(browser, product="hanger joist") == ["INV-55"]

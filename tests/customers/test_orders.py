"""The list of orders: only one's own, found, narrowed, sorted, page by page, as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from customers.browsing import ORDER_ORDERS
from customers.forms import ORDER_SORTS
from customers.models import Customer, Delivery, DeliveryLine, Order, OrderLine, Product, User
from customers.services import NewLine, post_invoice
from tests import factories

SignIn = Callable[[User], Client]
DAY = date(2026, 3, 1)


def order(of: Customer, number: str, **fields: Any) -> Order:
    """An order of ten shingles at 25.125, and of a delivery that is charged."""
    values = {"ordered_on": DAY, **fields}
    made = Order.objects.create(company=of.company, customer=of, number=number, **values)
    for position, (sku, quantity, price) in enumerate([("SHG", 10, "25.125"), ("FRT", 1, "40")], 1):
        product, _ = Product.objects.get_or_create(
            company=of.company, sku=sku, defaults={"name": sku, "is_charge": sku == "FRT"}
        )
        OrderLine.objects.create(
            order=made, product=product, position=position, quantity=quantity, unit_price=price
        )
    return made


def deliver(of: Order, quantity: int, condition: str = "good") -> None:
    """So many shingles arrive."""
    delivery = Delivery.objects.create(order=of, number="D", delivered_on=DAY)
    DeliveryLine.objects.create(
        delivery=delivery,
        order_line=of.lines.get(position=1),
        quantity=quantity,
        condition=condition,
    )


def bill(of: Order) -> None:
    """All shingles are invoiced."""
    line = of.lines.get(position=1)
    new = NewLine(Decimal(10), Decimal(25), "Shingle", product=line.product, order_line=line)
    post_invoice(of.customer, f"INV-{of.number}", factories.MOMENT, [new], order=of)


def numbers(browser: Client, **query: str) -> list[str]:
    answer = browser.get("/orders/", query)
    assert answer.status_code == 200
    return [row.number for row in answer.context["page"].rows]


def test_only_ones_own(
    rep: User,
    other_rep: User,
    finance: User,
    foreign_rep: User,
    customer: Customer,
    other_customer: Customer,
    foreign_customer: Customer,
    client_of: SignIn,
) -> None:
    for number, whose in (("A", customer), ("B", other_customer), ("C", foreign_customer)):
        order(whose, number)
    assert numbers(client_of(rep)) == ["A"]
    assert numbers(client_of(other_rep)) == ["B"]
    assert numbers(client_of(foreign_rep)) == ["C"]
    assert set(numbers(client_of(finance))) == {"A", "B"}
    assert client_of(finance).get("/orders/").context["extent"] == "1–2 of 2"


def test_an_empty_list_says_why(rep: User, customer: Customer, client_of: SignIn) -> None:
    browser = client_of(rep)
    assert "No orders yet" in browser.get("/orders/").content.decode()
    order(customer, "A")
    assert "No order fits" in browser.get("/orders/", {"q": "zebra"}).content.decode()


@pytest.mark.parametrize("words", ["so-77", "-77", "po-9", "érable", "builders erable", "C-100"])
def test_found_by_number_reference_and_customer(
    words: str, rep: User, customer: Customer, client_of: SignIn
) -> None:
    order(customer, "SO-77", customer_reference="PO-9")
    order(factories.customer(customer.department, "C-300", "Zed"), "SO-1")
    assert numbers(client_of(rep), q=words) == ["SO-77"]


def test_state_value_and_marks(rep: User, customer: Customer, client_of: SignIn) -> None:
    for number in ("NEW", "SHORT", "BROKEN", "WHOLE"):
        order(customer, number)
    deliver(Order.objects.get(number="SHORT"), 7)
    deliver(Order.objects.get(number="BROKEN"), 10, "damaged")
    deliver(Order.objects.get(number="WHOLE"), 10)
    bill(Order.objects.get(number="WHOLE"))
    browser = client_of(rep)
    told = {}
    for cells in browser.get("/orders/").context["rows"]:
        told[cells[0][2]] = [str(cell[2]) for cell in cells[4:]]
    by_number = {
        number: told[key]
        for key in told
        for number in ("NEW", "SHORT", "BROKEN", "WHOLE")
        if f">{number}<" in key
    }
    assert "Ordered" in by_number["NEW"][0]
    assert by_number["NEW"][1:] == ["", "$291.25"]
    assert "short" in by_number["SHORT"][1]
    assert "damaged" in by_number["BROKEN"][1]
    assert "Invoiced" in by_number["WHOLE"][0]
    assert by_number["WHOLE"][1] == ""  # the charge never arrives and is not short
    assert numbers(browser, state="ordered") == ["NEW"]
    assert set(numbers(browser, state="delivered")) == {"SHORT", "BROKEN"}
    assert numbers(browser, state="invoiced") == ["WHOLE"]
    assert numbers(browser, problem="short") == ["SHORT"]
    assert numbers(browser, problem="damaged") == ["BROKEN"]
    assert set(numbers(browser, problem="any")) == {"SHORT", "BROKEN"}


def test_narrowed_by_customer_and_days(
    rep: User, customer: Customer, other_customer: Customer, client_of: SignIn
) -> None:
    second = factories.customer(customer.department, "C-101", "Second")
    order(customer, "OLD", ordered_on=DAY - timedelta(days=9))
    order(customer, "NEW")
    order(second, "THEIRS")
    browser = client_of(rep)
    assert numbers(browser, customer=str(second.pk)) == ["THEIRS"]
    assert set(numbers(browser, since=str(DAY))) == {"NEW", "THEIRS"}
    assert numbers(browser, until=str(DAY - timedelta(days=1))) == ["OLD"]
    assert len(numbers(browser, customer=str(other_customer.pk), state="lost")) == 3


def test_every_order_can_be_asked_for() -> None:
    assert {name for name, _ in ORDER_SORTS} == set(ORDER_ORDERS)


@pytest.mark.parametrize("sort", ORDER_ORDERS)
def test_pages_show_every_row_once_forth_and_back(
    sort: str, rep: User, customer: Customer, client_of: SignIn
) -> None:
    second = factories.customer(customer.department, "C-101", "Second")
    Order.objects.bulk_create(
        Order(
            company=customer.company,
            customer=(customer, second)[number % 2],
            number=f"N-{number:03}",
            customer_reference=f"PO-{number % 5}" if number % 4 else "",
            ordered_on=DAY - timedelta(days=number % 3),
        )
        for number in range(120)
    )
    browser = client_of(rep)
    pages, extents, query = [], [], {"sort": sort}
    while True:
        context = browser.get("/orders/", query).context
        pages.append([row.pk for row in context["page"].rows])
        extents.append(context["extent"])
        if not context["page"].after:
            break
        query = {"sort": sort, "after": context["page"].after}
    assert extents == ["1–50 of 120", "51–100 of 120", "101–120 of 120"]
    assert len({pk for rows in pages for pk in rows}) == 120
    columns = ORDER_ORDERS[sort]
    in_order = list(Order.objects.order_by(*columns).values_list("pk", flat=True))
    assert [pk for rows in pages for pk in rows] == in_order
    back = browser.get("/orders/", {"sort": sort, "before": context["page"].before})
    assert [row.pk for row in back.context["page"].rows] == pages[1]
    assert back.context["extent"] == "51–100 of 120"


def test_exported_as_narrowed_with_cells_that_run_nothing(
    rep: User, customer: Customer, other_customer: Customer, client_of: SignIn
) -> None:
    deliver(order(customer, "A", customer_reference="=1+1"), 7)
    order(customer, "B")
    order(other_customer, "C")
    answer = client_of(rep).get("/orders/", {"as": "csv", "problem": "short"})
    assert answer.headers["Content-Disposition"] == 'attachment; filename="orders.csv"'
    [row] = csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig")))
    assert (row["Number"], row["State"], row["Delivery"]) == ("A", "Delivered", "short")
    assert (row["Value"], row["Customer's reference"]) == ("291.25", "'=1+1")


def test_the_list_costs_the_same_however_long(
    rep: User, customer: Customer, client_of: SignIn
) -> None:
    browser = client_of(rep)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            browser.get("/orders/")
        return len(captured)

    order(customer, "A")
    before = queries()
    for number in range(5):
        deliver(order(customer, f"N-{number}"), 3)
    assert queries() == before
    assert before <= 12

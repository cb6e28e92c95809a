"""The list of customers: only one's own, found, narrowed, sorted, page by page, as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from customers.browsing import CUSTOMER_ORDERS
from customers.forms import CUSTOMER_SORTS
from customers.models import Customer, Department, Invoice, User
from customers.services import receive_payment
from customers.settling import apply
from tests import factories

SignIn = Callable[[User], Client]


def names(browser: Client, **query: str) -> list[str]:
    answer = browser.get("/customers/", query)
    assert answer.status_code == 200
    return [customer.name for customer in answer.context["page"].rows]


def rows_of(browser: Client, **query: str) -> list[dict[str, str]]:
    answer = browser.get("/customers/", query | {"as": "csv"})
    assert answer.headers["Content-Disposition"] == 'attachment; filename="customers.csv"'
    text = answer.getvalue().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_only_ones_own(
    rep: User,
    other_rep: User,
    finance: User,
    customer: Customer,
    other_customer: Customer,
    foreign_customer: Customer,
    client_of: SignIn,
) -> None:
    assert names(client_of(rep)) == [customer.name]
    assert names(client_of(other_rep)) == [other_customer.name]
    assert names(client_of(finance)) == [customer.name, other_customer.name]


def test_strangers_sign_in_first(client: Client, db: None) -> None:
    assert client.get("/customers/").status_code == 302


def test_whoever_serves_nobody_is_told_why(rep: User, client_of: SignIn) -> None:
    assert "No customers yet" in client_of(rep).get("/customers/").content.decode()


def test_found_by_number_and_by_name_without_accents(
    rep: User, customer: Customer, client_of: SignIn
) -> None:
    browser = client_of(rep)
    for words in ("c-1", "erable", "BUILD"):
        assert names(browser, q=words) == [customer.name]
    assert "No customer fits" in browser.get("/customers/", {"q": "zebra"}).content.decode()


def test_narrowed_by_department_and_tier(
    finance: User,
    customer: Customer,
    other_customer: Customer,
    foreign_department: Department,
    client_of: SignIn,
) -> None:
    Customer.objects.filter(pk=other_customer.pk).update(tier="key")
    browser = client_of(finance)
    assert names(browser, department=str(customer.department_id)) == [customer.name]
    assert names(browser, tier="key") == [other_customer.name]
    assert len(names(browser, department=str(foreign_department.pk))) == 2  # no such choice
    assert len(names(browser, tier="diamond", sort="upside-down")) == 2


def test_sorted_as_people_sort_names(
    rep: User, customer: Customer, department: Department, client_of: SignIn
) -> None:
    for number, name in (("C-3", "Zeppelin"), ("C-2", "eagle"), ("C-1", "Élan")):
        factories.customer(department, number, name)
    browser = client_of(rep)
    assert names(browser) == ["eagle", "Élan", customer.name, "Zeppelin"]
    assert names(browser, sort="-name") == ["Zeppelin", customer.name, "Élan", "eagle"]
    assert names(browser, sort="number")[:2] == ["Élan", customer.name]
    assert names(browser, sort="-created")[0] == "Élan"


def test_what_they_owe_and_what_is_past_due(
    rep: User, customer: Customer, invoice: Invoice, client_of: SignIn
) -> None:
    payment = receive_payment(customer, "PAY-1", factories.MOMENT.date(), Decimal("100.00"))
    assert invoice.entry
    apply(payment.entry.open_item, invoice.entry.open_item, Decimal(60), factories.MOMENT.date())
    page = client_of(rep).get("/customers/").content.decode()
    assert "$361.38" in page
    assert "$401.38" in page  # what is on account is not yet applied


@pytest.mark.parametrize("sort", CUSTOMER_ORDERS)
def test_pages_show_every_row_once_forth_and_back(
    sort: str, rep: User, department: Department, client_of: SignIn
) -> None:
    for number in range(120):
        factories.customer(department, f"N-{number:03}", f"Same name {number % 7}")
    browser = client_of(rep)
    pages, query = [], {"sort": sort}
    while True:
        page = browser.get("/customers/", query).context["page"]
        pages.append([customer.pk for customer in page.rows])
        if not page.after:
            break
        query = {"sort": sort, "after": page.after}
    assert [len(rows) for rows in pages] == [50, 50, 20]
    assert len({pk for rows in pages for pk in rows}) == 120
    back = browser.get("/customers/", {"sort": sort, "before": page.before}).context["page"]
    assert [customer.pk for customer in back.rows] == pages[1]
    first = browser.get("/customers/", {"sort": sort, "before": back.before}).context["page"]
    assert [customer.pk for customer in first.rows] == pages[0]
    assert not first.before


def test_a_cursor_of_another_order_shows_the_first_page(
    rep: User, department: Department, client_of: SignIn
) -> None:
    for number in range(60):
        factories.customer(department, f"N-{number:03}", "Same")
    browser = client_of(rep)
    after = browser.get("/customers/").context["page"].after
    answer = browser.get("/customers/", {"sort": "-created", "after": after})
    assert answer.status_code == 200
    assert len(answer.context["page"].rows) == 50


@pytest.mark.parametrize(
    "cursor", ["", "x", "bm90IGpzb24", "WzFd", "W251bGwsbnVsbF0", "é", "[]" * 99]
)
def test_an_unreadable_cursor_shows_the_first_page(
    cursor: str, rep: User, customer: Customer, client_of: SignIn
) -> None:
    browser = client_of(rep)
    assert names(browser, after=cursor) == [customer.name]
    assert names(browser, before=cursor) == [customer.name]


def test_exported_as_narrowed_with_cells_that_run_nothing(
    rep: User,
    customer: Customer,
    department: Department,
    other_customer: Customer,
    client_of: SignIn,
) -> None:
    factories.customer(department, "C-666", "=HYPERLINK(1)")
    factories.invoice(customer)
    rows = rows_of(client_of(rep))
    assert [row["Name"] for row in rows] == ["'=HYPERLINK(1)", customer.name]
    assert [row["Owes"] for row in rows] == ["0.00", "461.38"]
    assert [row["Name"] for row in rows_of(client_of(rep), q="érable")] == [customer.name]


def test_the_list_costs_the_same_however_long(
    rep: User, customer: Customer, department: Department, client_of: SignIn
) -> None:
    browser = client_of(rep)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            browser.get("/customers/")
        return len(captured)

    factories.invoice(customer)
    before = queries()
    for number in range(10):
        factories.invoice(factories.customer(department, f"N-{number}", "More"), f"INV-{number}0")
    assert queries() == before
    assert before <= 12


def test_every_order_can_be_asked_for() -> None:
    assert {name for name, _ in CUSTOMER_SORTS} == set(CUSTOMER_ORDERS)


def test_sorted_by_what_they_owe_and_by_their_limit(
    rep: User, customer: Customer, invoice: Invoice, department: Department, client_of: SignIn
) -> None:
    factories.invoice(
        factories.customer(department, "C-3", "Much", credit_limit=5),
        "INV-9",
        [("Trusses", "100", "45.50", "goods")],
    )
    factories.customer(department, "C-4", "Nothing", credit_limit=900)
    browser = client_of(rep)
    assert names(browser, sort="-owes") == ["Much", customer.name, "Nothing"]
    assert names(browser, sort="late") == ["Nothing", customer.name, "Much"]
    assert names(browser, sort="limit") == ["Much", "Nothing", customer.name]  # who has none
    assert names(browser, standing="owes", sort="owes") == [customer.name, "Much"]
    assert set(names(browser, standing="late")) == {customer.name, "Much"}


def test_what_others_have_is_not_counted(
    rep: User, customer: Customer, other_customer: Customer, client_of: SignIn
) -> None:
    assert client_of(rep).get("/customers/").context["extent"] == "1–1 of 1"

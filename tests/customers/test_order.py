"""One order: what was asked for, what arrived, what was invoiced."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from approvals import services as approvals
from creditnotes import services
from customers.models import Customer, Delivery, DeliveryLine, Order, OrderLine, Product, Site, User
from customers.services import NewLine, post_invoice
from tests import factories

SignIn = Callable[[User], Client]


@pytest.fixture
def order(customer: Customer) -> Order:
    site = Site.objects.create(customer=customer, name="Lot 7", address="7 Elm Street")
    return Order.objects.create(
        company=customer.company,
        customer=customer,
        site=site,
        number="SO-1",
        customer_reference="PO-4711",
        ordered_on="2026-03-01",
    )


def line_of(order: Order, position: int = 1) -> OrderLine:
    """Ten of a product; seven arrived, two of those damaged; ten invoiced in two parts."""
    product = Product.objects.create(
        company=order.company, sku=f"SHG-{position}", name=f"Cedar shingle {position}"
    )
    line = OrderLine.objects.create(
        order=order, product=product, position=position, quantity=10, unit_price="25.125"
    )
    delivery = Delivery.objects.create(
        order=order, number=f"D-{position}", delivered_on="2026-03-05", remark="Left at the gate"
    )
    for quantity, condition in ((5, "good"), (2, "damaged")):
        DeliveryLine.objects.create(
            delivery=delivery, order_line=line, quantity=quantity, condition=condition
        )
    for part in (4, 6):
        new = NewLine(Decimal(part), Decimal(25), "Cedar", product=product, order_line=line)
        number = f"INV-{position}{part}"
        post_invoice(order.customer, number, factories.MOMENT, [new], order=order)
    return line


def test_ordered_delivered_damaged_and_invoiced(rep: User, order: Order, client_of: SignIn) -> None:
    line_of(order)
    answer = client_of(rep).get(f"/orders/{order.pk}/")
    [line] = answer.context["lines"]
    assert (line.line.quantity, line.arrival.quantity, line.missing) == (10, 7, 3)
    assert (line.damaged, line.invoiced, line.value) == (2, 10, Decimal("251.25"))
    page = answer.content.decode()
    for words in ("SO-1", "PO-4711", "Lot 7", "SHG-1", "$25.125", "D-1", "Left at the gate"):
        assert words in page, words
    assert "INV-14" in page
    assert "INV-16" in page


def test_an_order_of_which_nothing_has_left_yet(rep: User, order: Order, client_of: SignIn) -> None:
    page = client_of(rep).get(f"/orders/{order.pk}/").content.decode()
    assert "Nothing delivered yet" in page
    assert "not invoiced yet" in page


@pytest.mark.parametrize("name", ["other_rep", "foreign_rep", "contact", "stranger_contact"])
def test_others_get_404(
    name: str, order: Order, request: pytest.FixtureRequest, client_of: SignIn
) -> None:
    browser = client_of(request.getfixturevalue(name))
    assert browser.get(f"/orders/{order.pk}/").status_code == 404


def test_the_page_costs_the_same_however_long(rep: User, order: Order, client_of: SignIn) -> None:
    browser = client_of(rep)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            browser.get(f"/orders/{order.pk}/")
        return len(captured)

    line_of(order, 1)
    before = queries()
    line_of(order, 2)
    line_of(order, 3)
    assert queries() == before


def test_a_shortage_is_credited_by_one_click(rep: User, order: Order, client_of: SignIn) -> None:
    line_of(order)
    reason = factories.reason(order.company, "shortage", bases=["quantity"])
    browser = client_of(rep)
    answer = browser.get(f"/orders/{order.pk}/")
    [shortage] = answer.context["shortages"]  # five came whole: four of the first invoice, one
    assert (shortage.invoice_line.invoice.number, shortage.quantity) == ("INV-16", 5)
    assert "Credit the shortage" in answer.content.decode()
    assert answer.context["shortage_reason"] == reason  # chosen as the button says
    key = f"line-{shortage.invoice_line.pk}"
    composer = browser.post(
        "/credit-notes/new/",
        {
            "invoice": shortage.invoice_line.invoice_id,
            f"{key}-pick": "on",
            f"{key}-value": "5",
            "do": "preview",
        },
    )
    assert composer.status_code == 200
    assert composer.context["composer"].quote.lines[0].taken.net == Decimal(125)


def test_what_was_credited_since_is_short_no_more(
    rep: User, manager: User, order: Order, client_of: SignIn
) -> None:
    line_of(order)
    invoice = order.invoices.get(number="INV-16")
    factories.issued_note(invoice, rep, factories.claim(invoice, quantity="5"))
    answer = client_of(rep).get(f"/orders/{order.pk}/")
    assert answer.context["shortages"] == []
    assert "None of it is left to credit" in answer.content.decode()


def test_what_was_billed_anew_is_short_but_once(
    rep: User, manager: User, order: Order, client_of: SignIn
) -> None:
    line_of(order)
    factories.policy(order.company)
    draft = factories.rebilled_draft(order.invoices.get(number="INV-14"), rep, price="20")
    note = approvals.submit(draft, actor=rep, moment=factories.MOMENT)
    note = approvals.approve(note, actor=manager, moment=factories.MOMENT)
    services.issue(note, actor=None, moment=factories.MOMENT)
    shortages = client_of(rep).get(f"/orders/{order.pk}/").context["shortages"]
    assert sum(each.quantity for each in shortages) == 5


def test_finance_looks_but_composes_nothing(finance: User, order: Order, client_of: SignIn) -> None:
    line_of(order)
    assert (
        "/credit-notes/new/" not in client_of(finance).get(f"/orders/{order.pk}/").content.decode()
    )

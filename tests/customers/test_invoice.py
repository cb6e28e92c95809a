"""One invoice: from order to credit, line by line, and what is still creditable."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from creditnotes.models import CreditableLine
from customers.models import (
    Customer,
    Delivery,
    DeliveryLine,
    Invoice,
    Order,
    OrderLine,
    Product,
    User,
)
from customers.services import NewLine, post_invoice, receive_payment
from customers.settling import apply
from tests import factories

SignIn = Callable[[User], Client]


@pytest.fixture
def ordered_invoice(customer: Customer) -> Invoice:
    """Ten ordered and invoiced; eight arrived in two deliveries, three of them damaged."""
    product = Product.objects.create(company=customer.company, sku="SHG-30", name="Cedar shingle")
    order = Order.objects.create(
        company=customer.company, customer=customer, number="SO-1", ordered_on="2026-03-01"
    )
    line = OrderLine.objects.create(
        order=order, product=product, position=1, quantity=10, unit_price=25
    )
    for number, arrived, condition in (("D-1", 5, "good"), ("D-2", 3, "damaged")):
        delivery = Delivery.objects.create(order=order, number=number, delivered_on="2026-03-05")
        DeliveryLine.objects.create(
            delivery=delivery, order_line=line, quantity=arrived, condition=condition
        )
    new = NewLine(Decimal(10), Decimal(25), "Cedar shingle", product=product, order_line=line)
    return post_invoice(customer, "INV-55", factories.MOMENT, [new], order=order)


@pytest.mark.parametrize(
    "name", ["other_rep", "other_manager", "foreign_rep", "contact", "stranger_contact"]
)
def test_others_get_404(
    name: str, invoice: Invoice, request: pytest.FixtureRequest, client_of: SignIn
) -> None:
    browser = client_of(request.getfixturevalue(name))
    assert browser.get(f"/invoices/{invoice.pk}/").status_code == 404


def test_before_any_credit_all_is_left_and_nothing_is_written(
    rep: User, invoice: Invoice, client_of: SignIn
) -> None:
    answer = client_of(rep).get(f"/invoices/{invoice.pk}/")
    assert answer.context["net_left"] == invoice.net
    assert [facts.creditable.quantity_left for facts in answer.context["lines"]] == [10, 3, 1]
    assert "Nothing was credited yet" in answer.content.decode()
    assert f"/credit-notes/new/?invoice={invoice.pk}" in answer.content.decode()
    assert not CreditableLine.objects.exists()


def test_ordered_delivered_and_damaged(
    rep: User, ordered_invoice: Invoice, client_of: SignIn
) -> None:
    answer = client_of(rep).get(f"/invoices/{ordered_invoice.pk}/")
    [facts] = answer.context["lines"]
    assert (facts.ordered, facts.delivered, facts.damaged) == (10, 8, 3)
    assert facts.was_short
    assert "3 damaged" in answer.content.decode()


def test_reserved_credited_and_left(
    rep: User, manager: User, invoice: Invoice, client_of: SignIn
) -> None:
    issued = factories.issued_note(invoice, rep, factories.claim(invoice, 1, "2"))
    pending = factories.submitted_note(invoice, rep, factories.claim(invoice, 2, "1"))
    answer = client_of(rep).get(f"/invoices/{invoice.pk}/")
    context = answer.context
    assert context["credited_net"] == Decimal("66.66")
    assert context["reserved_net"] == Decimal("10.00")
    assert context["net_left"] == invoice.net - Decimal("76.66")
    assert [facts.creditable.quantity_left for facts in context["lines"]] == [8, 2, 1]
    [tax] = context["taxes"]
    assert (tax["issued"], tax["reserved"]) == (issued.tax_total, pending.tax_total)
    assert [row.note for row in context["credit_notes"]] == [pending, issued]
    [settled] = context["settlements"]
    assert settled.application.amount == issued.total
    page = answer.content.decode()
    assert issued.document.number in page
    assert pending.reference in page


def test_payments_and_what_is_to_be_paid(
    rep: User, finance: User, invoice: Invoice, customer: Customer, client_of: SignIn
) -> None:
    day = factories.MOMENT.date()
    payment = receive_payment(customer, "PAY-7", day, Decimal(500))
    assert invoice.entry
    apply(payment.entry.open_item, invoice.entry.open_item, Decimal("61.38"), day, finance)
    answer = client_of(rep).get(f"/invoices/{invoice.pk}/")
    assert answer.context["item"].amount - answer.context["item"].applied == Decimal("400.00")
    page = answer.content.decode()
    assert "PAY-7" in page
    assert "$61.38" in page
    assert "$400.00" in page
    assert str(finance) in page


def test_finance_looks_but_composes_nothing(
    finance: User, invoice: Invoice, client_of: SignIn
) -> None:
    page = client_of(finance).get(f"/invoices/{invoice.pk}/").content.decode()
    assert "/credit-notes/new/" not in page


def test_an_invoice_of_nothing(rep: User, customer: Customer, client_of: SignIn) -> None:
    free = factories.invoice(customer, "INV-0", [("Sample", "1", "0", "goods")])
    assert free.entry is None
    assert client_of(rep).get(f"/invoices/{free.pk}/").status_code == 200


def test_amounts_are_written_in_the_readers_language(
    rep: User, invoice: Invoice, client_of: SignIn
) -> None:
    User.objects.filter(pk=rep.pk).update(language="fr-ca")
    page = client_of(rep).get(f"/invoices/{invoice.pk}/").content.decode()
    assert "461,38\xa0$" in page
    assert "$461.38" not in page


def test_the_page_costs_the_same_however_many_lines(
    rep: User, manager: User, customer: Customer, client_of: SignIn
) -> None:
    browser = client_of(rep)

    def queries(pk: int) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert browser.get(f"/invoices/{pk}/").status_code == 200
        return len(captured)

    line = ("Nails", "5", "10", "goods")
    short = factories.invoice(customer, "SHORT", [line])
    long = factories.invoice(customer, "LONG", [line] * 20)
    factories.issued_note(short, rep)
    for position in (1, 2, 3):
        factories.issued_note(long, rep, factories.claim(long, position))
    assert queries(long.pk) == queries(short.pk)


def test_what_happened_to_it_in_order(
    rep: User, manager: User, ordered_invoice: Invoice, client_of: SignIn
) -> None:
    factories.issued_note(ordered_invoice, rep)
    moments = client_of(rep).get(f"/invoices/{ordered_invoice.pk}/").context["history"]
    assert [moment.what for moment in moments] == [
        "Ordered",
        "Delivered",
        "Delivered",
        "Invoiced",
        "Credit note started",
        "Credit note issued",
        "Applied",
    ]


def test_each_line_names_the_credit_notes_on_it_and_can_be_credited(
    rep: User, manager: User, invoice: Invoice, client_of: SignIn
) -> None:
    note = factories.issued_note(invoice, rep)
    answer = client_of(rep).get(f"/invoices/{invoice.pk}/")
    first, second, _ = answer.context["lines"]
    assert [holding.note for holding in first.holdings] == [note]
    assert list(second.holdings) == []
    assert f'name="line-{second.line.pk}-pick"' in answer.content.decode()


def test_a_shortage_can_be_credited_at_once(
    rep: User, ordered_invoice: Invoice, client_of: SignIn
) -> None:
    [shortage] = client_of(rep).get(f"/invoices/{ordered_invoice.pk}/").context["shortages"]
    assert shortage.quantity == 5  # two never came, three came damaged

"""What was it? A request begins from an invoice, a delivery or a product, and is added to."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from creditnotes.models import CreditNote, Reason, State
from customers.models import (
    Customer,
    Delivery,
    DeliveryLine,
    Invoice,
    InvoiceLine,
    Order,
    OrderLine,
    Product,
    User,
)
from customers.services import NewLine, post_invoice
from portal.asking.deliveries import billed
from portal.views.choosing import MOST_INVOICES
from tests import factories
from tests.portal.test_ask import text

SignIn = Callable[[User], Client]
CHOOSE = "/portal/requests/new/"


@pytest.fixture
def browser(client_of: SignIn, contact: User) -> Client:
    return client_of(contact)


def delivered(of: Customer, number: str = "D-1", came: str = "7") -> Delivery:
    """Ten studs ordered, so many came; four and six were invoiced. Freight on the first."""
    studs, _new = Product.objects.get_or_create(
        company=of.company, sku="STD-1", defaults={"name": "Steel studs", "name_fr": "Montants"}
    )
    order = Order.objects.create(
        company=of.company,
        customer=of,
        number=f"SO-{number}",
        customer_reference="PO-4711",
        ordered_on="2026-03-01",
    )
    ordered = OrderLine.objects.create(
        order=order, product=studs, position=1, quantity=10, unit_price=25
    )
    delivery = Delivery.objects.create(order=order, number=number, delivered_on="2026-03-05")
    DeliveryLine.objects.create(delivery=delivery, order_line=ordered, quantity=came)
    for part in (4, 6):
        lines = [
            NewLine(Decimal(part), Decimal(25), "Studs", product=studs, order_line=ordered),
            NewLine(Decimal(1), Decimal(40), "Freight", kind="freight"),
        ]
        post_invoice(of, f"INV-{number}-{part}", factories.MOMENT, lines, order=order)
    return delivery


def invoices(of: Customer) -> list[Invoice]:
    return list(Invoice.objects.filter(customer=of).order_by("pk"))


# Finding ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words", ["studs", "MONTANTS", "STD-1", "INV-D-1-4", "SO-D-1", "PO-4711", "D-1"]
)
def test_goods_are_found_by_whatever_one_knows(
    browser: Client, customer: Customer, invoice: Invoice, words: str
) -> None:
    delivered(customer)
    page = text(browser.get(CHOOSE, {"by": "line", "q": words}))
    line = invoices(customer)[1].lines.get(position=1)
    assert f"?invoice={line.invoice_id}&amp;line={line.pk}" in page
    assert "Lumber" not in page


@pytest.mark.parametrize("by", ["invoice", "delivery", "line"])
def test_nothing_of_another_customer_is_found(
    browser: Client, customer: Customer, other_customer: Customer, by: str
) -> None:
    delivered(customer, "MINE")
    delivered(other_customer, "THEIRS")
    for words in ("", "studs", "THEIRS", "PO-4711"):
        rows = browser.get(CHOOSE, {"by": by, "q": words}).context["page"].rows
        assert bool(rows) == (words != "THEIRS")
        assert {customer_of(row.thing) for row in rows} <= {customer.pk}


def customer_of(thing: Invoice | InvoiceLine | Delivery) -> int:
    """Whose it is."""
    match thing:
        case Invoice():
            return thing.customer_id
        case Delivery():
            return thing.order.customer_id
    return thing.invoice.customer_id


@pytest.mark.parametrize("by", ["invoice", "delivery", "line"])
def test_long_lists_come_page_by_page_at_the_same_cost(
    browser: Client, customer: Customer, by: str, django_assert_num_queries: Any
) -> None:
    delivered(customer, "A")
    browser.get(CHOOSE, {"by": by})
    with CaptureQueriesContext(connection) as one:
        browser.get(CHOOSE, {"by": by})
    for number in range(21):
        delivered(customer, f"B{number}")
    with django_assert_num_queries(len(one)):
        first = browser.get(CHOOSE, {"by": by})
    page = first.context["page"]
    assert (len(page.rows), bool(page.after)) == (20, True)
    second = browser.get(CHOOSE, {"by": by, "after": page.after}).context["page"]
    assert not {row.pk for row in page.rows} & {row.pk for row in second.rows}


def test_what_is_used_up_is_said_and_leads_nowhere(
    browser: Client, rep: User, invoice: Invoice
) -> None:
    factories.submitted_note(invoice, rep, factories.claim(invoice, 1, "10"))
    line = invoice.lines.get(position=1)
    page = text(browser.get(CHOOSE, {"by": "line", "q": "lumber"}))
    assert "credited in full" in page
    assert f"line={line.pk}" not in page
    assert "Nothing fits" in text(browser.get(CHOOSE, {"by": "line", "q": "zebra"}))


# From a delivery -------------------------------------------------------------------


def test_a_delivery_leads_to_the_lines_that_billed_it(browser: Client, customer: Customer) -> None:
    delivery = delivered(customer)
    four, six = (invoice.lines.get(position=1).pk for invoice in invoices(customer))
    assert billed(delivery, customer) == {four: 4, six: 3}
    page = text(browser.get(CHOOSE, {"delivery": delivery.pk}))
    assert "Delivery D-1 of 2026-03-05" in page
    assert "3 with this delivery" in page
    assert page.count("Other lines of this invoice") == 2


def test_the_whole_delivery_in_one_tap_without_script_too(
    browser: Client, customer: Customer, reason: Reason
) -> None:
    delivery = delivered(customer)
    four, six = invoices(customer)
    typed = {
        "token": "0" * 32,
        "invoice": [four.pk, six.pk],
        "delivery": delivery.pk,
        "reason": reason.pk,
        "whole": "delivery",
    }
    browser.post(f"{CHOOSE}?delivery={delivery.pk}", typed)
    draft = CreditNote.objects.get()
    lines = draft.unsent.typed["lines"]
    first, second = (str(of.lines.get(position=1).pk) for of in (four, six))
    assert lines == {first: ["4", "quantity"], second: ["3", "quantity"]}
    page = text(browser.get(f"/portal/requests/{draft.pk}/"))
    assert "Delivery D-1" in page


def test_what_is_not_invoiced_yet_says_so(browser: Client, customer: Customer) -> None:
    order = Order.objects.create(
        company=customer.company, customer=customer, number="SO-9", ordered_on="2026-03-01"
    )
    delivery = Delivery.objects.create(order=order, number="D-9", delivered_on="2026-03-05")
    answer = browser.get(CHOOSE, {"delivery": delivery.pk})
    assert answer.status_code == 409
    assert "Nothing of this delivery is invoiced yet." in text(answer)


def test_another_customers_delivery_is_not_there(
    browser: Client, contact: User, invoice: Invoice, other_customer: Customer
) -> None:
    theirs = delivered(other_customer)
    draft = factories.unsent_request(invoice, contact)
    for number in (theirs.pk, 10**9, "x"):
        assert browser.get(CHOOSE, {"delivery": number}).status_code == 404
        added = browser.post(f"/portal/requests/{draft.pk}/add/", {"delivery": number})
        assert added.status_code == 404


# Several invoices --------------------------------------------------------------------


def test_invoices_are_added_left_out_and_sent_as_one(
    browser: Client, contact: User, invoice: Invoice, reason: Reason
) -> None:
    draft = factories.unsent_request(invoice, contact)
    second = factories.invoice(invoice.customer, "INV-8")
    third = factories.invoice(invoice.customer, "INV-9")
    page = f"/portal/requests/{draft.pk}/"
    assert f'value="{second.lines.get(position=2).pk}"' in text(
        browser.get(f"{CHOOSE}?draft={draft.pk}&by=line")
    )
    nails = third.lines.get(position=2)
    for what in ({"invoice": second.pk}, {"line": nails.pk}):
        assert browser.post(f"{page}add/", what)["Location"] == page
    shown = text(browser.get(page))
    assert [shown.count(f"Invoice {each.number}") > 0 for each in (invoice, second, third)] == [
        True
    ] * 3
    form = {
        "invoice": [invoice.pk, second.pk, third.pk],
        "reason": reason.pk,
        "comment": "",
        **{f"line-{each.lines.get(position=2).pk}-value": "1" for each in (invoice, second, third)},
    }
    browser.post(page, form | {"drop": str(second.pk)})
    draft.refresh_from_db()
    assert draft.unsent.typed["invoices"] == [invoice.pk, third.pk]
    assert str(second.lines.get(position=2).pk) not in draft.unsent.typed["lines"]

    form["invoice"] = [invoice.pk, third.pk]
    sent = browser.post(page, form)
    assert sent["Location"] == f"/portal/credit-notes/{draft.pk}/sent/"
    draft.refresh_from_db()
    assert draft.state == State.REQUESTED
    assert set(draft.lines.values_list("invoice__number", flat=True)) == {"INV-1", "INV-9"}
    assert str(draft.total) == "22.60"
    assert "INV-9" in text(browser.get(f"/portal/credit-notes/{draft.pk}/"))


def test_the_whole_invoice_takes_what_is_left_of_each_line(
    browser: Client, rep: User, invoice: Invoice, reason: Reason
) -> None:
    factories.submitted_note(invoice, rep, factories.claim(invoice, 1, "4"))
    form = {"token": "1" * 32, "reason": reason.pk, "whole": str(invoice.pk)}
    browser.post(f"{CHOOSE}?invoice={invoice.pk}", form)
    draft = CreditNote.objects.get(state=State.DRAFT)
    one, two, freight = (str(line.pk) for line in invoice.lines.all())
    assert draft.unsent.typed["lines"] == {
        one: ["6", "quantity"],
        two: ["3", "quantity"],
        freight: ["45", "amount"],
    }


def test_another_currency_or_customer_joins_no_request(
    browser: Client, contact: User, invoice: Invoice, quebec_invoice: Invoice
) -> None:
    factories.rate(invoice.company, "1.40")
    dollars = factories.invoice(invoice.customer, "INV-USD", currency="USD", levies=[])
    draft = factories.unsent_request(invoice, contact)
    for other in (dollars, quebec_invoice):
        answer = browser.post(f"/portal/requests/{draft.pk}/add/", {"invoice": other.pk})
        assert answer.status_code == 404
    listed = text(browser.get(CHOOSE, {"draft": draft.pk}))
    assert "INV-USD" not in listed


def test_no_more_than_a_dozen(browser: Client, contact: User, invoice: Invoice) -> None:
    draft = factories.unsent_request(invoice, contact)
    for number in range(MOST_INVOICES):
        another = factories.invoice(invoice.customer, f"INV-M{number}")
        answer = browser.post(
            f"/portal/requests/{draft.pk}/add/", {"invoice": another.pk}, follow=True
        )
    assert "invoices at most" in text(answer)
    draft.unsent.refresh_from_db()
    assert len(draft.unsent.typed["invoices"]) == MOST_INVOICES


def test_many_invoices_cost_what_one_does(
    browser: Client, contact: User, invoice: Invoice, django_assert_max_num_queries: Any
) -> None:
    draft = factories.unsent_request(invoice, contact)
    page = f"/portal/requests/{draft.pk}/"
    browser.get(page)
    with CaptureQueriesContext(connection) as one:
        browser.get(page)
    cost = len(one)
    for number in range(4):
        another = factories.invoice(invoice.customer, f"INV-M{number}")
        browser.post(f"{page}add/", {"invoice": another.pk})
    browser.get(page)
    with django_assert_max_num_queries(cost):
        browser.get(page)

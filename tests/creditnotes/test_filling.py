"""One button fills in much, with and without script: all that is left, all that never arrived."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.test import Client

from creditnotes import creditable
from creditnotes.deliveries import arrivals_of
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
from tests import factories
from tests.creditnotes.typing import NEW, PREVIEW, filled, line

SignIn = Callable[[User], Client]


@pytest.fixture
def browser(client_of: SignIn, rep: User) -> Client:
    """The rep's."""
    return client_of(rep)


@pytest.fixture
def ordered(customer: Customer) -> OrderLine:
    """Ten studs ordered; seven arrived, two of them damaged."""
    product = Product.objects.create(company=customer.company, sku="STUD", name="Stud 2×4")
    order = Order.objects.create(
        company=customer.company, customer=customer, number="SO-1", ordered_on="2026-03-01"
    )
    made = OrderLine.objects.create(
        order=order, product=product, position=1, quantity=10, unit_price=4
    )
    delivery = Delivery.objects.create(order=order, number="D-1", delivered_on="2026-03-05")
    for quantity, condition in ((5, "good"), (2, "damaged")):
        DeliveryLine.objects.create(
            delivery=delivery, order_line=made, quantity=quantity, condition=condition
        )
    return made


def invoiced(ordered: OrderLine, number: str = "INV-S", quantity: int = 10) -> Invoice:
    """The ordered studs, and freight that was never ordered."""
    rows = [
        NewLine(Decimal(quantity), Decimal(4), "Stud", product=ordered.product, order_line=ordered),
        NewLine(Decimal(1), Decimal(30), "Freight", kind=InvoiceLine.Kind.FREIGHT),
    ]
    customer = ordered.order.customer
    return post_invoice(customer, number, factories.MOMENT, rows, order=ordered.order)


def missing(invoice: Invoice) -> list[Decimal]:
    lines = list(invoice.lines.order_by("position"))
    arrivals = arrivals_of(lines, creditable.look(row.pk for row in lines))
    return [arrival.missing for arrival in arrivals.values()]


def test_what_was_invoiced_and_never_delivered_is_missing(ordered: OrderLine, rep: User) -> None:
    invoice = invoiced(ordered)
    assert missing(invoice) == [3]

    factories.submitted_note(invoice, rep, factories.claim(invoice, quantity="2"))
    assert missing(invoice) == [1]
    factories.submitted_note(invoice, rep, factories.claim(invoice, quantity="4"))
    assert missing(invoice) == [0]


def test_deliveries_count_for_all_invoices_of_the_order_line_together(ordered: OrderLine) -> None:
    early, late = invoiced(ordered, "INV-1", 4), invoiced(ordered, "INV-2", 3)

    assert missing(early) == missing(late) == [0]


def test_the_page_tells_what_arrived_and_fills_in_what_did_not(
    browser: Client, ordered: OrderLine
) -> None:
    invoice = invoiced(ordered)
    opened = browser.get(f"{NEW}?invoice={invoice.pk}").content.decode()
    sent = filled(invoice, do=f"short-{invoice.pk}")

    page = browser.post(NEW, sent).content.decode()

    assert "7 delivered, 3 missing" in opened
    assert "2 arrived damaged" in opened
    assert page.count('value="3"') == 1
    assert "$12.00" in page


def test_an_invoice_that_arrived_whole_offers_no_such_button(
    browser: Client, invoice: Invoice
) -> None:
    page = browser.get(f"{NEW}?invoice={invoice.pk}").content.decode()

    assert f'value="short-{invoice.pk}"' not in page
    assert f'value="all-{invoice.pk}"' in page


def test_all_that_is_left_adds_up_to_the_invoice(
    browser: Client, rep: User, invoice: Invoice
) -> None:
    factories.issued_note(invoice, rep, factories.claim(invoice, 1, "4"))

    page = browser.post(NEW, filled(invoice, do=f"all-{invoice.pk}")).content.decode()

    assert page.count('<option value="whole" selected>') == 3
    assert "6 of 10 left" in page
    assert f"${Decimal('461.38') - Decimal('150.65')}" in page


def test_all_of_it_is_said_by_a_basis_that_the_reason_has(
    browser: Client, invoice: Invoice
) -> None:
    goodwill = factories.reason(invoice.company, "goodwill", bases=["percent"])

    page = browser.post(NEW, filled(invoice, reason=goodwill, do=f"all-{invoice.pk}"))

    assert len(re.findall(r'value="100"\s+inputmode', page.content.decode())) == 3
    assert "$461.38" in page.content.decode()


def test_another_invoices_lines_stay_as_they_are(
    browser: Client, invoice: Invoice, large_invoice: Invoice
) -> None:
    sent = filled(invoice, large_invoice, lines={1: "2"}, do=f"all-{large_invoice.pk}")

    page = browser.post(NEW, sent).content.decode()

    assert values_in(page) == ["2", "", "", ""]
    assert page.count('<option value="whole" selected>') == 1


def values_in(page: str) -> list[str]:
    """What stands in the lines' fields."""
    return re.findall(r'id="id_line-\d+-value"[^>]+value="([^"]*)"', page)


def test_the_same_percent_goes_to_all_picked_lines_of_all_invoices(
    browser: Client, invoice: Invoice, large_invoice: Invoice
) -> None:
    picked = line(invoice, 1, "") | line(large_invoice, 1, "7")
    sent = filled(invoice, large_invoice, do="percent", same_percent="12.5") | picked

    page = browser.post(NEW, sent).content.decode()

    assert values_in(page) == ["12.5", "", "", "12.5"]
    assert page.count('<option value="percent" selected>') == 2
    assert "$689.77" in page  # 41.66 and 568.75, and tax


@pytest.mark.parametrize(
    ("percent", "words"),
    [
        ("", "Which percent?"),
        ("a bit", "Enter a number."),
        ("0", "Enter a number above zero"),
        ("101", "At most 100 %."),
    ],
)
def test_a_percent_that_is_none_is_refused_at_its_field_and_kept(
    browser: Client, invoice: Invoice, percent: str, words: str
) -> None:
    sent = filled(invoice, lines={1: "2"}, do="percent", same_percent=percent)

    page = browser.post(NEW, sent).content.decode()

    assert words in page.split('id="same-percent-error"')[1].split("</ul>")[0]
    assert f'value="{percent}"' in page.split('name="same_percent"')[1].split(">")[0]
    assert values_in(page) == ["2", "", ""]


def test_the_same_percent_needs_lines_and_a_reason_that_allows_it(
    browser: Client, invoice: Invoice
) -> None:
    narrow = factories.reason(invoice.company, "shortage", bases=["quantity"])
    sent = {"do": "percent", "same_percent": "10"}

    nothing = browser.post(NEW, filled(invoice) | sent).content.decode()
    wrong = browser.post(NEW, filled(invoice, lines={1: "2"}, reason=narrow) | sent)

    assert "Pick the lines first." in nothing
    assert "The reason chosen is not credited by percent." in wrong.content.decode()


def test_an_earlier_price_cut_is_told_at_the_line(
    browser: Client, rep: User, invoice: Invoice
) -> None:
    cut = factories.claim(invoice, 1, None, basis="amount", amount=Decimal("33.30"))
    note = factories.submitted_note(invoice, rep, cut)

    page = browser.get(f"{NEW}?invoice={invoice.pk}").content.decode()

    told = " ".join(page.split("composer-held")[1].split(">", 1)[1].split("<a")[0].split())
    assert told == "$33.30 of $333.30 reserved by"
    assert str(note) in page
    assert "so a piece counts $30.00 now" in page


def test_the_preview_asks_little_of_the_database(
    browser: Client, invoice: Invoice, django_assert_max_num_queries: Callable[[int], object]
) -> None:
    sent = filled(invoice, lines={1: "1"}) | line(invoice, 2, "1")
    browser.post(PREVIEW, sent)  # makes the counters

    with django_assert_max_num_queries(11):  # type: ignore[attr-defined]
        browser.post(PREVIEW, sent)

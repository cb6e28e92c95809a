"""One box: found by number, name or product, among what the person may see."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from creditnotes.models import CreditNote
from customers.models import Contact, Customer, Invoice, Order, Product, User
from customers.services import NewLine, post_invoice
from tests import factories

SignIn = Callable[[User], Client]


def found(browser: Client, words: str, **headers: str) -> dict[str, list[Any]]:
    """What the words find, by kind."""
    answer = browser.get("/search/", {"q": words}, headers=headers)
    assert answer.status_code == 200
    return {group.kind.name: list(group.rows) for group in answer.context["groups"]}


@pytest.fixture
def order(customer: Customer) -> Order:
    return Order.objects.create(
        company=customer.company,
        customer=customer,
        number="SO-77",
        customer_reference="PO-4711",
        ordered_on=factories.MOMENT.date(),
    )


@pytest.fixture
def product_line(customer: Customer, order: Order) -> Invoice:
    """An invoice with a product whose code is not in its description."""
    product = Product.objects.create(company=customer.company, sku="SHG-30", name="Cedar shingle")
    line = NewLine(Decimal(4), Decimal(25), "Cedar shingle", product=product)
    return post_invoice(customer, "INV-55", factories.MOMENT, [line], order=order)


def test_strangers_and_contacts_find_nothing(
    client: Client, contact: User, invoice: Invoice, client_of: SignIn
) -> None:
    assert client.get("/search/", {"q": "INV"}).status_code == 302
    assert client_of(contact).get("/search/", {"q": "INV"}).status_code == 404


@pytest.mark.parametrize(
    "words", ["C-100", "c-1", "erable", "ÉRABLE", "builders", "  Érable   Buil "]
)
def test_customers_by_number_and_name(
    words: str, rep: User, customer: Customer, client_of: SignIn
) -> None:
    assert found(client_of(rep), words)["customers"] == [customer]


@pytest.mark.parametrize("words", ["SO-77", "so-7", "PO-4711"])
def test_orders_by_their_number_and_the_customers(
    words: str, rep: User, order: Order, client_of: SignIn
) -> None:
    assert found(client_of(rep), words)["orders"] == [order]


@pytest.mark.parametrize("words", ["INV-1", "inv-1", "Érable", "C-100"])
def test_invoices_by_number_and_customer(
    words: str, rep: User, invoice: Invoice, client_of: SignIn
) -> None:
    assert found(client_of(rep), words)["invoices"] == [invoice]


def test_invoices_by_order(rep: User, product_line: Invoice, client_of: SignIn) -> None:
    assert found(client_of(rep), "SO-77")["invoices"] == [product_line]


@pytest.mark.parametrize("words", ["SHG-30", "shg", "cedar", "SHINGLE"])
def test_invoices_by_product(
    words: str, rep: User, product_line: Invoice, client_of: SignIn
) -> None:
    lines = found(client_of(rep), words)["products"]
    assert [line.invoice for line in lines] == [product_line]


def test_charges_without_a_product_are_found_by_their_words(
    rep: User, invoice: Invoice, client_of: SignIn
) -> None:
    lines = found(client_of(rep), "freight")["products"]
    assert [line.description for line in lines] == ["Freight"]


def test_credit_notes_by_reference_and_legal_number(
    rep: User, manager: User, invoice: Invoice, client_of: SignIn
) -> None:
    note = factories.issued_note(invoice, rep)
    browser = client_of(rep)
    for words in (note.reference, note.reference.lower(), note.document.number):
        assert found(browser, words)["credit_notes"] == [note], words


def test_others_find_nothing_of_it(
    rep: User,
    manager: User,
    other_rep: User,
    foreign_rep: User,
    product_line: Invoice,
    client_of: SignIn,
) -> None:
    note: CreditNote = factories.submitted_note(product_line, rep)
    for stranger in (other_rep, foreign_rep):
        browser = client_of(stranger)
        for words in ("C-100", "Érable", "SO-77", "INV-55", "SHG-30", "cedar", note.reference):
            assert found(browser, words) == {}, (stranger, words)


def test_nothing_found_says_so_and_keeps_the_words(rep: User, client_of: SignIn) -> None:
    page = client_of(rep).get("/search/", {"q": "<b>zebra"}).content.decode()
    assert "Nothing found for “&lt;b&gt;zebra”" in page
    assert 'value="&lt;b&gt;zebra"' in page


@pytest.mark.parametrize("words", ["", " ", "i", "\0"])
def test_too_little_to_look_for(words: str, rep: User, invoice: Invoice, client_of: SignIn) -> None:
    answer = client_of(rep).get("/search/", {"q": words})
    assert answer.context["groups"] == []
    assert "What are you looking for?" in answer.content.decode()


@pytest.mark.parametrize("words", ["%", "__", "\\", "' OR 1=1 --", "9" * 200, "CR-" + "9" * 18])
def test_odd_words_find_nothing_and_break_nothing(
    words: str, rep: User, invoice: Invoice, client_of: SignIn
) -> None:
    assert found(client_of(rep), words) == {}


def test_while_typing_only_the_results_are_answered_and_fewer(
    rep: User, customer: Customer, client_of: SignIn
) -> None:
    for number in range(6):
        factories.invoice(customer, f"INV-60{number}")
    browser = client_of(rep)
    assert len(found(browser, "INV-60")["invoices"]) == 6
    answer = browser.get("/search/", {"q": "INV-60"}, headers={"HX-Request": "true"})
    assert len(answer.context["groups"][0].rows) == 4
    page = answer.content.decode()
    assert "<html" not in page
    assert "/invoices/?q=INV-60" in page  # where the rest is


def test_more_leads_to_a_list_that_finds_the_same(
    rep: User, customer: Customer, client_of: SignIn
) -> None:
    for number in range(11):
        factories.invoice(customer, f"INV-7{number:02}")
    browser = client_of(rep)
    for words, kind in (("INV-7", "invoices"), ("freight", "products")):
        answer = browser.get("/search/", {"q": words})
        groups = {group.kind.name: group for group in answer.context["groups"]}
        listed = browser.get(groups[kind].more_url)
        assert listed.status_code == 200
        assert len(listed.context["page"].rows) == 11


def test_a_search_costs_the_same_however_much_is_found(
    rep: User, manager: User, customer: Customer, product_line: Invoice, client_of: SignIn
) -> None:
    browser = client_of(rep)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert len(found(browser, "C-100")) >= 3
        return len(captured)

    factories.issued_note(product_line, rep)
    before = queries()
    factories.issued_note(factories.invoice(customer, "INV-8"), rep)
    factories.customer(customer.department, "C-1001", "Érable Deux")
    assert queries() == before


@pytest.mark.parametrize("words", ["builders érable", "BUILD erab", "100", "érable  b"])
def test_words_in_whatever_order_and_parts_of_numbers(
    words: str, rep: User, customer: Customer, client_of: SignIn
) -> None:
    assert found(client_of(rep), words)["customers"] == [customer]


@pytest.mark.parametrize("words", ["erable buidlers", "erbale builders", "Erablle"])
def test_a_misspelt_name_is_guessed_where_nothing_is_found(
    words: str, rep: User, customer: Customer, client_of: SignIn
) -> None:
    answer = client_of(rep).get("/search/", {"q": words})
    [group] = answer.context["groups"]
    assert list(group.rows) == [customer]
    assert "Did you mean" in answer.content.decode()


@pytest.mark.parametrize(
    "words",
    ["Hélène", "helene tremblay", "tremblay helene", "6135550142", "613-555-0142",
     "+1 (613) 555-0142", "555 0142", "0142", "helene@", "HELENE@ERABLE.TEST"],
)  # fmt: skip
def test_who_is_calling(
    words: str, rep: User, other_rep: User, customer: Customer, client_of: SignIn
) -> None:
    caller = Contact.objects.create(
        customer=customer,
        name="Hélène Tremblay",
        email="helene@erable.test",
        phone="613 555-0142",
    )
    assert found(client_of(rep), words)["contacts"] == [caller]
    assert "contacts" not in found(client_of(other_rep), words)


def test_products_in_french(rep: User, customer: Customer, client_of: SignIn) -> None:
    product = Product.objects.create(
        company=customer.company, sku="G-1", name="Joist hanger", name_fr="Étrier à solive"
    )
    line = NewLine(Decimal(4), Decimal(25), "Joist hanger", product=product)
    invoice = post_invoice(customer, "INV-56", factories.MOMENT, [line])
    [row] = found(client_of(rep), "etrier")["products"]
    assert row.invoice == invoice


def test_the_very_number_comes_first(rep: User, customer: Customer, client_of: SignIn) -> None:
    wanted = factories.invoice(customer, "INV-9")
    for number in range(12):
        later = factories.MOMENT + timedelta(days=number + 1)
        factories.invoice(customer, f"INV-9{number:02}", moment=later)
    browser = client_of(rep)
    answer = browser.get("/search/", {"q": "inv-9"}, headers={"HX-Request": "true"})
    group = answer.context["groups"][0]
    assert group.rows[0] == wanted
    assert group.has_more


def test_what_was_typed_is_marked_and_nothing_else_is_markup(
    rep: User, customer: Customer, client_of: SignIn
) -> None:
    factories.customer(customer.department, "C-7", "<b>Érable</b> & fils")
    page = client_of(rep).get("/search/", {"q": "erable"}).content.decode()
    assert "<mark>Érable</mark> Builders" in page
    assert "&lt;b&gt;<mark>Érable</mark>&lt;/b&gt; &amp; fils" in page


def test_an_empty_box_says_what_can_be_typed(rep: User, client_of: SignIn) -> None:
    sheet = client_of(rep).get("/search/", headers={"HX-Request": "true"}).content.decode()
    assert "Who is calling?" in sheet
    assert f'data-search-recent="{rep.pk}"' in sheet


def test_results_are_options_that_the_keyboard_walks_through(
    rep: User, customer: Customer, client_of: SignIn
) -> None:
    answer = client_of(rep).get("/search/", {"q": "érable"}, headers={"HX-Request": "true"})
    sheet = answer.content.decode()
    assert 'role="listbox"' in sheet
    assert 'id="hit-customers-1"' in sheet
    assert "1 result<" in " ".join(sheet.split()).replace(" <", "<")

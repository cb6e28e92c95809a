"""The list of credit notes: who sees which, searching, narrowing, sorting, paging, exporting."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from creditnotes.models import CreditNote
from creditnotes.views import reading
from customers import paging
from customers.models import Customer, Invoice, User
from tests import factories

SignIn = Callable[[User], Client]
LIST = "/credit-notes/"


@pytest.fixture
def browser(client_of: SignIn, rep: User) -> Client:
    """The rep's."""
    return client_of(rep)


def shown(answer: Any) -> list[int]:
    """The notes on the page, in order."""
    found = re.findall(r'href="/credit-notes/(\d+)/"', answer.content.decode())
    return [int(pk) for pk in found]


def keys(notes: Iterable[CreditNote]) -> list[int]:
    return [note.pk for note in notes]


def test_an_empty_list_says_so(browser: Client) -> None:
    assert "No credit notes yet" in browser.get(LIST).content.decode()


def test_everybody_sees_their_own_customers_notes_only(
    client_of: SignIn,
    rep: User,
    other_rep: User,
    finance: User,
    contact: User,
    foreign_finance: User,
    invoice: Invoice,
    quebec_invoice: Invoice,
) -> None:
    ours, theirs = (
        factories.draft_note(invoice, rep),
        factories.draft_note(quebec_invoice, other_rep),
    )

    assert shown(client_of(rep).get(LIST)) == [ours.pk]
    assert shown(client_of(other_rep).get(LIST)) == [theirs.pk]
    assert set(shown(client_of(finance).get(LIST))) == {ours.pk, theirs.pk}
    assert shown(client_of(foreign_finance).get(LIST)) == []
    assert client_of(contact).get(LIST).status_code == 404


def test_it_is_searched_by_reference_number_customer_and_invoice(
    browser: Client, rep: User, invoice: Invoice
) -> None:
    neighbour = factories.customer(invoice.customer.department, "C-101", "Neighbour Decks")
    wanted = factories.issued_note(invoice, rep, customer_reference="CLAIM-9")
    other = factories.draft_note(factories.invoice(neighbour, "INV-90"), rep)

    for words in (str(wanted), str(wanted.pk), wanted.document.number, "erable", "c-100", "claim"):
        assert shown(browser.get(LIST, {"q": words})) == [wanted.pk], words
    assert shown(browser.get(LIST, {"q": "inv-90"})) == [other.pk]
    assert "No credit note fits" in browser.get(LIST, {"q": "nobody"}).content.decode()


def test_it_is_narrowed_by_state_reason_and_owner(
    browser: Client, rep: User, colleague: User, invoice: Invoice
) -> None:
    mine = factories.draft_note(invoice, rep)
    submitted = factories.submitted_note(
        invoice, colleague, reason=factories.reason(invoice.company, "freight")
    )

    assert shown(browser.get(LIST, {"state": "draft"})) == [mine.pk]
    assert shown(browser.get(LIST, {"reason": str(submitted.reason_id)})) == [submitted.pk]
    assert shown(browser.get(LIST, {"owner": "me"})) == [mine.pk]
    assert shown(browser.get(LIST, {"owner": "nobody"})) == []
    assert len(shown(browser.get(LIST, {"state": "nonsense", "reason": "x", "sort": "?"}))) == 2


@pytest.mark.parametrize(
    ("sort", "order"), [("total", "abc"), ("-total", "cba"), ("created", "bac"), ("", "cab")]
)
def test_it_is_sorted(browser: Client, rep: User, invoice: Invoice, sort: str, order: str) -> None:
    sizes = {"b": "2", "a": "1", "c": "3"}
    notes = {
        name: factories.draft_note(invoice, rep, factories.claim(invoice, quantity=size))
        for name, size in sizes.items()
    }

    assert shown(browser.get(LIST, {"sort": sort})) == keys(notes[name] for name in order)


def test_it_is_paged_to_the_end_and_back(
    browser: Client, rep: User, invoice: Invoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging.page_of, "__defaults__", (2,))
    notes = [factories.draft_note(invoice, rep) for _each in range(5)]

    pages: list[list[int]] = []
    link = LIST
    while link:
        answer = browser.get(link)
        page = answer.content.decode()
        pages.append(shown(answer))
        following = re.search(r'rel="next"[^>]+href="([^"]+)"', page)
        link = LIST + following[1].replace("&amp;", "&") if following else ""
    back = re.search(r'rel="prev"[^>]+href="([^"]+)"', page)

    assert [pk for page in pages for pk in page] == keys(reversed(notes))
    assert back
    assert shown(browser.get(LIST + back[1])) == pages[1]


def test_it_is_exported_as_it_is_narrowed(browser: Client, rep: User, invoice: Invoice) -> None:
    evil = factories.customer(invoice.customer.department, "=1+1", '@SUM(A1), "Inc"')
    factories.draft_note(invoice, rep)
    note = factories.draft_note(factories.invoice(evil, "INV-66"), rep)

    answer = browser.get(LIST, {"as": "csv", "q": "INV-66"})
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    heading, row = csv.reader(text.splitlines())

    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert heading[0] == "Reference"
    assert row[:5] == [str(note), "", "Draft", "'=1+1", '\'@SUM(A1), "Inc"']
    assert row[6:10] == ["33.33", "4.33", "37.66", "CAD"]


def test_the_number_of_queries_does_not_grow(
    browser: Client, rep: User, customer: Customer
) -> None:
    counts = []
    for number in ("A", "B"):
        for each in range(4):
            factories.draft_note(factories.invoice(customer, f"{number}-{each}"), rep)
        with CaptureQueriesContext(connection) as queries:
            browser.get(LIST)
        counts.append(len(queries))

    assert counts[0] == counts[1]
    assert counts[0] <= 8


def test_it_says_how_many_there_are_and_stops_counting(
    browser: Client, rep: User, invoice: Invoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories.draft_note(invoice, rep)
    assert "1 credit note<" in browser.get(LIST).content.decode()

    factories.draft_note(invoice, rep)
    factories.draft_note(invoice, rep)
    assert "3 credit notes" in browser.get(LIST).content.decode()
    monkeypatch.setattr(reading, "COUNTED", 2)
    assert "More than 1,000 credit notes" in browser.get(LIST).content.decode()


def test_a_click_on_a_head_sorts_and_another_turns_it_round(
    browser: Client, rep: User, invoice: Invoice
) -> None:
    factories.draft_note(invoice, rep)

    by_change = browser.get(LIST).content.decode()
    by_total = browser.get(LIST, {"sort": "-total"}).content.decode()

    assert 'aria-sort="descending"' in by_change.split("Changed")[0].rsplit("<th", 1)[1]
    assert 'aria-sort="descending"' in by_total.split("Total")[0].rsplit("<th", 1)[1]
    assert "?sort=total" in by_total

"""News: what others did with one's credit notes, and how much of it is unseen."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from creditnotes.models import CreditNote, Dispatch, News
from creditnotes.news import tell
from customers import wishes
from customers.access import stop_serving_department
from customers.models import AccountWish, Invoice, User
from customers.wishes import announcing
from tests import factories
from tests.factories import MOMENT

SignIn = Callable[[User], Client]


def spread() -> None:
    """Act on what happened, as a worker does."""
    for dispatch in Dispatch.objects.filter(consumer="news").select_related("event__note"):
        tell(dispatch.event)


@pytest.fixture
def approved(rep: User, invoice: Invoice) -> CreditNote:
    """A note whose approval is news to the rep."""
    note = factories.approved_note(invoice, rep)
    spread()
    return note


def test_nothing_new_says_so(client_of: SignIn, rep: User) -> None:
    assert "No news" in client_of(rep).get("/news/").content.decode()
    assert client_of(rep).get("/news/count/").content.decode().strip() == ""


def test_the_rep_reads_what_the_manager_did(
    client_of: SignIn, rep: User, approved: CreditNote
) -> None:
    page = client_of(rep).get("/news/").content.decode()

    assert f"{approved} · {approved.customer}" in page
    assert "Approved" in page
    assert "Manon Manager" in page
    assert "(new)" in page


def test_who_did_it_is_not_told(client_of: SignIn, manager: User, approved: CreditNote) -> None:
    assert str(approved) not in client_of(manager).get("/news/").content.decode()


def test_the_bell_counts_what_is_unseen(client_of: SignIn, rep: User, approved: CreditNote) -> None:
    assert ">1<" in client_of(rep).get("/news/count/").content.decode()
    client_of(rep).get("/news/")
    assert ">1<" in client_of(rep).get("/news/count/").content.decode()

    client_of(rep).post("/news/")

    assert client_of(rep).get("/news/count/").content.decode().strip() == ""
    assert "(new)" not in client_of(rep).get("/news/").content.decode()


def test_marking_ones_own_leaves_others_unseen(
    client_of: SignIn, rep: User, colleague: User, approved: CreditNote
) -> None:
    client_of(colleague).post("/news/")

    assert News.objects.get().seen_at is None


def test_news_of_what_one_may_no_longer_see_are_gone(
    client_of: SignIn, rep: User, approved: CreditNote
) -> None:
    stop_serving_department(rep, approved.customer.department)

    assert str(approved) not in client_of(rep).get("/news/").content.decode()
    assert client_of(rep).get("/news/count/").content.decode().strip() == ""


def test_contacts_have_no_such_page(client_of: SignIn, contact: User) -> None:
    assert client_of(contact).get("/news/").status_code == 404
    assert client_of(contact).get("/news/count/").status_code == 404


def test_the_number_of_queries_does_not_grow(
    client_of: SignIn, rep: User, invoice: Invoice
) -> None:
    counts = []
    for _round in range(2):
        factories.approved_note(invoice, rep)
        spread()
        with CaptureQueriesContext(connection) as queries:
            client_of(rep).get("/news/")
        counts.append(len(queries))

    assert counts[0] == counts[1]


# What customers ask about their accounts ----------------------------------------------------


@pytest.fixture
def asked(contact: User, rep: User, finance: User, invoice: Invoice) -> AccountWish:
    """A question that its people were told of."""
    assert invoice.entry
    wish = wishes.question(invoice.customer, invoice.entry, "Free?", by=contact, moment=MOMENT)
    announcing.announce(wish.pk)
    return wish


def test_a_question_about_an_account_rings_the_bell_and_is_listed(
    client_of: SignIn, rep: User, asked: AccountWish
) -> None:
    browser = client_of(rep)
    assert ">1<" in browser.get("/news/count/").content.decode()
    page = browser.get("/news/").content.decode()
    for words in (f"/account-questions/{asked.pk}/", "Free?", "(new)", "Mark all as seen"):
        assert words in page
    browser.get(f"/account-questions/{asked.pk}/")
    assert browser.get("/news/count/").content.decode().strip() == ""
    page = browser.get("/news/").content.decode()
    assert "Free?" in page  # it still waits
    assert "(new)" not in page


def test_all_are_seen_at_once_and_what_is_answered_leaves_the_news(
    client_of: SignIn, rep: User, finance: User, asked: AccountWish
) -> None:
    client_of(rep).post("/news/")
    assert client_of(rep).get("/news/count/").content.decode().strip() == ""
    assert ">1<" in client_of(finance).get("/news/count/").content.decode()
    wishes.answer(asked, "Yes.", by=finance, moment=MOMENT)
    assert "Free?" not in client_of(rep).get("/news/").content.decode()


def test_a_question_of_a_customer_one_no_longer_serves_is_gone(
    client_of: SignIn, rep: User, asked: AccountWish
) -> None:
    stop_serving_department(rep, asked.customer.department)
    assert client_of(rep).get("/news/count/").content.decode().strip() == ""
    assert "Free?" not in client_of(rep).get("/news/").content.decode()


def test_many_questions_cost_no_more(
    client_of: SignIn, contact: User, rep: User, invoice: Invoice, asked: AccountWish
) -> None:
    counts = []
    for _round in range(2):
        with CaptureQueriesContext(connection) as queries:
            client_of(rep).get("/news/")
        counts.append(len(queries))
        more = wishes.question(invoice.customer, asked.entry, "And?", by=contact, moment=MOMENT)
        announcing.announce(more.pk)
    assert counts[0] == counts[1]


def test_what_happened_to_one_note_on_one_day_is_told_together(
    client_of: SignIn, rep: User, invoice: Invoice
) -> None:
    for _each in range(2):
        factories.issued_note(invoice, rep)
    spread()

    days = client_of(rep).get("/news/").context["days"]

    (notes,) = [notes for _day, notes in days]
    assert [[item.event.kind for item in told.news] for told in notes] == [
        ["issued", "approved"]
    ] * 2


def test_reading_a_note_reads_its_news(
    client_of: SignIn, rep: User, colleague: User, approved: CreditNote
) -> None:
    client_of(colleague).get(f"/credit-notes/{approved.pk}/")
    assert ">1<" in client_of(rep).get("/news/count/").content.decode()

    client_of(rep).get(f"/credit-notes/{approved.pk}/")

    assert client_of(rep).get("/news/count/").content.decode().strip() == ""

"""The review queue: who sees what in it, in which order, narrowed and paged."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from approvals.models import Delegation, Step
from approvals.timing import time_left
from creditnotes.models import CreditNote
from customers.access import MANAGERS
from customers.models import Customer, Invoice, User
from tests import factories

SignIn = Callable[[User], Client]
QUEUE = "/approvals/"


def shown(answer: Any) -> list[int]:
    """The notes on the page, in order."""
    found = re.findall(r'href="/approvals/(\d+)/"', answer.content.decode())
    return [int(pk) for pk in found]


def test_an_empty_queue_says_so(client_of: SignIn, manager: User) -> None:
    page = client_of(manager).get(QUEUE).content.decode()

    assert "Nothing waits for you" in page
    assert "0 credit notes wait for you" in page


def test_each_approver_sees_what_waits_for_them(
    client_of: SignIn,
    rep: User,
    manager: User,
    other_manager: User,
    finance: User,
    invoice: Invoice,
) -> None:
    note = factories.submitted_note(invoice, rep)

    assert shown(client_of(manager).get(QUEUE)) == [note.pk]
    for other in (rep, other_manager, finance):
        assert shown(client_of(other).get(QUEUE)) == []


def test_contacts_have_no_queue(client_of: SignIn, contact: User) -> None:
    assert client_of(contact).get(QUEUE).status_code == 404


def test_it_shows_what_one_must_know(
    client_of: SignIn, rep: User, manager: User, invoice: Invoice
) -> None:
    note = factories.submitted_note(invoice, rep, factories.claim(invoice, 1, "2"))

    page = client_of(manager).get(QUEUE).content.decode()

    for words in (str(note), "Érable Builders", "Wrong price", "$75.33", "Rita Rep"):
        assert words in page
    assert "1 credit note waits for you" in page


def test_the_most_urgent_comes_first_and_what_is_late_is_marked(
    client_of: SignIn, rep: User, manager: User, invoice: Invoice
) -> None:
    now = timezone.now()
    calm = factories.submitted_note(invoice, rep, moment=now)
    late = factories.submitted_note(invoice, rep, moment=now - timedelta(days=3))

    page = client_of(manager).get(QUEUE)

    assert shown(page) == [late.pk, calm.pk]
    assert page.content.decode().count("overdue by") == 1
    assert " left" in page.content.decode()
    assert shown(client_of(manager).get(QUEUE, {"late": "on"})) == [late.pk]


def test_ones_own_note_is_left_out(
    client_of: SignIn, manager: User, finance: User, invoice: Invoice
) -> None:
    note = factories.submitted_note(invoice, manager)

    assert shown(client_of(manager).get(QUEUE)) == []
    assert shown(client_of(finance).get(QUEUE)) == [note.pk]


def test_whoever_stands_in_sees_it_while_they_do(
    client_of: SignIn, rep: User, manager: User, invoice: Invoice
) -> None:
    deputy = factories.person("Della Deputy", MANAGERS, invoice.company)
    note = factories.submitted_note(invoice, rep)
    assert shown(client_of(deputy).get(QUEUE)) == []
    now, day = timezone.now(), timedelta(days=1)
    delegation = Delegation.objects.create(
        delegator=manager, delegate=deputy, starts_at=now - day, ends_at=now + day
    )

    assert shown(client_of(deputy).get(QUEUE)) == [note.pk]
    delegation.ends_at = now - day / 2
    delegation.save()
    assert shown(client_of(deputy).get(QUEUE)) == []


def test_it_is_searched_and_narrowed(
    client_of: SignIn, rep: User, manager: User, invoice: Invoice
) -> None:
    neighbour = factories.customer(invoice.customer.department, "C-101", "Neighbour Decks")
    freight = factories.reason(invoice.company, "freight")
    factories.submitted_note(invoice, rep)
    wanted = factories.submitted_note(factories.invoice(neighbour, "INV-90"), rep, reason=freight)
    browser = client_of(manager)

    for words in ("neighbour", "INV-90", str(wanted)):
        assert shown(browser.get(QUEUE, {"q": words})) == [wanted.pk]
    assert shown(browser.get(QUEUE, {"reason": freight.pk})) == [wanted.pk]
    assert "Nothing fits" in browser.get(QUEUE, {"q": "nobody"}).content.decode()
    assert len(shown(browser.get(QUEUE, {"reason": "nonsense"}))) == 2


def test_the_number_of_queries_does_not_grow(
    client_of: SignIn, rep: User, manager: User, customer: Customer
) -> None:
    browser, counts = client_of(manager), []
    for number in ("A", "B"):
        for each in range(4):
            factories.submitted_note(factories.invoice(customer, f"{number}-{each}"), rep)
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(QUEUE).status_code == 200
        counts.append(len(queries))

    assert counts[0] == counts[1]
    assert counts[0] <= 8


def test_a_step_without_its_submission_never_shows(
    client_of: SignIn, rep: User, manager: User, invoice: Invoice
) -> None:
    note = factories.approved_note(invoice, rep)

    assert Step.objects.filter(note=note, status="done").exists()
    assert CreditNote.objects.get().pk not in shown(client_of(manager).get(QUEUE))


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (5, "5 min left"),
        (200, "3 h 20 min left"),
        (60 * 47, "47 h 0 min left"),
        (60 * 49, "2 days left"),
        (-61, "overdue by 1 h 1 min"),
    ],
)
def test_time_left_in_words(minutes: int, words: str) -> None:
    assert time_left(factories.MOMENT + timedelta(minutes=minutes), factories.MOMENT) == words

"""What an open page of the queue is told of rows that are gone, and of what is left."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from approvals import services
from approvals.models import Step
from creditnotes.models import CreditNote
from customers.models import Invoice, User
from tests import factories

SignIn = Callable[[User], Client]
CHANGES = "/approvals/changes/"

pytestmark = pytest.mark.usefixtures("policy")


def gone(page: str) -> dict[int, str]:
    """What is said over the rows that are gone, by step."""
    found = re.findall(r'id="gone-(\d+)"[^>]*>\s*(.*?)\s*</span>', page, re.DOTALL)
    return {int(step): words for step, words in found}


def address(steps: Sequence[int]) -> str:
    """Where a page asks that shows these steps among all."""
    return f"{CHANGES}?whose=all&{'&'.join(f'step={step}' for step in steps)}"


def open_step(note: CreditNote) -> int:
    step: Step = note.steps.get(status="open")
    return step.pk


def test_a_page_hears_who_decided_and_how_much_is_left(
    client_of: SignIn, rep: User, manager: User, finance: User, invoice: Invoice
) -> None:
    notes = [factories.submitted_note(invoice, rep) for _ in range(3)]
    steps = [open_step(note) for note in notes]
    services.approve(notes[0], actor=manager, moment=timezone.now())
    services.recall(notes[1], actor=rep, moment=timezone.now())

    page = client_of(finance).get(address(steps)).content.decode()

    assert gone(page) == {steps[0]: "Approved: Manon Manager", steps[1]: "Waits here no more"}
    assert f"{notes[0].reference}: Approved, Manon Manager." in page
    assert re.search(r'id="count-all"[^>]*>1<', page)
    assert re.search(r'id="count-mine"[^>]*hidden[^>]*>0<', page)
    assert "1 credit note" in page
    assert "Show what has come" not in page


def test_it_is_said_that_more_have_come(
    client_of: SignIn, rep: User, manager: User, invoice: Invoice
) -> None:
    step = open_step(factories.submitted_note(invoice, rep))
    browser = client_of(manager)
    before: dict[str, str | int] = {"step": step, "fitting": 1, "sort": "-total"}
    assert "Show what has come" not in browser.get(CHANGES, before).content.decode()

    factories.submitted_note(invoice, rep)

    page = browser.get(CHANGES, before).content.decode()
    assert '<a href="/approvals/?sort=-total">Show what has come</a>' in page


def test_nothing_is_told_of_what_one_may_not_see(
    client_of: SignIn, rep: User, manager: User, other_manager: User, invoice: Invoice
) -> None:
    note = factories.submitted_note(invoice, rep)
    step = open_step(note)
    services.approve(note, actor=manager, moment=timezone.now())

    page = (
        client_of(other_manager)
        .get(CHANGES, {"step": [str(step), "987654321", "x"]})
        .content.decode()
    )

    assert gone(page) == {step: "Waits here no more", 987654321: "Waits here no more"}
    assert note.reference not in page


def test_it_asks_as_often_however_many_rows_there_are(
    client_of: SignIn, rep: User, manager: User, finance: User, invoice: Invoice
) -> None:
    browser, asked = client_of(finance), []
    for count in (2, 4):
        notes = [factories.submitted_note(invoice, rep) for _ in range(count)]
        steps = [open_step(note) for note in notes]
        services.approve(notes[0], actor=manager, moment=timezone.now())
        with CaptureQueriesContext(connection) as queries:
            browser.get(address(steps))
        asked.append(len(queries))

    assert asked[0] == asked[1]
    assert asked[0] <= 8

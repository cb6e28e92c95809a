"""Deciding on several notes at once: looked at first, each by itself, one bad item harms none."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pgtrigger
import pytest
from django.test import Client

from approvals import services
from approvals.models import ApprovalLimit, Decision, Role
from creditnotes.models import CreditNote, State
from customers.models import Invoice, User
from tests import factories
from tests.factories import MOMENT, claim
from tests.plugin_database import as_owner

pytestmark = pytest.mark.usefixtures("policy")

SignIn = Callable[[User], Client]
SEVERAL = "/approvals/several/"


@pytest.fixture
def notes(invoice: Invoice, rep: User, manager: User) -> list[CreditNote]:
    """Three that the manager decides, 37.66 or a cent more each."""
    return [factories.submitted_note(invoice, rep) for _ in range(3)]


def ticked(*notes: CreditNote, do: str = "approve", **more: str) -> dict[str, Any]:
    return {"do": do, "note": [f"{each.pk}:{each.content_hash}" for each in notes], **more}


def states(notes: list[CreditNote]) -> list[str]:
    return [str(CreditNote.objects.get(pk=note.pk).state) for note in notes]


def test_the_queue_ticks_and_the_preview_decides_nothing(
    client_of: SignIn, notes: list[CreditNote], manager: User
) -> None:
    browser = client_of(manager)
    queue = browser.get("/approvals/").content.decode()
    for note in notes:
        assert f'value="{note.pk}:{note.content_hash}"' in queue
    page = browser.post(SEVERAL, ticked(*notes)).content.decode()
    assert "Approve 3 credit notes?" in page
    assert "$112.99" in page
    assert states(notes) == [State.SUBMITTED] * 3


def test_confirmed_each_is_decided(
    client_of: SignIn, notes: list[CreditNote], manager: User
) -> None:
    sent = ticked(*notes, confirmed="1", comment="As agreed.")
    page = client_of(manager).post(SEVERAL, sent).content.decode()
    assert "3 credit notes are decided" in page
    assert states(notes) == [State.APPROVED] * 3
    assert {each.comment for each in Decision.objects.all()} == {"As agreed."}


def test_one_that_cant_be_decided_harms_no_other(
    client_of: SignIn, notes: list[CreditNote], manager: User, invoice: Invoice
) -> None:
    """Decided by somebody meanwhile, of other content, and one's own."""
    decided, stale, good = notes
    services.reject(decided, actor=manager, moment=MOMENT)
    stale.content_hash = "0" * 64
    own = factories.submitted_note(invoice, manager)
    browser, sent = client_of(manager), ticked(decided, stale, own, good)

    look = browser.post(SEVERAL, sent).content.decode()
    assert "Approve one credit note?" in look
    done = browser.post(SEVERAL, sent | {"confirmed": "1"}).content.decode()
    for page in (look, done):
        assert "You have decided on" in page
        assert "The content changed since you opened the page." in page
        assert "somebody else" in page
    assert "3 were not decided" in done
    assert states([decided, stale, own, good]) == [
        State.REJECTED,
        State.SUBMITTED,
        State.SUBMITTED,
        State.APPROVED,
    ]


def test_where_others_decide_after_a_yes_endorses(
    client_of: SignIn, notes: list[CreditNote], large_invoice: Invoice, rep: User, manager: User
) -> None:
    large = factories.submitted_note(large_invoice, rep, claim(large_invoice, quantity="50"))
    page = client_of(manager).post(SEVERAL, ticked(large, notes[0], confirmed="1"))
    assert "Endorsed" in page.content.decode()
    assert [each.verdict for each in Decision.objects.order_by("pk")] == ["endorse", "approve"]


def test_a_limit_lowered_since_is_said_beforehand(
    client_of: SignIn, notes: list[CreditNote], manager: User
) -> None:
    ApprovalLimit.objects.filter(role=Role.DEPARTMENT_MANAGER).update(amount=5)
    page = client_of(manager).post(SEVERAL, ticked(*notes)).content.decode()
    assert page.count("Your approval limit is") == 3


def test_one_that_the_database_refuses_harms_no_other(
    client_of: SignIn, notes: list[CreditNote], manager: User
) -> None:
    """A credit of which less was counted than it comes to: a defect that only the database sees."""
    first, bad, last = notes
    with as_owner(), pgtrigger.ignore("approvals.Step:routed_once"):
        bad.steps.update(amount_counted=1)
    page = client_of(manager).post(SEVERAL, ticked(*notes, confirmed="1")).content.decode()
    assert "This could not be decided now." in page
    assert states([first, bad, last]) == [State.APPROVED, State.SUBMITTED, State.APPROVED]


def test_returning_needs_words(client_of: SignIn, notes: list[CreditNote], manager: User) -> None:
    browser = client_of(manager)
    before = browser.post(SEVERAL, ticked(*notes, do="return")).content.decode()
    assert re.search(r'<textarea name="comment"[^>]* required', before)
    silent = browser.post(SEVERAL, ticked(*notes, do="return", confirmed="1", comment=" "))
    assert silent.status_code == 422
    assert "Say why, please." in silent.content.decode()
    browser.post(SEVERAL, ticked(*notes, do="return", confirmed="1", comment="Photos?"))
    assert states(notes) == [State.RETURNED] * 3


def test_what_one_may_not_see_is_not_named(
    client_of: SignIn, notes: list[CreditNote], other_manager: User
) -> None:
    answer = client_of(other_manager).post(SEVERAL, ticked(*notes, confirmed="1"))
    assert answer.status_code == 302
    assert states(notes) == [State.SUBMITTED] * 3


def test_a_number_with_zeros_before_it_is_the_same_note(
    client_of: SignIn, notes: list[CreditNote], manager: User
) -> None:
    sent = ticked(notes[0], confirmed="1")
    sent["note"] = [f"00{each}" for each in sent["note"]]
    assert client_of(manager).post(SEVERAL, sent).status_code == 200
    assert states(notes) == [State.APPROVED, State.SUBMITTED, State.SUBMITTED]


@pytest.mark.parametrize("note", ["", "x", "1", "-1:a", "9" * 30 + ":a", "é:1"])
def test_nonsense_decides_nothing(client_of: SignIn, manager: User, note: str) -> None:
    sent = {"do": "approve", "note": [note], "confirmed": "1"}
    assert client_of(manager).post(SEVERAL, sent).status_code == 302

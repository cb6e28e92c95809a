"""What people do with a credit note from its page: each verb done, refused, repeated."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from approvals.models import Policy
from creditnotes import services
from creditnotes.content import Content
from creditnotes.models import CreditNote, Event, Hold, Reason, State
from customers.models import Invoice, User
from tests import factories

SignIn = Callable[[User], Client]


def address(note: CreditNote, verb: str) -> str:
    return f"/credit-notes/{note.pk}/{verb}/"


def state_of(note: CreditNote) -> str:
    state: str = CreditNote.objects.get(pk=note.pk).state
    return state


@pytest.fixture
def requested(contact: User, invoice: Invoice, reason: Reason) -> CreditNote:
    """A customer's request, waiting for a rep."""
    content = Content(reason=reason, claims=[factories.claim(invoice)])
    note = services.start(invoice.customer, content, actor=contact, moment=factories.MOMENT)
    return services.request(note, actor=contact, moment=factories.MOMENT)


# Every verb: who may not see it, and how it is not done ---------------------------------------

VERBS = ["submit", "recall", "withdraw", "pick-up", "decline", "issue", "cancel"]


@pytest.mark.parametrize("verb", VERBS)
def test_whoever_may_not_see_it_gets_404(
    client_of: SignIn, rep: User, other_rep: User, contact: User, invoice: Invoice, verb: str
) -> None:
    note = factories.submitted_note(invoice, rep)

    for stranger in (other_rep, contact):
        assert client_of(stranger).post(address(note, verb)).status_code == 404
    assert state_of(note) == State.SUBMITTED


@pytest.mark.parametrize("verb", VERBS)
def test_nothing_is_done_by_looking(
    client_of: SignIn, rep: User, invoice: Invoice, verb: str
) -> None:
    note = factories.draft_note(invoice, rep)

    assert client_of(rep).get(address(note, verb)).status_code == 405


# Submit ---------------------------------------------------------------------------------


def test_a_draft_is_submitted(
    client_of: SignIn, rep: User, invoice: Invoice, policy: Policy
) -> None:
    note = factories.draft_note(invoice, rep)

    answer = client_of(rep).post(address(note, "submit"), {"version": note.version}, follow=True)

    assert state_of(note) == State.SUBMITTED
    assert f"{note} is submitted." in answer.content.decode()


def test_what_is_missing_is_said_in_the_composer(
    client_of: SignIn, rep: User, invoice: Invoice, damaged: Reason, policy: Policy
) -> None:
    note = factories.draft_note(invoice, rep, reason=damaged)

    answer = client_of(rep).post(address(note, "submit"))

    assert answer.status_code == 422
    assert 'id="id_photos_error"' in answer.content.decode()
    assert 'name="do"' in answer.content.decode()


def test_what_is_no_longer_left_is_said_beside_its_line(
    client_of: SignIn, rep: User, invoice: Invoice, policy: Policy
) -> None:
    note = factories.draft_note(invoice, rep, factories.claim(invoice, quantity="8"))
    factories.submitted_note(invoice, rep, factories.claim(invoice, quantity="5"))

    answer = client_of(rep).post(address(note, "submit"))

    assert answer.status_code == 422
    assert "Only 5 can still be credited." in answer.content.decode()
    assert state_of(note) == State.DRAFT


def test_a_changed_draft_is_not_submitted_unseen(
    client_of: SignIn, rep: User, invoice: Invoice, policy: Policy
) -> None:
    note = factories.draft_note(invoice, rep)

    answer = client_of(rep).post(address(note, "submit"), {"version": note.version + 1})

    assert answer.status_code == 409
    assert state_of(note) == State.DRAFT


def test_finance_does_not_submit(
    client_of: SignIn, rep: User, finance: User, invoice: Invoice, policy: Policy
) -> None:
    note = factories.draft_note(invoice, rep)

    assert client_of(finance).post(address(note, "submit")).status_code == 403
    assert state_of(note) == State.DRAFT


# Recall and withdraw --------------------------------------------------------------------------


def test_a_submission_is_recalled_and_nobody_is_asked_any_more(
    client_of: SignIn, rep: User, manager: User, invoice: Invoice
) -> None:
    note = factories.submitted_note(invoice, rep)

    answer = client_of(rep).post(address(note, "recall"), follow=True)

    note = CreditNote.objects.get()
    assert (note.state, note.hold) == (State.DRAFT, Hold.NONE)
    assert "is recalled" in answer.content.decode()
    assert f"/approvals/{note.pk}/" not in client_of(manager).get("/approvals/").content.decode()


def test_recalling_twice_says_what_it_is_now(
    client_of: SignIn, rep: User, invoice: Invoice
) -> None:
    note = factories.submitted_note(invoice, rep)
    client_of(rep).post(address(note, "recall"))

    answer = client_of(rep).post(address(note, "recall"))

    assert answer.status_code == 409
    assert "draft now" in answer.content.decode()
    assert note.events.filter(kind=Event.Kind.RECALLED).count() == 1


def test_only_whoever_raised_it_takes_it_back(
    client_of: SignIn, rep: User, colleague: User, invoice: Invoice
) -> None:
    note = factories.submitted_note(invoice, rep)

    for verb in ("recall", "withdraw"):
        assert client_of(colleague).post(address(note, verb)).status_code == 403
    assert state_of(note) == State.SUBMITTED


def test_a_note_is_withdrawn_with_words(client_of: SignIn, rep: User, invoice: Invoice) -> None:
    note = factories.submitted_note(invoice, rep)

    client_of(rep).post(address(note, "withdraw"), {"comment": "The customer found them."})

    assert state_of(note) == State.WITHDRAWN
    assert note.events.latest("id").comment == "The customer found them."
    assert invoice.creditable_lines.get(invoice_line__position=1).reserved_quantity == 0


# A customer's request ----------------------------------------------------------------------------


def test_a_request_is_picked_up(client_of: SignIn, rep: User, requested: CreditNote) -> None:
    answer = client_of(rep).post(address(requested, "pick-up"), follow=True)

    note = CreditNote.objects.get()
    assert (note.state, note.owner) == (State.DRAFT, rep)
    assert "is yours now" in answer.content.decode()


def test_a_request_is_picked_up_once(
    client_of: SignIn, rep: User, colleague: User, requested: CreditNote
) -> None:
    client_of(rep).post(address(requested, "pick-up"))

    assert client_of(colleague).post(address(requested, "pick-up")).status_code == 409
    assert CreditNote.objects.get().owner == rep


def test_a_request_is_declined_with_words(
    client_of: SignIn, rep: User, requested: CreditNote
) -> None:
    client_of(rep).post(address(requested, "decline"), {"comment": "The slip is signed."})

    assert state_of(requested) == State.REJECTED
    assert requested.events.latest("id").comment == "The slip is signed."


def test_declining_without_words_is_refused_where_they_belong(
    client_of: SignIn, rep: User, requested: CreditNote
) -> None:
    answer = client_of(rep).post(address(requested, "decline"), {"comment": "  "})

    assert answer.status_code == 422
    assert 'id="decline-comment-error"' in answer.content.decode()
    assert state_of(requested) == State.REQUESTED


def test_words_that_are_due_are_asked_for_from_the_start(
    client_of: SignIn, rep: User, requested: CreditNote
) -> None:
    page = client_of(rep).get(f"/credit-notes/{requested.pk}/").content.decode()
    refused = client_of(rep).post(address(requested, "decline"), {"comment": ""}).content.decode()

    for shown in (page, refused):
        dialog = shown[shown.index('for="decline-comment"') :].split("</textarea>")[0]
        assert "required" in dialog
        assert "optional" not in dialog


def test_a_comment_too_long_is_kept(client_of: SignIn, rep: User, requested: CreditNote) -> None:
    answer = client_of(rep).post(address(requested, "decline"), {"comment": "x" * 2001})

    assert answer.status_code == 422
    assert "x" * 2001 in answer.content.decode()


def test_finance_does_not_pick_up(client_of: SignIn, finance: User, requested: CreditNote) -> None:
    assert client_of(finance).post(address(requested, "pick-up")).status_code == 403


# What was approved -------------------------------------------------------------------------


def test_finance_issues(client_of: SignIn, rep: User, finance: User, invoice: Invoice) -> None:
    note = factories.approved_note(invoice, rep)

    answer = client_of(finance).post(address(note, "issue"), follow=True)

    note = CreditNote.objects.get()
    assert note.state == State.ISSUED
    assert f"{note} is issued as {note.document.number}." in answer.content.decode()


def test_issuing_twice_gives_one_number(
    client_of: SignIn, rep: User, finance: User, invoice: Invoice
) -> None:
    note = factories.approved_note(invoice, rep)

    answers = [client_of(finance).post(address(note, "issue")) for _click in range(2)]

    assert [answer.status_code for answer in answers] == [302, 302]
    assert note.events.filter(kind=Event.Kind.ISSUED).count() == 1


def test_finance_cancels_with_words_only(
    client_of: SignIn, rep: User, finance: User, invoice: Invoice
) -> None:
    note = factories.approved_note(invoice, rep)

    silent = client_of(finance).post(address(note, "cancel"))
    assert silent.status_code == 422
    assert 'id="cancel-comment-error"' in silent.content.decode()

    client_of(finance).post(address(note, "cancel"), {"comment": "Paid in cash."})
    assert state_of(note) == State.CANCELLED


@pytest.mark.parametrize("verb", ["issue", "cancel"])
def test_reps_neither_issue_nor_cancel(
    client_of: SignIn, rep: User, manager: User, invoice: Invoice, verb: str
) -> None:
    note = factories.approved_note(invoice, rep)

    for person in (rep, manager):
        answer = client_of(person).post(address(note, verb), {"comment": "Because."})
        assert answer.status_code == 403
    assert state_of(note) == State.APPROVED


def test_what_waits_for_a_decision_is_not_issued(
    client_of: SignIn, rep: User, finance: User, invoice: Invoice
) -> None:
    note = factories.submitted_note(invoice, rep)

    assert client_of(finance).post(address(note, "issue")).status_code == 409

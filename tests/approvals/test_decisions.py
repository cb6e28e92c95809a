"""Endorse, approve, return and reject: once, by the right person, on what they saw."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings

from approvals import services
from approvals.models import ApprovalLimit, Decision, Role, Step
from creditnotes import services as creditnotes
from creditnotes.content import Content, hash_of
from creditnotes.models import CreditableLine, CreditNote, Event, Hold, Reason, State
from customers.errors import Incomplete, NotAllowed, Refusal, StaleContent, WrongState
from customers.models import Invoice, User
from tests import factories
from tests.factories import MOMENT, claim

pytestmark = pytest.mark.usefixtures("policy")

LATER = MOMENT + timedelta(hours=2)
Verb = Callable[..., CreditNote]
VERBS: list[Verb] = [
    services.approve,
    services.endorse,
    services.return_for_changes,
    services.reject,
]


@pytest.fixture
def note(invoice: Invoice, rep: User) -> CreditNote:
    """Waits for the manager's final word."""
    return factories.submitted_note(invoice, rep, claim(invoice, quantity="4"))


@pytest.fixture
def large(large_invoice: Invoice, rep: User) -> CreditNote:
    """Waits for the manager's endorsement; finance has the final word."""
    return factories.submitted_note(large_invoice, rep, claim(large_invoice, quantity="50"))


def decide(verb: Verb, note: CreditNote, actor: User, **more: Any) -> CreditNote:
    return verb(note, actor=actor, moment=LATER, comment="Because.", **more)


def reserved(note: CreditNote) -> Decimal:
    return CreditableLine.objects.get(credit_lines__note=note).reserved_quantity


# Approve ----------------------------------------------------------------------


def test_the_final_step_approves(note: CreditNote, manager: User) -> None:
    approved = services.approve(
        note, actor=manager, moment=LATER, comment="Fine.", seen=note.content_hash
    )
    assert (approved.state, approved.hold) == (State.APPROVED, Hold.RESERVED)
    decision = approved.decisions.get()
    assert (decision.verdict, decision.actor, decision.on_behalf_of) == (
        Decision.Verdict.APPROVE,
        manager,
        None,
    )
    assert (decision.limit, decision.decided_at) == (Decimal(1000), LATER)
    assert decision.content_hash == note.content_hash
    assert approved.steps.get().status == Step.Status.DONE
    event = approved.events.latest("pk")
    assert (event.kind, event.actor, event.comment) == (Event.Kind.APPROVED, manager, "Fine.")
    assert event.payload["issue_at_once"] is True


def test_goods_to_come_back_are_not_issued_at_once(
    invoice: Invoice, rep: User, returned_goods: Reason
) -> None:
    note = factories.approved_note(invoice, rep, reason=returned_goods)
    assert note.events.latest("pk").payload["issue_at_once"] is False


def test_a_double_click_approves_once_and_says_so(note: CreditNote, manager: User) -> None:
    services.approve(note, actor=manager, moment=LATER)
    with pytest.raises(WrongState, match="You have decided"):
        services.approve(note, actor=manager, moment=LATER)
    assert note.decisions.count() == 1


def test_whoever_comes_second_is_told_who_was_first(
    large: CreditNote, manager: User, finance: User
) -> None:
    other = factories.person("Fred Finance", "Finance", large.company)
    note = factories.submitted_note(
        factories.invoice(large.customer, "INV-7", [("Beams", "9", "500", "goods")]),
        large.created_by,
        claim(large.lines.get().counter.invoice, quantity="40"),
    )
    services.endorse(note, actor=manager, moment=LATER)
    services.approve(note, actor=finance, moment=LATER)
    with pytest.raises(WrongState, match="Fiona Finance has decided"):
        services.approve(note, actor=other, moment=LATER)


# Endorse ----------------------------------------------------------------------


def test_an_endorsement_opens_the_next_step(
    large: CreditNote, manager: User, finance: User
) -> None:
    note = services.endorse(large, actor=manager, moment=LATER, comment="Yes.")
    assert note.state == State.SUBMITTED
    first, second = note.steps.all()
    assert (first.status, second.status) == (Step.Status.DONE, Step.Status.OPEN)
    assert second.opened_at == LATER
    # 24 business hours from Tuesday 13:00: four, nine, nine and two.
    assert second.due_at == datetime(2026, 3, 13, 14, 0, tzinfo=UTC)
    assert note.events.latest("pk").kind == Event.Kind.ENDORSED
    assert services.approve(note, actor=finance, moment=LATER).state == State.APPROVED
    assert [each.verdict for each in note.decisions.all()] == ["endorse", "approve"]


def test_an_endorser_does_not_approve_nor_an_approver_endorse(
    large: CreditNote, note: CreditNote, manager: User
) -> None:
    with pytest.raises(WrongState, match="endorse, return or reject"):
        services.approve(large, actor=manager, moment=LATER)
    with pytest.raises(WrongState, match="final step"):
        services.endorse(note, actor=manager, moment=LATER)


def test_finance_waits_for_the_manager(large: CreditNote, finance: User) -> None:
    for verb in VERBS:
        with pytest.raises(NotAllowed, match="somebody else"):
            decide(verb, large, finance)


def test_who_endorsed_does_not_decide_the_next_step(large: CreditNote, manager: User) -> None:
    note = services.endorse(large, actor=manager, moment=LATER)
    for verb in VERBS:
        with pytest.raises(NotAllowed):
            decide(verb, note, manager)


# Who may not ------------------------------------------------------------------


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(
    "who",
    ["rep", "colleague", "other_manager", "finance", "admin", "contact", "foreign_manager"],
)
def test_somebody_elses_step(
    note: CreditNote, verb: Verb, who: str, request: pytest.FixtureRequest
) -> None:
    with pytest.raises(NotAllowed):
        decide(verb, note, request.getfixturevalue(who))
    assert not note.decisions.exists()


@pytest.mark.parametrize("verb", VERBS)
def test_who_took_part_does_not_decide_even_where_they_are_asked(
    note: CreditNote, rep: User, verb: Verb
) -> None:
    note.steps.get().assignments.create(user=rep)
    with pytest.raises(NotAllowed, match="took part"):
        decide(verb, note, rep)


@pytest.mark.parametrize("verb", VERBS)
def test_a_page_of_other_content_decides_nothing(
    note: CreditNote, large: CreditNote, manager: User, verb: Verb
) -> None:
    about = large if verb == services.endorse else note
    with pytest.raises(StaleContent):
        decide(verb, about, manager, seen="0" * 64)
    about.refresh_from_db()
    assert about.state == State.SUBMITTED


def test_a_limit_lowered_meanwhile_refuses_with_a_sentence(note: CreditNote, manager: User) -> None:
    ApprovalLimit.objects.filter(role=Role.DEPARTMENT_MANAGER).update(amount=Decimal(5))
    with pytest.raises(Refusal, match="limit"):
        services.approve(note, actor=manager, moment=LATER)
    assert decide(services.return_for_changes, note, manager).state == State.RETURNED


# Return -----------------------------------------------------------------------


def test_returned_it_keeps_its_reservation_for_a_while(
    large: CreditNote, manager: User, rep: User
) -> None:
    note = services.return_for_changes(large, actor=manager, moment=LATER, comment="How many?")
    assert (note.state, note.hold) == (State.RETURNED, Hold.RESERVED)
    assert note.reserved_until == LATER + settings.RETURNED_RESERVATION
    assert reserved(note) == Decimal(50)
    assert [step.status for step in note.steps.all()] == [Step.Status.DONE, Step.Status.DROPPED]
    assert note.events.latest("pk").comment == "How many?"


@pytest.mark.parametrize("comment", ["", " \n "])
def test_returning_says_why(note: CreditNote, manager: User, comment: str) -> None:
    with pytest.raises(Incomplete) as refusal:
        services.return_for_changes(note, actor=manager, moment=LATER, comment=comment)
    assert refusal.value.field == "comment"


def test_changed_and_submitted_again_it_is_decided_anew(
    note: CreditNote, manager: User, rep: User, reason: Reason, invoice: Invoice
) -> None:
    first_hash = note.content_hash
    services.return_for_changes(note, actor=manager, moment=LATER, comment="Three, no?")
    content = Content(reason=reason, claims=[claim(invoice, quantity="3")])
    creditnotes.edit(note, content, actor=rep, moment=LATER)
    again = services.submit(note, actor=rep, moment=LATER)
    assert (again.submissions, again.reserved_until) == (2, None)
    assert reserved(again) == Decimal(3)
    assert again.content_hash == hash_of(again) != first_hash
    with pytest.raises(StaleContent):
        services.approve(again, actor=manager, moment=LATER, seen=first_hash)
    assert services.approve(again, actor=manager, moment=LATER).state == State.APPROVED


def test_submitted_again_unchanged_it_reserves_the_same(
    note: CreditNote, manager: User, rep: User
) -> None:
    services.return_for_changes(note, actor=manager, moment=LATER, comment="Sure?")
    again = services.submit(note, actor=rep, moment=LATER)
    assert (again.content_hash, reserved(again)) == (note.content_hash, Decimal(4))
    assert again.steps.filter(status=Step.Status.OPEN).count() == 1


def test_after_its_reservation_expired_it_is_submitted_again(
    note: CreditNote, manager: User, rep: User
) -> None:
    services.return_for_changes(note, actor=manager, moment=LATER, comment="Sure?")
    much_later = LATER + timedelta(days=40)
    creditnotes.expire_reservation(note, moment=much_later)
    again = services.submit(note, actor=rep, moment=much_later)
    assert (again.state, reserved(again)) == (State.SUBMITTED, Decimal(4))


# Reject -----------------------------------------------------------------------


def test_rejected_it_releases_all(large: CreditNote, manager: User) -> None:
    note = services.reject(large, actor=manager, moment=LATER)
    assert (note.state, note.hold, reserved(note)) == (State.REJECTED, Hold.NONE, Decimal(0))
    assert note.steps.filter(status=Step.Status.DROPPED).count() == 1
    assert note.events.latest("pk").kind == Event.Kind.REJECTED


def test_a_second_step_may_reject_too(large: CreditNote, manager: User, finance: User) -> None:
    services.endorse(large, actor=manager, moment=LATER)
    assert services.reject(large, actor=finance, moment=LATER).state == State.REJECTED


def test_a_customers_request_is_rejected_with_words_for_them(
    invoice: Invoice, contact: User, rep: User, manager: User
) -> None:
    note = factories.draft_note(invoice, contact)
    creditnotes.request(note, actor=contact, moment=MOMENT)
    creditnotes.pick_up(note, actor=rep, moment=MOMENT)
    services.submit(note, actor=rep, moment=MOMENT)
    with pytest.raises(Incomplete):
        services.reject(note, actor=manager, moment=LATER)
    assert decide(services.reject, note, manager).state == State.REJECTED


@pytest.mark.parametrize("verb", VERBS)
def test_nothing_is_decided_after_the_end(note: CreditNote, manager: User, verb: Verb) -> None:
    services.reject(note, actor=manager, moment=LATER)
    with pytest.raises(WrongState):
        decide(verb, note, manager)

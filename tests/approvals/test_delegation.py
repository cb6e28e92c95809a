"""Deciding for somebody who is away; never on one's own, and never after they are back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from approvals import services
from approvals.emails import who_decide
from approvals.models import Delegation, Step
from creditnotes.models import CreditNote, State
from customers.errors import NotAllowed
from customers.models import Invoice, User
from tests import factories
from tests.factories import MOMENT
from tests.refusing import database_refuses

pytestmark = pytest.mark.usefixtures("policy")

WEEK = timedelta(days=7)


@pytest.fixture
def note(invoice: Invoice, rep: User) -> CreditNote:
    return factories.submitted_note(invoice, rep)


def away(delegator: User, delegate: User) -> Delegation:
    """For the week that starts at the tests' moment."""
    return Delegation.objects.create(
        delegator=delegator, delegate=delegate, starts_at=MOMENT, ends_at=MOMENT + WEEK
    )


def away_now(delegator: User, delegate: User) -> Delegation:
    """Lists and pages ask the database's own clock."""
    now = timezone.now()
    return Delegation.objects.create(
        delegator=delegator, delegate=delegate, starts_at=now - WEEK, ends_at=now + WEEK
    )


def test_the_delegate_decides_and_both_are_recorded(
    note: CreditNote, manager: User, other_manager: User
) -> None:
    away(manager, other_manager)
    approved = services.approve(note, actor=other_manager, moment=MOMENT)
    decision = approved.decisions.get()
    assert (decision.actor, decision.on_behalf_of) == (other_manager, manager)
    event = approved.events.latest("pk")
    assert (event.actor, event.on_behalf_of) == (other_manager, manager)


def test_the_limit_is_that_of_whose_step_it_is(
    note: CreditNote, manager: User, other_manager: User
) -> None:
    away(manager, other_manager)
    services.approve(note, actor=other_manager, moment=MOMENT)
    assert note.decisions.get().limit == 1000


def test_the_manager_may_still_decide(note: CreditNote, manager: User, other_manager: User) -> None:
    away(manager, other_manager)
    services.approve(note, actor=manager, moment=MOMENT)
    assert note.decisions.get().on_behalf_of is None


@pytest.mark.parametrize("offset", [timedelta(seconds=-1), WEEK])
def test_only_while_they_are_away(
    note: CreditNote, manager: User, other_manager: User, offset: timedelta
) -> None:
    away(manager, other_manager)
    with pytest.raises(NotAllowed):
        services.approve(note, actor=other_manager, moment=MOMENT + offset)


def test_who_raised_it_does_not_decide_it_for_somebody_else(
    note: CreditNote, manager: User, rep: User
) -> None:
    away(manager, rep)
    with pytest.raises(NotAllowed, match="took part"):
        services.approve(note, actor=rep, moment=MOMENT)


def test_nobody_decides_for_who_raised_it(note: CreditNote, rep: User, other_manager: User) -> None:
    away(rep, other_manager)
    note.steps.get().assignments.create(user=rep)
    with pytest.raises(NotAllowed):
        services.approve(note, actor=other_manager, moment=MOMENT)


def test_a_delegation_is_not_handed_on(
    note: CreditNote, manager: User, other_manager: User, colleague: User
) -> None:
    away(manager, other_manager)
    away(other_manager, colleague)
    with pytest.raises(NotAllowed):
        services.approve(note, actor=colleague, moment=MOMENT)


def test_nobody_of_another_company_stands_in(
    note: CreditNote, manager: User, foreign_manager: User
) -> None:
    away(manager, foreign_manager)
    with pytest.raises(NotAllowed):
        services.approve(note, actor=foreign_manager, moment=MOMENT)


def test_the_delegate_sees_the_note_and_finds_it_in_the_queue(
    note: CreditNote, manager: User, other_manager: User
) -> None:
    assert not CreditNote.objects.visible_to(other_manager).exists()
    delegation = away_now(manager, other_manager)
    assert CreditNote.objects.visible_to(other_manager).get() == note
    assert Step.objects.decidable_by(other_manager).get().note == note
    delegation.delete()
    assert not Step.objects.decidable_by(other_manager).exists()


def test_the_queue_leaves_out_what_one_took_part_in(
    note: CreditNote, manager: User, rep: User
) -> None:
    away_now(manager, rep)
    assert not Step.objects.decidable_by(rep).exists()
    assert Step.objects.decidable_by(manager).get().note == note


def test_who_decided_still_sees_it_afterwards(
    note: CreditNote, manager: User, other_manager: User
) -> None:
    services.approve(note, actor=manager, moment=MOMENT)
    assert CreditNote.objects.visible_to(manager).get().state == State.APPROVED
    assert not Step.objects.decidable_by(manager).exists()


def test_a_delegation_has_time_and_is_to_another(manager: User, colleague: User) -> None:
    with database_refuses("delegation_to_another"):
        away(manager, manager)
    with database_refuses("delegation_has_time"):
        Delegation.objects.create(
            delegator=manager, delegate=colleague, starts_at=MOMENT, ends_at=MOMENT
        )


def test_who_alone_decides_later_does_not_endorse_for_another_before(
    large_invoice: Invoice, rep: User, manager: User, finance: User, other_manager: User
) -> None:
    """Having said yes for the manager, finance could not say it again, and nobody else may."""
    claim = factories.claim(large_invoice, quantity="50")
    note = factories.submitted_note(large_invoice, rep, claim)
    away_now(manager, finance)
    assert not Step.objects.decidable_by(finance).exists()
    assert list(who_decide(note.steps.get(status=Step.Status.OPEN))) == [manager]
    with pytest.raises(NotAllowed, match="A later step asks you alone"):
        services.endorse(note, actor=finance, moment=timezone.now())
    services.endorse(note, actor=manager, moment=timezone.now())
    assert services.approve(note, actor=finance, moment=timezone.now()).state == State.APPROVED


def test_where_others_may_decide_later_one_of_them_endorses_for_another(
    large_invoice: Invoice, rep: User, manager: User, finance: User, second_finance: User
) -> None:
    claim = factories.claim(large_invoice, quantity="50")
    note = factories.submitted_note(large_invoice, rep, claim)
    away_now(manager, finance)
    services.endorse(note, actor=finance, moment=timezone.now())
    assert list(who_decide(note.steps.get(status=Step.Status.OPEN))) == [second_finance]
    approved = services.approve(note, actor=second_finance, moment=timezone.now())
    assert approved.state == State.APPROVED

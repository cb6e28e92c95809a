"""A customer's request: sent, picked up or declined."""

from __future__ import annotations

from datetime import timedelta

import pytest

from approvals import services as approvals
from creditnotes import services
from creditnotes.content import Content
from creditnotes.models import CreditNote, Event, Origin, Reason, State
from customers.errors import Incomplete, NotAllowed, WrongState
from customers.models import Invoice, User
from tests import factories
from tests.factories import MOMENT, claim

LATER = MOMENT + timedelta(hours=1)


@pytest.fixture
def requested(invoice: Invoice, contact: User) -> CreditNote:
    note = factories.draft_note(invoice, contact, claim(invoice, quantity="2"))
    return services.request(note, actor=contact, moment=MOMENT)


# Request ----------------------------------------------------------------------


def test_a_request_is_seen_by_those_who_serve_the_customer(
    requested: CreditNote, rep: User, manager: User, other_rep: User, contact: User
) -> None:
    assert requested.state == State.REQUESTED
    for person in (rep, manager):
        assert CreditNote.objects.visible_to(person).get() == requested
    assert not CreditNote.objects.visible_to(other_rep).exists()
    assert CreditNote.objects.shown_to_contact(contact).get() == requested


def test_what_was_wished_is_kept(requested: CreditNote, rep: User, reason: Reason) -> None:
    wish = requested.events.get(kind=Event.Kind.REQUESTED).payload["wish"]
    services.pick_up(requested, actor=rep, moment=LATER)
    services.edit(requested, Content(reason=reason), actor=rep, moment=LATER)
    assert requested.events.get(kind=Event.Kind.REQUESTED).payload["wish"] == wish
    assert wish


def test_a_request_is_complete(invoice: Invoice, contact: User, damaged: Reason) -> None:
    note = services.start(invoice.customer, Content(), actor=contact, moment=MOMENT)
    for content, field in [
        (Content(claims=[claim(invoice)]), "reason"),
        (Content(reason=factories.reason(invoice.company)), "lines"),
        (Content(reason=damaged, claims=[claim(invoice)]), "photos"),
    ]:
        services.edit(note, content, actor=contact, moment=MOMENT)
        with pytest.raises(Incomplete) as refusal:
            services.request(note, actor=contact, moment=LATER)
        assert refusal.value.field == field
    services.attach(note, factories.photo(), actor=contact, moment=LATER)
    assert services.request(note, actor=contact, moment=LATER).state == State.REQUESTED


def test_a_request_is_sent_once(requested: CreditNote, contact: User) -> None:
    with pytest.raises(WrongState, match="requested"):
        services.request(requested, actor=contact, moment=LATER)


def test_what_was_sent_is_not_edited(requested: CreditNote, contact: User, rep: User) -> None:
    for person in (contact, rep):
        with pytest.raises(WrongState):
            services.edit(requested, Content(), actor=person, moment=LATER)


def test_only_whose_draft_it_is_sends_it(
    invoice: Invoice, contact: User, rep: User, stranger_contact: User
) -> None:
    note = factories.draft_note(invoice, contact)
    colleague = factories.contact(invoice.customer, "Carla Co-contact")
    for person in (rep, stranger_contact, colleague):
        with pytest.raises(NotAllowed):
            services.request(note, actor=person, moment=LATER)


def test_a_reps_draft_is_not_requested(invoice: Invoice, rep: User) -> None:
    note = factories.draft_note(invoice, rep)
    with pytest.raises(NotAllowed):
        services.request(note, actor=rep, moment=LATER)


# Pick up ----------------------------------------------------------------------


def test_a_rep_takes_it_over(requested: CreditNote, rep: User, contact: User) -> None:
    note = services.pick_up(requested, actor=rep, moment=LATER)
    assert (note.state, note.owner, note.origin) == (State.DRAFT, rep, Origin.PORTAL)
    assert {person.user for person in note.participants.all()} == {contact, rep}
    assert CreditNote.objects.visible_to(rep).get() == note
    assert CreditNote.objects.shown_to_contact(contact).get() == note


def test_the_second_to_pick_up_is_told(requested: CreditNote, rep: User, colleague: User) -> None:
    services.pick_up(requested, actor=rep, moment=LATER)
    with pytest.raises(WrongState, match=f"{rep} has picked it up already"):
        services.pick_up(requested, actor=colleague, moment=LATER)
    requested.refresh_from_db()
    assert requested.owner == rep


@pytest.mark.parametrize("who", ["other_rep", "finance", "contact", "foreign_rep"])
def test_who_may_not_pick_up_nor_decline(
    requested: CreditNote, who: str, request: pytest.FixtureRequest
) -> None:
    person = request.getfixturevalue(who)
    with pytest.raises(NotAllowed):
        services.pick_up(requested, actor=person, moment=LATER)
    with pytest.raises(NotAllowed):
        services.decline(requested, actor=person, moment=LATER, comment="No.")


@pytest.mark.usefixtures("policy")
def test_neither_who_requested_nor_who_picked_up_decides(
    requested: CreditNote, manager: User
) -> None:
    """The manager picked it up, so finance decides."""
    note = services.pick_up(requested, actor=manager, moment=LATER)
    note = approvals.submit(note, actor=manager, moment=LATER)
    with pytest.raises(NotAllowed):
        approvals.approve(note, actor=manager, moment=LATER)
    assert [step.role for step in note.steps.all()] == ["finance"]


def test_the_contact_may_add_evidence_while_it_is_worked_on(
    requested: CreditNote, rep: User, contact: User
) -> None:
    note = services.pick_up(requested, actor=rep, moment=LATER)
    services.attach(note, factories.photo(), actor=contact, moment=LATER)
    assert note.attachments.get().added_by == contact


# Decline ----------------------------------------------------------------------


def test_a_rep_declines_with_words_for_the_customer(requested: CreditNote, rep: User) -> None:
    note = services.decline(requested, actor=rep, moment=LATER, comment="The slip says all came.")
    assert note.state == State.REJECTED
    event = note.events.latest("pk")
    assert (event.kind, event.comment) == (Event.Kind.REJECTED, "The slip says all came.")


@pytest.mark.parametrize("comment", ["", "  \n"])
def test_without_words_it_is_not_declined(requested: CreditNote, rep: User, comment: str) -> None:
    with pytest.raises(Incomplete) as refusal:
        services.decline(requested, actor=rep, moment=LATER, comment=comment)
    assert refusal.value.field == "comment"
    requested.refresh_from_db()
    assert requested.state == State.REQUESTED


def test_only_a_request_is_declined(invoice: Invoice, rep: User) -> None:
    note = factories.draft_note(invoice, rep)
    with pytest.raises(WrongState):
        services.decline(note, actor=rep, moment=LATER, comment="No.")


def test_declined_twice(requested: CreditNote, rep: User) -> None:
    services.decline(requested, actor=rep, moment=LATER, comment="No.")
    with pytest.raises(WrongState, match="rejected"):
        services.decline(requested, actor=rep, moment=LATER, comment="No.")

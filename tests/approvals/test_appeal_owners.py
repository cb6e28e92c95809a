"""Who has a note after an appeal: its customer's own people who are here, else nobody yet."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.mail import EmailMultiAlternatives
from django.test import Client

from approvals import services
from approvals.models import ApprovalLimit, Delegation
from creditnotes import services as creditnote_services
from creditnotes.models import Appeal, CreditNote, Event, Message, State
from customers.errors import NotAllowed, Refusal
from customers.models import Customer, Invoice, User
from tests import factories
from tests.delivering import deliver_all
from tests.refusing import database_refuses

SignIn = Callable[[User], Client]
NOW = factories.MOMENT
LATER = NOW + timedelta(days=2)


@pytest.fixture
def declined(invoice: Invoice, contact: User, rep: User, manager: User) -> CreditNote:
    """A rep said no, and no manager leads the department any more."""
    factories.policy(invoice.company)
    draft = factories.draft_note(invoice, contact, factories.claim(invoice, 1, "2"))
    creditnote_services.request(draft, actor=contact, moment=NOW)
    declined = services.decline(draft, actor=rep, moment=NOW, comment="Too late.")
    department = invoice.customer.department
    department.manager = None
    department.save()
    return declined


@pytest.fixture
def rejected(
    invoice: Invoice, contact: User, rep: User, manager: User, finance: User
) -> CreditNote:
    note = factories.asked_for(invoice, contact, rep, factories.claim(invoice, 1, "2"))
    return services.reject(note, actor=manager, moment=NOW, comment="The slip was signed.")


def appeal(note: CreditNote, contact: User) -> CreditNote:
    note = CreditNote.objects.get(pk=note.pk)
    return services.appeal(note, actor=contact, moment=LATER, words="Look at the photo.")


def test_the_customers_own_rep_has_it(
    declined: CreditNote, contact: User, customer: Customer, colleague: User
) -> None:
    Customer.objects.filter(pk=customer.pk).update(account_manager=colleague)
    again = appeal(declined, contact)
    assert (again.state, again.owner) == (State.DRAFT, colleague)


def test_else_it_is_nobodys_and_stands_in_the_inbox(
    declined: CreditNote,
    contact: User,
    rep: User,
    colleague: User,
    client_of: SignIn,
    mailoutbox: list[EmailMultiAlternatives],
) -> None:
    third = factories.person("Tara Third", "Reps", rep.company, declined.customer.department)  # type: ignore[arg-type]
    again = appeal(declined, contact)
    assert (again.state, again.owner) == (State.REQUESTED, None)
    mailoutbox.clear()
    deliver_all()
    told = {mail.to[0] for mail in mailoutbox if "appeals" in mail.subject}
    assert len(told) == 2
    assert not any(rep.email in address for address in told)
    assert third.news.filter(event__kind=Event.Kind.APPEALED).exists()
    assert f">{again}</a>" in client_of(colleague).get("/requests/").content.decode()
    taken = creditnote_services.pick_up(again, actor=colleague, moment=LATER)
    assert taken.owner == colleague


def test_whoever_said_no_neither_takes_nor_declines_it(
    declined: CreditNote, contact: User, rep: User, colleague: User
) -> None:
    again = appeal(declined, contact)
    with pytest.raises(NotAllowed, match="said no to it before"):
        creditnote_services.pick_up(again, actor=rep, moment=LATER)
    with pytest.raises(NotAllowed, match="said no to it before"):
        services.decline(again, actor=rep, moment=LATER, comment="No.")
    assert list(creditnote_services.who_can_have(again)) == [colleague, _manager(again)]
    done = services.decline(again, actor=colleague, moment=LATER, comment="It was signed for.")
    assert done.state == State.REJECTED


def _manager(note: CreditNote) -> User:
    return User.objects.get(full_name="Manon Manager")


def test_where_nobody_else_serves_them_it_is_refused(
    declined: CreditNote, contact: User, manager: User
) -> None:
    manager.is_active = False
    manager.save()
    with pytest.raises(Refusal, match="nobody above"):
        appeal(declined, contact)


@pytest.mark.parametrize("has_own_rep", [True, False])
def test_whoever_left_has_it_no_more(
    has_own_rep: bool, rejected: CreditNote, contact: User, rep: User, colleague: User
) -> None:
    rep.is_active = False
    rep.save()
    if has_own_rep:
        Customer.objects.update(account_manager=colleague)
    again = appeal(rejected, contact)
    assert again.owner == (colleague if has_own_rep else None)
    assert again.state == State.SUBMITTED


def test_whoever_is_here_keeps_it(rejected: CreditNote, contact: User, rep: User) -> None:
    assert appeal(rejected, contact).owner == rep


# Who decides ------------------------------------------------------------------------------


def test_a_stand_in_decides_within_the_limit_of_whose_step_it_is(
    rejected: CreditNote, contact: User, finance: User, other_manager: User
) -> None:
    _away(finance, other_manager)
    ApprovalLimit.objects.create(company=rejected.company, user=other_manager, amount=1)
    note = appeal(rejected, contact)
    done = services.approve(note, actor=other_manager, moment=LATER)
    assert done.state == State.APPROVED
    decision = done.decisions.latest("pk")
    assert (decision.actor, decision.on_behalf_of) == (other_manager, finance)


def test_whoever_said_no_does_not_stand_in_for_who_decides(
    rejected: CreditNote, contact: User, finance: User, manager: User
) -> None:
    _away(finance, manager)
    note = appeal(rejected, contact)
    with pytest.raises(NotAllowed, match="took part"):
        services.approve(note, actor=manager, moment=LATER)


def _away(person: User, stand_in: User) -> None:
    week = timedelta(days=7)
    Delegation.objects.create(
        delegator=person, delegate=stand_in, starts_at=NOW - week, ends_at=NOW + week
    )


# The database -----------------------------------------------------------------------------


def test_an_appeal_names_who_said_no(rejected: CreditNote, contact: User, finance: User) -> None:
    """Else they could decide on it."""
    rejected.participants.create(user=finance, since=NOW)
    with database_refuses("an appeal against somebody else"):
        Appeal.objects.create(
            note=rejected,
            kind=Appeal.Of.REJECTION,
            words="Look.",
            against=finance,
            said_no_at=NOW,
            appealed_by=contact,
            appealed_at=LATER,
        )


def test_no_event_says_that_they_answered_it(
    declined: CreditNote, contact: User, rep: User, colleague: User
) -> None:
    again = appeal(declined, contact)
    with database_refuses("who said no would decide again"):
        again.events.create(
            kind=Event.Kind.REJECTED, actor=rep, new_state=State.REJECTED, happened_at=LATER
        )


def test_a_message_is_by_a_contact_of_that_customer(
    rejected: CreditNote, contact: User, stranger_contact: User
) -> None:
    said = {"from_customer": True, "text": "Hello", "written_at": NOW}
    with database_refuses("a message from another customer"):
        Message.objects.create(note=rejected, author=stranger_contact, **said)
    Message.objects.create(note=rejected, author=contact, **said)

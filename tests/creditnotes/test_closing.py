"""Withdraw, cancel, and reservations that expire: each releases what was reserved."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.conf import settings

from approvals import services as approvals
from creditnotes import services
from creditnotes.models import CreditableLine, CreditableTax, CreditNote, Event, Hold, State
from creditnotes.tasks import release_expired_reservations
from customers.errors import Incomplete, NotAllowed, OverCredit, WrongState
from customers.models import Invoice, User
from tests import factories
from tests.factories import MOMENT, claim

pytestmark = pytest.mark.usefixtures("policy")

LATER = MOMENT + timedelta(hours=1)
Made = Callable[[Invoice, User], CreditNote]


def nothing_is_held() -> bool:
    lines, taxes = CreditableLine.objects.all(), CreditableTax.objects.all()
    return all(line.reserved_net == line.issued_net == 0 for line in lines) and all(
        tax.reserved_amount == tax.issued_amount == 0 for tax in taxes
    )


def returned(invoice: Invoice, rep: User) -> CreditNote:
    note = factories.submitted_note(invoice, rep, claim(invoice, quantity="10"))
    manager = User.objects.get(assignments__step__note=note)
    return approvals.return_for_changes(note, actor=manager, moment=MOMENT, comment="Why?")


# Withdraw ---------------------------------------------------------------------


@pytest.mark.parametrize("made", [factories.draft_note, factories.submitted_note, returned])
def test_whoever_raised_it_takes_it_back(invoice: Invoice, rep: User, made: Made) -> None:
    note = approvals.withdraw(made(invoice, rep), actor=rep, moment=LATER, comment="Found them.")
    assert (note.state, note.hold) == (State.WITHDRAWN, Hold.NONE)
    assert nothing_is_held()
    assert not note.steps.filter(status__in=["open", "waiting"]).exists()
    assert note.events.latest("pk").comment == "Found them."


@pytest.mark.parametrize("made", [factories.approved_note, factories.issued_note])
def test_what_was_approved_is_not_withdrawn(invoice: Invoice, rep: User, made: Made) -> None:
    note = made(invoice, rep)
    with pytest.raises(WrongState):
        approvals.withdraw(note, actor=rep, moment=LATER)
    assert not note.steps.filter(status="dropped").exists()


def test_withdrawn_twice(invoice: Invoice, rep: User) -> None:
    note = factories.draft_note(invoice, rep)
    approvals.withdraw(note, actor=rep, moment=LATER)
    with pytest.raises(WrongState, match="withdrawn"):
        approvals.withdraw(note, actor=rep, moment=LATER)


@pytest.mark.parametrize("who", ["colleague", "manager", "finance", "contact", "other_rep"])
def test_others_do_not_withdraw_it(
    invoice: Invoice, rep: User, who: str, request: pytest.FixtureRequest
) -> None:
    note = factories.submitted_note(invoice, rep)
    with pytest.raises(NotAllowed):
        approvals.withdraw(note, actor=request.getfixturevalue(who), moment=LATER)
    assert note.steps.get().status == "open", "a refused withdrawal drops no step"


def test_contact_and_rep_may_both_withdraw_what_one_asked_and_the_other_took_over(
    invoice: Invoice, rep: User, contact: User
) -> None:
    for person in (rep, contact):
        note = factories.draft_note(invoice, contact)
        services.request(note, actor=contact, moment=MOMENT)
        services.pick_up(note, actor=rep, moment=MOMENT)
        assert services.withdraw(note, actor=person, moment=LATER).state == State.WITHDRAWN


# Cancel -----------------------------------------------------------------------


def test_finance_stops_an_approved_note(invoice: Invoice, rep: User, finance: User) -> None:
    note = factories.approved_note(invoice, rep)
    note = services.cancel(note, actor=finance, moment=LATER, comment="The goods were found.")
    assert (note.state, note.hold) == (State.CANCELLED, Hold.NONE)
    assert nothing_is_held()
    assert note.events.latest("pk").kind == Event.Kind.CANCELLED


def test_cancelling_needs_a_reason(invoice: Invoice, rep: User, finance: User) -> None:
    note = factories.approved_note(invoice, rep)
    with pytest.raises(Incomplete) as refusal:
        services.cancel(note, actor=finance, moment=LATER, comment=" ")
    assert refusal.value.field == "comment"


@pytest.mark.parametrize(
    "made", [factories.draft_note, factories.submitted_note, factories.issued_note]
)
def test_only_what_is_approved_is_cancelled(
    invoice: Invoice, rep: User, finance: User, made: Made
) -> None:
    with pytest.raises(WrongState):
        services.cancel(made(invoice, rep), actor=finance, moment=LATER, comment="No.")


@pytest.mark.parametrize("who", ["rep", "manager", "contact", "foreign_finance"])
def test_only_the_companys_finance_cancels(
    invoice: Invoice, rep: User, who: str, request: pytest.FixtureRequest
) -> None:
    note = factories.approved_note(invoice, rep)
    with pytest.raises(NotAllowed):
        services.cancel(note, actor=request.getfixturevalue(who), moment=LATER, comment="No.")


# Reservations that expire -----------------------------------------------------


def test_a_returned_note_gives_its_reservation_up_when_its_time_is_up(
    invoice: Invoice, rep: User
) -> None:
    note = returned(invoice, rep)
    assert note.reserved_until == MOMENT + settings.RETURNED_RESERVATION
    early = services.expire_reservation(note, moment=note.reserved_until - timedelta(seconds=1))
    assert early.hold == Hold.RESERVED
    late = services.expire_reservation(note, moment=note.reserved_until)
    assert (late.state, late.hold, late.reserved_until) == (State.RETURNED, Hold.NONE, None)
    assert nothing_is_held()
    assert late.events.latest("pk").kind == Event.Kind.RESERVATION_EXPIRED


def test_expiring_twice_happens_once(invoice: Invoice, rep: User) -> None:
    note = returned(invoice, rep)
    for _ in range(2):
        services.expire_reservation(note, moment=MOMENT + timedelta(days=60))
    assert note.events.filter(kind=Event.Kind.RESERVATION_EXPIRED).count() == 1


def test_the_sweep_finds_what_has_expired(invoice: Invoice, rep: User) -> None:
    """It was returned months before the clock of this machine."""
    note = returned(invoice, rep)
    release_expired_reservations()
    note.refresh_from_db()
    assert note.hold == Hold.NONE


def test_somebody_else_may_take_what_expired_and_then_it_is_gone(
    invoice: Invoice, rep: User, colleague: User
) -> None:
    note = returned(invoice, rep)
    services.expire_reservation(note, moment=MOMENT + timedelta(days=60))
    factories.submitted_note(invoice, colleague, claim(invoice, quantity="10"))
    with pytest.raises(OverCredit, match="Only 0"):
        approvals.submit(note, actor=rep, moment=MOMENT + timedelta(days=61))


def test_what_was_submitted_again_does_not_expire(invoice: Invoice, rep: User) -> None:
    note = approvals.submit(returned(invoice, rep), actor=rep, moment=LATER)
    services.expire_reservation(note, moment=MOMENT + timedelta(days=60))
    note.refresh_from_db()
    assert (note.state, note.hold) == (State.SUBMITTED, Hold.RESERVED)

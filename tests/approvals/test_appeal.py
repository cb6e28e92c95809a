"""Appealing: once, in time, with words, to somebody above whoever said no."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from approvals import services
from approvals.appealing import may_appeal, rest_of
from approvals.escalation import next_in_line
from approvals.models import ApprovalLimit, Assignment, Decision, Step
from approvals.reassigning import successors
from creditnotes import services as creditnote_services
from creditnotes.content import Content
from creditnotes.models import Appeal, CreditableLine, CreditNote, Event, Hold, Reason, State
from customers.access import FINANCE, MANAGERS
from customers.errors import Incomplete, NotAllowed, OverCredit, Refusal, WrongState
from customers.models import Company, Customer, Invoice, User
from tests import factories
from tests.delivering import deliver_all
from tests.racing import at_once, refusals
from tests.refusing import database_refuses, sql

SignIn = Callable[[User], Client]
NOW = factories.MOMENT
LATER = NOW + timedelta(days=2)
WORDS = "Both were split: look at the second photo."


def rejected(invoice: Invoice, contact: User, rep: User, manager: User) -> CreditNote:
    """Asked for by the contact, submitted by the rep, rejected by the manager."""
    note = factories.asked_for(invoice, contact, rep, factories.claim(invoice, 1, "2"))
    return services.reject(note, actor=manager, moment=NOW, comment="The slip was signed.")


@pytest.fixture
def note(invoice: Invoice, contact: User, rep: User, manager: User, finance: User) -> CreditNote:
    return rejected(invoice, contact, rep, manager)


@pytest.fixture
def declined(invoice: Invoice, contact: User, rep: User, manager: User) -> CreditNote:
    """Nobody decided on it: a rep said no."""
    factories.policy(invoice.company)
    draft = factories.draft_note(invoice, contact, factories.claim(invoice, 1, "2"))
    creditnote_services.request(draft, actor=contact, moment=NOW)
    return creditnote_services.decline(draft, actor=rep, moment=NOW, comment="Too late.")


@pytest.fixture
def part(invoice: Invoice, contact: User, rep: User, manager: User, finance: User) -> CreditNote:
    """Four were asked for, one granted."""
    note = factories.asked_for(invoice, contact, rep, factories.claim(invoice, 1, "4"))
    return services.approve_for_less(
        note, actor=manager, moment=NOW, wanted={0: Decimal(1)}, comment="One was split."
    )


def appeal(note: CreditNote, actor: User, **more: object) -> CreditNote:
    values = {"moment": LATER, "words": WORDS} | more
    return services.appeal(note, actor=actor, **values)  # type: ignore[arg-type]


def asked(note: CreditNote) -> set[str]:
    """Whom the submission of now asks."""
    steps = note.steps.filter(submission=note.submissions)
    return {str(user) for step in steps for user in User.objects.filter(assignments__step=step)}


# What is rejected -------------------------------------------------------------------------


def test_it_is_submitted_one_tier_up_and_reserves_again(note: CreditNote, contact: User) -> None:
    before = note.content_hash
    again = appeal(note, contact)
    assert (again.state, again.hold, again.submissions) == (State.SUBMITTED, Hold.RESERVED, 2)
    assert again.content_hash == before
    assert asked(again) == {"Fiona Finance"}
    counter = CreditableLine.objects.get(pk=again.lines.get().creditable_id)
    assert counter.reserved_quantity == 2
    event = again.events.get(kind=Event.Kind.APPEALED)
    assert (event.old_state, event.new_state, event.comment) == ("rejected", "submitted", WORDS)
    made = again.appeal
    assert (made.kind, str(made.against), made.said_no) == (
        "rejection",
        "Manon Manager",
        "The slip was signed.",
    )


def test_whoever_is_above_may_grant_it(note: CreditNote, contact: User, finance: User) -> None:
    again = appeal(note, contact)
    done = services.approve(again, actor=finance, moment=LATER)
    assert done.state == State.APPROVED


def test_nobody_decides_on_an_appeal_of_their_own_no(
    note: CreditNote, contact: User, manager: User, finance: User
) -> None:
    again = appeal(note, contact)
    with pytest.raises(NotAllowed):
        services.approve(again, actor=manager, moment=LATER)
    step = again.steps.get(status="open")
    Assignment.objects.create(step=step, user=manager)
    with database_refuses("nobody approves their own"):
        Decision.objects.create(
            step=step,
            note=again,
            actor=manager,
            verdict="approve",
            content_hash=again.content_hash,
            limit=None,
            decided_at=LATER,
        )


def test_who_has_no_limit_is_followed_by_another_without_one(
    large_invoice: Invoice,
    contact: User,
    rep: User,
    manager: User,
    finance: User,
    second_finance: User,
) -> None:
    claim = factories.claim(large_invoice, quantity="50")
    note = factories.asked_for(large_invoice, contact, rep, claim)
    note = services.endorse(note, actor=manager, moment=NOW)
    note = services.reject(note, actor=finance, moment=NOW, comment="Not so.")
    assert asked(appeal(note, contact)) == {"Farid Finance"}


def test_where_nobody_is_above_it_is_refused_with_the_reason_and_nothing_changes(
    large_invoice: Invoice, contact: User, rep: User, manager: User, finance: User
) -> None:
    claim = factories.claim(large_invoice, quantity="50")
    note = factories.asked_for(large_invoice, contact, rep, claim)
    note = services.endorse(note, actor=manager, moment=NOW)
    note = services.reject(note, actor=finance, moment=NOW, comment="Not so.")
    with pytest.raises(Refusal, match="nobody above"):
        appeal(note, contact)
    note.refresh_from_db()
    assert (note.state, Appeal.objects.count()) == (State.REJECTED, 0)


def test_it_is_not_handed_back_down(
    note: CreditNote,
    contact: User,
    finance: User,
    other_manager: User,
    admin: User,
) -> None:
    """Whoever said no had a limit of 1,000: nobody whose limit is no higher is chosen."""
    above = ApprovalLimit.objects.create(company=note.company, user=other_manager, amount=1000)
    finance.reports_to = other_manager
    finance.save()
    assignment = Assignment.objects.get(step__note=appeal(note, contact), step__status="open")
    assert assignment.user == finance
    assert successors(assignment) == []
    above.amount = Decimal(1001)
    above.save()
    note.company.refresh_from_db()
    assignment = Assignment.objects.get(pk=assignment.pk)
    assert [each.user for each in successors(assignment)] == [other_manager]
    other = factories.person("Frida Finance", FINANCE, note.company)
    ApprovalLimit.objects.create(company=note.company, user=other, amount=1000)
    with pytest.raises(Refusal, match=r"may approve no more than Manon Manager"):
        services.close_account(finance, other, actor=admin, moment=timezone.now())


def test_why_it_came_to_them_is_written_down(
    client_of: SignIn, note: CreditNote, contact: User, finance: User
) -> None:
    again = appeal(note, contact)
    record = again.routings.get(submission=2).chain
    assert record["above"] == {"name": "Manon Manager", "limit": "1000.00"}
    assert record["skipped"] == [["department_manager", "not above"]]
    page = client_of(finance).get(f"/approvals/{note.pk}/why/").content.decode()
    assert "Manon Manager decided before, with a limit of $1,000.00" in page
    table = client_of(finance).get(f"/approvals/{note.pk}/why/?as=csv")
    rows = b"".join(table.streaming_content).decode()  # type: ignore[attr-defined]
    assert "Appeal,Manon Manager,above them,1000.00" in rows
    page = client_of(finance).get(f"/approvals/{note.pk}/").content.decode()
    for words in ("The customer appeals", WORDS, "The slip was signed.", "limit is higher"):
        assert words in page


# Once, in time, with words ----------------------------------------------------------------


def test_it_is_done_once(note: CreditNote, contact: User, finance: User) -> None:
    again = appeal(note, contact)
    again = services.reject(again, actor=finance, moment=LATER, comment="No.")
    with pytest.raises(WrongState, match="once"):
        appeal(again, contact)
    with database_refuses("reopened without an appeal"):
        sql("UPDATE creditnotes_creditnote SET state = 'draft' WHERE id = %s", note.pk)


def test_it_says_why(note: CreditNote, contact: User) -> None:
    with pytest.raises(Incomplete):
        appeal(note, contact, words=" \n ")


def test_the_last_day_is_still_in_time_and_the_next_is_not(
    note: CreditNote, contact: User, manager: User, company: Company
) -> None:
    company.appeal_days = 5
    company.save()
    with pytest.raises(WrongState, match="2026-03-15"):
        appeal(note, contact, moment=NOW + timedelta(days=6))
    with database_refuses("appealed after its time"):
        Appeal.objects.create(
            note=note,
            kind="rejection",
            words="x",
            against=manager,
            said_no_at=NOW,
            appealed_by=contact,
            appealed_at=NOW + timedelta(days=6),
        )
    assert appeal(note, contact, moment=NOW + timedelta(days=5)).state == State.SUBMITTED


def test_where_the_credit_is_used_up_meanwhile_it_says_so(
    note: CreditNote, contact: User, rep: User, invoice: Invoice
) -> None:
    factories.issued_note(invoice, rep, factories.claim(invoice, 1, "9"))
    with pytest.raises(OverCredit):
        appeal(note, contact)
    note.refresh_from_db()
    assert (note.state, Appeal.objects.count()) == (State.REJECTED, 0)


def test_who_may(
    note: CreditNote,
    customer: Customer,
    stranger_contact: User,
    other_rep: User,
    finance: User,
    colleague: User,
) -> None:
    for person in (stranger_contact, other_rep, finance):
        with pytest.raises(NotAllowed):
            appeal(note, person)
    again = appeal(note, colleague)
    assert again.appeal.is_by_us
    with pytest.raises(WrongState):
        appeal(again, factories.contact(customer, "Carol Colleague"))


def test_what_was_not_refused_has_no_appeal(invoice: Invoice, rep: User) -> None:
    note = factories.issued_note(invoice, rep)
    with pytest.raises(WrongState, match="nothing"):
        appeal(note, rep)


# What was declined ------------------------------------------------------------------------


def test_a_declined_request_goes_to_the_manager(
    declined: CreditNote, contact: User, manager: User, rep: User
) -> None:
    again = appeal(declined, contact)
    assert (again.state, again.owner, again.hold) == (State.DRAFT, manager, Hold.NONE)
    deliver_all()
    assert manager.news.filter(event__kind=Event.Kind.APPEALED).exists()
    assert again.participants.filter(user=rep).exists()
    assert CreditNote.objects.shown_to_contact(contact).filter(pk=again.pk).exists()
    done = services.submit(again, actor=rep, moment=LATER)
    assert asked(done) == {"Manon Manager"}


# A part -----------------------------------------------------------------------------------


def test_a_part_is_kept_and_a_linked_note_asks_for_the_rest(
    part: CreditNote, contact: User, rep: User, manager: User
) -> None:
    rest = appeal(part, contact)
    part.refresh_from_db()
    assert part.state == State.APPROVED
    assert rest.pk != part.pk
    assert rest.state == State.SUBMITTED
    assert rest.lines.get().quantity == 3
    assert rest.owner == rep
    assert part.appeal.raised == rest
    assert asked(rest) == {"Fiona Finance"}
    assert rest.participants.filter(user=manager).exists()
    with pytest.raises(WrongState, match="once"):
        appeal(part, contact)


def test_the_appeal_of_a_part_is_not_appealed_again(
    part: CreditNote, contact: User, finance: User
) -> None:
    rest = services.reject(appeal(part, contact), actor=finance, moment=LATER, comment="No.")
    with pytest.raises(WrongState, match="once"):
        appeal(rest, contact)


def test_what_a_rep_left_out_may_be_appealed_too(
    invoice: Invoice, contact: User, rep: User, manager: User, finance: User
) -> None:
    factories.policy(invoice.company)
    note = factories.draft_note(invoice, contact, factories.claim(invoice, 1, "4"))
    creditnote_services.request(note, actor=contact, moment=NOW)
    note = creditnote_services.pick_up(note, actor=rep, moment=NOW)
    content = Content(
        reason=note.reason, claims=[factories.claim(invoice, 1, "1")], explanation="One was split."
    )
    note = creditnote_services.edit(note, content, actor=rep, moment=NOW)
    note = services.submit(note, actor=rep, moment=NOW)
    note = services.approve(note, actor=manager, moment=NOW)
    assert appeal(note, contact).lines.get().quantity == 3


# Two taps ---------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_of_two_taps_one_appeals(note: CreditNote, contact: User) -> None:
    assert not connection.in_atomic_block
    outcomes = at_once(*[lambda: appeal(note, contact)] * 2)
    assert [type(each) for each in refusals(outcomes)] == [WrongState]
    assert Appeal.objects.count() == 1
    assert CreditNote.objects.get().submissions == 2


# Only once, and only upwards ----------------------------------------------------------------


def test_recalled_and_submitted_anew_it_still_goes_up(
    note: CreditNote, contact: User, rep: User
) -> None:
    factories.policy(note.company, name="Small ones pass", position=1, auto_approval_limit=1000)
    appeal(note, contact)
    services.recall(note, actor=rep, moment=LATER)
    again = services.submit(note, actor=rep, moment=LATER)
    assert (again.state, asked(again)) == (State.SUBMITTED, {"Fiona Finance"})


def test_returned_and_changed_it_still_goes_up(
    note: CreditNote, contact: User, rep: User, finance: User, invoice: Invoice
) -> None:
    appeal(note, contact)
    services.return_for_changes(note, actor=finance, moment=LATER, comment="One only?")
    content = Content(
        reason=note.reason, claims=[factories.claim(invoice, 1, "1")], explanation="One was split."
    )
    creditnote_services.edit(note, content, actor=rep, moment=LATER)
    assert asked(services.submit(note, actor=rep, moment=LATER)) == {"Fiona Finance"}


def test_a_rep_does_not_decline_what_is_decided_above(
    note: CreditNote, contact: User, rep: User
) -> None:
    appeal(note, contact)
    services.recall(note, actor=rep, moment=LATER)
    with pytest.raises(NotAllowed, match="Somebody above decides"):
        creditnote_services.decline(note, actor=rep, moment=LATER, comment="No, again.")


def test_who_declined_does_not_decline_the_appeal_but_who_has_it_may(
    declined: CreditNote, contact: User, rep: User, manager: User
) -> None:
    appeal(declined, contact)
    with pytest.raises(NotAllowed, match="Manon Manager answers the appeal"):
        creditnote_services.decline(declined, actor=rep, moment=LATER, comment="No, again.")
    no = creditnote_services.decline(declined, actor=manager, moment=LATER, comment="It was late.")
    assert no.state == State.REJECTED


def test_what_fees_keep_back_does_not_hide_that_less_was_granted(
    invoice: Invoice, contact: User, rep: User, manager: User, reason: Reason
) -> None:
    """Ten are asked for less fifteen per cent, nine are granted: one piece is left to ask for."""
    Reason.objects.filter(pk=reason.pk).update(restocking_fee=15, needs_return=True)
    asked_for = factories.asked_for(invoice, contact, rep, factories.claim(invoice, 1, "10"))
    note = services.approve_for_less(
        asked_for, actor=manager, moment=NOW, wanted={0: Decimal(9)}, comment="One was whole."
    )
    assert note.lines.get().fee > 0
    (claim,) = rest_of(note)
    assert claim.quantity == 1


def test_what_was_proposed_among_us_is_not_a_customers_to_appeal(
    invoice: Invoice, contact: User, rep: User, manager: User
) -> None:
    """A rep began it with four, one was granted: the contact was never told of the four."""
    factories.policy(invoice.company)
    submitted = factories.submitted_note(invoice, rep, factories.claim(invoice, 1, "4"))
    begun = services.approve_for_less(
        submitted, actor=manager, moment=NOW, wanted={0: Decimal(1)}, comment="One."
    )
    assert may_appeal(rep, begun, NOW)
    assert not may_appeal(contact, begun, NOW)
    with pytest.raises(NotAllowed):
        appeal(begun, contact)


def test_it_is_escalated_to_nobody_below_who_said_no(
    note: CreditNote, contact: User, finance: User
) -> None:
    """The manager, whose limit is 1000, said no; finance is asked, then a superior of theirs."""
    step = appeal(note, contact).steps.latest("pk")
    for name, limit, expected in (("Lou Low", 900, []), ("Hana High", 5000, ["Hana High"])):
        boss = factories.person(name, MANAGERS, note.company)
        ApprovalLimit.objects.create(company=note.company, user=boss, amount=limit)
        User.objects.filter(pk=finance.pk).update(reports_to=boss)
        asked_besides = next_in_line(Step.objects.get(pk=step.pk))
        assert [str(person) for person, _role in asked_besides] == expected

"""Handing an open step to somebody else: who may, to whom, and what stays on record."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from django.core.mail import EmailMultiAlternatives
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from approvals import services
from approvals.emails import who_decide
from approvals.mail_links import token_for
from approvals.models import ApprovalLimit, Assignment, Decision, Delegation, Pool, Role, Step
from approvals.reassigning import successors
from creditnotes.models import CreditNote, Event, News, State
from customers.errors import Incomplete, NotAllowed, Refusal, WrongState
from customers.models import Department, Invoice, User
from tests import factories
from tests.delivering import deliver_all
from tests.factories import MOMENT, claim
from tests.racing import at_once, refusals
from tests.refusing import database_refuses

pytestmark = pytest.mark.usefixtures("policy")

LATER = MOMENT + timedelta(hours=1)
SignIn = Callable[[User], Client]
Outbox = list[EmailMultiAlternatives]


@pytest.fixture
def note(invoice: Invoice, rep: User, other_manager: User) -> CreditNote:
    """Waits for the manager alone."""
    return factories.submitted_note(invoice, rep)


@pytest.fixture
def large(large_invoice: Invoice, rep: User, other_manager: User) -> CreditNote:
    """Waits for the manager's endorsement, then for finance."""
    return factories.submitted_note(large_invoice, rep, claim(large_invoice, quantity="50"))


def asked(note: CreditNote) -> Assignment:
    """Whom the open step asks now."""
    found: Assignment = Assignment.objects.get(
        step__note=note, step__status=Step.Status.OPEN, replaced_by=None
    )
    return found


def give(
    note: CreditNote, to: User, actor: User, comment: str = "You know the yard."
) -> Assignment:
    return services.reassign(asked(note), actor=actor, moment=LATER, to=to, comment=comment)


def offered(note: CreditNote) -> set[User]:
    return {each.user for each in successors(asked(note))}


def test_it_goes_to_another_who_decides_while_the_clock_runs_on(
    note: CreditNote, manager: User, other_manager: User
) -> None:
    before = note.steps.get()
    given = give(note, other_manager, manager)
    step = note.steps.get()
    assert (step.due_at, step.remind_at) == (before.due_at, before.remind_at)
    assert (given.cause, given.asked_as) == (Assignment.Cause.REASSIGNED, Role.DEPARTMENT_MANAGER)
    assert given.replaces is not None
    assert given.replaces.user == manager
    assert list(Step.objects.decidable_by(other_manager)) == [step]
    assert not Step.objects.decidable_by(manager).exists()
    event = note.events.get(kind=Event.Kind.REASSIGNED)
    assert (event.actor, event.comment) == (manager, "You know the yard.")
    assert event.words == "Reassigned from Manon Manager to Oscar Othermanager"
    with pytest.raises(NotAllowed, match="Oscar Othermanager decides now in your place"):
        services.approve(note, actor=manager, moment=LATER)
    assert services.approve(note, actor=other_manager, moment=LATER).state == State.APPROVED


def test_it_may_come_back(note: CreditNote, manager: User, other_manager: User) -> None:
    give(note, other_manager, manager)
    give(note, manager, other_manager, "It is yours after all.")
    assert services.approve(note, actor=manager, moment=LATER).state == State.APPROVED


def test_only_those_who_could_decide_are_offered(
    note: CreditNote,
    large: CreditNote,
    manager: User,
    other_manager: User,
    finance: User,
    second_finance: User,
    rep: User,
    colleague: User,
    contact: User,
    foreign_manager: User,
) -> None:
    assert offered(note) == {other_manager, finance, second_finance}
    assert offered(large) == {other_manager, second_finance}, "the other decides afterwards"
    services.endorse(large, actor=manager, moment=LATER)
    step = large.steps.get(status=Step.Status.OPEN)
    one = step.assignments.get(user=finance)
    assert [each.user for each in successors(one)] == [second_finance]
    for person in (rep, colleague, contact, foreign_manager, manager):
        with pytest.raises(Refusal) as refusal:
            give(note, person, manager)
        assert refusal.value.field == "to"


def test_a_limit_counts_on_the_final_step(
    note: CreditNote, manager: User, other_manager: User
) -> None:
    ApprovalLimit.objects.create(company=note.company, user=other_manager, amount=5)
    assert other_manager not in offered(note)
    ApprovalLimit.objects.filter(user=other_manager).update(amount=note.total)
    assert other_manager in offered(note)


def test_whoever_said_yes_is_not_asked_again(
    large: CreditNote, manager: User, other_manager: User, finance: User
) -> None:
    User.objects.filter(pk=finance.pk).update(reports_to=manager)
    ApprovalLimit.objects.create(company=large.company, user=manager, amount=None)
    services.endorse(large, actor=manager, moment=LATER)
    assert manager not in offered(large)


def test_a_pool_hands_on_within_itself_or_up_the_line(
    invoice: Invoice, rep: User, manager: User, other_manager: User, colleague: User, finance: User
) -> None:
    policy = factories.policy(invoice.company)
    policy.steps.all().delete()
    pool = Pool.objects.create(company=invoice.company, name="Yard")
    pool.members.add(manager)
    policy.steps.create(position=1, role=Role.POOL, pool=pool)
    ApprovalLimit.objects.create(company=invoice.company, role=Role.POOL, amount=None)
    note = factories.submitted_note(invoice, rep)
    assert offered(note) == set()
    pool.members.add(other_manager)
    assert offered(note) == {other_manager}
    User.objects.filter(pk=manager.pk).update(reports_to=colleague)
    ApprovalLimit.objects.create(company=invoice.company, user=colleague, amount=None)
    assert offered(note) == {other_manager, colleague}
    given = give(note, colleague, manager)
    assert given.asked_as == Role.MANAGEMENT
    assert services.approve(note, actor=colleague, moment=LATER).state == State.APPROVED


def test_the_asked_their_superiors_and_admins_hand_on_nobody_else(
    note: CreditNote,
    manager: User,
    other_manager: User,
    finance: User,
    second_finance: User,
    admin: User,
    rep: User,
) -> None:
    for person in (finance, rep, other_manager):
        with pytest.raises(NotAllowed, match="Only Manon Manager"):
            give(note, other_manager, person)
    User.objects.filter(pk=manager.pk).update(reports_to=second_finance)
    User.objects.filter(pk=second_finance.pk).update(reports_to=finance)
    give(note, other_manager, finance)
    give(note, manager, admin)
    assert asked(note).user == manager


def test_who_took_part_does_not_choose_who_decides(
    invoice: Invoice, manager: User, other_manager: User, rep: User, admin: User
) -> None:
    User.objects.filter(pk=manager.pk).update(reports_to=rep)
    note = factories.submitted_note(invoice, rep)
    with pytest.raises(NotAllowed, match="you don't choose"):
        give(note, other_manager, rep)


def test_who_has_said_yes_does_not_choose_who_decides_next(
    large: CreditNote,
    manager: User,
    finance: User,
    second_finance: User,
    client_of: SignIn,
) -> None:
    User.objects.filter(pk=finance.pk).update(reports_to=manager)
    services.endorse(large, actor=manager, moment=LATER)
    one = Assignment.objects.get(step__note=large, step__status=Step.Status.OPEN, user=finance)
    with pytest.raises(NotAllowed, match="You have said yes"):
        services.reassign(one, actor=manager, moment=LATER, to=second_finance, comment="Quick.")
    page = client_of(manager).get(f"/approvals/{large.pk}/").content.decode()
    assert f"/approvals/asked/{one.pk}/reassign/" not in page
    for told in ({"given_by": manager, "user": second_finance}, {"user": manager}):
        with database_refuses("who said yes"):
            Assignment.objects.create(
                step=one.step,
                cause=Assignment.Cause.REASSIGNED,
                replaces=one,
                comment="Quick.",
                **{"given_by": finance, **told},
            )


def test_who_has_left_the_role_leaves_the_choice_to_others(
    note: CreditNote, manager: User, other_manager: User, admin: User, client_of: SignIn
) -> None:
    Department.objects.filter(manager=manager).update(manager=other_manager)
    with pytest.raises(NotAllowed, match="are no longer, so others hand this on"):
        give(note, other_manager, manager)
    page = client_of(manager).get(f"/approvals/{note.pk}/").content.decode()
    assert f"/approvals/asked/{asked(note).pk}/reassign/" not in page
    give(note, other_manager, admin)
    assert asked(note).user == other_manager


def test_words_are_a_must(note: CreditNote, manager: User, other_manager: User) -> None:
    with pytest.raises(Incomplete) as refusal:
        give(note, other_manager, manager, "  ")
    assert refusal.value.field == "comment"


def test_what_was_decided_or_handed_on_is_not_handed_on_again(
    note: CreditNote, large: CreditNote, manager: User, other_manager: User, finance: User
) -> None:
    stale = asked(note)
    give(note, other_manager, manager)
    again = partial(services.reassign, actor=manager, moment=LATER, to=finance, comment="Again.")
    with pytest.raises(WrongState, match="Manon Manager handed this on already"):
        again(stale)
    decided = asked(large)
    services.endorse(large, actor=manager, moment=LATER)
    with pytest.raises(WrongState, match="no longer open"):
        again(decided)


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_hands_on(
    note: CreditNote, manager: User, other_manager: User, finance: User, admin: User
) -> None:
    assignment = asked(note)
    to = {manager.pk: other_manager, admin.pk: finance}
    calls = [
        partial(
            services.reassign,
            assignment,
            actor=actor,
            moment=LATER,
            to=to[actor.pk],
            comment="Please.",
        )
        for actor in (manager, admin)
    ]
    refused = refusals(at_once(*calls))
    assert [type(each) for each in refused] == [WrongState]
    assert "handed this on already" in str(refused[0])
    assert Assignment.objects.filter(step=assignment.step, replaced_by=None).count() == 1


def test_whoever_decides_now_is_told(
    note: CreditNote, manager: User, other_manager: User, admin: User, mailoutbox: Outbox
) -> None:
    give(note, other_manager, admin)
    deliver_all()
    mail = next(each for each in mailoutbox if "Reassigned to you" in each.subject)
    assert other_manager.email in mail.to[0]
    assert "in place of Manon Manager" in mail.body
    assert "You know the yard." in mail.body
    assert {each.user for each in News.objects.filter(event__kind=Event.Kind.REASSIGNED)} == {
        manager,
        other_manager,
    }
    assert list(who_decide(note.steps.get())) == [other_manager]


def test_an_old_mail_link_names_who_decides_now(
    note: CreditNote, manager: User, other_manager: User, client_of: SignIn
) -> None:
    give(note, other_manager, manager)
    link = reverse("by_mail:decide", args=[token_for(manager, note.steps.get())])
    page = client_of(manager).get(link).content.decode()
    assert "Oscar Othermanager decides now in your place" in page


def test_the_page_offers_asks_why_and_goes_back(
    note: CreditNote, manager: User, other_manager: User, finance: User, client_of: SignIn
) -> None:
    browser, url = client_of(manager), f"/approvals/asked/{asked(note).pk}/reassign/"
    assert url in browser.get(f"/approvals/{note.pk}/").content.decode()
    page = browser.get(url).content.decode()
    assert "Oscar Othermanager" in page
    assert "Rita Rep</option>" not in page
    empty = browser.post(url, {"to": other_manager.pk, "comment": ""})
    assert empty.status_code == 422
    assert f'value="{other_manager.pk}" selected' in empty.content.decode()
    done = browser.post(url, {"to": other_manager.pk, "comment": "Yours."}, follow=True)
    assert done.redirect_chain == [(f"/approvals/{note.pk}/", 302)]
    assert "Oscar Othermanager decides now." in done.content.decode()
    again = browser.post(url, {"to": finance.pk, "comment": "Yours."})
    assert again.status_code == 409
    assert "handed this on already" in again.content.decode()


def test_whose_place_is_given_away_is_named_where_it_is_not_ones_own(
    invoice: Invoice,
    rep: User,
    manager: User,
    other_manager: User,
    colleague: User,
    other_rep: User,
    client_of: SignIn,
) -> None:
    policy = factories.policy(invoice.company)
    policy.steps.all().delete()
    pool = Pool.objects.create(company=invoice.company, name="Yard")
    pool.members.add(manager, colleague, other_rep)
    policy.steps.create(position=1, role=Role.POOL, pool=pool)
    ApprovalLimit.objects.create(company=invoice.company, role=Role.POOL, amount=None)
    pool.members.update(reports_to=other_manager)
    note = factories.submitted_note(invoice, rep)
    Delegation.objects.create(
        delegator=manager,
        delegate=other_manager,
        starts_at=MOMENT,
        ends_at=timezone.now() + timedelta(days=1),
    )
    page = client_of(other_manager).get(f"/approvals/{note.pk}/").content.decode()
    assert "Your decision" in page
    for person in (manager, colleague, other_rep):
        assert f"Let somebody else decide for {person}…" in page
    assert page.count('data-key="h"') == 1
    own = client_of(manager).get(f"/approvals/{note.pk}/").content.decode()
    assert "Hand to somebody else…" in own
    assert "Let somebody else decide" not in own


def test_the_record_says_so(
    note: CreditNote, manager: User, other_manager: User, admin: User, client_of: SignIn
) -> None:
    give(note, other_manager, admin)
    said = "Adam Admin asked Oscar Othermanager in place of Manon Manager."
    browser = client_of(other_manager)
    for page in (f"/approvals/{note.pk}/", f"/approvals/{note.pk}/why/"):
        assert said in browser.get(page).content.decode(), page
    answer = browser.get(f"/approvals/{note.pk}/why/?as=csv")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    rows = list(csv.reader(io.StringIO(text)))
    row = next(each for each in rows if each[1] == "Reassigned")
    assert row[2:] == [
        "Oscar Othermanager",
        "in place of Manon Manager",
        "Adam Admin",
        "You know the yard.",
    ]


def test_what_is_resubmitted_unchanged_goes_to_whoever_decided_last(
    note: CreditNote, manager: User, other_manager: User, rep: User
) -> None:
    give(note, other_manager, manager)
    services.return_for_changes(note, actor=other_manager, moment=LATER, comment="A photo.")
    note.refresh_from_db()
    again = services.submit(note, actor=rep, moment=LATER)
    assert asked(again).user == other_manager
    assert services.approve(again, actor=other_manager, moment=LATER).state == State.APPROVED


def test_the_database_keeps_it_lawful(
    note: CreditNote, large: CreditNote, manager: User, other_manager: User, rep: User, admin: User
) -> None:
    first = asked(note)
    given = partial(
        Assignment.objects.create,
        step=first.step,
        user=other_manager,
        cause=Assignment.Cause.REASSIGNED,
        replaces=first,
        given_by=manager,
        comment="Yours.",
    )
    with database_refuses("is asked already"):
        given(user=manager)
    with database_refuses("somebody of another step"):
        given(replaces=asked(large))
    with database_refuses("nobody chooses who decides on their own"):
        given(user=rep)
    with database_refuses("nobody chooses who decides on their own"):
        given(given_by=rep)
    with database_refuses("assignment_given_says_why"):
        given(comment="")
    given()
    with database_refuses("replaces_id"):
        given(user=admin)
    with database_refuses("somebody else's step"):
        Decision.objects.create(
            step=first.step,
            note=note,
            actor=manager,
            verdict=Decision.Verdict.APPROVE,
            content_hash=note.content_hash,
            limit=1000,
            decided_at=LATER,
        )

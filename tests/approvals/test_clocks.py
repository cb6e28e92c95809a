"""A step's clock: reminders, escalation, standing still for the customer, late workers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from approvals import services
from approvals.clock import calendar_of
from approvals.escalation import next_in_line
from approvals.models import ApprovalLimit, Assignment, ClockStop, Policy, Role, Step
from approvals.tasks import watch_clocks
from creditnotes.models import CreditNote, Event
from customers.access import MANAGERS
from customers.businesshours import between
from customers.errors import NotAllowed
from customers.models import Invoice, User
from tests import factories
from tests.delivering import deliver_all
from tests.factories import MOMENT
from tests.racing import at_once
from tests.refusing import database_refuses, sql

#: Of a note submitted on Tuesday at eleven in Toronto, with the policy's hours: due on Thursday
#: when they close, reminded of four hours before, escalated nine business hours after.
REMIND = datetime(2026, 3, 12, 17, 0, tzinfo=UTC)
DUE = datetime(2026, 3, 12, 21, 0, tzinfo=UTC)
ESCALATE = datetime(2026, 3, 13, 21, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

Outbox = list[Any]


@pytest.fixture
def waiting(invoice: Invoice, rep: User, policy: Policy) -> Step:
    """A step that asks the manager."""
    note = factories.submitted_note(invoice, rep)
    deliver_all()
    return note.steps.get()


def watch(moment: datetime, mailoutbox: Outbox) -> list[tuple[str, str]]:
    """What the worker sends at that moment: the beginning of the subject, and to whom."""
    mailoutbox.clear()
    with time_machine.travel(moment, tick=False):
        watch_clocks()
        deliver_all()
    return sorted((mail.subject.split(":")[0], mail.to[0]) for mail in mailoutbox)


def test_a_step_knows_when_to_remind_and_to_escalate(waiting: Step) -> None:
    assert (waiting.remind_at, waiting.due_at, waiting.escalate_at) == (REMIND, DUE, ESCALATE)


def test_those_asked_are_reminded_once(
    waiting: Step, manager: User, finance: User, mailoutbox: Outbox
) -> None:
    assert watch(REMIND - MINUTE, mailoutbox) == []
    [(subject, to)] = watch(REMIND, mailoutbox)
    assert subject == "Still to decide"
    assert manager.email in to
    assert "It is due 2026-03-12 17:00." in mailoutbox[0].body
    assert watch(REMIND + MINUTE, mailoutbox) == []
    assert waiting.note.events.filter(kind=Event.Kind.REMINDED).count() == 1


def test_afterwards_it_goes_to_the_next_role_besides(
    waiting: Step, manager: User, finance: User, mailoutbox: Outbox
) -> None:
    assert watch(DUE + MINUTE, mailoutbox) == []
    (asked, to), (overdue, late) = watch(ESCALATE, mailoutbox)
    assert (asked, overdue) == ("Escalated to you", "Overdue")
    assert finance.email in to
    assert manager.email in late
    assert "Manon Manager did not decide in time" in mailoutbox[0].body
    assert "Fiona Finance may decide on it now, too." in mailoutbox[1].body
    assert watch(ESCALATE + MINUTE, mailoutbox) == []

    escalated = waiting.assignments.get(cause=Assignment.Cause.ESCALATED)
    assert (escalated.user, escalated.asked_as) == (finance, Role.FINANCE)
    event = waiting.note.events.get(kind=Event.Kind.ESCALATED)
    assert (event.actor, event.comment) == (None, "Fiona Finance")
    assert event.payload["to"] == [finance.pk]


def test_the_superior_of_those_asked_comes_first(
    waiting: Step, manager: User, finance: User, mailoutbox: Outbox
) -> None:
    boss = factories.person("Bea Boss", MANAGERS, waiting.note.company)
    User.objects.filter(pk=manager.pk).update(reports_to=boss)
    ApprovalLimit.objects.create(company=waiting.note.company, user=boss, amount=5000)
    watch(ESCALATE, mailoutbox)
    escalated = waiting.assignments.get(cause=Assignment.Cause.ESCALATED)
    assert (escalated.user, escalated.asked_as) == (boss, Role.MANAGEMENT)
    assert Step.objects.decidable_by(boss).get() == waiting
    services.approve(waiting.note, actor=boss, moment=ESCALATE + MINUTE)
    assert waiting.note.decisions.get().limit == 5000


def test_a_superior_who_said_yes_before_is_passed_over(
    invoice: Invoice, rep: User, policy: Policy, manager: User, finance: User, mailoutbox: Outbox
) -> None:
    boss = factories.person("Bea Boss", MANAGERS, policy.company)
    User.objects.filter(pk=manager.pk).update(reports_to=boss)
    policy.steps.all().delete()
    policy.steps.create(position=1, role=Role.PERSON, person=boss)
    policy.steps.create(position=2, role=Role.DEPARTMENT_MANAGER)
    step = factories.submitted_note(invoice, rep).steps.last()
    assert step
    services.endorse(step.note, actor=boss, moment=MOMENT)
    with time_machine.travel(ESCALATE + timedelta(days=3), tick=False):
        watch_clocks()
    escalated = step.assignments.get(cause=Assignment.Cause.ESCALATED)
    assert escalated.user == finance


def test_a_tax_that_comes_too_late_stays_with_finance(
    waiting: Step, manager: User, finance: User
) -> None:
    boss = factories.person("Bea Boss", MANAGERS, waiting.note.company)
    User.objects.filter(pk=manager.pk).update(reports_to=boss)
    ApprovalLimit.objects.create(company=waiting.note.company, user=boss, amount=5000)
    step = Step.objects.get(pk=waiting.pk)
    assert next_in_line(step) == [(boss, Role.MANAGEMENT)]
    step.why["time_limits"] = [{"tax": "PST BC"}]
    assert next_in_line(step) == [(finance, Role.FINANCE)]


def test_either_may_decide_then(
    waiting: Step, manager: User, finance: User, mailoutbox: Outbox
) -> None:
    with pytest.raises(NotAllowed):
        services.approve(waiting.note, actor=finance, moment=ESCALATE)
    watch(ESCALATE, mailoutbox)
    assert Step.objects.decidable_by(finance).get() == waiting
    assert Step.objects.decidable_by(manager).get() == waiting
    services.approve(waiting.note, actor=finance, moment=ESCALATE + MINUTE)
    assert waiting.note.decisions.get().limit is None  # finance's, not the manager's


def test_the_database_wants_the_limit_of_the_role_that_one_is_asked_in(
    waiting: Step, finance: User, mailoutbox: Outbox
) -> None:
    watch(ESCALATE, mailoutbox)
    ApprovalLimit.objects.filter(role=Role.FINANCE).update(amount=10)
    with pytest.raises(NotAllowed, match="Your approval limit is 10"):
        services.approve(waiting.note, actor=finance, moment=ESCALATE + MINUTE)
    with database_refuses("not the limit"):
        waiting.note.decisions.create(
            step=waiting,
            actor=finance,
            verdict="approve",
            content_hash=waiting.note.content_hash,
            limit=1000,
            decided_at=ESCALATE,
        )


def test_who_left_finance_since_decides_no_more(
    waiting: Step, finance: User, mailoutbox: Outbox
) -> None:
    watch(ESCALATE, mailoutbox)
    finance.groups.clear()
    assert not Step.objects.decidable_by(finance).exists()


def test_nobody_is_escalated_to_who_took_part_or_may_not_approve_so_much(
    waiting: Step, manager: User, finance: User, second_finance: User, mailoutbox: Outbox
) -> None:
    waiting.note.participants.create(user=finance, since=factories.MOMENT)
    company = waiting.note.company
    ApprovalLimit.objects.create(company=company, user=second_finance, amount=1)
    [(subject, to)] = watch(ESCALATE, mailoutbox)
    assert subject == "Overdue"
    assert manager.email in to
    assert "Nobody comes after you on this step." in mailoutbox[0].body
    assert waiting.assignments.count() == 1


def test_a_worker_that_comes_late_escalates_without_reminding(
    waiting: Step, mailoutbox: Outbox
) -> None:
    subjects = [subject for subject, _to in watch(ESCALATE + timedelta(days=9), mailoutbox)]
    assert subjects == ["Escalated to you", "Overdue"]
    assert watch(ESCALATE + timedelta(days=10), mailoutbox) == []
    assert not waiting.note.events.filter(kind=Event.Kind.REMINDED).exists()


def test_a_mail_that_waits_until_it_was_decided_is_not_sent(
    waiting: Step, manager: User, mailoutbox: Outbox
) -> None:
    mailoutbox.clear()
    services.escalate(waiting, moment=ESCALATE)
    services.approve(waiting.note, actor=manager, moment=ESCALATE)
    deliver_all()
    assert not [mail for mail in mailoutbox if "Escalated" in mail.subject]


def test_what_was_decided_is_left_alone(waiting: Step, manager: User, mailoutbox: Outbox) -> None:
    services.approve(waiting.note, actor=manager, moment=REMIND - MINUTE)
    deliver_all()
    assert watch(ESCALATE, mailoutbox) == []
    assert not services.escalate(waiting, moment=ESCALATE)
    assert not services.remind(waiting, moment=REMIND)


def test_the_policy_says_whether_and_when(invoice: Invoice, rep: User, policy: Policy) -> None:
    Policy.objects.update(remind_hours=None, escalate_hours=None)
    step = factories.submitted_note(invoice, rep).steps.get()
    assert (step.remind_at, step.escalate_at) == (None, None)
    with database_refuses("history is immutable"):
        Policy.objects.update(escalate_hours=3)


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_remind_and_escalate_once(waiting: Step) -> None:
    for verb, kind, moment in (
        (services.remind, Event.Kind.REMINDED, REMIND),
        (services.escalate, Event.Kind.ESCALATED, ESCALATE),
    ):
        answers = at_once(*[lambda verb=verb, moment=moment: verb(waiting, moment=moment)] * 4)
        assert sorted(answers) == [False, False, False, True]
        assert waiting.note.events.filter(kind=kind).count() == 1


# Standing still --------------------------------------------------------------------------------


def test_while_it_waits_for_the_customer_nothing_is_due(waiting: Step, mailoutbox: Outbox) -> None:
    services.stop_clocks(waiting.note, moment=REMIND - timedelta(hours=1))
    assert watch(ESCALATE + timedelta(days=3), mailoutbox) == []


def test_the_business_time_waited_is_added(waiting: Step, mailoutbox: Outbox) -> None:
    note = waiting.note
    stopped = datetime(2026, 3, 11, 20, 0, tzinfo=UTC)  # Wednesday, an hour before they close
    answered = datetime(2026, 3, 16, 13, 0, tzinfo=UTC)  # Monday, an hour after they opened
    services.stop_clocks(note, moment=stopped)
    services.stop_clocks(note, moment=stopped + MINUTE)  # a second question changes nothing
    services.run_clocks(note, moment=answered)
    waiting.refresh_from_db()
    # 20 business hours: an hour, two whole days, an hour. Ten were left, nine of them today's.
    assert waiting.stopped_at is None
    assert waiting.due_at == datetime(2026, 3, 17, 14, 0, tzinfo=UTC)
    assert waiting.remind_at == datetime(2026, 3, 16, 19, 0, tzinfo=UTC)
    stop = ClockStop.objects.get()
    assert (stop.since, stop.until, stop.due_before) == (stopped, answered, DUE)
    assert stop.due_after == waiting.due_at
    services.run_clocks(note, moment=answered + MINUTE)
    assert ClockStop.objects.count() == 1


def test_the_record_of_a_stop_stays(waiting: Step) -> None:
    services.stop_clocks(waiting.note, moment=REMIND)
    services.run_clocks(waiting.note, moment=DUE)
    with database_refuses("permission denied"):
        sql("UPDATE approvals_clockstop SET until = now()")


def test_the_page_says_what_became_of_the_time(
    client_of: Any, waiting: Step, manager: User, finance: User, mailoutbox: Outbox
) -> None:
    watch(ESCALATE, mailoutbox)
    address = f"/approvals/{waiting.note_id}/"
    words = "Escalated 2026-03-13 17:00 to Fiona Finance: nobody had decided in time."
    for person in (manager, finance):
        assert words in client_of(person).get(address).content.decode()
    services.stop_clocks(waiting.note, moment=ESCALATE + MINUTE)
    assert "The clock stands still since" in client_of(manager).get(address).content.decode()


def test_an_escalation_shows_in_the_timeline(waiting: Step, mailoutbox: Outbox) -> None:
    watch(ESCALATE, mailoutbox)
    kinds = CreditNote.objects.get().events.values_list("kind", flat=True)
    assert list(kinds)[-1] == Event.Kind.ESCALATED


def test_a_step_has_hours_of_its_own_and_keeps_them(
    large_invoice: Invoice, rep: User, policy: Policy, manager: User
) -> None:
    first, second = policy.steps.all()
    policy.steps.filter(pk=first.pk).update(remind_hours=2, escalate_hours=1)
    policy.steps.filter(pk=second.pk).update(remind_hours=0)
    claim = factories.claim(large_invoice, quantity="50")
    note = factories.submitted_note(large_invoice, rep, claim)
    one, two = note.steps.all()
    assert (one.remind_hours, one.escalate_hours) == (2, 1)
    assert (two.remind_hours, two.escalate_hours) == (0, policy.escalate_hours)
    calendar = calendar_of(note)
    assert one.due_at
    assert one.remind_at
    assert one.escalate_at
    assert between(one.remind_at, one.due_at, calendar) == timedelta(hours=2)
    assert between(one.due_at, one.escalate_at, calendar) == timedelta(hours=1)
    services.endorse(note, actor=manager, moment=MOMENT)
    two.refresh_from_db()
    assert two.remind_at is None
    assert two.escalate_at
    with database_refuses("ReadOnly|routed_once|Cannot update"):
        Step.objects.filter(pk=one.pk).update(remind_hours=5)

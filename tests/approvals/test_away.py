"""Being away: one switch, its scope and limit, circles, and the steps that move over and back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.utils import timezone

from approvals import services
from approvals.absence import Absence, cautions
from approvals.emails import who_decide
from approvals.models import Delegation, Policy, Pool, Role, Step
from creditnotes.models import CreditNote
from customers.errors import NotAllowed, Refusal, WrongState
from customers.models import Department, Invoice, User
from tests import factories
from tests.administration.conftest import address
from tests.factories import MOMENT
from tests.refusing import database_refuses

SignIn = Callable[[User], Client]
pytestmark = pytest.mark.usefixtures("policy")
AWAY = "/approvals/away/"
WEEK = timedelta(days=7)


@pytest.fixture
def note(invoice: Invoice, rep: User) -> CreditNote:
    """Counts as 37.66, and waits for the manager."""
    return factories.submitted_note(invoice, rep)


def a_week(delegator: User, delegate: User, **scope: Any) -> Absence:
    """From a day ago to in a week, by the real clock: lists ask the database's."""
    now = timezone.now()
    return Absence(delegator, delegate, now - timedelta(days=1), now + WEEK, **scope)


def go(absence: Absence, actor: User | None = None) -> Delegation:
    by = actor or absence.delegator
    return services.go_away(absence, actor=by, moment=timezone.now())


def decides(person: User, note: CreditNote) -> bool:
    """The queue, the mail, the page's permission and the service say the same."""
    person = User.objects.get(pk=person.pk)
    found: bool = note.pk in Step.objects.decidable_by(person).values_list("note", flat=True)
    assert (person in who_decide(note.steps.get())) is found
    assert CreditNote.objects.visible_to(person).filter(pk=note.pk).exists() is found
    try:
        services.turn_of(note, person, timezone.now())
    except NotAllowed:
        assert not found
    else:
        assert found
    return bool(found)


def test_steps_move_over_and_back(note: CreditNote, manager: User, other_manager: User) -> None:
    assert not decides(other_manager, note)
    delegation = go(a_week(manager, other_manager))
    assert delegation.given_by == manager
    assert decides(other_manager, note)
    services.come_back(delegation, actor=manager, moment=timezone.now())
    assert not decides(other_manager, note)
    assert Delegation.objects.get().ends_at <= timezone.now()  # what was stays on record


@pytest.mark.parametrize(("up_to", "able"), [("37.65", False), ("37.66", True), (None, True)])
def test_it_reaches_up_to_its_amount(
    note: CreditNote, manager: User, other_manager: User, up_to: str | None, able: bool
) -> None:
    go(a_week(manager, other_manager, up_to=Decimal(up_to) if up_to else None))
    assert decides(other_manager, note) is able
    if not able:
        with database_refuses("somebody else's step"):
            force(note, other_manager, manager)


def test_it_holds_for_its_department_alone(
    note: CreditNote,
    manager: User,
    other_manager: User,
    department: Department,
    other_department: Department,
) -> None:
    go(a_week(manager, other_manager, department=other_department))
    assert not decides(other_manager, note)
    with database_refuses("somebody else's step"):
        force(note, other_manager, manager)
    go(a_week(manager, other_manager, department=department))
    assert decides(other_manager, note)
    force(note, other_manager, manager)


def force(note: CreditNote, actor: User, principal: User) -> None:
    """Decide past the product's code."""
    note.decisions.create(
        step=note.steps.get(),
        actor=actor,
        on_behalf_of=principal,
        verdict="approve",
        content_hash=note.content_hash,
        limit=1000,
        decided_at=timezone.now(),
    )


# What is refused ------------------------------------------------------------------------------


def refused(absence: Absence, words: str, field: str = "delegate") -> None:
    with pytest.raises(Refusal, match=words) as caught:
        go(absence)
    assert caught.value.field == field


def test_nobody_stands_in_for_themselves_or_from_elsewhere(
    manager: User, rep: User, foreign_manager: User
) -> None:
    refused(a_week(manager, manager), "Choose somebody else")
    refused(a_week(manager, foreign_manager), "another company")
    refused(a_week(manager, rep), "Rita Rep does not decide on credit notes")


def test_who_left_does_not_stand_in(manager: User, other_manager: User) -> None:
    User.objects.filter(pk=other_manager.pk).update(is_active=False)
    refused(a_week(manager, other_manager), "does not decide")


def test_times_must_be_ahead_and_in_order(manager: User, other_manager: User) -> None:
    now = timezone.now()
    refused(Absence(manager, other_manager, now, now), "after the beginning", "ends_at")
    past = Absence(manager, other_manager, now - WEEK, now - timedelta(days=1))
    refused(past, "over already", "ends_at")


def test_a_circle_is_refused_in_words(manager: User, other_manager: User, finance: User) -> None:
    go(a_week(other_manager, finance))
    go(a_week(finance, manager))
    refused(
        a_week(manager, other_manager),
        "Oscar Othermanager is away and named Fiona Finance,"
        " Fiona Finance is away and named Manon Manager",
    )
    now = timezone.now()
    go(Absence(manager, other_manager, now + 2 * WEEK, now + 3 * WEEK))  # all are back then


def test_the_database_knows_no_circle(manager: User, other_manager: User, finance: User) -> None:
    times = {"starts_at": MOMENT, "ends_at": MOMENT + WEEK}
    Delegation.objects.create(delegator=manager, delegate=other_manager, **times)
    Delegation.objects.create(delegator=other_manager, delegate=finance, **times)
    with database_refuses("a circle of delegations"):
        Delegation.objects.create(delegator=finance, delegate=manager, **times)


def test_others_absences_are_admins_to_switch(
    manager: User, other_manager: User, finance: User, admin: User
) -> None:
    with pytest.raises(NotAllowed):
        go(a_week(manager, other_manager), actor=finance)
    delegation = go(a_week(manager, other_manager), actor=admin)
    assert delegation.given_by == admin
    with pytest.raises(NotAllowed):
        services.come_back(delegation, actor=other_manager, moment=timezone.now())
    services.come_back(delegation, actor=admin, moment=timezone.now())
    with pytest.raises(WrongState, match="over already"):
        services.come_back(delegation, actor=admin, moment=timezone.now())


def test_what_to_know_is_told(
    invoice: Invoice, manager: User, other_manager: User, finance: User, rep: User
) -> None:
    raised = factories.submitted_note(invoice, rep)
    raised.participants.create(user=other_manager, since=MOMENT)
    go(a_week(other_manager, finance))
    away_too = "Oscar Othermanager is away for some of that time, too"
    told = cautions(a_week(manager, other_manager), timezone.now())
    assert told == [
        f"{away_too}; nobody decides for them in your place.",
        "Oscar Othermanager took part in one credit note that waits: it stays with you.",
    ]


def test_never_ones_own_by_delegation(invoice: Invoice, manager: User, other_manager: User) -> None:
    """A manager who raised it does not decide it in the place of another."""
    note = factories.submitted_note(invoice, manager)
    step = note.steps.get()
    step.assignments.create(user=other_manager)
    go(a_week(other_manager, manager))
    with pytest.raises(NotAllowed):
        services.turn_of(note, manager, timezone.now())
    with database_refuses("nobody approves their own"):
        force(note, manager, other_manager)


# The page ---------------------------------------------------------------------------------------


def form(delegate: User, first: date, last: date, **more: Any) -> dict[str, Any]:
    return {"delegate": delegate.pk, "first_day": first, "last_day": last, **more}


def test_one_switch_on_and_off(
    client_of: SignIn, note: CreditNote, manager: User, other_manager: User
) -> None:
    browser, today = client_of(manager), manager.company.day_of(timezone.now())  # type: ignore[union-attr]
    assert "1 credit note waits for you now." in browser.get(AWAY).content.decode()
    last = today + timedelta(days=4)
    answer = browser.post(AWAY, form(other_manager, today, last, up_to="500"), follow=True)
    page = answer.content.decode()
    assert "You are away" in page
    assert "Oscar Othermanager decides for you from" in page
    assert "Up to $500.00 each, tax included." in page
    delegation = Delegation.objects.get()
    toronto = ZoneInfo("America/Toronto")
    midnight = datetime.combine(last + timedelta(days=1), datetime.min.time(), toronto)
    assert delegation.ends_at == midnight
    assert decides(other_manager, note)

    theirs = client_of(other_manager)
    assert "Manon Manager, from" in theirs.get(AWAY).content.decode()
    assert "for Manon Manager" in theirs.get("/approvals/?whose=delegated").content.decode()
    assert "for Manon Manager" in theirs.get(f"/approvals/{note.pk}/").content.decode()

    answer = browser.post(f"{AWAY}{delegation.pk}/back/", follow=True)
    assert "You decide yourself again." in answer.content.decode()
    assert not decides(other_manager, note)


def test_what_is_to_come_can_be_taken_back(
    client_of: SignIn, manager: User, other_manager: User
) -> None:
    day = timezone.now().date() + WEEK
    browser = client_of(manager)
    browser.post(AWAY, form(other_manager, day, day))
    assert "You will be away" in browser.get(AWAY).content.decode()
    browser.post(f"{AWAY}{Delegation.objects.get().pk}/back/")
    assert not Delegation.objects.exists()


def test_taken_back_twice_at_once_it_says_so(manager: User, other_manager: User) -> None:
    to_come = replace(a_week(manager, other_manager), starts_at=timezone.now() + timedelta(days=1))
    found = services.go_away(to_come, actor=manager, moment=timezone.now())
    again = Delegation.objects.get(pk=found.pk)
    services.come_back(found, actor=manager, moment=timezone.now())
    with pytest.raises(WrongState, match="taken back already"):
        services.come_back(again, actor=manager, moment=timezone.now())


def test_nobody_is_away_to_the_end_of_all_days(
    client_of: SignIn, manager: User, other_manager: User
) -> None:
    today = timezone.now().date() + WEEK
    answer = client_of(manager).post(AWAY, form(other_manager, today, date.max))
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"last_day"}


def test_what_is_wrong_is_said_beside_its_field(
    client_of: SignIn, manager: User, other_manager: User
) -> None:
    today = timezone.now().date()
    answer = client_of(manager).post(
        AWAY, form(other_manager, today - WEEK, today - 2 * WEEK, up_to="-1")
    )
    assert answer.status_code == 422
    assert set(answer.context["form"].errors) == {"first_day", "last_day", "up_to"}
    assert f'value="{today - WEEK}"' in answer.content.decode()
    go(a_week(other_manager, manager))
    circle = client_of(manager).post(AWAY, form(other_manager, today, today + WEEK))
    assert circle.status_code == 422
    assert "Nobody would decide" in str(circle.context["form"].errors["delegate"])


def test_it_is_for_those_who_decide(client_of: SignIn, rep: User, manager: User) -> None:
    assert client_of(rep).get(AWAY).status_code == 404
    assert AWAY not in client_of(rep).get("/").content.decode()
    assert AWAY in client_of(manager).get("/").content.decode()


def test_it_is_also_for_those_whom_a_pool_or_a_policy_names(
    client_of: SignIn, policy: Policy, rep: User, colleague: User, other_rep: User
) -> None:
    pool = Pool.objects.create(company=policy.company, name="Yard")
    pool.members.add(rep, colleague)
    policy.steps.create(position=3, role=Role.POOL, pool=pool)
    policy.steps.create(position=4, role=Role.PERSON, person=other_rep)
    for person in (rep, other_rep):
        browser = client_of(person)
        assert AWAY in browser.get("/").content.decode()
        assert "Carl Colleague" in browser.get(AWAY).content.decode()
    policy.is_active = False
    policy.save()
    assert client_of(other_rep).get(AWAY).status_code == 404


# Administration ------------------------------------------------------------------------------


def test_an_admin_switches_it_for_somebody(
    client_of: SignIn, admin: User, manager: User, other_manager: User, finance: User
) -> None:
    now = timezone.now()
    go(a_week(other_manager, finance))
    data = {
        "delegator": manager.pk,
        "delegate": other_manager.pk,
        "starts_at_0": now.date(),
        "starts_at_1": "00:00",
        "ends_at_0": now.date() + WEEK,
        "ends_at_1": "00:00",
        "up_to": "250",
    }
    page = client_of(admin).post(address(Delegation, "add"), data, follow=True).content.decode()
    assert "is away for some of that time, too" in page
    made = Delegation.objects.get(delegator=manager)
    assert (made.given_by, made.up_to) == (admin, Decimal(250))
    circle = data | {"delegator": finance.pk, "delegate": manager.pk}
    answer = client_of(admin).post(address(Delegation, "add"), circle)
    assert answer.status_code == 422
    assert "Nobody would decide" in answer.content.decode()


def test_an_admin_finds_whom_a_pool_asks_and_who_stands_in_for_them(
    client_of: SignIn,
    admin: User,
    policy: Policy,
    rep: User,
    colleague: User,
    other_rep: User,
    manager: User,
    department: Department,
) -> None:
    pool = Pool.objects.create(company=policy.company, name="Yard")
    pool.members.add(rep, colleague)
    policy.steps.create(position=3, role=Role.POOL, pool=pool)
    made = go(a_week(rep, colleague))
    browser, url = client_of(admin), address(Delegation, "change", made.pk)
    fields = browser.get(url).context["adminform"].form.fields
    for name in ("delegator", "delegate"):
        assert {rep, colleague, manager} <= set(fields[name].queryset)
        assert not {admin, other_rep} & set(fields[name].queryset)
    assert department in fields["department"].queryset
    data = {
        "delegator": rep.pk,
        "delegate": colleague.pk,
        "starts_at_0": made.starts_at.date(),
        "starts_at_1": "00:00",
        "ends_at_0": made.ends_at.date(),
        "ends_at_1": "00:00",
        "department": department.pk,
        "up_to": "250",
    }
    assert browser.post(url, data).status_code == 302
    made.refresh_from_db()
    assert (made.department, made.up_to) == (department, Decimal(250))

"""Rehearsal: what a draft would have done to the past, and that nothing is changed by it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from celery import Celery
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from approvals import services
from approvals.models import Policy, PolicyStep, RehearsalRun, Role
from approvals.rehearsing import Rehearsal
from approvals.services import rehearsals
from approvals.tasks import rehearse
from customers.groups import make_groups
from customers.models import Invoice, User
from tests import factories
from tests.factories import claim

Opens = Callable[[User], Client]
DAY = date(2026, 3, 10)
ONE_DAY = timedelta(days=1)


@pytest.fixture
def past(invoice: Invoice, quebec_invoice: Invoice, rep: User, other_rep: User) -> None:
    """One note in Ontario, two in Québec; the manager decides on each."""
    factories.submitted_note(invoice, rep)
    factories.submitted_note(quebec_invoice, other_rep)
    factories.submitted_note(quebec_invoice, other_rep, claim(quebec_invoice, 2))


def draft(policy: Policy, role: str = Role.FINANCE, **fields: Any) -> Policy:
    """A policy for Québec that is not in force."""
    conditions = [{"fact": "province", "among": ["QC"]}]
    values = {"name": "Québec", "position": 10, "conditions": conditions} | fields
    made = Policy.objects.create(company=policy.company, is_active=False, **values)
    PolicyStep.objects.create(policy=made, position=1, role=role)
    return made


def counts(policy: Policy, since: date = DAY, until: date = DAY) -> tuple[int, dict[str, int]]:
    result = Rehearsal(policy, since, until).run()
    return result["total"], result["counts"]


def test_it_says_who_would_have_decided_instead(
    past: None, policy: Policy, finance: User, other_manager: User
) -> None:
    result = Rehearsal(draft(policy), DAY, DAY).run()
    assert (result["total"], result["counts"]) == (3, {"approver": 2})
    change = result["changes"][0]
    assert change["before"] | {"deciders": None} == {
        "kind": "people",
        "policy": "Standard (1)",
        "deciders": None,
        "endorsers": [],
    }
    assert change["before"]["deciders"] == [other_manager.full_name]
    assert change["after"]["deciders"] == [finance.full_name]
    (looked_at,) = change["considered"]
    assert looked_at["checks"][0]["value"] == ["QC"]


def test_what_would_pass_by_itself_and_what_nobody_may_approve(past: None, policy: Policy) -> None:
    assert counts(draft(policy, auto_approval_limit=1000)) == (3, {"automatic": 2})
    nobody = draft(policy, Role.ACCOUNT_MANAGER, name="Nobody")
    assert counts(nobody) == (3, {"nobody": 2})


def test_what_is_not_in_force_today_takes_nothing(past: None, policy: Policy) -> None:
    """Another policy for Québec that ended yesterday does not stand before the draft."""
    over = draft(policy, Role.DEPARTMENT_MANAGER, name="Over", position=5)
    yesterday = timezone.localdate() - ONE_DAY
    Policy.objects.filter(pk=over.pk).update(is_active=True, valid_to=yesterday)
    assert counts(draft(policy)) == (3, {"approver": 2})


def test_the_same_people_are_no_change(past: None, policy: Policy) -> None:
    assert counts(draft(policy, Role.DEPARTMENT_MANAGER)) == (3, {})


def test_only_the_days_asked_for(past: None, policy: Policy) -> None:
    after, before = DAY + timedelta(days=1), DAY - timedelta(days=1)
    made = draft(policy)
    assert counts(made, after, after) == (0, {})
    assert counts(made, before, after)[0] == 3


def test_it_asks_the_database_the_same_however_many_there_are(
    past: None, policy: Policy, invoice: Invoice, rep: User
) -> None:
    made = draft(policy)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            Rehearsal(Policy.objects.get(pk=made.pk), DAY, DAY).run()
        return len(captured)

    queries()  # the rules are remembered from then on
    before = queries()
    for _ in range(4):
        factories.submitted_note(invoice, rep, claim(invoice, 2, "0.1"))
    assert queries() == before


def test_on_its_page_it_is_started_watched_and_read(
    past: None, policy: Policy, admin: User, client_of: Opens
) -> None:
    made, browser = draft(policy), client_of(admin)
    url = reverse("admin:approvals_policy_rehearsal", args=[made.pk])
    wrong = browser.post(url, {"since": "2026-03-11", "until": "2026-03-10"})
    assert wrong.status_code == 422
    assert "comes before the first" in wrong.content.decode()

    started = browser.post(url, {"since": "2026-03-10", "until": "2026-03-10"})
    run = started.headers["Location"].partition("run=")[2]
    waiting = browser.get(f"{url}?run={run}")
    assert waiting.headers["Refresh"] == "2"
    assert "It waits for a worker." in waiting.content.decode()
    kept = RehearsalRun.objects.get(key=run)
    assert rehearse(kept.pk)
    assert not rehearse(kept.pk), "twice offered, once tried"
    cache.clear()
    page = browser.get(f"{url}?run={run}").content.decode()
    figures = dict(re.findall(r"<dt>([^<]+)</dt>\s*<dd>\s*(\d+)", page))
    assert figures == {
        "Credit notes looked at": "3",
        "Change their approver": "2",
        "Become automatic": "0",
        "Are automatic no more": "0",
        "Nobody may approve": "0",
    }
    assert "Fiona Finance" in page
    assert "no longer kept" in browser.get(f"{url}?run=gone").content.decode()
    made.refresh_from_db()
    assert not made.is_active
    assert not made.routed_steps.exists()


def test_with_the_broker_lost_it_is_said_kept_and_begun_later(
    past: None,
    policy: Policy,
    admin: User,
    client_of: Opens,
    lost_broker: None,
) -> None:
    made, browser = draft(policy), client_of(admin)
    url = reverse("admin:approvals_policy_rehearsal", args=[made.pk])
    page = browser.post(url, {"since": "2026-03-10", "until": "2026-03-10"}, follow=True)
    assert page.status_code == 200
    assert "The workers can’t be reached" in page.content.decode()
    assert 'value="2026-03-10"' in page.content.decode()
    run = RehearsalRun.objects.get()
    assert (run.offered_at, run.begun_at) == (None, None)
    assert services.offer_waiting(timezone.now()) == 1
    assert rehearse(run.pk)
    run.refresh_from_db()
    assert run.result
    assert run.result["counts"] == {"approver": 2}
    assert services.offer_waiting(timezone.now()) == 0


def test_what_a_killed_worker_left_is_begun_anew_and_old_ones_go(
    past: None, policy: Policy, admin: User
) -> None:
    now = timezone.now()
    old = services.start_rehearsal(draft(policy), DAY, DAY, by=admin, moment=now - 40 * ONE_DAY)
    run = services.start_rehearsal(old.policy, DAY, DAY, by=admin, moment=now)
    later = now + timedelta(minutes=3)
    RehearsalRun.objects.update(begun_at=now)
    assert services.offer_waiting(later) == 0
    assert list(RehearsalRun.objects.all()) == [run]
    RehearsalRun.objects.update(begun_at=now - ONE_DAY)
    assert services.offer_waiting(later) == 1
    assert rehearse(run.pk)


def test_what_stands_as_offered_is_not_offered_twice(
    past: None, policy: Policy, admin: User
) -> None:
    now = timezone.now()
    run = services.start_rehearsal(draft(policy), DAY, DAY, by=admin, moment=now)
    assert services.offer_waiting(now + timedelta(seconds=30)) == 0
    assert services.offer_waiting(now + timedelta(minutes=2)) == 1
    run.refresh_from_db()
    assert run.offered_at == now + timedelta(minutes=2)


def test_what_fails_thrice_is_given_up_and_said(
    past: None,
    policy: Policy,
    admin: User,
    client_of: Opens,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> None:
        raise ArithmeticError

    monkeypatch.setattr(Rehearsal, "run", fail)
    now, made, browser = timezone.now(), draft(policy), client_of(admin)
    run = services.start_rehearsal(made, DAY, DAY, by=admin, moment=now)
    url = reverse("admin:approvals_policy_rehearsal", args=[made.pk])
    for tries in (1, 2, 3):
        assert "Refresh" in browser.get(f"{url}?run={run.key}")
        assert not rehearse(run.pk)
        run.refresh_from_db()
        assert (run.tries, run.begun_at) == (tries, None)
    assert services.offer_waiting(now + ONE_DAY) == 0
    page = browser.get(f"{url}?run={run.key}")
    assert "It could not be finished; choose a shorter time." in page.content.decode()
    assert "Refresh" not in page
    monkeypatch.undo()
    assert not rehearse(run.pk), "an old offer is not taken up"


@pytest.fixture
def lost_broker(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The product's own app, sending to a broker that does not answer."""
    lost = Celery("lost", broker="redis://127.0.0.1:1", set_as_current=False)
    lost.conf.broker_transport_options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    lost.conf.task_publish_retry = False
    monkeypatch.setattr(rehearsals, "current_app", lost)
    yield
    lost.close()


@pytest.mark.parametrize("who", ["manager", "finance"])
def test_who_tunes_no_policy_rehearses_none(
    past: None, policy: Policy, who: str, client_of: Opens, request: pytest.FixtureRequest
) -> None:
    make_groups()
    person = request.getfixturevalue(who)
    person.is_staff = True
    person.save()
    url = reverse("admin:approvals_policy_rehearsal", args=[draft(policy).pk])
    assert client_of(person).get(url).status_code == 403


def test_another_companys_policy_is_not_found(
    policy: Policy, admin: User, foreign_manager: User, client_of: Opens
) -> None:
    foreign = factories.policy(foreign_manager.company)  # type: ignore[arg-type]
    url = reverse("admin:approvals_policy_rehearsal", args=[foreign.pk])
    assert client_of(admin).get(url).status_code == 404


def test_it_is_moments_for_a_quarter(past: None, policy: Policy) -> None:
    """The pure part: 3 cases looked at 3,000 times, which is 9,000 notes."""
    rehearsal = Rehearsal(draft(policy), DAY, DAY)
    cases = rehearsal._cases() * 3000
    rehearsal._cases = lambda: cases  # type: ignore[method-assign]
    assert rehearsal.run()["counts"] == {"approver": 6000}

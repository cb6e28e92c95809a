"""Policies and limits: switched off with open eyes, and changed by two where configured so."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse

from approvals import services
from approvals.models import ApprovalLimit, Policy, Proposal, ProposalAnswer, Role
from creditnotes.models import CreditNote
from customers.access import ADMINS
from customers.errors import Incomplete, NotAllowed, Refusal, WrongState
from customers.models import Invoice, User
from tests import factories
from tests.administration.conftest import address
from tests.factories import MOMENT
from tests.refusing import database_refuses, sql

Opens = Callable[[User], Client]
Kind = Proposal.Kind


@pytest.fixture
def by_two(settings: LazySettings) -> None:
    settings.POLICY_NEEDS_SECOND_ADMIN = True


@pytest.fixture
def second(admin: User) -> User:
    """Another administrator of the company."""
    assert admin.company
    user = factories.person("Ada Admin", ADMINS, admin.company)
    user.is_staff = True
    user.save()
    return user


@pytest.fixture
def limit(policy: Policy) -> ApprovalLimit:
    return ApprovalLimit.objects.get(role=Role.DEPARTMENT_MANAGER)


@pytest.fixture
def proposal(limit: ApprovalLimit, admin: User) -> Proposal:
    """To let the managers approve 2,000 instead of 1,000."""
    limit.amount = Decimal(2000)
    return services.propose_limit(limit, Kind.SET_LIMIT, by=admin, moment=MOMENT)


def page(name: str, policy: Policy) -> str:
    return reverse(f"admin:approvals_policy_{name}", args=[policy.pk])


def limit_now(limit: ApprovalLimit) -> Decimal | None:
    limit.refresh_from_db()
    return limit.amount


# Two administrators ---------------------------------------------------------------------------


def test_a_limit_counts_once_a_second_admin_has_confirmed_it(
    proposal: Proposal, limit: ApprovalLimit, second: User
) -> None:
    assert (proposal.before, proposal.after) == ({"limit": "1000.00"}, {"limit": "2000.00"})
    assert limit_now(limit) == 1000
    services.confirm(proposal, by=second, moment=MOMENT)
    assert limit_now(limit) == 2000
    assert proposal.answer.answered_by == second


def test_nobody_confirms_their_own_and_only_admins_any(
    proposal: Proposal, limit: ApprovalLimit, admin: User, manager: User, finance: User
) -> None:
    with pytest.raises(NotAllowed, match="another administrator"):
        services.confirm(proposal, by=admin, moment=MOMENT)
    for person in (manager, finance):
        with pytest.raises(NotAllowed, match="Only an administrator"):
            services.confirm(proposal, by=person, moment=MOMENT)
    with database_refuses("nobody confirms their own proposal"):
        ProposalAnswer.objects.create(
            proposal=proposal, is_confirmed=True, answered_by=admin, answered_at=MOMENT
        )
    assert limit_now(limit) == 1000


def test_refusing_takes_words_and_is_for_good(
    proposal: Proposal, limit: ApprovalLimit, admin: User, second: User
) -> None:
    with pytest.raises(Incomplete):
        services.refuse(proposal, by=second, moment=MOMENT, comment=" ")
    services.refuse(proposal, by=second, moment=MOMENT, comment="Too much.")
    with pytest.raises(WrongState, match="Ada Admin has answered this already"):
        services.confirm(proposal, by=second, moment=MOMENT)
    assert limit_now(limit) == 1000
    with database_refuses("history is immutable|permission denied"):
        sql("UPDATE approvals_proposal SET amount = 5")
    with database_refuses("history is immutable|permission denied"):
        sql("DELETE FROM approvals_proposalanswer")


def test_what_changed_meanwhile_is_not_confirmed(
    proposal: Proposal, limit: ApprovalLimit, second: User
) -> None:
    ApprovalLimit.objects.filter(pk=limit.pk).update(amount=7)
    with pytest.raises(WrongState, match="changed since"):
        services.confirm(proposal, by=second, moment=MOMENT)
    assert limit_now(limit) == 7


def test_a_persons_limit_is_set_and_taken_away_by_two(
    policy: Policy, manager: User, admin: User, second: User
) -> None:
    own = ApprovalLimit(company=policy.company, user=manager, amount=None)
    wish = partial(services.propose_limit, own, by=admin, moment=MOMENT)
    services.confirm(wish(Kind.SET_LIMIT), by=second, moment=MOMENT)
    assert ApprovalLimit.objects.get(user=manager).amount is None
    services.confirm(wish(Kind.DROP_LIMIT), by=second, moment=MOMENT)
    assert not ApprovalLimit.objects.filter(user=manager).exists()


@pytest.mark.usefixtures("by_two")
def test_on_the_site_a_limit_is_proposed_and_answered(
    limit: ApprovalLimit, admin: User, second: User, opens: Opens
) -> None:
    browser = opens(admin)
    data = {"company": limit.company_id, "role": limit.role, "user": "", "amount": "2000.00"}
    done = browser.post(address(ApprovalLimit, "change", limit.pk), data, follow=True)
    assert "It counts once another administrator has confirmed it" in done.content.decode()
    assert "waits for a second administrator" in done.content.decode()
    assert limit_now(limit) == 1000
    assert "1 proposed change" in opens(second).get("/admin/").content.decode()
    url = address(Proposal, "change", Proposal.objects.get().pk)
    own = browser.get(url).content.decode()
    assert "You may take it back" in own
    assert 'name="confirm"' not in own
    assert browser.post(url, {"confirm": "yes"}).status_code == 403
    other = opens(second)
    shown = other.get(url).content.decode()
    assert "$1,000.00" in shown
    assert "$2,000.00" in shown
    wrong = other.post(url, {"refuse": "yes", "comment": ""})
    assert wrong.status_code == 422
    assert other.post(url, {"confirm": "yes"}).status_code == 302
    assert limit_now(limit) == 2000
    assert "Confirmed by Ada Admin" in other.get(url).content.decode()


def test_a_proposal_is_read_by_those_alone_who_see_the_list_of_them(
    proposal: Proposal, manager: User, finance: User, opens: Opens
) -> None:
    manager.is_staff = True
    manager.save()
    url = address(Proposal, "change", proposal.pk)
    assert opens(manager).get(url).status_code == 404
    assert opens(manager).post(url, {"refuse": "yes", "comment": "No."}).status_code == 404
    assert opens(finance).get(url).status_code == 200


@pytest.mark.usefixtures("by_two")
def test_on_the_site_a_limit_is_added_and_deleted_by_two(
    limit: ApprovalLimit, manager: User, admin: User, opens: Opens
) -> None:
    browser = opens(admin)
    data = {"company": limit.company_id, "role": "", "user": manager.pk, "amount": "5.00"}
    assert browser.post(address(ApprovalLimit, "add"), data).status_code == 302
    deleted = browser.post(address(ApprovalLimit, "delete", limit.pk), {"post": "yes"})
    assert deleted.status_code == 302
    assert list(Proposal.objects.order_by("pk").values_list("kind", flat=True)) == [
        Kind.SET_LIMIT,
        Kind.DROP_LIMIT,
    ]
    assert ApprovalLimit.objects.count() == 2


@pytest.mark.usefixtures("by_two")
def test_a_policys_new_version_counts_once_it_is_confirmed(
    policy: Policy, invoice: Invoice, rep: User, admin: User, second: User, opens: Opens
) -> None:
    def version_of(note: CreditNote) -> int:
        return note.routings.get().policy.version

    answer = opens(admin).post(address(Policy, "change", policy.pk), _edited(policy), follow=True)
    assert "It counts once another administrator" in answer.content.decode()
    assert version_of(factories.submitted_note(invoice, rep)) == 1
    proposal = Proposal.objects.get()
    assert (proposal.before, proposal.after) == (
        {"policies": ["Standard (1)"]},
        {"policies": ["Standard (2)"]},
    )
    services.confirm(proposal, by=second, moment=MOMENT)
    assert Policy.objects.get(is_active=True).version == 2
    assert version_of(factories.submitted_note(invoice, rep)) == 2


def _edited(policy: Policy) -> dict[str, Any]:
    steps = list(policy.steps.all())
    data = {
        "company": policy.company_id,
        "name": policy.name,
        "is_active": "on",
        "auto_approval_limit": "0",
        "issues_at_once": "on",
        "steps-TOTAL_FORMS": "2",
        "steps-INITIAL_FORMS": "2",
    }
    for place, step in enumerate(steps):
        data |= {
            f"steps-{place}-id": step.pk,
            f"steps-{place}-policy": policy.pk,
            f"steps-{place}-position": step.position,
            f"steps-{place}-role": step.role,
            f"steps-{place}-hours": 8,
        }
    return data


@pytest.mark.usefixtures("by_two")
def test_who_proposes_and_who_confirms_a_policy_read_what_would_find_nobody(
    policy: Policy, admin: User, second: User, opens: Opens
) -> None:
    ApprovalLimit.objects.filter(role=Role.FINANCE).delete()
    words = "nobody may approve more than $1,000.00"
    answer = opens(admin).post(address(Policy, "change", policy.pk), _edited(policy), follow=True)
    assert words in answer.content.decode()
    asked = opens(second).get(address(Proposal, "change", Proposal.objects.get().pk))
    assert words in asked.content.decode()


def _draft(policy: Policy, role: str = Role.DEPARTMENT_MANAGER, **fields: Any) -> Policy:
    """Not in force; for the small ones, before the standard policy."""
    conditions = [{"fact": "amount", "to": "5000.00"}]
    values = {"name": "Draft", "position": 2, "conditions": conditions} | fields
    draft = Policy.objects.create(company=policy.company, is_active=False, **values)
    draft.steps.create(position=1, role=role)
    return draft


def _put_in_force(draft: Policy, browser: Client) -> str:
    """What the site says to it."""
    answer = browser.post(page("rehearsal", draft), {"put_in_force": "yes"}, follow=True)
    draft.refresh_from_db()
    return answer.content.decode()


def test_a_draft_that_nobody_could_finish_is_not_put_in_force(
    policy: Policy, admin: User, second: User, opens: Opens
) -> None:
    draft = _draft(policy, Role.ACCOUNT_MANAGER)
    assert "Nobody whom these steps ask has an approval limit" in _put_in_force(draft, opens(admin))
    proposal = services.propose_policy(draft, Kind.IN_FORCE, by=admin, moment=MOMENT)
    with pytest.raises(Refusal, match="Nobody whom these steps ask"):
        services.confirm(proposal, by=second, moment=MOMENT)
    draft.refresh_from_db()
    assert not draft.is_active


def test_what_a_draft_put_in_force_leaves_for_nobody_is_said(
    policy: Policy, admin: User, opens: Opens
) -> None:
    draft = _draft(policy)
    assert "nobody may approve more than $1,000.00" in _put_in_force(draft, opens(admin))
    assert draft.is_active


def test_of_two_policies_of_which_one_hides_the_other_both_are_named(
    small: Policy, policy: Policy, admin: User, opens: Opens
) -> None:
    browser = opens(admin)
    hidden = _draft(policy, conditions=small.conditions)
    assert "“Small” comes before it and takes all of this" in _put_in_force(hidden, browser)
    hiding = _draft(policy, name="All", position=0, conditions=[])
    assert "It would leave nothing for: Small, Standard." in _put_in_force(hiding, browser)
    assert not Policy.objects.filter(is_active=True, pk__in=[hidden.pk, hiding.pk]).exists()


# Switching a policy off -------------------------------------------------------------------------


@pytest.fixture
def small(policy: Policy) -> Policy:
    """Takes the small ones before the standard policy does."""
    made = Policy.objects.create(
        company=policy.company,
        name="Small",
        position=1,
        conditions=[{"fact": "amount", "to": "500.00"}],
    )
    made.steps.create(position=1, role=Role.DEPARTMENT_MANAGER)
    return made


def test_a_policy_is_switched_off_and_what_waits_stays_with_it(
    small: Policy, policy: Policy, invoice: Invoice, rep: User, admin: User, opens: Opens
) -> None:
    note = factories.submitted_note(invoice, rep)
    browser, url = opens(admin), page("switch_off", small)
    assert url in browser.get(address(Policy, "change", small.pk)).content.decode()
    shown = browser.get(url).content.decode()
    assert "Standard (1)" in shown
    assert browser.post(url).status_code == 302
    small.refresh_from_db()
    assert not small.is_active
    assert note.steps.get().policy == small
    assert factories.submitted_note(invoice, rep).steps.get().policy == policy
    again = browser.post(url)
    assert again.status_code == 422
    assert "It is not in force." in again.content.decode()


def test_what_would_find_nobody_is_said_before(
    small: Policy, policy: Policy, admin: User, opens: Opens
) -> None:
    ApprovalLimit.objects.filter(role=Role.FINANCE).delete()
    shown = opens(admin).get(page("switch_off", small)).content.decode()
    assert "Some credit notes would find nobody" in shown
    assert "nobody may approve more than $1,000.00" in shown


def test_the_last_that_takes_all_is_not_switched_off(
    small: Policy, policy: Policy, admin: User, opens: Opens
) -> None:
    browser, url = opens(admin), page("switch_off", policy)
    assert "could not be submitted" in browser.get(url).content.decode()
    assert browser.post(url).status_code == 422
    policy.refresh_from_db()
    assert policy.is_active


@pytest.mark.usefixtures("by_two")
def test_switching_off_takes_two_as_well(
    small: Policy, admin: User, second: User, manager: User, opens: Opens
) -> None:
    assert opens(admin).post(page("switch_off", small)).status_code == 302
    small.refresh_from_db()
    assert small.is_active
    services.confirm(Proposal.objects.get(), by=second, moment=MOMENT)
    small.refresh_from_db()
    assert not small.is_active
    assert opens(manager).get(page("switch_off", small)).status_code == 403

"""Who has left a role decides no more, nor does anybody for them; until then the plan is frozen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from approvals import services
from approvals.emails import who_decide
from approvals.models import Delegation, Step
from creditnotes.models import CreditNote, State
from customers.access import FINANCE
from customers.errors import NotAllowed
from customers.models import Department, Invoice, User
from tests import factories
from tests.factories import MOMENT

pytestmark = pytest.mark.usefixtures("policy")


@pytest.fixture
def note(invoice: Invoice, rep: User) -> CreditNote:
    """Waits for the manager."""
    return factories.submitted_note(invoice, rep)


@pytest.fixture
def endorsed(large_invoice: Invoice, rep: User, manager: User) -> CreditNote:
    """Waits for finance."""
    claim = factories.claim(large_invoice, quantity="50")
    note = factories.submitted_note(large_invoice, rep, claim)
    return services.endorse(note, actor=manager, moment=MOMENT)


def away(delegator: User, delegate: User) -> None:
    """At the tests' moment, and by the database's clock."""
    Delegation.objects.create(
        delegator=delegator,
        delegate=delegate,
        starts_at=MOMENT,
        ends_at=timezone.now() + timedelta(days=1),
    )


def leave(user: User) -> None:
    user.is_active = False
    user.save()


def assert_decides(note: CreditNote, user: User, *, able: bool) -> None:
    """The queue, the mail and the service say the same."""
    user = User.objects.get(pk=user.pk)
    step = note.steps.get(status=Step.Status.OPEN)
    assert Step.objects.decidable_by(user).filter(note=note).exists() is able
    assert (user in who_decide(step)) is able
    if able:
        assert services.turn_of(note, user, MOMENT).step == step
    else:
        with pytest.raises(NotAllowed):
            services.turn_of(note, user, MOMENT)


def test_nobody_decides_for_one_who_was_deactivated(
    note: CreditNote, manager: User, other_manager: User
) -> None:
    away(manager, other_manager)
    assert_decides(note, other_manager, able=True)
    leave(manager)
    assert_decides(note, other_manager, able=False)
    with pytest.raises(NotAllowed):
        services.approve(note, actor=other_manager, moment=MOMENT)


def test_who_manages_the_department_no_longer(
    note: CreditNote, department: Department, manager: User, other_manager: User
) -> None:
    away(manager, other_manager)
    assert_decides(note, manager, able=True)
    department.manager = other_manager
    department.save()
    assert_decides(note, manager, able=False)
    assert_decides(note, other_manager, able=False)  # not asked, and nobody's stand-in any more
    with pytest.raises(NotAllowed, match=r"department manager\. You are that no longer"):
        services.approve(note, actor=manager, moment=MOMENT)


def test_who_left_finance(
    endorsed: CreditNote, finance: User, manager: User, other_manager: User
) -> None:
    away(finance, other_manager)
    assert_decides(endorsed, finance, able=True)
    assert_decides(endorsed, other_manager, able=True)
    finance.groups.remove(Group.objects.get(name=FINANCE))
    assert_decides(endorsed, finance, able=False)
    assert_decides(endorsed, other_manager, able=False)
    with pytest.raises(NotAllowed, match=r"Finance\. You are that no longer"):
        services.reject(endorsed, actor=finance, moment=MOMENT)


def test_the_page_offers_no_decision_and_says_why(
    note: CreditNote,
    department: Department,
    manager: User,
    other_manager: User,
    client_of: Callable[[User], Client],
) -> None:
    department.manager = other_manager
    department.save()
    browser = client_of(manager)
    page = browser.get(f"/approvals/{note.pk}/").content.decode()
    assert "You are that no longer" in page
    answer = browser.post(f"/approvals/{note.pk}/approve/", {"seen": note.content_hash})
    assert answer.status_code == 403
    note.refresh_from_db()
    assert note.state == State.SUBMITTED


def test_recalled_and_submitted_anew_it_goes_to_whoever_holds_the_role_now(
    note: CreditNote, department: Department, rep: User, manager: User, other_manager: User
) -> None:
    department.manager = other_manager
    department.save()
    services.recall(note, actor=rep, moment=MOMENT)
    again = services.submit(note, actor=rep, moment=MOMENT)
    assert_decides(again, other_manager, able=True)
    assert_decides(again, manager, able=False)
    services.approve(again, actor=other_manager, moment=MOMENT)

"""How far a request is, what comes next, and by when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from approvals import services as approval_services
from approvals.expected import hours_to_decide
from approvals.models import PolicyStep
from creditnotes import services
from creditnotes.models import CreditNote
from customers.models import Company, Invoice, User
from portal.expecting import expectations
from portal.story import Story, WholeStory, with_wishes
from tests import factories

NOW = factories.MOMENT
HOUR = timedelta(hours=1)


@pytest.fixture
def request_(contact: User, invoice: Invoice) -> CreditNote:
    factories.policy(invoice.company)
    PolicyStep.objects.update(hours=10)  # two steps
    note = factories.draft_note(invoice, contact, factories.claim(invoice, 1, "2"))
    return services.request(note, actor=contact, moment=NOW)


def told(note: CreditNote) -> Story:
    """The note as a list shows it an hour later."""
    seen = with_wishes(CreditNote.objects.filter(pk=note.pk)).get()
    expected = expectations([seen], note.company, NOW + HOUR)
    return Story(seen, seen.wish, expected.get(note.pk))  # type: ignore[attr-defined]


def test_before_it_is_submitted_the_whole_policy_counts(request_: CreditNote) -> None:
    expected = told(request_).expected
    assert expected is not None
    assert expected.by == NOW + 50 * HOUR  # 20 business hours: six, nine and five
    assert not expected.is_late


def test_then_the_steps_that_are_left_count(request_: CreditNote, rep: User) -> None:
    note = services.pick_up(request_, actor=rep, moment=NOW)
    note = approval_services.submit(note, actor=rep, moment=NOW + HOUR)
    expected = told(note).expected
    assert expected is not None
    assert (
        expected.by == NOW + 26 * HOUR
    )  # five business hours today, five tomorrow; the manager decides alone on so little


def test_one_that_takes_too_long_says_so(
    request_: CreditNote, contact: User, client_of: Callable[[User], Client]
) -> None:
    story = WholeStory(request_, contact, NOW + 51 * HOUR)
    assert story.expected is not None
    assert story.expected.is_late
    page = client_of(contact).get(f"/portal/credit-notes/{request_.pk}/").content.decode()
    assert "It takes longer than we planned." in page


def test_once_it_is_decided_nothing_is_due(request_: CreditNote, rep: User, manager: User) -> None:
    note = services.pick_up(request_, actor=rep, moment=NOW)
    note = approval_services.submit(note, actor=rep, moment=NOW)
    note = approval_services.approve(note, actor=manager, moment=NOW)
    expected = told(note).expected
    assert expected is not None
    assert expected.by is None
    note = services.issue(note, actor=None, moment=NOW)
    assert told(note).expected is None


def test_the_way_shows_how_far_it_is(request_: CreditNote, rep: User) -> None:
    def way(note: CreditNote) -> list[str]:
        stages = told(note).stages
        return ["done" if s.is_done else "now" if s.is_current else "" for s in stages]

    assert way(request_) == ["now", "", "", ""]
    note = services.pick_up(request_, actor=rep, moment=NOW)
    assert way(note) == ["done", "now", "", ""]
    note = services.withdraw(note, actor=rep, moment=NOW)
    assert way(note) == []


def test_without_a_policy_nothing_is_promised(company: Company) -> None:
    assert hours_to_decide(company) == 0

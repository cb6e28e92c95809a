"""The day's automatic approvals, and the sample of them that a person looks at again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client, override_settings
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from approvals import services
from approvals.models import AfterReview, Decision, Policy
from approvals.sampling import is_sampled
from creditnotes.models import CreditNote, Event
from customers.errors import Incomplete, NotAllowed, WrongState
from customers.models import Company, Invoice, User
from tests import factories
from tests.refusing import database_refuses, sql

SignIn = Callable[[User], Client]
PAGE = "/approvals/automatic/"


@pytest.fixture
def passed(invoice: Invoice, rep: User, policy: Policy, company: Company) -> CreditNote:
    """37.66, approved by policy itself just now; all of the day are looked at again."""
    Company.objects.update(review_percent=100)
    Policy.objects.update(auto_approval_limit=500)
    return factories.submitted_note(invoice, rep, moment=timezone.now())


@given(st.text(max_size=64), st.integers(0, 100))
def test_the_sample_is_the_same_whoever_asks(content: str, percent: int) -> None:
    assert is_sampled(content, percent) == is_sampled(content, percent)
    assert is_sampled(content, 100)
    assert not is_sampled(content, 0)
    if is_sampled(content, percent):
        assert is_sampled(content, min(percent + 1, 100))  # a larger sample holds the smaller


def test_who_knows_the_content_alone_can_not_tell() -> None:
    """Another secret chooses others, of the same contents."""
    contents = [f"{number}" for number in range(200)]
    chosen = [is_sampled(content, 50) for content in contents]
    with override_settings(SECRET_KEY="another-secret-altogether"):
        assert [is_sampled(content, 50) for content in contents] != chosen


def test_about_as_many_are_chosen_as_was_said() -> None:
    chosen = sum(is_sampled(f"{number}", 20) for number in range(5000))
    assert 900 < chosen < 1100


def test_the_page_lists_the_day_and_takes_the_answer(
    client_of: SignIn, passed: CreditNote, manager: User
) -> None:
    browser = client_of(manager)
    page = browser.get(PAGE).content.decode()
    for words in (str(passed), "Érable Builders", "$37.66", "up to $500.00", "To look at"):
        assert words in page
    decision = passed.decisions.get()
    url = f"{PAGE}{decision.pk}/review/"
    answer = browser.post(url, {"is_right": "False", "comment": " "})
    assert answer.status_code == 422
    assert "Say why, please." in answer.content.decode()
    after = browser.post(url, {"is_right": "False", "comment": "Never short."}, follow=True)
    page = after.content.decode()
    for words in ("Not right", "Manon Manager", "Never short."):
        assert words in page
    event = passed.events.get(kind=Event.Kind.REVIEWED)
    assert (event.actor, event.comment) == (manager, "Never short.")
    assert event.payload == {"decision": decision.pk, "is_right": False}
    again = browser.post(url, {"is_right": "True"})
    assert again.status_code == 409
    assert "Manon Manager has looked at it already." in again.content.decode()


def test_other_days_are_a_step_away(
    client_of: SignIn, passed: CreditNote, manager: User, company: Company
) -> None:
    today = company.day_of(timezone.now())
    browser = client_of(manager)
    before = browser.get(PAGE, {"day": str(today - timedelta(days=1))}).content.decode()
    assert str(passed) not in before
    assert "Nothing passed by itself" in before
    for odd in ("", "yesterday", str(today + timedelta(days=3))):
        assert str(passed) in browser.get(PAGE, {"day": odd}).content.decode()


@pytest.mark.parametrize("day", ["0001-01-01", "1969-12-31", "9999-12-31", "x"])
def test_a_day_on_which_nothing_was_is_today(
    client_of: SignIn, passed: CreditNote, manager: User, day: str
) -> None:
    answer = client_of(manager).get(PAGE, {"day": day})
    assert (answer.status_code, answer.context["is_today"]) == (200, True)


def test_the_first_day_has_none_before_it(client_of: SignIn, manager: User) -> None:
    page = client_of(manager).get(PAGE, {"day": "1970-01-01"})
    assert page.status_code == 200
    assert "The day before" not in page.content.decode()


def test_an_empty_day_leads_to_the_last_one_that_was_not(
    client_of: SignIn,
    invoice: Invoice,
    rep: User,
    manager: User,
    policy: Policy,
    company: Company,
) -> None:
    Policy.objects.update(auto_approval_limit=500)
    today = company.day_of(timezone.now())
    note = factories.submitted_note(invoice, rep, moment=timezone.now() - timedelta(days=3))
    passed_on = today - timedelta(days=3)
    browser = client_of(manager)
    assert f'href="?day={passed_on}"' in browser.get(PAGE).content.decode()
    assert str(note) in browser.get(PAGE, {"day": str(passed_on)}).content.decode()
    earlier = browser.get(PAGE, {"day": str(passed_on - timedelta(days=1))}).content.decode()
    assert "Last on" not in earlier


def test_what_is_not_chosen_is_listed_all_the_same(
    client_of: SignIn, passed: CreditNote, manager: User
) -> None:
    Company.objects.update(review_percent=0)
    page = client_of(manager).get(PAGE).content.decode()
    assert "Not chosen" in page
    assert str(passed) in page


def test_it_is_for_those_who_decide_about_whom_they_serve(
    client_of: SignIn, passed: CreditNote, rep: User, other_manager: User, manager: User
) -> None:
    assert client_of(rep).get(PAGE).status_code == 404
    assert str(passed) not in client_of(other_manager).get(PAGE).content.decode()
    url = f"{PAGE}{passed.decisions.get().pk}/review/"
    assert client_of(other_manager).post(url, {"is_right": "True"}).status_code == 404
    assert not AfterReview.objects.exists()


def test_nobody_looks_at_their_own(
    invoice: Invoice, manager: User, finance: User, passed: CreditNote
) -> None:
    own = factories.submitted_note(invoice, manager, moment=timezone.now())
    decision = own.decisions.get()
    assert decision.actor is None
    with pytest.raises(NotAllowed, match="somebody else must look"):
        review(decision, manager)
    with database_refuses("nobody reviews their own"):
        AfterReview.objects.create(
            decision=decision, reviewer=manager, is_right=True, reviewed_at=timezone.now()
        )
    assert review(decision, finance).is_right


def review(
    decision: Decision, actor: User, is_right: bool = True, comment: str = ""
) -> AfterReview:
    return services.review_automatic(
        decision, is_right=is_right, comment=comment, actor=actor, moment=timezone.now()
    )


def test_it_is_said_once_and_for_good(passed: CreditNote, manager: User, finance: User) -> None:
    decision = passed.decisions.get()
    with pytest.raises(Incomplete):
        review(decision, manager, is_right=False)
    review(decision, manager)
    with pytest.raises(WrongState):
        review(decision, finance)
    with database_refuses("permission denied"):
        sql("UPDATE approvals_afterreview SET is_right = false")


def test_only_what_policy_approved(
    invoice: Invoice, rep: User, manager: User, finance: User, policy: Policy
) -> None:
    note = factories.submitted_note(invoice, rep)
    services.approve(note, actor=manager, moment=factories.MOMENT)
    decision = note.decisions.get()
    with pytest.raises(NotAllowed):
        review(decision, finance)
    with database_refuses("a person decided on it"):
        AfterReview.objects.create(
            decision=decision, reviewer=finance, is_right=True, reviewed_at=timezone.now()
        )

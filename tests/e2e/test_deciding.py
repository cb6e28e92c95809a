"""Clearing the review queue in a real browser: by key alone, by a nervous mouse, without script."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from approvals import services
from approvals.models import Decision, Policy
from creditnotes.models import CreditNote, State
from customers.models import Invoice, User
from tests import factories
from tests.e2e.conftest import Site

pytestmark = [
    pytest.mark.browser,
    pytest.mark.pages_only,
    pytest.mark.django_db(transaction=True),
]

WIDE = {"width": 1440, "height": 900}


@pytest.fixture
def waiting(invoice: Invoice, rep: User, policy: Policy) -> list[CreditNote]:
    """Five notes in the manager's queue, the most urgent first."""
    now = timezone.now()
    return [
        factories.submitted_note(invoice, rep, moment=now - timedelta(minutes=60 - each))
        for each in range(5)
    ]


def heading(page: Page, note: CreditNote) -> None:
    """Wait for the note's decision page, ready to take a decision."""
    expect(page.get_by_role("heading", level=1)).to_contain_text(note.reference)
    page.wait_for_load_state()
    expect(page.locator("[data-decision-form]")).not_to_have_attribute("aria-busy", "true")


def state(note: CreditNote) -> str:
    return str(CreditNote.objects.get(pk=note.pk).state)


def test_a_queue_is_cleared_without_the_mouse(
    site: Site, manager: User, waiting: list[CreditNote]
) -> None:
    first, second, third, fourth, fifth = waiting
    with site.signed_in(manager, viewport=WIDE) as page:
        page.goto("/approvals/")
        glance = page.get_by_role("complementary", name="At a glance")
        expect(glance).to_contain_text(first.reference)
        page.keyboard.press("j")
        page.keyboard.press("j")
        expect(glance).to_contain_text(second.reference)
        page.keyboard.press("k")
        page.keyboard.press("Enter")

        heading(page, first)
        expect(page.get_by_text("1 of 5")).to_be_visible()
        page.keyboard.press("a")
        heading(page, second)
        expect(page.get_by_text("2 of 5")).to_be_visible()
        expect(page.get_by_text(f"{first.reference}: Approved.")).to_be_visible()

        page.keyboard.press("r")
        expect(page.get_by_label("Comment, needed to return")).to_be_focused()
        page.keyboard.type("Which boards?")
        page.keyboard.press("Control+Enter")

        heading(page, third)
        page.keyboard.press("j")
        heading(page, fourth)
        page.keyboard.press("k")
        heading(page, third)
        page.keyboard.press("x")
        expect(page.get_by_role("dialog", name=f"Reject {third.reference}?")).to_be_visible()
        page.keyboard.press("Escape")
        heading(page, third)
        page.keyboard.press("x")
        page.keyboard.type("Signed as complete.")
        page.keyboard.press("Control+Enter")

        heading(page, fourth)
        page.keyboard.press("u")
        expect(page.get_by_role("heading", level=1)).to_have_text("Waiting for your decision")
        page.wait_for_load_state()
        page.keyboard.press("s")
        heading(page, fourth)
        page.keyboard.press("Escape")
        expect(page.get_by_role("heading", level=1)).to_have_text("Waiting for your decision")
        page.wait_for_load_state()
        page.keyboard.press("s")
        heading(page, fourth)
        page.keyboard.press("a")
        heading(page, fifth)
        page.keyboard.press("a")
        expect(page.get_by_text("All done")).to_be_visible()
    assert [state(note) for note in (second, third)] == [State.RETURNED, State.REJECTED]
    comments = Decision.objects.order_by("pk").values_list("comment", flat=True)
    assert list(comments) == ["", "Which boards?", "Signed as complete.", "", ""]


def test_a_second_click_never_decides_on_the_next_note(
    site: Site, manager: User, waiting: list[CreditNote]
) -> None:
    first, second = waiting[:2]
    with site.signed_in(manager, viewport=WIDE) as page:
        page.goto(f"/approvals/{first.pk}/")
        # The slow second click meets the next page as soon as it is there.
        page.add_init_script(
            "addEventListener('load', () => {"
            f"  if (!location.pathname.includes('/{second.pk}/')) return;"
            "  document.querySelector('[data-decision=approve]').click();"
            "  document.documentElement.dataset.clicked = 'again';"
            "})"
        )
        page.get_by_role("button", name="Approve").dblclick()
        expect(page.locator("html")).to_have_attribute("data-clicked", "again")
        heading(page, second)
        assert Decision.objects.count() == 1

        page.get_by_role("button", name="Approve").click()
        heading(page, waiting[2])
    assert Decision.objects.count() == 2


def test_what_was_typed_goes_along_into_the_question_and_back(
    site: Site, manager: User, waiting: list[CreditNote]
) -> None:
    with site.signed_in(manager) as page:
        page.goto(f"/approvals/{waiting[0].pk}/")
        comment = page.get_by_label("Comment, needed to return")
        comment.fill("Not twice.")
        page.get_by_role("button", name="Reject", exact=True).click()
        question = page.get_by_role("dialog")
        expect(question.get_by_role("textbox")).to_have_value("Not twice.")
        question.get_by_role("button", name="Keep it").click()
        expect(comment).to_have_value("Not twice.")
    assert not Decision.objects.exists()


def test_rejecting_works_without_script(
    site: Site, manager: User, waiting: list[CreditNote]
) -> None:
    first, second = waiting[:2]
    with site.signed_in(manager, java_script_enabled=False) as page:
        page.goto(f"/approvals/{first.pk}/")
        page.get_by_label("Comment, needed to return").fill("As on the phone.")
        page.get_by_role("button", name="Reject", exact=True).click()
        page.get_by_role("dialog").get_by_role("textbox").fill("No damage to be seen.")
        page.get_by_role("button", name="Reject for good").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text(second.reference)

        page.get_by_role("button", name="Return").click()
        expect(page.get_by_text("Say why, please.")).to_be_visible()
    assert state(first) == State.REJECTED
    assert Decision.objects.get().comment == "As on the phone.\n\nNo damage to be seen."


def test_a_colleagues_decision_is_told_with_the_way_on(
    site: Site, manager: User, rep: User, waiting: list[CreditNote]
) -> None:
    first, second = waiting[:2]
    with site.signed_in(manager) as page:
        page.goto(f"/approvals/{first.pk}/")
        page.get_by_label("Comment, needed to return").fill("Fine with me.")
        services.recall(first, actor=rep, moment=timezone.now())
        page.get_by_role("button", name="Approve").click()

        expect(page.get_by_role("alert")).to_contain_text("This was not decided")
        expect(page.get_by_label("Your comment, kept for you")).to_have_value("Fine with me.")
        page.get_by_role("link", name="Next to decide").click()
        heading(page, second)
    assert not Decision.objects.exists()

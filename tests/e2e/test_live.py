"""An open page changes by itself, in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import ConsoleMessage, Page, Route, expect

from approvals import services as approvals
from creditnotes.models import CreditNote
from customers.models import Invoice, User
from tests import factories
from tests.e2e.conftest import Site
from tests.factories import MOMENT
from tests.waiting import wait_for

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def listens(page: Page) -> None:
    expect(page.locator("html")).to_have_attribute("data-live", "on")


def told(page: Page) -> list[str]:
    """Everything that the page was told since the last look."""
    names: list[str] = page.evaluate("window.told.splice(0)")
    return names


def keep_what_is_told(page: Page) -> None:
    page.evaluate(
        """() => {
            window.told = [];
            for (const name of ["news", "queue", "note"])
                document.body.addEventListener(`live:${name}`, (event) =>
                    window.told.push([name, event.detail?.id].filter(Boolean).join(" ")));
        }"""
    )


@pytest.fixture
def note(invoice: Invoice, rep: User) -> CreditNote:
    factories.policy(invoice.company)
    return factories.draft_note(invoice, rep)


def test_the_count_beside_the_queue_changes_within_a_second(
    site: Site, note: CreditNote, rep: User, manager: User
) -> None:
    with site.signed_in(manager) as page:
        complaints: list[ConsoleMessage] = []
        page.on("console", lambda message: complaints.append(message))  # noqa: PLW0108
        page.goto("/")
        listens(page)
        badge = page.locator(".nav-count .badge")
        expect(badge).to_have_count(0)
        approvals.submit(note, actor=rep, moment=MOMENT)
        expect(badge).to_have_text(re.compile("1"), timeout=1000)
        approvals.approve(CreditNote.objects.get(), actor=manager, moment=MOMENT)
        expect(badge).to_have_count(0, timeout=1000)
        assert [each.text for each in complaints] == []


def test_a_page_follows_the_credit_notes_that_it_shows(
    site: Site, note: CreditNote, rep: User, invoice: Invoice
) -> None:
    other = factories.draft_note(invoice, rep)
    with site.signed_in(rep) as page:
        page.goto("/")
        listens(page)
        keep_what_is_told(page)
        page.evaluate(
            """id => {
                const row = document.createElement("p");
                row.dataset.liveNote = id;
                document.body.append(row);
                document.dispatchEvent(new CustomEvent("htmx:afterSettle"));
            }""",
            note.pk,
        )
        listens(page)
        approvals.submit(other, actor=rep, moment=MOMENT)
        approvals.submit(note, actor=rep, moment=MOMENT)
        heard = wait_for(lambda: told(page), "a word")
        page.wait_for_timeout(300)
        assert heard + told(page) == [f"note {note.pk}"]


def test_without_the_stream_pages_ask_by_themselves(
    site: Site, note: CreditNote, rep: User, manager: User
) -> None:
    with site.signed_in(manager) as page:
        page.clock.install()
        page.goto("/")
        listens(page)
        assert site.live
        site.live.kill()
        expect(page.locator("html")).to_have_attribute("data-live", "off")
        approvals.submit(note, actor=rep, moment=MOMENT)
        badge = page.locator(".nav-count .badge")
        expect(badge).to_have_count(0)
        page.clock.fast_forward(31_000)
        expect(badge).to_have_text(re.compile("1"))


def test_signing_out_elsewhere_is_noticed_at_once(site: Site, rep: User) -> None:
    with site.signed_in(rep) as page:
        page.goto("/")
        listens(page)
        keep_what_is_told(page)
        elsewhere = page.context.new_page()
        elsewhere.goto("/accounts/logout/")
        elsewhere.get_by_role("button", name="Sign out").last.click()
        expect(page.locator("#toasts")).to_contain_text("You have been signed out")


def test_the_credit_note_says_by_itself_that_it_was_approved(
    site: Site, note: CreditNote, rep: User, manager: User
) -> None:
    approvals.submit(note, actor=rep, moment=MOMENT)
    with site.signed_in(rep) as page:
        page.goto(f"/credit-notes/{note.pk}/")
        listens(page)
        expect(page.locator("#note-state")).to_have_text(re.compile("Submitted"))
        approvals.approve(CreditNote.objects.get(), actor=manager, moment=MOMENT)
        expect(page.locator("#note-state")).to_have_text(re.compile("Approved"), timeout=2000)
        expect(page.locator("#note-story .timeline-list").last).to_contain_text("Approved")
        expect(page.locator("#note-next")).not_to_contain_text("Waits for")


def test_what_changes_while_the_page_asks_again_is_seen_too(
    site: Site, note: CreditNote, rep: User, manager: User
) -> None:
    with site.signed_in(rep) as page:
        asked: list[Route] = []
        page.goto(f"/credit-notes/{note.pk}/")
        listens(page)
        keep_what_is_told(page)
        page.route(f"**/credit-notes/{note.pk}/", lambda route: asked.append(route), times=1)  # noqa: PLW0108
        approvals.submit(note, actor=rep, moment=MOMENT)
        wait_for(lambda: told(page), "the first word")
        wait_for(lambda: page.title() and asked, "the first question")
        answer = asked[0].fetch()
        approvals.approve(CreditNote.objects.get(), actor=manager, moment=MOMENT)
        wait_for(lambda: told(page), "the second word")
        asked[0].fulfill(response=answer)
        expect(page.locator("#note-state")).to_have_text(re.compile("Approved"))
        expect(page.locator("#note-story .timeline-list").last).to_contain_text("Approved")

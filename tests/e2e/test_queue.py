"""The review queue in a real browser: its views, saved filters, keys, bulk, and colleagues."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Locator, Page, ViewportSize, expect

from approvals import services
from approvals.models import Decision, Delegation, Policy
from creditnotes.models import CreditNote, State
from customers.access import MANAGERS
from customers.models import Invoice, User
from tests import factories
from tests.e2e.conftest import Site
from tests.waiting import wait_for

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WIDE = ViewportSize(width=1440, height=900)
PHONE = ViewportSize(width=390, height=844)
#: What may move after an act, as the browser adds it up.
MOST_SHIFT = 0.02


@pytest.fixture
def waiting(invoice: Invoice, rep: User, policy: Policy) -> list[CreditNote]:
    """Four notes in the manager's queue, the most urgent first."""
    now = timezone.now()
    return [
        factories.submitted_note(invoice, rep, moment=now - timedelta(minutes=60 - each))
        for each in range(4)
    ]


@pytest.fixture
def deputy(invoice: Invoice) -> User:
    """A manager without a department, who may stand in."""
    return factories.person("Della Deputy", MANAGERS, invoice.company)


def row(page: Page, note: CreditNote) -> Locator:
    return page.locator("[data-rows] > tr").filter(has_text=note.reference)


def state(note: CreditNote) -> str:
    return str(CreditNote.objects.get(pk=note.pk).state)


@pytest.mark.pages_only
def test_views_saved_filters_and_several_at_once_by_key(
    site: Site, manager: User, rep: User, waiting: list[CreditNote]
) -> None:
    first, second, third, fourth = waiting
    with site.signed_in(manager, viewport=WIDE) as page:
        page.goto("/approvals/")
        views = page.get_by_role("navigation", name="Whose")
        expect(views.get_by_role("link", name="Mine 4")).to_have_attribute("aria-current", "page")
        views.get_by_role("link", name="All I may see 4").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("All that waits")

        page.get_by_label("Offer").select_option("above")
        page.wait_for_url(re.compile("offer=above"))
        page.locator(".saved-filters summary").click()
        page.get_by_label("Keep this view as").fill("Above the standard")
        page.get_by_role("button", name="Keep", exact=True).click()
        expect(page.get_by_text("Kept as “Above the standard”.")).to_be_visible()
        page.goto("/approvals/")
        page.locator(".saved-filters summary").click()
        page.get_by_role("link", name="Above the standard").click()
        page.wait_for_url(re.compile("whose=all.*offer=above"))
        page.goto("/approvals/")
        page.wait_for_load_state()

        page.keyboard.press("?")
        keys = page.get_by_role("dialog", name="Keyboard")
        for words in ("Tick or untick", "Approve what is ticked", "Return what is ticked"):
            expect(keys).to_contain_text(words)
        page.keyboard.press("Escape")
        for key in ("j", "x", "j", "x", "j", "x", "x"):
            page.keyboard.press(key)
        for note, ticked in ((first, True), (second, True), (third, False), (fourth, False)):
            expect(row(page, note).get_by_role("checkbox")).to_be_checked(checked=ticked)
        expect(page.locator("[data-bulk-count]")).to_have_text("Ticked: 2")
        page.keyboard.press("a")
        expect(page.get_by_role("heading", level=1)).to_have_text("Approve 2 credit notes?")
        services.recall(second, actor=rep, moment=timezone.now())
        page.get_by_role("button", name="Approve 2").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("One credit note is decided")
        expect(page.get_by_text("One was not decided")).to_be_visible()
        refused = page.get_by_role("listitem").filter(has_text=second.reference)
        expect(refused.locator(".bad")).not_to_be_empty()
        page.keyboard.press("u")
        expect(views.get_by_role("link", name="Mine 2")).to_be_visible()
    assert [state(note) for note in waiting] == [
        State.APPROVED,
        State.DRAFT,
        State.SUBMITTED,
        State.SUBMITTED,
    ]


@pytest.mark.pages_only
def test_views_and_saved_filters_work_without_script(
    site: Site, manager: User, waiting: list[CreditNote]
) -> None:
    with site.signed_in(manager, java_script_enabled=False, viewport=PHONE) as page:
        page.goto("/approvals/?whose=all&sort=-total")
        page.locator(".saved-filters summary").click()
        page.get_by_role("button", name="Keep", exact=True).click()
        page.get_by_label("Keep this view as").fill("x" * 40)
        page.get_by_role("button", name="Keep", exact=True).click()
        expect(page.get_by_text("Kept as")).to_be_visible()
        page.locator(".saved-filters summary").click()
        page.get_by_role("button", name="Delete xxx").click()
        page.get_by_role("link", name="My team’s").click()
        expect(page.get_by_text("Nothing waits for your team")).to_be_visible()


def watch_shifts(page: Page) -> None:
    """From now on count by how much the page moves, as if nobody had touched it."""
    page.evaluate(
        """() => {
            window.moved = 0;
            new PerformanceObserver((list) => {
                for (const entry of list.getEntries()) window.moved += entry.value;
            }).observe({ type: "layout-shift", buffered: false });
        }"""
    )


def test_the_queue_says_what_a_colleague_decided_without_moving(
    site: Site,
    manager: User,
    rep: User,
    deputy: User,
    invoice: Invoice,
    waiting: list[CreditNote],
) -> None:
    first, second, third, _fourth = waiting
    now, day = timezone.now(), timedelta(days=1)
    Delegation.objects.create(
        delegator=manager, delegate=deputy, starts_at=now - day, ends_at=now + day
    )
    with site.signed_in(manager, viewport=WIDE) as page:
        page.goto("/approvals/")
        expect(page.locator("html")).to_have_attribute("data-live", "on")
        row(page, first).get_by_role("checkbox").check()
        row(page, second).get_by_role("checkbox").check()
        page.keyboard.press("j")
        expect(page.get_by_role("complementary")).to_contain_text(first.reference)
        watch_shifts(page)
        services.approve(second, actor=deputy, moment=timezone.now())

        gone = row(page, second)
        expect(gone.locator(".queue-gone")).to_have_text("Approved: Della Deputy")
        expect(gone.get_by_role("checkbox")).to_be_disabled()
        expect(gone.get_by_role("checkbox")).not_to_be_checked()
        expect(row(page, first).get_by_role("checkbox")).to_be_checked()
        expect(row(page, first)).to_have_class(re.compile("is-current"))
        expect(page.get_by_role("link", name="Mine 3")).to_be_visible()
        expect(page.locator("#queue-figures dd").first).to_contain_text("3")
        expect(page.locator("#queue-count")).to_contain_text("3 credit notes")
        expect(page.locator("#queue-said")).to_contain_text(second.reference)
        page.wait_for_timeout(300)
        assert page.evaluate("window.moved") <= MOST_SHIFT

        factories.submitted_note(invoice, rep, moment=timezone.now())
        page.get_by_role("link", name="Show what has come").click()
        expect(page.locator("[data-rows] > tr")).to_have_count(4)
        expect(row(page, second)).to_have_count(0)
        services.recall(third, actor=rep, moment=timezone.now())
        expect(row(page, third).locator(".queue-gone")).to_have_text("Waits here no more")


def test_a_manager_goes_away_and_the_substitute_decides(
    site: Site, manager: User, finance: User, waiting: list[CreditNote]
) -> None:
    first = waiting[0]
    with site.signed_in(manager) as page:
        page.goto("/approvals/")
        page.locator(".account-menu summary").click()
        page.get_by_role("link", name="Away").click()
        today = timezone.localdate().isoformat()
        page.get_by_label("First day away").fill(today)
        page.get_by_label("Last day away").fill(today)
        page.get_by_label("Who decides for you").select_option(label=str(finance))
        page.get_by_role("button", name="Let them decide").click()
        expect(page.get_by_text("You are away", exact=True)).to_be_visible()
    with site.signed_in(finance, viewport=WIDE) as page:
        page.goto("/approvals/")
        page.get_by_role("link", name="Decide on the 4 delegated to you").click()
        expect(page.get_by_role("link", name="Delegated to me 4")).to_be_visible()
        expect(row(page, first)).to_contain_text("for Manon Manager")
        row(page, first).get_by_role("link").click()
        expect(page.locator(".decision")).to_contain_text("for Manon Manager")
        expect(page.get_by_text("1 of 4")).to_be_visible()
        page.get_by_role("button", name="Approve").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text(waiting[1].reference)
        expect(page.get_by_text("2 of 4")).to_be_visible()
    decision = Decision.objects.get()
    assert (decision.note, decision.actor, decision.on_behalf_of) == (first, finance, manager)


def test_deciding_from_a_mail_on_a_phone(
    site: Site, manager: User, rep: User, invoice: Invoice, policy: Policy
) -> None:
    note = factories.draft_note(invoice, rep)
    services.submit(note, actor=rep, moment=timezone.now())
    mail = wait_for(lambda: site.postbox.sent_to(manager), "the mail to the manager")[0]
    body = mail.get_body(("plain",))
    assert body
    link = next(word for word in body.get_content().split() if "/decide/" in word)
    context = site.browser.new_context(viewport=PHONE)
    page = context.new_page()
    for method in ("GET", "HEAD", "GET"):
        assert page.request.fetch(link, method=method).status == 200
    page.goto(link)
    expect(page.get_by_role("heading", level=1)).to_contain_text(note.reference)
    expect(page.get_by_text("Nothing is decided until you press a button.")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert not Decision.objects.exists()

    page.get_by_role("button", name="Approve").click()

    expect(page.get_by_text("This is decided")).to_be_visible()
    expect(page.get_by_text("Approved by Manon Manager")).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)
    context.close()
    assert Decision.objects.get().actor == manager

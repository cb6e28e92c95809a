"""The components page in a real browser: what every page builds on works by key, mouse and hand."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from customers.models import User
from tests.e2e.conftest import Site

pytestmark = [
    pytest.mark.browser,
    pytest.mark.pages_only,
    pytest.mark.django_db(transaction=True),
]

PAGE = "/demo/components/"


def current(page: Page) -> str:
    """The first words of the row that the keyboard stands on."""
    return page.locator("tr.is-current a").inner_text()


def test_the_keyboard_searches_helps_moves_opens_and_begins(site: Site, rep: User) -> None:
    with site.signed_in(rep) as page:
        page.goto(PAGE)
        page.keyboard.press("j")
        page.keyboard.press("j")
        page.keyboard.press("j")
        page.keyboard.press("k")
        assert current(page) == "CR-000043"
        page.keyboard.press("Enter")
        assert page.url.endswith("#tables")

        page.keyboard.press("?")
        sheet = page.get_by_role("dialog", name="Keyboard")
        expect(sheet).to_contain_text("Next and previous row")
        expect(sheet).to_contain_text("Next page")  # what this page itself offers
        page.keyboard.press("j")
        assert current(page) == "CR-000043"  # nothing moves behind a dialog
        page.keyboard.press("Escape")
        expect(sheet).to_be_hidden()

        page.keyboard.press("/")
        box = page.locator("#search-box")
        expect(box).to_be_focused()
        page.keyboard.type("jn?")
        expect(box).to_have_value("jn?")
        page.keyboard.press("Escape")

        page.locator("h1").click()
        page.keyboard.press("n")
        page.wait_for_url("**/credit-notes/new/**")


def test_a_click_anywhere_in_a_row_opens_it(site: Site, rep: User) -> None:
    with site.signed_in(rep) as page:
        page.goto(PAGE)
        page.get_by_role("cell", name="Aciers Labelle inc. C-101").click()
        assert page.url.endswith("#tables")


def test_heads_sort_both_ways_and_forget_the_page(site: Site, rep: User) -> None:
    with site.signed_in(rep) as page:
        page.goto(f"{PAGE}?after=abc&state=draft")
        head = page.get_by_role("columnheader", name="Amount")
        head.get_by_role("link").click()
        assert page.url.endswith("?state=draft&sort=-total")
        expect(head).to_have_attribute("aria-sort", "descending")
        head.get_by_role("link").click()
        assert page.url.endswith("?state=draft&sort=total")
        expect(head).to_have_attribute("aria-sort", "ascending")


def test_a_filter_applies_when_chosen(site: Site, rep: User) -> None:
    with site.signed_in(rep) as page:
        page.goto(PAGE)
        page.get_by_label("State").select_option(label="Approved")
        page.wait_for_url("**state=approved**")
        expect(page.get_by_label("State")).to_have_value("approved")


def test_photos_open_large_and_turn(site: Site, rep: User) -> None:
    with site.signed_in(rep) as page:
        page.goto(PAGE)
        page.get_by_role("link", name="IMG_0042.jpg").click()
        viewer = page.locator("dialog.viewer")
        expect(viewer).to_contain_text("IMG_0042.jpg · 1 / 2")
        page.keyboard.press("ArrowRight")
        expect(viewer).to_contain_text("· 2 / 2")
        page.keyboard.press("ArrowRight")
        expect(viewer).to_contain_text("IMG_0042.jpg · 1 / 2")
        page.keyboard.press("Escape")
        expect(viewer).to_be_hidden()
        expect(page.get_by_role("link", name="IMG_0042.jpg")).to_be_focused()


def test_without_script_dialogs_menus_filters_and_photos_still_work(site: Site, rep: User) -> None:
    with site.signed_in(rep) as signed_in:
        context = site.browser.new_context(
            base_url=site.address,
            java_script_enabled=False,
            storage_state=signed_in.context.storage_state(),
        )
        page = context.new_page()
        page.goto(PAGE)
        page.get_by_role("button", name="Open a dialog").click()
        dialog = page.get_by_role("dialog", name="Reject this credit note?")
        expect(dialog).to_be_visible()
        dialog.get_by_role("button", name="Close").click()
        expect(dialog).to_be_hidden()

        page.locator("summary", has_text="More").click()
        expect(page.locator(".menu-sheet a", has_text="Export")).to_be_visible()

        page.get_by_label("State").select_option(label="Approved")
        page.get_by_role("button", name="Show", exact=True).click()
        assert "state=approved" in page.url

        expect(page.get_by_role("button", name="Copy CR-000042")).to_be_hidden()
        page.get_by_role("link", name="IMG_0042.jpg").click()
        assert ".svg" in page.url
        context.close()


def test_the_theme_is_chosen_once_and_stays(site: Site, rep: User) -> None:
    with site.signed_in(rep, color_scheme="light") as page:
        page.goto(PAGE)
        root = page.locator("html")
        expect(root).to_have_attribute("data-bs-theme", "light")
        page.locator(".account-menu summary").click()
        page.get_by_role("button", name="Dark", exact=True).click()
        expect(root).to_have_attribute("data-bs-theme", "dark")
        page.reload()
        expect(root).to_have_attribute("data-bs-theme", "dark")


def test_nothing_is_wider_than_a_phone_and_nothing_fails(site: Site, rep: User) -> None:
    with site.signed_in(rep, viewport={"width": 390, "height": 844}) as page:
        troubles: list[str] = []
        page.on(
            "console", lambda said: troubles.append(said.text) if said.type == "error" else None
        )
        page.on(
            "requestfailed",
            lambda request: None if "/live/" in request.url else troubles.append(request.url),
        )
        page.goto(PAGE)
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        assert troubles == []

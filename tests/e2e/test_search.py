"""The search box in a real browser, by keyboard alone; and the lists."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from customers.models import Customer, Invoice, User
from tests import factories
from tests.e2e.conftest import Site

pytestmark = [
    pytest.mark.browser,
    pytest.mark.pages_only,
    pytest.mark.django_db(transaction=True),
]


def reached(page: Page) -> str:
    """The words of the result that the arrows have reached."""
    here = page.get_by_role("combobox").get_attribute("aria-activedescendant")
    return page.locator(f"#{here}").inner_text() if here else ""


def test_found_and_opened_by_keyboard_and_offered_again(
    site: Site, rep: User, customer: Customer, invoice: Invoice
) -> None:
    factories.customer(customer.department, "C-300", "Érable Roofing")
    with site.signed_in(rep) as page:
        page.goto("/")
        page.keyboard.press("/")
        box = page.get_by_role("combobox")
        expect(box).to_be_focused()
        expect(page.get_by_text("Who is calling?")).to_be_visible()
        page.keyboard.type("erable")
        expect(page.get_by_role("option", name="C-100")).to_be_visible()
        assert box.get_attribute("aria-expanded") == "true"
        assert reached(page) == ""
        page.keyboard.press("ArrowDown")
        assert "C-100" in reached(page)
        page.keyboard.press("ArrowDown")
        assert "C-300" in reached(page)
        page.keyboard.press("ArrowUp")
        page.keyboard.press("ArrowUp")
        assert reached(page) == ""  # back in the box
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/customers/{customer.pk}/")

        page.keyboard.press("/")
        expect(page.get_by_role("option", name="Érable Builders")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("option")).to_have_count(0)
        expect(box).to_be_focused()
        page.keyboard.type("zebra")
        expect(page.get_by_text("Nothing found for “zebra”")).to_be_visible()
        page.keyboard.press("Enter")
        page.wait_for_url("**/search/?q=zebra")


def test_without_script_the_lists_are_searched_sorted_and_paged(
    site: Site, rep: User, customer: Customer
) -> None:
    for number in range(55):
        factories.customer(customer.department, f"N-{number:02}", f"Name {number:02}")
    with site.signed_in(rep, java_script_enabled=False) as page:
        page.goto("/customers/")
        expect(page.get_by_text("1–50 of 56")).to_be_visible()
        page.get_by_role("link", name="Next").click()
        expect(page.get_by_text("51–56 of 56")).to_be_visible()
        page.get_by_role("columnheader", name="Name").get_by_role("link").click()
        expect(page.get_by_role("main").get_by_role("link", name="Name 54")).to_be_visible()
        page.get_by_role("searchbox", name="Number or name").fill("erable")
        page.get_by_role("button", name="Show").click()
        expect(page.get_by_text("1–1 of 1")).to_be_visible()
        page.get_by_role("main").get_by_role("link", name=customer.name).click()
        page.wait_for_url(f"**/customers/{customer.pk}/")


def test_a_list_is_walked_through_and_opened_by_keyboard(
    site: Site, rep: User, invoice: Invoice, large_invoice: Invoice
) -> None:
    with site.signed_in(rep) as page:
        page.goto("/invoices/?sort=number")
        page.keyboard.press("j")
        page.keyboard.press("j")
        expect(page.get_by_role("link", name=large_invoice.number)).to_be_focused()
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/invoices/{large_invoice.pk}/")

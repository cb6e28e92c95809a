"""The admin site in a real browser: tuned there, felt in the product, and nothing refused."""

from __future__ import annotations

import pytest
from playwright.sync_api import ConsoleMessage, expect

from approvals.models import Policy
from customers.groups import make_groups
from customers.models import Customer, Invoice, User
from tests import factories
from tests.e2e.conftest import Site

pytestmark = [
    pytest.mark.browser,
    pytest.mark.pages_only,
    pytest.mark.django_db(transaction=True),
]


def test_an_offer_that_is_tuned_is_the_one_that_the_composer_makes(
    site: Site, admin: User, rep: User, invoice: Invoice, policy: Policy
) -> None:
    factories.reason(invoice.company)
    make_groups()
    with site.signed_in(admin) as page:
        page.goto("/admin/approvals/offerterms/")
        page.get_by_role("link", name="Every other reason").click()
        page.get_by_label("Percent").fill("500")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(
            page.locator(".field-percent .field-errors, .errorlist, .notice-bad").first
        ).to_be_visible()
        expect(page.get_by_label("Percent")).to_have_value("500")
        page.get_by_label("Percent").fill("15")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_role("heading", name="Offer terms")).to_be_visible()
    with site.signed_in(rep) as page:
        page.goto(f"/credit-notes/new/?invoice={invoice.pk}")
        page.get_by_role("checkbox", name="Lumber").check()
        expect(page.get_by_role("main")).to_contain_text("15 %")


def test_a_long_list_of_choices_is_searched_and_rows_are_added(
    site: Site, admin: User, customer: Customer, other_customer: Customer
) -> None:
    make_groups()
    complaints: list[str] = []

    def listen(message: ConsoleMessage) -> None:
        if message.type == "error":
            complaints.append(message.text)

    with site.signed_in(admin) as page:
        page.on("console", listen)
        page.goto(f"/admin/customers/customer/{customer.pk}/change/")
        page.get_by_role("combobox", name="Parent").click()
        page.get_by_role("searchbox").last.fill("Toitures")
        page.get_by_role("option", name="Toitures Québec inc.").click()
        page.get_by_role("button", name="Add another Site").click()
        page.locator("#id_sites-0-name").fill("Lot 7")
        page.locator("#id_sites-0-address").fill("7 Site Street")
        page.get_by_role("button", name="Save", exact=True).click()
        expect(page.get_by_role("heading", name="Customers", exact=True)).to_be_visible()
    customer.refresh_from_db()
    assert customer.parent == other_customer
    assert [site.name for site in customer.sites.all()] == ["Lot 7"]
    assert complaints == []

"""An offer on a phone in French: offered, accepted and issued; and the inbox by key."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Page, ViewportSize, expect

from approvals import services
from approvals.models import Policy
from creditnotes.models import CreditNote, State
from customers.models import Customer, Department, Invoice, User
from tests import factories
from tests.delivering import deliver_all
from tests.e2e.conftest import Site

pytestmark = [
    pytest.mark.browser,
    pytest.mark.pages_only,
    pytest.mark.django_db(transaction=True),
]

PHONE = ViewportSize(width=390, height=844)
DESK = ViewportSize(width=1440, height=900)


@pytest.fixture
def chantier(department: Department) -> Customer:
    """A customer who reads French."""
    return factories.customer(department, "C-300", "Toitures du Nord inc.", language="fr-ca")


@pytest.fixture
def bill(chantier: Customer) -> Invoice:
    return factories.invoice(chantier, "INV-30")


@pytest.fixture
def luc(chantier: Customer) -> User:
    return factories.contact(chantier, "Luc Duchantier")


def violations(page: Page) -> list[tuple[str, str]]:
    found = Axe().run(page).response["violations"]
    return [(each["id"], each["nodes"][0]["html"]) for each in found]


def asked(bill: Invoice, contact: User, pieces: str, hours: int) -> CreditNote:
    at = timezone.now() - timedelta(hours=hours)
    draft = factories.draft_note(bill, contact, factories.claim(bill, 1, pieces), moment=at)
    return services.request(draft, actor=contact, moment=at)


def test_an_offer_is_accepted_by_thumb_and_issued(
    site: Site, luc: User, policy: Policy, bill: Invoice
) -> None:
    Policy.objects.update(auto_approval_limit=100)
    note = asked(bill, luc, "10", 0)
    with site.signed_in(luc, viewport=PHONE, has_touch=True, is_mobile=True) as page:
        page.goto("/portal/")
        page.locator(".portal-news").filter(has_text="37,66").tap()
        page.wait_for_url(f"**/portal/credit-notes/{note.pk}/")
        assert page.locator("html").get_attribute("lang") == "fr-ca"
        offer = page.locator(".portal-offer")
        for amount in ("33,33\xa0$", "4,33\xa0$", "37,66\xa0$"):
            expect(offer).to_contain_text(amount)
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        heights = offer.locator("button").evaluate_all(
            "(all) => all.map((each) => each.getBoundingClientRect().height)"
        )
        assert min(heights) >= 44
        assert violations(page) == []

        page.locator("form[action$='/accept/'] button").tap()
        expect(page.locator(".portal-offer")).to_have_count(0)
        accepted = CreditNote.objects.get()
        assert (accepted.state, str(accepted.total)) == (State.APPROVED, "37.66")
        deliver_all()
        page.reload()
        issued = CreditNote.objects.get()
        assert (issued.state, str(issued.total)) == (State.ISSUED, "37.66")
        expect(page.get_by_role("heading", level=1)).to_contain_text(issued.document.number)


def test_the_inbox_is_worked_through_by_key(
    site: Site, rep: User, colleague: User, luc: User, policy: Policy, bill: Invoice
) -> None:
    old, new = asked(bill, luc, "2", 30), asked(bill, luc, "1", 1)
    with site.signed_in(rep, viewport=DESK) as page:
        page.goto("/requests/")
        assert violations(page) == []
        rows = page.locator("[data-rows] > tr[data-row-link]")
        expect(rows).to_have_count(2)
        expect(rows.first).to_contain_text(old.reference)
        page.keyboard.press("j")
        page.keyboard.press("j")
        expect(rows.nth(1)).to_have_class(re.compile("is-current"))
        page.keyboard.press("k")
        page.keyboard.press("p")
        page.wait_for_url(f"**/credit-notes/{old.pk}/")
        assert CreditNote.objects.get(pk=old.pk).owner == rep
        page.keyboard.press("a")
        expect(page.locator("#note-state")).to_contain_text("Submitted")

        page.goto("/requests/")
        expect(rows).to_have_count(1)
        page.keyboard.press("j")
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/credit-notes/{new.pk}/")
        page.keyboard.press("o")
        page.wait_for_url("**/offer/")
        page.get_by_label("Percent of what is left").fill("5")
        page.get_by_role("button", name="Make the offer").click()
        expect(page.get_by_role("main")).to_contain_text("Offered to")

"""A caller sends photos from the phone, in French, by a link; the rep's open page shows them."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import ViewportSize, expect

from creditnotes import photo_links, services
from creditnotes.models import CreditNote
from customers.models import Department, User
from tests import factories
from tests.e2e.conftest import SLOW, Site
from tests.e2e.test_portal_phone import photos

__all__ = ["photos"]  # a fixture

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHONE: ViewportSize = {"width": 390, "height": 844}


@pytest.fixture
def note(department: Department, rep: User) -> CreditNote:
    """Of a customer who reads French."""
    roofers = factories.customer(department, "C-300", "Toitures du Nord inc.", language="fr-ca")
    return factories.draft_note(factories.invoice(roofers, "INV-30"), rep)


def test_photos_taken_on_the_phone_show_on_the_reps_open_page(
    site: Site, note: CreditNote, rep: User, photos: list[Path]
) -> None:
    with site.signed_in(rep) as desk:
        desk.goto(f"/credit-notes/{note.pk}/")
        desk.get_by_role("link", name="Ask for photos by link").click()
        desk.get_by_label("Who it is for").fill("Luc Duchantier")
        desk.get_by_role("button", name="Make the link").click()
        address = desk.get_by_label("Link", exact=True).input_value()
        expect(desk.locator("html")).to_have_attribute("data-live", "on")

        context = site.browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True)
        context.set_default_timeout(SLOW)
        phone = context.new_page()
        phone.goto(address)
        assert phone.locator("html").get_attribute("lang") == "fr-ca"
        assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        assert not Axe().run(phone).response["violations"]
        phone.locator("#id_photos").set_input_files(photos)
        expect(phone.locator("[data-arrived]")).to_contain_text("coin.jpg")
        expect(phone.locator("[data-arrived] li")).to_have_count(2)
        expect(phone.locator("[data-uploads] li")).to_have_count(0)

        expect(desk.locator("#note-photos img")).to_have_count(2)
        expect(desk.locator("#note-story")).to_contain_text(
            "2 photos came by the link for Luc Duchantier"
        )
        desk.get_by_role("button", name="End the link Luc Duchantier").click()
        expect(desk.get_by_role("main")).to_contain_text("works no more")
        phone.locator("input[capture]").set_input_files(photos[0])
        expect(phone.locator("[data-send-photos]")).to_have_count(0)  # the page says why
        context.close()
    assert note.attachments.filter(added_by=None).count() == 2


@pytest.mark.pages_only
def test_without_script_a_button_sends_them(
    site: Site, note: CreditNote, rep: User, photos: list[Path]
) -> None:
    link = services.ask_for_photos(note, "Luc", actor=rep, moment=timezone.now())
    context = site.browser.new_context(
        base_url=site.address, viewport=PHONE, java_script_enabled=False
    )
    phone = context.new_page()
    phone.goto(f"/portal/photos/{photo_links.token_for(link)}/?language=en")
    phone.locator("#id_photos").set_input_files(photos)
    phone.get_by_role("button", name="Send the photos").click()
    expect(phone.get_by_role("main")).to_contain_text("2 photos have arrived")
    context.close()
    assert link.photos.count() == 2

"""Asking for a credit on a phone, in French, with photos: by thumb, and on a bad connection."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from approvals.models import Policy
from creditnotes.models import CreditNote, State
from customers.models import Customer, Department, Invoice, User
from tests import factories
from tests.e2e.conftest import Site

pytestmark = [
    pytest.mark.browser,
    pytest.mark.pages_only,
    pytest.mark.django_db(transaction=True),
]

PHONE = {"width": 390, "height": 844}


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


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    """Two pictures as a camera makes them."""
    paths = [tmp_path / name for name in ("palette.jpg", "coin.jpg")]
    for path, colour in zip(paths, ("sienna", "teal"), strict=True):
        picture = io.BytesIO()
        Image.new("RGB", (1200, 900), colour).save(picture, "JPEG")
        path.write_bytes(picture.getvalue())
    return paths


@pytest.fixture
def phone(site: Site, luc: User, policy: Policy, bill: Invoice) -> Iterator[Page]:
    """The form on Luc's phone, in French."""
    factories.reason(bill.company, "damaged", needs_photo=True)
    factories.reason(bill.company, "freight", bases=["amount"])
    with site.signed_in(luc, viewport=PHONE, has_touch=True, is_mobile=True) as page:
        page.goto(f"/portal/requests/new/?invoice={bill.pk}")
        yield page


def violations(page: Page) -> list[tuple[str, str]]:
    """What axe finds wrong for people who see, hear or move differently."""
    found = Axe().run(page).response["violations"]
    return [(each["id"], each["nodes"][0]["html"]) for each in found]


def line(page: Page, name: str) -> Locator:
    """The part of the form about one line of the invoice."""
    return page.locator("[data-line]").filter(has_text=name)


def test_a_credit_is_asked_for_by_thumb(phone: Page, photos: list[Path], bill: Invoice) -> None:
    assert phone.locator("html").get_attribute("lang") == "fr-ca"
    phone.get_by_role("radio", name=re.compile("Damaged")).check()
    lumber = line(phone, "Lumber")
    lumber.locator("[data-pick]").tap()
    expect(phone.locator("#estimate .money")).to_have_text("37,66\xa0$")
    lumber.locator("[data-step='1']").tap()
    expect(phone.locator("#estimate .money")).to_have_text("75,33\xa0$")

    phone.locator("#id_photos").set_input_files(photos)
    expect(phone.locator(".photos img")).to_have_count(2)
    phone.get_by_role("button", name=re.compile("coin.jpg")).tap()
    expect(phone.locator(".photos img")).to_have_count(1)
    phone.locator("#id_comment").fill("Deux étaient fendues.")
    phone.locator("[data-send]").tap()

    phone.wait_for_url("**/sent/")
    note = CreditNote.objects.get()
    assert (note.state, str(note.total)) == (State.REQUESTED, "75.33")
    assert note.attachments.get().name == "palette.jpg"
    expect(phone.get_by_role("main")).to_contain_text(note.reference)
    phone.get_by_role("main").get_by_role("link").first.tap()
    expect(phone.get_by_role("main")).to_contain_text("Deux étaient fendues.")
    phone.locator("a[data-photo]").tap()
    expect(phone.locator("dialog.viewer img")).to_be_visible()


def test_every_page_fits_the_phone_every_thumb_and_every_reader(phone: Page, bill: Invoice) -> None:
    line(phone, "Lumber").locator("[data-pick]").tap()
    for address in (None, "/portal/", "/portal/invoices/", f"/portal/invoices/{bill.pk}/"):
        if address:
            phone.goto(address)
        assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        small = phone.evaluate(
            """() => [...document.querySelectorAll("main button, main .btn, main select")]
                .filter((e) => e.offsetParent && e.getClientRects()[0].height < 44)
                .filter((e) => !e.classList.contains("visually-hidden"))
                .map((e) => e.outerHTML)"""
        )
        assert small == []
        assert violations(phone) == []


def test_the_stepper_stops_at_what_is_left_and_giving_up_takes_it_away(phone: Page) -> None:
    nails = line(phone, "Nails")
    nails.locator("[data-pick]").tap()
    nails.locator("[data-all]").tap()
    expect(nails.locator("input[name$='-value']")).to_have_value("3")
    nails.locator("[data-step='1']").tap()
    expect(nails.locator("input[name$='-value']")).to_have_value("3")
    expect(phone.locator("#estimate .money")).to_have_text("33,90\xa0$")
    nails.locator("[data-pick]").tap()
    expect(phone.locator("#estimate .money")).to_have_count(0)
    expect(nails.locator("input[name$='-value']")).to_be_hidden()


def test_a_reason_that_goes_by_amount_asks_for_one(phone: Page) -> None:
    phone.get_by_role("radio", name=re.compile("Freight")).check()
    freight = line(phone, "Freight")
    freight.locator("[data-pick]").tap()
    expect(freight.locator("[data-step='1']")).to_be_hidden()
    freight.locator("input[name$='-value']").fill("12,50")
    expect(phone.locator("#estimate .money")).to_have_text("14,13\xa0$")


def test_what_is_mended_loses_its_mark(phone: Page, bill: Invoice) -> None:
    phone.locator("[data-send]").tap()
    mistakes = phone.locator("#mistakes")
    expect(mistakes.locator("li")).to_have_count(2)
    phone.get_by_role("radio", name=re.compile("Damaged")).check()
    expect(mistakes.locator("li")).to_have_count(1)
    expect(phone.locator("#id_reason.field-wrong, #id_reason .field-errors li")).to_have_count(0)
    line(phone, "Lumber").locator("[data-pick]").tap()
    expect(mistakes).to_have_count(0)
    expect(phone.locator(".field-wrong")).to_have_count(0)


def test_the_places_stay_one_row_with_the_current_one_in_sight(phone: Page, bill: Invoice) -> None:
    for width in (PHONE["width"], 320):
        phone.set_viewport_size({"width": width, "height": PHONE["height"]})
        phone.goto("/portal/account/")
        tops = phone.locator(".portal-places a").evaluate_all(
            "places => [...new Set(places.map((each) => each.getBoundingClientRect().top))]"
        )
        assert len(tops) == 1
        expect(phone.locator(".portal-places [aria-current]")).to_be_in_viewport(ratio=1)
        assert phone.evaluate("document.documentElement.scrollWidth") <= width


def test_it_works_without_script(
    site: Site, luc: User, policy: Policy, bill: Invoice, photos: list[Path]
) -> None:
    factories.reason(bill.company)
    with site.signed_in(luc, viewport=PHONE, java_script_enabled=False) as page:
        page.goto(f"/portal/requests/new/?invoice={bill.pk}")
        page.get_by_role("radio", name=re.compile("Wrong price")).check()
        page.locator("input[name$='-value']").first.fill("99")
        page.locator("#id_photos").set_input_files(photos[:1])
        page.locator("[data-send]").click()
        expect(page.locator("#mistakes")).to_be_visible()
        expect(page.locator(".photos img")).to_have_count(1)
        page.locator("input[name$='-value']").first.fill("2")
        page.locator("[data-send]").click()
        page.wait_for_url("**/sent/")
    assert CreditNote.objects.get().attachments.count() == 1

"""Asking on a bad connection, on a phone, in French: nothing typed or photographed is lost."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from creditnotes.models import CreditNote, State, UnsentRequest
from customers.models import Customer, Invoice, User
from tests import factories
from tests.e2e.conftest import PASSWORD, Site
from tests.e2e.test_portal_phone import PHONE, bill, chantier, line, luc, phone, photos
from tests.waiting import wait_for

__all__ = ["bill", "chantier", "luc", "phone", "photos"]  # fixtures

pytestmark = [
    pytest.mark.browser,
    pytest.mark.pages_only,
    pytest.mark.django_db(transaction=True),
]

SAVED = "[data-state][data-tone=saved]"
#: The beginning of a script that asks this browser's database of photos, if there is one.
OPENED = """async (days) => {
    const heard = (request) => new Promise((done) => {
        request.onsuccess = () => done(request.result);
    });
    const names = (await indexedDB.databases()).map((each) => each.name);
    const database = names.includes("creditdesk-ask")
        ? await heard(indexedDB.open("creditdesk-ask"))
        : null;
    const photos = () => database.transaction("photos", "readwrite").objectStore("photos");
    const answer = async (what, ...given) => {
        const found = await heard(photos()[what](...given));
        if (what === "count") database.close();
        return found;
    };
"""
#: As if all that is kept had been kept so many days earlier.
AGE = (
    OPENED
    + """
    const earlier = days * 24 * 3600 * 1000;
    for (const key of Object.keys(localStorage)) {
        if (!key.startsWith("creditdesk:ask:")) continue;
        const entry = JSON.parse(localStorage.getItem(key));
        entry.at -= earlier;
        localStorage.setItem(key, JSON.stringify(entry));
    }
    for (const photo of await answer("getAll")) {
        photo.at -= earlier;
        await answer("put", photo);
    }
    database.close();
}"""
)


def choose_damaged(page: Page) -> None:
    page.get_by_role("radio", name=re.compile("Damaged")).check()


def kept_here(page: Page) -> int:
    """How many requests of anybody's this browser keeps."""
    return int(
        page.evaluate(
            "Object.keys(localStorage).filter((key) => key.startsWith('creditdesk:ask:')).length"
        )
    )


def photos_here(page: Page) -> int:
    """How many databases of photos this browser keeps."""
    return int(page.evaluate("async () => (await indexedDB.databases()).length"))


def photos_kept(page: Page) -> int:
    """How many photos of anybody's this browser keeps."""
    return int(page.evaluate(f"{OPENED} return database ? await answer('count') : 0; }}"))


def comment_kept() -> str | None:
    """What the only draft on the server says."""
    draft = UnsentRequest.objects.first()
    return str(draft.typed["head"]["comment"]) if draft else None


def test_typed_offline_it_is_restored_after_a_reload_and_sent(
    phone: Page, photos: list[Path], bill: Invoice
) -> None:
    choose_damaged(phone)
    phone.context.set_offline(True)
    line(phone, "Lumber").locator("[data-pick]").tap()
    line(phone, "Nails").locator("[data-pick]").tap()
    line(phone, "Nails").locator("input[name$='-value']").fill("2,")
    phone.locator("#id_comment").fill("Sous la pluie.")
    phone.locator("#id_photos").set_input_files(photos[:1])
    expect(phone.locator("[data-uploads] .is-failed")).to_have_count(1)
    expect(phone.locator("[data-state]")).to_have_attribute("data-tone", "waiting")
    assert kept_here(phone) == 1

    # The phone is put away, and the page opened anew where there is a connection.
    phone.goto("about:blank")
    phone.context.set_offline(False)
    phone.goto(f"/portal/requests/new/?invoice={bill.pk}")

    expect(phone.locator("#id_comment")).to_have_value("Sous la pluie.")
    expect(phone.get_by_role("radio", name=re.compile("Damaged"))).to_be_checked()
    expect(line(phone, "Nails").locator("input[name$='-value']")).to_have_value("2,")
    expect(phone.locator(".photos img")).to_have_count(1)
    expect(phone.locator(SAVED)).to_be_visible()
    wait_for(lambda: kept_here(phone) == 0, "the last save")
    draft = UnsentRequest.objects.get()
    assert draft.typed["head"]["comment"] == "Sous la pluie."
    assert f"/portal/requests/{draft.pk}/" in phone.url

    line(phone, "Nails").locator("input[name$='-value']").fill("2")
    phone.locator("[data-send]").tap()
    phone.wait_for_url("**/sent/")
    note = CreditNote.objects.get()
    assert (note.state, note.attachments.count()) == (State.REQUESTED, 1)
    assert note.lines.count() == 2


def test_sent_offline_it_goes_by_itself_once_there_is_a_connection(
    phone: Page, photos: list[Path]
) -> None:
    choose_damaged(phone)
    line(phone, "Lumber").locator("[data-pick]").tap()
    expect(phone.locator(SAVED)).to_be_visible()
    phone.context.set_offline(True)
    phone.locator("#id_comment").fill("Fendue.")
    phone.locator("#id_photos").set_input_files(photos[:1])
    phone.locator("[data-send]").tap()
    expect(phone.locator("[data-waits]")).to_be_visible()
    expect(phone.locator("#id_comment")).to_have_value("Fendue.")
    assert CreditNote.objects.get().state == State.DRAFT

    phone.context.set_offline(False)

    phone.wait_for_url("**/sent/")
    note = CreditNote.objects.get()
    assert (note.state, note.attachments.count()) == (State.REQUESTED, 1)
    assert kept_here(phone) == 0


def test_a_wish_to_send_survives_the_page_and_takes_one_tap(phone: Page, bill: Invoice) -> None:
    phone.get_by_role("radio", name=re.compile("Freight")).check()
    freight = line(phone, "Freight")
    freight.locator("[data-pick]").tap()
    freight.locator("input[name$='-value']").fill("12,50")
    phone.context.set_offline(True)
    phone.locator("[data-send]").tap()
    expect(phone.locator("[data-waits]")).to_be_visible()
    phone.goto("about:blank")
    phone.context.set_offline(False)
    phone.goto(f"/portal/requests/new/?invoice={bill.pk}")
    expect(phone.locator("[data-waits]")).to_be_visible()
    assert not CreditNote.objects.filter(state=State.REQUESTED).exists()
    phone.locator("[data-send-now]").tap()
    phone.wait_for_url("**/sent/")
    assert str(CreditNote.objects.get().net) == "12.50"


def test_it_is_continued_on_another_device(site: Site, phone: Page) -> None:
    choose_damaged(phone)
    phone.locator("#id_comment").fill("À finir au bureau.")
    wait_for(lambda: comment_kept() == "À finir au bureau.", "the words to be kept")
    office = site.browser.new_context(base_url=site.address)
    office.add_cookies(phone.context.cookies())  # type: ignore[arg-type]
    desk = office.new_page()
    desk.goto("/portal/")
    desk.locator(".row-link[href^='/portal/requests/']").click()
    expect(desk.locator("#id_comment")).to_have_value("À finir au bureau.")
    desk.locator("#id_comment").fill("Fini au bureau.")
    wait_for(lambda: comment_kept() == "Fini au bureau.", "the words to be kept")
    office.close()
    phone.locator("#id_comment").fill("Repris au chantier.")
    expect(phone.locator("[data-stale]")).to_be_visible()
    phone.locator("[data-open-newest]").tap()
    expect(phone.locator("#id_comment")).to_have_value("Fini au bureau.")


def test_nothing_of_one_person_is_shown_to_the_next_on_a_shared_phone(
    site: Site, phone: Page, luc: User, chantier: Customer, bill: Invoice, photos: list[Path]
) -> None:
    phone.context.set_offline(True)
    phone.locator("#id_comment").fill("Rien que pour moi.")
    phone.locator("#id_photos").set_input_files(photos[:1])
    expect(phone.locator("[data-uploads] .is-failed")).to_have_count(1)
    held = phone.evaluate("() => JSON.stringify(localStorage)")
    assert "Rien que pour moi." in held
    phone.context.set_offline(False)
    expect(phone.locator(SAVED)).to_be_visible()
    phone.context.set_offline(True)
    phone.locator("#id_comment").fill("Rien que pour moi, non plus.")
    phone.goto("about:blank")
    phone.context.set_offline(False)

    marie = factories.contact(chantier, "Marie Ducoin")
    phone.goto("/portal/")
    phone.locator(".account-menu summary").tap()
    phone.locator("[data-sign-out] button").tap()
    phone.wait_for_url("**/accounts/login/**")
    assert kept_here(phone) == 0
    wait_for(lambda: photos_here(phone) == 0, "the photos to be forgotten")

    site.sign_in(phone, marie)
    phone.goto(f"/portal/requests/new/?invoice={bill.pk}")
    expect(phone.locator("#id_comment")).to_have_value("")
    expect(phone.locator(".portal-uploads li")).to_have_count(0)


def test_on_a_phone_nobody_signed_out_of_the_next_person_finds_nothing(
    site: Site, phone: Page, chantier: Customer, bill: Invoice, photos: list[Path]
) -> None:
    phone.context.set_offline(True)
    phone.locator("#id_comment").fill("Rien que pour moi.")
    phone.locator("#id_photos").set_input_files(photos[:1])
    expect(phone.locator("[data-uploads] .is-failed")).to_have_count(1)
    phone.goto("about:blank")
    phone.context.set_offline(False)
    phone.context.clear_cookies()  # the session ended by itself
    phone.goto("/accounts/login/")
    assert (kept_here(phone), photos_kept(phone)) == (1, 1)  # it may be their own next sign-in

    site.sign_in(phone, factories.contact(chantier, "Marie Ducoin"))

    phone.goto("/portal/policy/")
    assert kept_here(phone) == 0
    wait_for(lambda: photos_kept(phone) == 0, "the photos to go")
    phone.goto(f"/portal/requests/new/?invoice={bill.pk}")
    expect(phone.locator("#id_comment")).to_have_value("")
    assert PHONE["width"] >= phone.evaluate("document.documentElement.scrollWidth")


def test_what_nobody_came_back_for_is_gone_after_thirty_days(
    phone: Page, photos: list[Path]
) -> None:
    phone.context.set_offline(True)
    phone.locator("#id_comment").fill("Il y a longtemps.")
    phone.locator("#id_photos").set_input_files(photos[:1])
    expect(phone.locator("[data-uploads] .is-failed")).to_have_count(1)
    phone.goto("about:blank")
    phone.context.set_offline(False)
    phone.goto("/portal/policy/")
    phone.reload()
    assert (kept_here(phone), photos_kept(phone)) == (1, 1)  # their own, and new
    phone.evaluate(AGE, 31)
    phone.reload()
    assert kept_here(phone) == 0
    wait_for(lambda: photos_kept(phone) == 0, "the photos to go")


def test_a_session_that_ended_loses_no_word_and_says_so(
    site: Site, phone: Page, luc: User, photos: list[Path]
) -> None:
    choose_damaged(phone)
    phone.locator("#id_comment").fill("Bois fendu.")
    expect(phone.locator(SAVED)).to_be_visible()
    phone.context.clear_cookies(name="sessionid")
    phone.locator("#id_comment").fill("Bois fendu, deux palettes.")
    said = phone.locator("#toasts .message")
    expect(said).to_have_count(1)
    expect(said).to_contain_text(str(phone.locator("#ask").get_attribute("data-signed-out")))
    phone.locator("[data-send]").tap()  # it stays, and is kept
    expect(phone.locator("[data-send]")).not_to_have_attribute("aria-busy", "true")
    assert kept_here(phone) == 1
    assert "/portal/requests/" in phone.url

    said.locator(".btn").tap()
    phone.get_by_label("E-mail").fill(luc.email)
    phone.get_by_label("Password", exact=True).fill(PASSWORD)
    phone.get_by_role("button", name="Sign in").tap()

    expect(phone.locator("#id_comment")).to_have_value("Bois fendu, deux palettes.")
    wait_for(lambda: comment_kept() == "Bois fendu, deux palettes.", "the words to be saved")


def test_words_alone_are_worth_keeping(phone: Page) -> None:
    phone.locator("#id_comment").fill("Une palette est mouillée.")
    expect(phone.locator(SAVED)).to_be_visible()
    phone.reload()
    expect(phone.locator("#id_comment")).to_have_value("Une palette est mouillée.")

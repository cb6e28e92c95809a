"""The whole way of a credit note, in a real browser with a real worker and mail server."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from approvals.models import Policy
from creditnotes.models import CreditNote, Event, State
from customers.models import Invoice, User
from tests import factories
from tests.e2e.conftest import Site
from tests.waiting import wait_for

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "crushed-corner.jpg"
    path.write_bytes(factories.photo().read())
    return path


def open_composer(page: Page, invoice: Invoice) -> None:
    """Find the invoice by the one search box and start a credit note on it."""
    page.goto("/")
    page.get_by_role("search").get_by_role("combobox").fill(invoice.number)
    page.keyboard.press("Enter")
    page.get_by_role("main").get_by_role("link", name=invoice.number).first.click()
    page.get_by_role("main").get_by_role("link", name="New credit note").click()


def pick(page: Page, description: str, value: str, basis: str | None = None) -> None:
    """Choose a line and say how much of it."""
    page.get_by_role("checkbox", name=description).check()
    if basis:
        page.get_by_label(f"Credit by: {description}").select_option(label=basis)
    page.get_by_label(f"How much: {description}").fill(value)


def total(page: Page) -> str:
    """What the composer says the credit comes to."""
    return page.locator("#preview tfoot .number").first.inner_text()


def test_from_the_phone_call_to_the_customers_pdf(
    site: Site,
    rep: User,
    manager: User,
    contact: User,
    invoice: Invoice,
    policy: Policy,
    photo: Path,
) -> None:
    factories.reason(invoice.company, "damaged-or-defective", needs_photo=True)

    with site.signed_in(rep) as page:
        open_composer(page, invoice)
        expect(page.get_by_text("all left · $333.30")).to_be_visible()
        page.get_by_label("Reason").select_option(label="Damaged or defective")
        pick(page, "Lumber", "3")
        expect(
            page.get_by_text("Standard offer: 10 % of what is left of the picked lines =")
        ).to_be_visible()
        expect(page.locator("#preview")).to_contain_text("$33.33")  # 10 % of the line's 333.30
        expect(page.locator("#preview tfoot")).to_contain_text("$112.99")  # 99.99 + HST 13.00
        pick(page, "Lumber", "2")
        expect(page.locator("#preview tfoot")).to_contain_text("$75.33")  # 66.66 + HST 8.67
        page.get_by_label("Photos").set_input_files(photo)
        page.get_by_role("button", name="Submit for approval").click()
        expect(page.get_by_role("main")).to_contain_text("Submitted")
    note = CreditNote.objects.get()
    assert (note.state, str(note.total)) == (State.SUBMITTED, "75.33")
    assert note.attachments.count() == 1

    asked = wait_for(lambda: site.postbox.sent_to(manager), "the mail to the manager")[0]
    assert note.reference in asked["Subject"]
    with site.signed_in(manager) as page:
        page.goto("/approvals/")
        page.get_by_role("link", name=note.reference).click()
        assert urlsplit(page.url).path in asked.get_body(("plain",)).get_content()  # type: ignore[union-attr]
        expect(page.get_by_role("main")).to_contain_text(invoice.number)
        page.get_by_role("button", name="Approve").click()
        expect(page.get_by_role("status").filter(has_text=note.reference).first).to_be_visible()

    wait_for(lambda: CreditNote.objects.filter(state=State.ISSUED).exists(), "the issue")
    told = wait_for(lambda: site.postbox.sent_to(contact), "the mail to the customer")[0]
    assert [part.get_content_type() for part in told.iter_attachments()] == ["application/pdf"]
    with site.signed_in(contact, viewport={"width": 390, "height": 844}) as page:
        assert urlsplit(page.url).path == "/portal/"
        number = CreditNote.objects.get().document.number
        page.get_by_role("link", name=re.compile(number)).first.click()
        expect(page.get_by_role("main")).to_contain_text("$75.33")
        link = page.get_by_role("link", name=re.compile("PDF")).first
        answer = page.request.get(link.get_attribute("href") or "")
        assert answer.ok
        assert answer.body().startswith(b"%PDF-")
    kinds = list(note.events.values_list("kind", flat=True))
    assert kinds == [Event.Kind.STARTED, Event.Kind.SUBMITTED, Event.Kind.APPROVED, "issued"]


def test_wrong_turns_lose_nothing(
    site: Site, rep: User, invoice: Invoice, quebec_invoice: Invoice, policy: Policy, photo: Path
) -> None:
    factories.reason(invoice.company)

    with site.signed_in(rep) as page:
        answer = page.goto(f"/credit-notes/new/?invoice={quebec_invoice.pk}")
        assert answer
        assert answer.status == 404

        open_composer(page, invoice)
        page.get_by_label("Reason").select_option(label="Wrong price")
        page.get_by_label("Explanation").fill("The price on the quote was lower.")
        page.get_by_label("Photos").set_input_files(photo)
        page.get_by_role("button", name="Submit for approval").click()
        expect(page.get_by_role("alert").first).to_be_visible()  # nothing chosen
        expect(page.get_by_label("Explanation")).to_have_value("The price on the quote was lower.")
        expect(page.get_by_text(photo.name).first).to_be_attached()

        pick(page, "Lumber", "11")
        page.get_by_role("button", name="Submit for approval").click()
        expect(page.get_by_text("Only 10 can still be credited.").first).to_be_visible()
        expect(page.get_by_label("How much: Lumber")).to_have_value("11")
        expect(page.get_by_text(photo.name).first).to_be_attached()

        pick(page, "Lumber", "1")
        page.get_by_role("button", name="Submit for approval").dblclick()
        expect(page.get_by_role("main")).to_contain_text("Submitted")
    note = CreditNote.objects.get()
    assert note.attachments.count() == 1
    assert note.events.filter(kind=Event.Kind.SUBMITTED).count() == 1


def test_a_stale_page_is_told_so(
    site: Site, rep: User, colleague: User, invoice: Invoice, policy: Policy
) -> None:
    note = factories.draft_note(invoice, rep)

    with site.signed_in(rep) as page:
        page.goto(f"/credit-notes/{note.pk}/edit/")
        with site.signed_in(colleague) as other:
            other.goto(f"/credit-notes/{note.pk}/edit/")
            pick(other, "Lumber", "4")
            other.get_by_role("button", name="Save draft").click()
            expect(other.get_by_role("main")).to_contain_text(note.reference)
        pick(page, "Lumber", "7")
        page.get_by_role("button", name="Save draft").click()
        expect(
            page.get_by_text("Somebody changed this credit note meanwhile").first
        ).to_be_visible()
        expect(page.get_by_label("How much: Lumber")).to_have_value("7")
    assert CreditNote.objects.get().lines.get().quantity == 4

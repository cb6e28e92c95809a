"""The composer in a real browser: it keeps itself, and needs neither mouse nor script."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from approvals.models import Policy
from creditnotes.models import CreditNote, Event, Reason, State
from customers.models import Invoice, User
from tests import factories
from tests.e2e.conftest import Site
from tests.waiting import wait_for

pytestmark = [
    pytest.mark.browser,
    pytest.mark.pages_only,
    pytest.mark.django_db(transaction=True),
]

expect.set_options(timeout=15_000)


def compose(page: Page, *invoices: Invoice) -> None:
    page.goto("/credit-notes/new/?" + "&".join(f"invoice={invoice.pk}" for invoice in invoices))


def quantity_of(page: Page, words: str = "Lumber") -> str:
    """The label of a line's value."""
    return f"How much: {words}"


def saved(page: Page) -> None:
    expect(page.locator("[data-saved-text]")).to_contain_text(re.compile(r"Saved \d\d:\d\d as CR-"))


def test_a_draft_survives_the_closed_tab(
    site: Site, rep: User, invoice: Invoice, reason: Reason, policy: Policy, tmp_path: Path
) -> None:
    photo = tmp_path / "crushed-corner.jpg"
    photo.write_bytes(factories.photo().read())

    with site.signed_in(rep) as page:
        compose(page, invoice)
        page.get_by_label(quantity_of(page)).fill("3")
        expect(page.locator("#bar-total")).to_have_text("$112.99")
        saved(page)
        note = CreditNote.objects.get()
        assert page.url.endswith(f"/credit-notes/{note.pk}/edit/")
        page.get_by_label("Photos").set_input_files(photo)
        expect(page.get_by_alt_text(photo.name)).to_be_visible()
        page.get_by_label("Reason").select_option(label="Wrong price")
        page.get_by_label("Explanation").type("The quote was lower.")
        page.close(run_before_unload=True)

        wait_for(
            lambda: CreditNote.objects.get().explanation == "The quote was lower.",
            "what was typed last",
        )
        again = page.context.new_page()
        again.goto(f"/credit-notes/{note.pk}/edit/")
        expect(again.get_by_label(quantity_of(again))).to_have_value("3")
        again.get_by_role("button", name="Submit for approval").click()
        expect(again.get_by_role("main")).to_contain_text("Submitted")

    note = CreditNote.objects.get()
    assert (note.state, note.attachments.count()) == (State.SUBMITTED, 1)
    kinds = list(note.events.values_list("kind", flat=True))
    assert kinds == [Event.Kind.STARTED, Event.Kind.SUBMITTED]


def test_offline_it_says_so_and_keeps_what_was_typed(
    site: Site, rep: User, invoice: Invoice, reason: Reason
) -> None:
    with site.signed_in(rep) as page:
        compose(page, invoice)
        page.context.set_offline(True)
        page.get_by_label(quantity_of(page)).fill("4")
        expect(page.locator("[data-saved-text]")).to_contain_text("You are offline")
        assert not CreditNote.objects.exists()
        expect(page.get_by_label(quantity_of(page))).to_have_value("4")

        page.context.set_offline(False)
        saved(page)

    assert CreditNote.objects.get().lines.get().quantity == 4


def test_two_tabs_do_not_overwrite_each_other(site: Site, rep: User, invoice: Invoice) -> None:
    note = factories.draft_note(invoice, rep)

    with site.signed_in(rep) as page:
        page.goto(f"/credit-notes/{note.pk}/edit/")
        other = page.context.new_page()
        other.goto(f"/credit-notes/{note.pk}/edit/")
        page.get_by_label(quantity_of(page)).fill("5")
        saved(page)

        other.get_by_label(quantity_of(other)).fill("7")
        expect(other.locator("[data-saved-text]")).to_contain_text("Not saved: Somebody changed")
        assert CreditNote.objects.get().lines.get().quantity == 5
        expect(other.get_by_label(quantity_of(other))).to_have_value("7")

        other.get_by_role("button", name="Keep mine").click()
        saved(other)

    assert CreditNote.objects.get().lines.get().quantity == 7


def test_it_needs_no_mouse(
    site: Site, rep: User, invoice: Invoice, reason: Reason, policy: Policy
) -> None:
    with site.signed_in(rep) as page:
        compose(page, invoice)
        page.get_by_label("Reason").focus()
        page.keyboard.type("Wrong")
        for _stop in range(40):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.name?.endsWith('-value')"):
                break
        page.keyboard.type("2")
        page.keyboard.press("Enter")  # recalculates, and sends nothing
        expect(page.locator("#bar-total")).to_have_text("$75.33")
        assert "/credit-notes/" in page.url
        assert not CreditNote.objects.filter(state=State.SUBMITTED).exists()
        expect(page.get_by_label(quantity_of(page))).to_be_focused()

        page.keyboard.press("Control+Enter")
        expect(page.get_by_role("main")).to_contain_text("Submitted")

    note = CreditNote.objects.get()
    assert (note.state, note.total) == (State.SUBMITTED, Decimal("75.33"))


def test_without_script_every_button_works(
    site: Site, rep: User, invoice: Invoice, reason: Reason, policy: Policy
) -> None:
    with site.signed_in(rep, java_script_enabled=False) as page:
        compose(page, invoice)
        page.get_by_role("button", name="Whole invoice").click()
        expect(page.locator("#bar-total")).to_have_text("$461.38")
        page.get_by_label("Credit by: Lumber").select_option("quantity")
        page.get_by_label(quantity_of(page)).fill("11")
        page.get_by_role("button", name="Save draft").click()
        summary = page.get_by_role("alert").first
        summary.get_by_role("link", name=re.compile("Lumber.*Only 10")).click()
        page.get_by_label(quantity_of(page)).fill("9")
        page.get_by_role("button", name="Save draft").click()
        expect(page.get_by_role("main")).to_contain_text("A draft")
        page.get_by_role("button", name="Withdraw…").click()
        expect(page.get_by_role("dialog")).to_be_visible()
        page.get_by_role("button", name="Withdraw for good").click()
        expect(page.get_by_role("main")).to_contain_text("Withdrawn by Rita Rep")

    note = CreditNote.objects.get()
    assert (note.state, note.lines.first().quantity) == (State.WITHDRAWN, 9)


def test_three_hundred_lines_are_picked_lowered_and_submitted_at_once(
    site: Site, rep: User, invoice: Invoice, reason: Reason, policy: Policy
) -> None:
    rows = [(f"Stud {number:03}", "10", "0.20", "goods") for number in range(300)]
    long = factories.invoice(invoice.customer, "INV-LONG", rows)

    with site.signed_in(rep, viewport={"width": 390, "height": 844}) as page:
        compose(page, long)
        expect(page.locator("tr[data-line]:visible")).to_have_count(40)
        page.get_by_label("Reason").select_option(label="Wrong price")
        page.get_by_role("button", name="Whole invoice").click()
        expect(page.locator("#bar-total")).to_have_text("$678.00")
        page.get_by_label("Percent for all picked lines").fill("10")
        page.get_by_role("button", name="Same percent on all").click()
        expect(page.locator("#bar-total")).to_have_text("$67.80")
        expect(page.locator("[data-picked-count]")).to_have_text("300 / 300")
        page.get_by_role("button", name="Submit for approval").click()
        expect(page.get_by_role("main")).to_contain_text("Submitted")
        assert page.evaluate("document.documentElement.scrollWidth") == 390

    assert CreditNote.objects.get().lines.count() == 300


def test_another_invoice_is_found_while_typing_and_joins(
    site: Site, rep: User, invoice: Invoice, large_invoice: Invoice, reason: Reason
) -> None:
    with site.signed_in(rep) as page:
        compose(page, invoice)
        page.get_by_label(quantity_of(page)).fill("2")
        page.get_by_placeholder("Number, order, reference").type("trus")
        page.get_by_role("button", name=f"Add {large_invoice.number}").click()
        expect(page.get_by_label(quantity_of(page, "Trusses"))).to_be_visible()
        expect(page.get_by_label(quantity_of(page))).to_have_value("2")
        page.get_by_label(quantity_of(page, "Trusses")).fill("1")
        expect(page.locator("#bar-total")).to_have_text("$126.75")
        wait_for(lambda: CreditNote.objects.get().lines.count() == 2, "both lines")


def test_the_fee_and_goodwill_follow_the_reason(
    site: Site, rep: User, invoice: Invoice, reason: Reason
) -> None:
    generous = factories.reason(
        invoice.company,
        "generous",
        bases=["quantity", "goodwill"],
        goodwill_cap=50,
        goodwill_account=reason.account,
        restocking_fee=10,
    )

    with site.signed_in(rep) as page:
        compose(page, invoice)
        expect(page.get_by_label("Goodwill amount").first).to_be_hidden()
        page.get_by_label("Reason").select_option(label=str(generous))
        page.get_by_label(quantity_of(page)).fill("1")
        expect(page.get_by_label("Restocking fee").first).to_be_visible()
        expect(page.locator("#bar-total")).to_have_text("$33.90")
        page.get_by_label("What the goodwill is for").first.fill("The wait")
        page.get_by_label("Goodwill amount").first.fill("20")
        expect(page.locator("#bar-total")).to_have_text("$53.90")
        expect(page.get_by_label("Goodwill amount")).to_have_count(2)
        page.get_by_role("button", name="Remove").first.click()
        expect(page.locator("#bar-total")).to_have_text("$33.90")


def test_forty_lines_are_found_filtered_and_totalled(
    site: Site, rep: User, invoice: Invoice, reason: Reason
) -> None:
    rows = [(f"Stud {number:02}", "10", "4.00", "goods") for number in range(40)]
    long = factories.invoice(invoice.customer, "INV-LONG", rows)

    with site.signed_in(rep, viewport={"width": 390, "height": 844}) as page:
        compose(page, long)
        page.get_by_placeholder("Filter the lines").fill("stud 3")
        expect(page.locator("tr[data-line]:visible")).to_have_count(10)
        page.get_by_label(quantity_of(page, "Stud 37")).fill("2")
        expect(page.locator("#bar-total")).to_have_text("$9.04")
        expect(page.locator("#bar-total")).to_be_in_viewport()
        page.get_by_placeholder("Filter the lines").fill("")
        page.get_by_label("Only chosen lines").check()
        expect(page.locator("tr[data-line]:visible")).to_have_count(1)
        saved(page)
        assert page.evaluate("document.documentElement.scrollWidth") == 390
        page.reload()
        expect(page.locator("tr[data-line]").first).to_contain_text("Stud 37")

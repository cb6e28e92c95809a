"""The preview while typing: the same figures as submitting fixes, and nothing saved."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.test import Client
from django.utils.html import strip_tags

from approvals import services as approval_services
from approvals.models import Policy
from creditnotes.models import CreditNote, Reason
from customers.models import Customer, Invoice, User
from tests import factories
from tests.creditnotes.typing import NEW, PREVIEW, filled, line

SignIn = Callable[[User], Client]


@pytest.fixture
def browser(client_of: SignIn, rep: User) -> Client:
    """The rep's."""
    return client_of(rep)


def test_it_shows_net_taxes_total_and_the_invoice_before_and_after(
    browser: Client, rep: User, invoice: Invoice, reason: Reason
) -> None:
    factories.issued_note(invoice, rep, factories.claim(invoice, 3))  # 45.00 and tax 5.85

    page = browser.post(PREVIEW, filled(invoice, lines={1: "2"}, reason=reason)).content.decode()

    for amount in ("$66.66", "HST 13\u00a0%", "$8.67", "$75.33", "$410.53", "$335.20"):
        assert amount in page
    assert "<html" not in page


def test_three_hundred_lines_are_answered_in_few_bytes(
    browser: Client, customer: Customer, reason: Reason
) -> None:
    lines = [(f"Beam {number}", "10", "33.33", "goods") for number in range(300)]
    long = factories.invoice(customer, "INV-300", lines)
    asked = filled(long, lines=dict.fromkeys(range(1, 301), "2"), reason=reason)
    plain = browser.post(PREVIEW, asked)
    packed = browser.post(PREVIEW, asked, headers={"Accept-Encoding": "gzip"})
    assert packed["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain.content
    assert len(packed.content) < 8_000 < len(plain.content)


def test_each_tax_has_its_row(
    client_of: SignIn, other_rep: User, quebec_invoice: Invoice, reason: Reason
) -> None:
    asked = filled(quebec_invoice, lines={2: "3"}, reason=reason)

    page = client_of(other_rep).post(PREVIEW, asked).content.decode()

    assert page.index("GST 5\u00a0%") < page.index("$1.50") < page.index("QST 9.975\u00a0%")
    assert "$2.99" in page


def test_the_figures_are_those_that_submitting_fixes(
    browser: Client, invoice: Invoice, reason: Reason, policy: Policy
) -> None:
    asked = filled(invoice, lines={1: "33.3333", 3: "100"}, basis="percent", reason=reason)
    previewed = browser.post(PREVIEW, asked).content.decode()

    browser.post(NEW, asked)

    note = CreditNote.objects.get()
    assert f"${note.net}" in previewed
    assert f"${note.total}" in previewed


def test_a_refusal_stands_beside_its_line_and_the_rest_is_computed(
    browser: Client, invoice: Invoice, reason: Reason
) -> None:
    asked = filled(invoice, lines={1: "11", 2: "1"}, reason=reason)

    page = browser.post(PREVIEW, asked)

    row = f"line-{invoice.lines.get(position=1).pk}-errors"
    after = page.content.decode().split(row)[1]
    assert page.status_code == 200
    assert after.index("Only 10 can still be credited.") < after.index("</ul>")
    assert "$11.30" in page.content.decode()


def test_a_line_picked_but_not_filled_in_yet_is_no_mistake(
    browser: Client, invoice: Invoice, policy: Policy
) -> None:
    page = browser.post(PREVIEW, filled(invoice, lines={1: ""})).content.decode()

    assert "How much?" not in page
    assert "$33.33" in page  # the offer on it


def test_the_offer_is_left_out_where_the_reason_gives_no_percent(
    browser: Client, invoice: Invoice, policy: Policy
) -> None:
    shortage = factories.reason(invoice.company, "shortage", bases=["quantity"])

    page = browser.post(PREVIEW, filled(invoice, lines={1: "1"}, reason=shortage)).content.decode()

    assert "Standard offer" not in page


def test_nothing_is_saved(browser: Client, invoice: Invoice, reason: Reason) -> None:
    browser.post(PREVIEW, filled(invoice, lines={1: "2"}, reason=reason, do="submit"))

    assert not CreditNote.objects.exists()


def test_a_returned_note_is_not_in_its_own_way(
    browser: Client, rep: User, manager: User, invoice: Invoice, reason: Reason
) -> None:
    note = factories.submitted_note(invoice, rep, factories.claim(invoice, quantity="10"))
    approval_services.return_for_changes(
        note, actor=manager, moment=factories.MOMENT, comment="Fewer?"
    )

    asked = filled(invoice, lines={1: "9"}, reason=reason, note=note.pk)
    page = browser.post(PREVIEW, asked).content.decode()

    assert "can still be credited" not in page
    assert "$338.97" in page  # 299.97 and tax


def test_what_others_hold_is_in_the_way(
    browser: Client, rep: User, invoice: Invoice, reason: Reason
) -> None:
    factories.submitted_note(invoice, rep, factories.claim(invoice, quantity="8"))

    page = browser.post(PREVIEW, filled(invoice, lines={1: "3"}, reason=reason)).content.decode()

    assert "Only 2 can still be credited." in page


def test_who_took_the_rest_is_said_beside_the_line(
    browser: Client, rep: User, colleague: User, invoice: Invoice, reason: Reason
) -> None:
    issued = factories.issued_note(invoice, rep, factories.claim(invoice, quantity="1"))
    waiting = factories.submitted_note(invoice, colleague, factories.claim(invoice, quantity="4"))

    page = browser.post(PREVIEW, filled(invoice, lines={1: "8"}, reason=reason)).content.decode()

    told = " ".join(strip_tags(page.split("<li>")[1].split("</ul>")[0]).split())
    assert "Only 5 can still be credited." in told
    assert f"1 of 10 ea credited by {issued} (Rita Rep)" in told
    assert f"4 of 10 ea reserved by {waiting} (Carl Colleague)" in told


def test_a_sound_preview_does_not_ask_who_holds_the_rest(
    browser: Client,
    rep: User,
    invoice: Invoice,
    django_assert_max_num_queries: Callable[[int], object],
) -> None:
    factories.submitted_note(invoice, rep, factories.claim(invoice, quantity="8"))
    sent = filled(invoice, lines={1: "2"})

    with django_assert_max_num_queries(11):  # type: ignore[attr-defined]
        browser.post(PREVIEW, sent)


def test_in_french_numbers_are_typed_and_shown_so(
    client_of: SignIn, rep: User, invoice: Invoice, reason: Reason
) -> None:
    rep.language = "fr-ca"
    rep.save()
    asked = filled(invoice, lines={1: "12,50"}, basis="amount", reason=reason)

    page = client_of(rep).post(PREVIEW, asked).content.decode()

    assert "14,13\u00a0$" in page


def test_someone_elses_invoice_or_note_answers_404(
    browser: Client, other_rep: User, quebec_invoice: Invoice, invoice: Invoice
) -> None:
    note = factories.draft_note(quebec_invoice, other_rep)

    for asked in (filled(quebec_invoice), filled(invoice, note=note.pk), filled()):
        assert browser.post(PREVIEW, asked).status_code == 404


def test_it_is_not_read(browser: Client, invoice: Invoice) -> None:
    assert browser.get(PREVIEW).status_code == 405


def test_two_invoices_show_their_own_before_and_after(
    browser: Client, invoice: Invoice, large_invoice: Invoice, reason: Reason
) -> None:
    asked = filled(invoice, large_invoice, lines={2: "3"}, reason=reason)

    page = browser.post(PREVIEW, asked | line(large_invoice, 1, "1")).content.decode()

    assert f"${Decimal('461.38') - Decimal('33.90')}" in page
    assert "$5,090.08" in page  # 5,141.50 less 51.42

"""One credit note's page, and its PDF."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from approvals import services as approval_services
from creditnotes import services
from creditnotes.documents.rendering import stored_pdf
from creditnotes.models import Dispatch, Event
from customers.models import Invoice, User
from tests import factories

SignIn = Callable[[User], Client]


def address(note: object, then: str = "") -> str:
    return f"/credit-notes/{note.pk}/{then}"  # type: ignore[attr-defined]


def test_it_shows_lines_amounts_words_and_what_happened(
    client_of: SignIn, rep: User, invoice: Invoice
) -> None:
    note = factories.submitted_note(
        invoice,
        rep,
        factories.claim(invoice, 1, "2"),
        explanation="Cracked.",
        internal_note="Third time.",
        customer_reference="PO 77",
    )

    page = client_of(rep).get(address(note)).content.decode()

    for words in (str(note), "Submitted", "Lumber 2×4×8", "$66.66", "HST 13\u00a0%", "$75.33"):
        assert words in page
    for words in ("Cracked.", "Third time.", "PO 77", "Started", "Waits for Manon Manager"):
        assert words in page


@pytest.mark.parametrize(
    ("who", "verbs"),
    [
        ("rep", {"recall", "withdraw"}),
        ("colleague", set()),
        ("manager", set()),
        ("finance", set()),
    ],
)
def test_it_offers_what_the_person_may_do_with_a_submitted_note(
    request: pytest.FixtureRequest,
    client_of: SignIn,
    rep: User,
    invoice: Invoice,
    who: str,
    verbs: set[str],
) -> None:
    note = factories.submitted_note(invoice, rep)

    page = client_of(request.getfixturevalue(who)).get(address(note)).content.decode()

    assert {verb for verb in VERBS if f'action="{address(note, verb)}/"' in page} == verbs
    assert (f'href="/approvals/{note.pk}/"' in page) == (who == "manager")


VERBS = ("submit", "recall", "withdraw", "pick-up", "decline", "issue", "cancel")


@pytest.mark.parametrize(
    ("who", "verbs"), [("rep", {"submit", "withdraw"}), ("colleague", {"submit"})]
)
def test_it_offers_what_the_person_may_do_with_a_draft(
    request: pytest.FixtureRequest,
    client_of: SignIn,
    rep: User,
    invoice: Invoice,
    who: str,
    verbs: set[str],
) -> None:
    note = factories.draft_note(invoice, rep)

    page = client_of(request.getfixturevalue(who)).get(address(note)).content.decode()

    assert {verb for verb in VERBS if f'action="{address(note, verb)}/"' in page} == verbs
    assert f'href="{address(note, "edit/")}"' in page


@pytest.mark.parametrize(("who", "verbs"), [("finance", {"issue", "cancel"}), ("rep", set())])
def test_it_offers_finance_to_issue_or_cancel_what_was_approved(
    request: pytest.FixtureRequest,
    client_of: SignIn,
    rep: User,
    invoice: Invoice,
    who: str,
    verbs: set[str],
) -> None:
    user = request.getfixturevalue(who)
    note = factories.approved_note(invoice, rep)

    page = client_of(user).get(address(note)).content.decode()

    assert {verb for verb in VERBS if f'action="{address(note, verb)}/"' in page} == verbs


def test_a_decided_note_cannot_be_recalled(
    client_of: SignIn, rep: User, manager: User, finance: User, large_invoice: Invoice
) -> None:
    note = factories.submitted_note(
        large_invoice, rep, factories.claim(large_invoice, quantity="50")
    )
    approval_services.endorse(note, actor=manager, moment=factories.MOMENT, comment="Fine.")

    page = client_of(rep).get(address(note)).content.decode()

    assert "Endorsed" in page
    assert "Fine." in page
    assert "Waits for Fiona Finance" in page
    assert f'action="{address(note, "recall")}/"' not in page


def test_the_other_department_and_strangers_get_404(
    client_of: SignIn,
    rep: User,
    other_rep: User,
    other_manager: User,
    foreign_finance: User,
    contact: User,
    invoice: Invoice,
) -> None:
    note = factories.issued_note(invoice, rep)

    for stranger in (other_rep, other_manager, foreign_finance, contact):
        for page in ("", "pdf/"):
            assert client_of(stranger).get(address(note, page)).status_code == 404


def test_an_approver_from_elsewhere_sees_the_note_they_were_asked_about(
    client_of: SignIn, rep: User, manager: User, finance: User, large_invoice: Invoice
) -> None:
    note = factories.submitted_note(
        large_invoice, rep, factories.claim(large_invoice, quantity="50")
    )
    finance.departmentusergrant_set.all().delete()

    assert client_of(finance).get(address(note)).status_code == 200


def test_the_number_of_queries_does_not_grow(
    client_of: SignIn, rep: User, invoice: Invoice
) -> None:
    small = factories.submitted_note(invoice, rep, factories.claim(invoice, 1))
    large = factories.submitted_note(
        invoice, rep, *(factories.claim(invoice, line) for line in (1, 2, 3))
    )
    browser, counts = client_of(rep), []
    for note in (small, large):
        with CaptureQueriesContext(connection) as queries:
            browser.get(address(note))
        counts.append(len(queries))

    assert counts[0] == counts[1]
    assert counts[0] <= 23


def test_it_says_what_happens_next(
    client_of: SignIn, rep: User, manager: User, contact: User, invoice: Invoice
) -> None:
    returned = factories.submitted_note(invoice, rep)
    approval_services.return_for_changes(
        returned, actor=manager, moment=factories.MOMENT, comment="Which pallet?"
    )
    requested = factories.draft_note(invoice, contact)
    services.request(requested, actor=contact, moment=factories.MOMENT)
    withdrawn = factories.draft_note(invoice, rep)
    services.withdraw(withdrawn, actor=rep, moment=factories.MOMENT, comment="By mistake.")
    told = {
        factories.draft_note(invoice, rep): "Rita Rep is writing it.",
        factories.submitted_note(invoice, rep): "Waits for Manon Manager",
        returned: "Returned by Manon Manager",
        requested: "The customer asks for this credit",
        withdrawn: "Withdrawn by Rita Rep",
        factories.approved_note(invoice, rep): "Approved, not issued yet",
        factories.issued_note(invoice, rep): "Issued as CN-2026-000001 on 2026-03-10",
    }

    for note, words in told.items():
        assert words in client_of(rep).get(address(note)).content.decode()


def test_it_shows_the_invoice_before_and_after_tax_by_tax(
    client_of: SignIn, rep: User, invoice: Invoice
) -> None:
    issued = factories.issued_note(invoice, rep, factories.claim(invoice, 3))
    waiting = factories.submitted_note(invoice, rep, factories.claim(invoice, 2))
    note = factories.submitted_note(invoice, rep, factories.claim(invoice, 1, "2"))

    answer = client_of(rep).get(address(note))

    (credit,) = answer.context["credited"]
    totals = credit.totals
    assert (totals.credited.total, totals.reserved.total) == (issued.total, waiting.total)
    assert totals.now.total == note.total
    assert totals.left.total == invoice.total - issued.total - waiting.total - note.total
    assert (totals.crediting, totals.reserving) == ([issued], [waiting])
    assert (totals.open, totals.to_pay) == (
        invoice.total - issued.total,
        invoice.total - issued.total - note.total,
    )


def test_what_came_to_nothing_shows_no_before_and_after(
    client_of: SignIn, rep: User, invoice: Invoice
) -> None:
    note = factories.draft_note(invoice, rep)
    services.withdraw(note, actor=rep, moment=factories.MOMENT)

    page = client_of(rep).get(address(note)).content.decode()

    assert "Lumber" in page
    assert "before-after" not in page


def test_what_ends_a_note_is_asked_for_in_a_dialog_that_needs_no_script(
    client_of: SignIn, rep: User, invoice: Invoice
) -> None:
    page = client_of(rep).get(address(factories.draft_note(invoice, rep))).content.decode()

    assert 'popovertarget="withdraw"' in page
    dialog = page.split('id="withdraw"')[1]
    assert dialog.index("popover") < dialog.index('name="comment"')


# The PDF ------------------------------------------------------------------------------


def test_the_pdf_is_what_was_rendered(client_of: SignIn, rep: User, invoice: Invoice) -> None:
    note = factories.issued_note(invoice, rep)
    kept = stored_pdf(note.document)

    answer = client_of(rep).get(address(note, "pdf/"))

    assert answer.content == bytes(kept.content)
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"] == f'inline; filename="{note.document.number}.pdf"'
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_until_it_is_made_the_page_waits_for_it(
    client_of: SignIn, rep: User, invoice: Invoice
) -> None:
    note = factories.issued_note(invoice, rep)

    answer = client_of(rep).get(address(note, "pdf/"))

    assert answer["Refresh"] == "2"
    assert "is being made" in answer.content.decode()


def test_the_page_says_whether_the_pdf_is_made_and_looks_again(
    client_of: SignIn, rep: User, invoice: Invoice
) -> None:
    note, browser = factories.issued_note(invoice, rep), client_of(rep)

    before = browser.get(address(note)).content.decode()
    stored_pdf(note.document)
    looked_again = browser.get(address(note, "pdf/state/")).content.decode()

    assert "PDF is being made" in before
    assert f'hx-get="{address(note, "pdf/state/")}"' in before
    assert "being made" not in looked_again
    assert "hx-trigger" not in looked_again


def test_a_note_replayed_quietly_gets_its_pdf_on_demand(
    client_of: SignIn, rep: User, invoice: Invoice
) -> None:
    note = factories.approved_note(invoice, rep)
    services.issue(note, actor=None, moment=factories.MOMENT, quiet=True)

    for _look in range(2):
        client_of(rep).get(address(note, "pdf/"))

    dispatch = Dispatch.objects.get(event__kind=Event.Kind.ISSUED)
    assert dispatch.consumer == "pdf"


def test_what_is_not_issued_has_no_pdf(client_of: SignIn, rep: User, invoice: Invoice) -> None:
    note = factories.submitted_note(invoice, rep)

    assert client_of(rep).get(address(note, "pdf/")).status_code == 404


def test_the_pages_do_without_the_renderer() -> None:
    """A web process has no 60 MB to spare for WeasyPrint."""
    program = (
        "import django, sys; django.setup(); import config.urls; "
        "sys.exit('weasyprint' in sys.modules)"
    )
    environment = {"DJANGO_SETTINGS_MODULE": "config.settings_build", "CREDITDESK_ENV": "build"}

    subprocess.run([sys.executable, "-c", program], check=True, env=environment)


def test_an_issued_note_tells_how_it_is_applied_and_shows_finance_its_posting(
    client_of: SignIn, rep: User, finance: User, invoice: Invoice
) -> None:
    note = factories.issued_note(invoice, rep, factories.claim(invoice, 1, "2"))
    address = f"/books/entries/{note.document.entry_id}/"

    seen, by_finance = (
        client_of(who).get(f"/credit-notes/{note.pk}/").content.decode() for who in (rep, finance)
    )

    applied = seen.split("How it is applied")[1].split("</table>")[0]
    assert f"/invoices/{invoice.pk}/" in applied
    assert "$75.33" in applied
    assert "On account" not in applied
    assert "To be paid now" in seen
    assert "$386.05" in seen
    assert address in by_finance
    assert address not in seen

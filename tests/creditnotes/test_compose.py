"""Composing a credit note: starting, saving, submitting, changing; nothing typed is lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import strip_tags

from approvals import services as approval_services
from approvals.models import Policy
from creditnotes import services
from creditnotes.availability import holdings_of
from creditnotes.models import CreditNote, Event, Reason, State
from creditnotes.numerals import number_from
from customers.models import Customer, Invoice, InvoiceLine, User
from tests import factories
from tests.creditnotes.typing import NEW, filled, line

SignIn = Callable[[User], Client]


@pytest.fixture
def browser(client_of: SignIn, rep: User) -> Client:
    """The rep's."""
    return client_of(rep)


def edit_address(note: CreditNote) -> str:
    return f"/credit-notes/{note.pk}/edit/"


# Opening it ----------------------------------------------------------------------------


def test_the_page_shows_what_is_left_of_every_line(browser: Client, invoice: Invoice) -> None:
    page = browser.get(f"{NEW}?invoice={invoice.pk}")

    assert page.status_code == 200
    for words in (invoice.number, "Lumber 2×4×8", "all left · $333.30", "$461.38"):
        assert words in page.content.decode()


def test_it_names_the_notes_that_hold_the_rest(
    browser: Client, rep: User, invoice: Invoice
) -> None:
    reserving = factories.submitted_note(invoice, rep, factories.claim(invoice, quantity="4"))
    crediting = factories.issued_note(invoice, rep, factories.claim(invoice, quantity="1"))

    page = browser.get(f"{NEW}?invoice={invoice.pk}").content.decode()

    assert "5 of 10 left" in page
    assert page.index("reserved by") < page.index(str(reserving)) < page.index("credited by")
    assert str(crediting) in page


def test_a_holder_one_may_not_see_is_counted_but_not_named(
    rep: User, other_rep: User, invoice: Invoice
) -> None:
    note = factories.submitted_note(invoice, rep, factories.claim(invoice, quantity="4"))
    line_id = note.lines.get().counter.pk

    (seen,), (unseen,) = (holdings_of([line_id], each)[line_id] for each in (rep, other_rep))

    assert (seen.note, unseen.note) == (note, None)
    assert (unseen.quantity, unseen.is_issued) == (Decimal(4), False)


def test_without_an_invoice_it_helps_to_find_one(
    browser: Client, invoice: Invoice, quebec_invoice: Invoice
) -> None:
    everything = browser.get(NEW).content.decode()
    found = browser.get(f"{NEW}?q=erable").content.decode()
    nothing = browser.get(f"{NEW}?q=nothing-like-it").content.decode()

    assert invoice.number in everything
    assert quebec_invoice.number not in everything
    assert invoice.number in found
    assert "No invoice found" in nothing


def test_the_bare_number_finds_it_and_enter_opens_it(browser: Client, invoice: Invoice) -> None:
    factories.invoice(invoice.customer, "INV-99321")
    wanted = factories.invoice(invoice.customer, "INV-99123")

    typed = browser.get(f"{NEW}?q=99123&open=1", HTTP_HX_REQUEST="true").content.decode()
    several = browser.get(f"{NEW}?q=inv&open=1")
    sent = browser.get(f"{NEW}?q=99123&open=1")

    assert "INV-99123" in typed
    assert "INV-99321" not in typed
    assert several.status_code == 200
    assert sent.headers["Location"] == f"{NEW}?invoice={wanted.pk}"


@pytest.mark.parametrize("query", ["invoice=0", "invoice=nonsense", "invoice=99999999999999999999"])
def test_an_invoice_that_is_none_answers_404(browser: Client, query: str) -> None:
    assert browser.get(f"{NEW}?{query}").status_code == 404


def test_someone_elses_invoice_answers_404(
    browser: Client, quebec_invoice: Invoice, foreign_invoice: Invoice, reason: Reason
) -> None:
    for other in (quebec_invoice, foreign_invoice):
        assert browser.get(f"{NEW}?invoice={other.pk}").status_code == 404
        sent = browser.post(NEW, filled(other, lines={1: "1"}, reason=reason))
        assert sent.status_code == 404
    assert not CreditNote.objects.exists()


def test_invoices_of_two_customers_do_not_mix(
    client_of: SignIn, manager: User, invoice: Invoice
) -> None:
    neighbour = factories.invoice(
        factories.customer(invoice.customer.department, "C-101", "Neighbour"), "INV-9"
    )

    page = client_of(manager).get(f"{NEW}?invoice={invoice.pk}&invoice={neighbour.pk}")

    assert page.status_code == 404


def test_finance_reads_but_does_not_compose(
    client_of: SignIn, finance: User, invoice: Invoice, reason: Reason
) -> None:
    browser = client_of(finance)

    assert browser.get(f"{NEW}?invoice={invoice.pk}").status_code == 403
    assert browser.post(NEW, filled(invoice, lines={1: "1"}, reason=reason)).status_code == 403
    assert not CreditNote.objects.exists()


# Saving and submitting -------------------------------------------------------------------


def test_submitting_starts_submits_and_shows_the_note(
    browser: Client, rep: User, invoice: Invoice, reason: Reason, policy: Policy
) -> None:
    sent = filled(invoice, lines={1: "2"}, reason=reason, customer_reference="PO 77")
    answer = browser.post(NEW, sent | line(invoice, 2, "50", "percent"))

    note = CreditNote.objects.get()
    assert answer.headers["Location"] == f"/credit-notes/{note.pk}/"
    assert (note.state, note.owner, note.reason) == (State.SUBMITTED, rep, reason)
    assert (note.customer_reference, note.explanation) == ("PO 77", "Two were cracked.")
    assert [line.net for line in note.lines.all()] == [Decimal("66.66"), Decimal("15.00")]
    assert note.total == Decimal("92.28")
    assert list(note.events.values_list("kind", flat=True)) == ["started", "submitted"]


def test_a_draft_may_be_as_empty_as_one_likes(browser: Client, invoice: Invoice) -> None:
    browser.post(NEW, filled(invoice, do="save"))

    note = CreditNote.objects.get()
    assert (note.state, note.reason, note.lines.count()) == (State.DRAFT, None, 0)
    assert browser.get(edit_address(note)).status_code == 200


def test_a_double_click_makes_one_note(
    browser: Client, invoice: Invoice, reason: Reason, policy: Policy
) -> None:
    sent = filled(invoice, lines={1: "2"}, reason=reason)

    answers = [browser.post(NEW, sent) for _click in range(2)]

    note = CreditNote.objects.get()
    assert [answer.headers["Location"] for answer in answers] == [f"/credit-notes/{note.pk}/"] * 2
    assert note.events.filter(kind=Event.Kind.SUBMITTED).count() == 1


def test_a_double_click_on_save_changes_nothing_more(
    browser: Client, invoice: Invoice, reason: Reason
) -> None:
    sent = filled(invoice, lines={1: "2"}, reason=reason, do="save")

    answers = [browser.post(NEW, sent) for _click in range(2)]

    note = CreditNote.objects.get()
    assert [answer.status_code for answer in answers] == [302, 302]
    assert note.version == 1


def test_going_back_and_sending_other_words_changes_the_same_note(
    browser: Client, invoice: Invoice, reason: Reason
) -> None:
    sent = filled(invoice, lines={1: "2"}, reason=reason, do="save")
    browser.post(NEW, sent)

    browser.post(NEW, sent | {"explanation": "Three were cracked."} | line(invoice, 1, "3"))

    note = CreditNote.objects.get()
    assert note.explanation == "Three were cracked."
    assert note.lines.get().quantity == 3


# Refusals: 422, the message beside the field, and everything typed still there ---------------


def test_too_much_is_refused_beside_its_line(
    browser: Client, invoice: Invoice, reason: Reason, policy: Policy
) -> None:
    answer = browser.post(NEW, filled(invoice, lines={1: "11"}, reason=reason))

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Only 10 can still be credited." in page
    assert 'value="11"' in page
    assert "Two were cracked." in page
    assert not CreditNote.objects.exists()


@pytest.mark.parametrize("button", ["of the page", "of the composer"])
def test_who_was_faster_is_told_beside_the_line_with_what_is_left(
    browser: Client, rep: User, colleague: User, invoice: Invoice, button: str
) -> None:
    mine = factories.draft_note(invoice, rep, factories.claim(invoice, quantity="8"))
    theirs = factories.submitted_note(invoice, colleague, factories.claim(invoice, quantity="4"))

    if button == "of the page":
        answer = browser.post(f"/credit-notes/{mine.pk}/submit/", {"version": mine.version})
    else:
        sent = filled(invoice, lines={1: "8"}, reason=mine.reason)
        answer = browser.post(edit_address(mine), sent | {"version": mine.version})

    page = answer.content.decode()
    beside = page.split(f'id="line-{invoice.lines.get(position=1).pk}-errors"')[1]
    told = " ".join(strip_tags("<" + beside.split("</ul>")[0]).split())
    assert answer.status_code == 422
    assert "Only 6 can still be credited." in told
    assert f"4 of 10 ea reserved by {theirs} (Carl Colleague)" in told
    assert "6 of 10 left" in page
    assert CreditNote.objects.get(pk=mine.pk).state == State.DRAFT


def test_every_wrong_line_is_marked_at_once(
    browser: Client, invoice: Invoice, reason: Reason
) -> None:
    page = browser.post(NEW, filled(invoice, lines={1: "11", 2: "4", 3: "2"}, reason=reason))

    assert len(re.findall(r"can still be credited\.\s*</li>", page.content.decode())) == 3


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("", "How much?"),
        ("a few", "Enter a number."),
        ("-1", "zero or above"),
        ("0", "would credit nothing"),
        ("1.00001", "At most four decimals"),
        ("99999999999999", "too large"),
        ("NaN", "Enter a number."),
    ],
)
def test_a_value_that_is_none_is_refused_beside_its_line(
    browser: Client, invoice: Invoice, reason: Reason, value: str, words: str
) -> None:
    answer = browser.post(NEW, filled(invoice, lines={1: value}, reason=reason, do="save"))

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not CreditNote.objects.exists()


def test_nothing_chosen_keeps_the_draft_and_says_so(
    browser: Client, invoice: Invoice, reason: Reason, policy: Policy
) -> None:
    answer = browser.post(NEW, filled(invoice, reason=reason))

    note = CreditNote.objects.get()
    assert answer.status_code == 422
    assert "Choose at least one line to credit." in answer.content.decode()
    assert note.state == State.DRAFT
    assert f'action="{edit_address(note)}"' in answer.content.decode()


def test_a_missing_reason_is_asked_for_at_its_field(
    browser: Client, invoice: Invoice, policy: Policy
) -> None:
    answer = browser.post(NEW, filled(invoice, lines={1: "1"}))

    assert answer.status_code == 422
    assert "Choose a reason." in answer.content.decode()
    assert 'id="id_reason_error"' in answer.content.decode()
    assert CreditNote.objects.get().lines.count() == 1


def test_a_basis_that_the_reason_does_not_have_is_refused(
    browser: Client, invoice: Invoice
) -> None:
    narrow = factories.reason(invoice.company, "shortage", bases=["quantity"])

    answer = browser.post(NEW, filled(invoice, lines={1: "10"}, basis="percent", reason=narrow))

    assert answer.status_code == 422
    assert "Shortage is not credited by percent." in answer.content.decode()


def test_another_companys_reason_is_refused(
    browser: Client, invoice: Invoice, foreign_invoice: Invoice
) -> None:
    theirs = factories.reason(foreign_invoice.company, "theirs")

    answer = browser.post(NEW, filled(invoice, lines={1: "1"}, reason=theirs, do="save"))

    assert answer.status_code == 422
    assert not CreditNote.objects.exists()


def test_without_a_policy_the_draft_is_kept(
    browser: Client, invoice: Invoice, reason: Reason
) -> None:
    answer = browser.post(NEW, filled(invoice, lines={1: "1"}, reason=reason))

    assert answer.status_code == 422
    assert "No approval policy is active." in answer.content.decode()
    assert CreditNote.objects.get().state == State.DRAFT


# Photos ----------------------------------------------------------------------------------


def test_a_missing_photo_is_asked_for_at_its_field(
    browser: Client, invoice: Invoice, damaged: Reason, policy: Policy
) -> None:
    answer = browser.post(NEW, filled(invoice, lines={1: "1"}, reason=damaged))

    assert answer.status_code == 422
    assert 'id="id_photos_error"' in answer.content.decode()
    assert CreditNote.objects.get().state == State.DRAFT


def test_a_photo_goes_with_the_note(
    browser: Client, invoice: Invoice, damaged: Reason, policy: Policy
) -> None:
    sent = filled(invoice, lines={1: "1"}, reason=damaged, photos=[factories.photo()])

    assert browser.post(NEW, sent).status_code == 302

    note = CreditNote.objects.get()
    assert (note.state, note.attachments.get().name) == (State.SUBMITTED, "pallet.jpg")
    assert list(note.events.values_list("kind", flat=True)) == ["started", "submitted"]


def test_photos_survive_whatever_else_is_wrong(
    browser: Client, invoice: Invoice, damaged: Reason, policy: Policy
) -> None:
    two = [factories.photo(), factories.photo("other.jpg", "blue")]
    wrong = filled(invoice, lines={1: "11"}, reason=damaged, photos=two)

    answer = browser.post(NEW, wrong)

    note = CreditNote.objects.get()
    assert answer.status_code == 422
    assert "Only 10 can still be credited." in answer.content.decode()
    assert note.attachments.count() == 2
    for attachment in note.attachments.all():
        assert f"/credit-notes/attachments/{attachment.pk}/" in answer.content.decode()

    right = filled(invoice, lines={1: "1"}, reason=damaged, version=note.version)
    assert browser.post(edit_address(note), right).status_code == 302
    note = CreditNote.objects.get()
    assert (note.state, note.attachments.count()) == (State.SUBMITTED, 2)


@pytest.mark.parametrize("do", ["preview", "offer", "add"])
def test_photos_survive_a_recalculation(
    browser: Client, invoice: Invoice, reason: Reason, do: str
) -> None:
    sent = filled(invoice, lines={1: "1"}, reason=reason, do=do, photos=[factories.photo()])

    assert browser.post(NEW, sent).status_code == 200
    assert CreditNote.objects.get().attachments.count() == 1


def test_a_file_that_is_no_photo_is_refused_and_the_rest_kept(
    browser: Client, invoice: Invoice, reason: Reason, policy: Policy
) -> None:
    fake = SimpleUploadedFile("pallet.jpg", b"<script>alert(1)</script>", "image/jpeg")
    sent = filled(invoice, lines={1: "1"}, reason=reason, photos=[fake, factories.photo("b.jpg")])

    answer = browser.post(NEW, sent)

    note = CreditNote.objects.get()
    assert answer.status_code == 422
    assert "pallet.jpg is neither a photo" in answer.content.decode()
    assert (note.state, note.attachments.get().name) == (State.DRAFT, "b.jpg")


def test_an_empty_file_is_refused_and_the_rest_kept(
    browser: Client, invoice: Invoice, reason: Reason
) -> None:
    empty = SimpleUploadedFile("empty.jpg", b"", "image/jpeg")
    sent = filled(invoice, reason=reason, do="save", photos=[empty, factories.photo("b.jpg")])

    assert browser.post(NEW, sent).status_code == 422
    assert CreditNote.objects.get().attachments.get().name == "b.jpg"


def test_a_photo_is_removed_and_what_was_typed_stays(
    browser: Client, rep: User, invoice: Invoice
) -> None:
    note = factories.draft_note(invoice, rep)
    kept = services.attach(note, factories.photo(), actor=rep, moment=factories.MOMENT)

    answer = browser.post(edit_address(note), filled(invoice, do=f"remove-{kept.pk}"))

    assert answer.status_code == 200
    assert "Two were cracked." in answer.content.decode()
    assert not note.attachments.exists()


@pytest.mark.parametrize("do", ["add", "preview", "offer", "save", "submit"])
def test_a_photo_does_not_go_with_what_is_submitted_already(
    browser: Client, rep: User, invoice: Invoice, do: str
) -> None:
    note = factories.submitted_note(invoice, rep)
    sent = filled(invoice, do=do, photos=factories.photo())

    answer = browser.post(edit_address(note), sent, follow=True)

    assert answer.content.decode().count("changed.") == 1
    assert not note.attachments.exists()


# Without script: recalculate, the offer, more invoices ----------------------------------------


def test_recalculating_saves_nothing(browser: Client, invoice: Invoice, reason: Reason) -> None:
    answer = browser.post(NEW, filled(invoice, lines={1: "2"}, reason=reason, do="preview"))

    assert answer.status_code == 200
    assert "$75.33" in answer.content.decode()
    assert not CreditNote.objects.exists()


def test_the_offer_fills_in_the_picked_lines(
    browser: Client, invoice: Invoice, reason: Reason, policy: Policy
) -> None:
    rows = line(invoice, 1, "") | line(invoice, 2, "1")

    page = browser.post(NEW, filled(invoice, reason=reason, do="offer") | rows).content.decode()

    assert "Standard offer: 10\u00a0% of what is left of the picked lines = <strong" in page
    assert "$36.33" in page  # 33.33 + 3.00: both lines, each rounded by itself
    assert page.count('value="10"') == 2
    assert page.count('<option value="percent" selected>') == 2


def test_the_offer_needs_a_line(browser: Client, invoice: Invoice, policy: Policy) -> None:
    answer = browser.post(NEW, filled(invoice, do="offer"))

    assert "Pick the lines first" in answer.content.decode()


def test_another_invoice_joins_and_both_are_credited(
    browser: Client, invoice: Invoice, large_invoice: Invoice, reason: Reason, policy: Policy
) -> None:
    asked = filled(invoice, lines={1: "1"}, reason=reason, do="add", add_number="inv-2")
    page = browser.post(NEW, asked).content.decode()
    assert large_invoice.number in page
    assert "Two were cracked." in page

    both = filled(invoice, large_invoice, lines={1: "1"}, reason=reason)
    browser.post(NEW, both | line(large_invoice, 1, "2"))

    note = CreditNote.objects.get()
    assert [each.creditable.invoice for each in note.lines.all()] == [invoice, large_invoice]
    assert note.net == Decimal("124.33")


@pytest.mark.parametrize("number", ["99123", "INV-99123"])
def test_the_end_of_a_number_is_enough_where_only_one_ends_so(
    browser: Client, invoice: Invoice, number: str
) -> None:
    wanted = factories.invoice(invoice.customer, "INV-99123")
    joined = f'name="invoice" value="{wanted.pk}"'
    asked = filled(invoice, do="add", add_number=number)
    assert joined in browser.post(NEW, asked).content.decode()

    factories.invoice(invoice.customer, "OLD-99123")
    assert (joined in browser.post(NEW, asked).content.decode()) == number.startswith("INV")


def test_another_customers_invoice_does_not_join(
    browser: Client, invoice: Invoice, quebec_invoice: Invoice
) -> None:
    asked = filled(invoice, do="add", add_number=quebec_invoice.number)

    assert "No invoice of this customer" in browser.post(NEW, asked).content.decode()


OTHERS = "/credit-notes/other-invoices/"


def test_other_invoices_are_found_by_number_reference_and_product(
    browser: Client, invoice: Invoice, large_invoice: Invoice, quebec_invoice: Invoice
) -> None:
    factories.invoice(invoice.customer, "INV-REF", customer_reference="PO 4711")

    def found(words: str) -> str:
        return browser.get(f"{OTHERS}?invoice={invoice.pk}&add_number={words}").content.decode()

    assert f'value="add-{large_invoice.pk}"' in found("")
    assert f'value="add-{invoice.pk}"' not in found("")
    assert quebec_invoice.number not in found("")
    assert "INV-REF" in found("4711")
    assert large_invoice.number in found("trusses")
    assert large_invoice.number not in found("4711")
    assert "No other invoice of this customer fits." in found("nothing-like-it")


def test_words_that_fit_several_invoices_show_them_to_choose_from(
    browser: Client, invoice: Invoice, large_invoice: Invoice
) -> None:
    third = factories.invoice(invoice.customer, "INV-3")
    asked = filled(invoice, lines={1: "1"}, do="add", add_number="inv")

    page = browser.post(NEW, asked).content.decode()

    assert f'value="add-{large_invoice.pk}"' in page
    assert f'value="add-{third.pk}"' in page
    assert f'name="invoice" value="{third.pk}"' not in page
    chosen = browser.post(NEW, asked | {"do": f"add-{third.pk}"}).content.decode()
    assert f'name="invoice" value="{third.pk}"' in chosen
    assert "autofocus" in chosen.split(f'id="invoice-{third.pk}"')[1].split(">")[0]


def test_an_invoice_taken_off_goes_with_what_was_asked_of_it(
    browser: Client, rep: User, invoice: Invoice, large_invoice: Invoice, reason: Reason
) -> None:
    claims = [factories.claim(invoice, 1, "2"), factories.claim(large_invoice, 1, "3")]
    note = factories.draft_note(invoice, rep, *claims)
    sent = filled(invoice, large_invoice, lines={1: "2"}, reason=reason, note=note.pk)
    sent |= line(large_invoice, 1, "3")

    page = browser.post(edit_address(note), sent | {"do": f"drop-{large_invoice.pk}"})
    assert f'name="invoice" value="{large_invoice.pk}"' not in page.content.decode()

    left = filled(invoice, lines={1: "2"}, reason=reason, do="save")
    browser.post(edit_address(note), left)
    assert [each.invoice for each in note.lines.all()] == [invoice]


def test_the_last_invoice_stays(browser: Client, invoice: Invoice) -> None:
    page = browser.post(NEW, filled(invoice, do=f"drop-{invoice.pk}")).content.decode()

    assert f'name="invoice" value="{invoice.pk}"' in page


# Changing a draft -----------------------------------------------------------------------


def test_a_draft_opens_as_it_was_left(browser: Client, rep: User, invoice: Invoice) -> None:
    claims = [
        factories.claim(invoice, 1, None, basis="unit_price", unit_price=Decimal("30.5")),
        factories.claim(invoice, 2, None, basis="amount", amount=Decimal("12.30")),
    ]
    note = factories.draft_note(invoice, rep, *claims, explanation="As agreed.")

    page = browser.get(edit_address(note)).content.decode()

    assert 'value="30.5"' in page
    assert 'value="12.3"' in page
    assert "As agreed." in page
    assert "$45.88" in page  # 28.30 + 12.30 and their tax


def test_a_stale_page_is_told_and_keeps_what_was_typed(
    browser: Client, rep: User, invoice: Invoice, reason: Reason
) -> None:
    note = factories.draft_note(invoice, rep)
    CreditNote.objects.filter(pk=note.pk).update(version=5)
    sent = filled(invoice, lines={1: "7"}, reason=reason, do="save", version=1)

    stale = browser.post(edit_address(note), sent)

    assert stale.status_code == 409
    assert "Somebody changed this credit note meanwhile." in stale.content.decode()
    assert 'value="7"' in stale.content.decode()
    assert 'name="version" value="5"' in stale.content.decode()
    assert browser.post(edit_address(note), sent | {"version": 5}).status_code == 302
    assert note.lines.get().quantity == 7


def test_what_is_submitted_is_no_longer_edited(
    browser: Client, rep: User, invoice: Invoice, reason: Reason
) -> None:
    note = factories.submitted_note(invoice, rep)

    opened = browser.get(edit_address(note))
    sent = browser.post(edit_address(note), filled(invoice, lines={1: "9"}, reason=reason))

    assert opened.headers["Location"] == f"/credit-notes/{note.pk}/"
    assert sent.status_code == 409
    assert 'value="9"' in sent.content.decode()
    assert note.lines.get().quantity == 1


def test_submitting_twice_from_the_edit_page_is_no_mistake(
    browser: Client, rep: User, invoice: Invoice, reason: Reason, policy: Policy
) -> None:
    note = factories.draft_note(invoice, rep, reason=reason)
    sent = filled(invoice, lines={1: "2"}, reason=reason, version=note.version)

    answers = [browser.post(edit_address(note), sent) for _click in range(2)]

    assert [answer.status_code for answer in answers] == [302, 302]
    assert note.events.filter(kind=Event.Kind.SUBMITTED).count() == 1


def test_what_a_returned_note_reserves_is_its_own_to_use(
    browser: Client, rep: User, manager: User, invoice: Invoice, reason: Reason
) -> None:
    note = factories.submitted_note(invoice, rep, factories.claim(invoice, quantity="10"))
    approval_services.return_for_changes(
        note, actor=manager, moment=factories.MOMENT, comment="Fewer?"
    )

    page = browser.get(edit_address(note)).content.decode()
    assert "all left · $333.30" in page
    assert "Returned by Manon Manager" in page
    assert "Fewer?" in page
    note.refresh_from_db()
    sent = filled(invoice, lines={1: "8"}, reason=reason, version=note.version)
    assert browser.post(edit_address(note), sent).status_code == 302
    assert invoice.creditable_lines.get(invoice_line__position=1).reserved_quantity == 8


def test_a_note_one_may_not_see_answers_404(
    client_of: SignIn, rep: User, other_rep: User, invoice: Invoice
) -> None:
    note = factories.draft_note(invoice, rep)

    assert client_of(other_rep).get(edit_address(note)).status_code == 404
    assert client_of(other_rep).post(edit_address(note), {}).status_code == 404


def test_an_invoice_of_many_lines_can_be_credited_whole(
    browser: Client, customer: Customer, reason: Reason
) -> None:
    rows = [(f"Line {number}", "1", "10", "goods") for number in range(400)]
    sent = filled(factories.invoice(customer, "INV-L", rows), reason=reason, do="save")
    for pk in InvoiceLine.objects.values_list("pk", flat=True):
        sent |= {f"line-{pk}-pick": "on", f"line-{pk}-basis": "quantity", f"line-{pk}-value": "1"}

    assert browser.post(NEW, sent).status_code == 302
    assert CreditNote.objects.get().net == 4000


def test_an_agreed_price_survives_an_edit(browser: Client, rep: User, invoice: Invoice) -> None:
    agreed = factories.claim(invoice, 1, "2", unit_price=Decimal(30))
    note = factories.draft_note(invoice, rep, agreed)
    row = f"line-{invoice.lines.get(position=1).pk}"
    page = browser.get(edit_address(note)).content.decode()
    assert f'name="{row}-agreed" value="30"' in page

    sent = filled(invoice, lines={1: "3"}, reason=note.reason, do="save", version=note.version)
    browser.post(edit_address(note), sent | {f"{row}-agreed": "30"})

    assert note.lines.get().net == Decimal("90.00")


def test_the_number_of_queries_does_not_grow_with_the_lines(
    browser: Client, customer: Customer
) -> None:
    counts = []
    for number, size in (("A", 2), ("B", 40)):
        rows = [(f"Line {n}", "1", "10", "goods") for n in range(size)]
        of = factories.invoice(customer, number, rows)
        browser.get(f"{NEW}?invoice={of.pk}")  # makes the counters
        with CaptureQueriesContext(connection) as queries:
            browser.get(f"{NEW}?invoice={of.pk}")
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_three_hundred_lines_are_saved_and_submitted_in_a_bounded_number_of_statements(
    browser: Client, customer: Customer, reason: Reason, policy: Policy
) -> None:
    counts = []
    for number, size in (("A", 3), ("B", 300)):
        rows = [(f"Line {n}", "10", "0.37", "goods") for n in range(size)]
        of = factories.invoice(customer, number, rows)
        browser.get(f"{NEW}?invoice={of.pk}")  # makes the counters
        data = filled(of, reason=reason)
        for pk in of.lines.values_list("pk", flat=True):
            data |= {f"line-{pk}-pick": "on", f"line-{pk}-basis": "quantity"}
            data[f"line-{pk}-value"] = "3"
        with CaptureQueriesContext(connection) as queries:
            answer = browser.post(NEW, data)
        assert answer.status_code == 302
        with CaptureQueriesContext(connection) as reading:
            browser.get(answer.headers["Location"])
        counts.append((len(queries), len(reading)))

    (few, reading_few), (many, reading_many) = counts
    assert CreditNote.objects.latest("pk").lines.count() == 300
    assert many <= few + 2  # lines written anew are deleted by the hundred
    assert reading_many == reading_few


# Numbers as people type them ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "language", "number"),
    [
        ("12.5", "en", "12.5"),
        ("12,5", "en", "12.5"),
        ("1,234", "en", "1234"),
        ("1,234.50", "en", "1234.50"),
        ("12,5", "fr-ca", "12.5"),
        ("1,234", "fr-ca", "1.234"),
        ("1 234,50", "fr-ca", "1234.50"),
        ("1\u202f234,50\u00a0$", "fr-ca", "1234.50"),
        ("10 %", "en", "10"),
    ],
)
def test_numbers_are_understood_as_meant(text: str, language: str, number: str) -> None:
    assert number_from(text, language) == Decimal(number)


@pytest.mark.parametrize("text", ["", "ten", "1,2,3", "1.2.3", "Infinity", "--1"])
def test_what_is_no_number_is_said_to_be_none(text: str) -> None:
    with pytest.raises(ValueError, match="not a number"):
        number_from(text)


def test_tokens_are_one_per_page(browser: Client, invoice: Invoice) -> None:
    """Two composers open side by side start two notes."""
    for _page in range(2):
        browser.post(NEW, filled(invoice, do="save", token=str(uuid4())))

    assert CreditNote.objects.count() == 2


def test_enter_in_the_field_for_another_invoice_adds_it(browser: Client, invoice: Invoice) -> None:
    other = factories.invoice(invoice.customer, "INV-2")
    sent = filled(invoice, lines={1: "1"}, do="preview", add_number="inv-2")

    page = browser.post(NEW, sent).content.decode()

    assert f'name="invoice" value="{other.pk}"' in page


def test_the_invoices_of_one_customer_to_begin_with(
    browser: Client, invoice: Invoice, quebec_invoice: Invoice
) -> None:
    neighbour = factories.customer(invoice.customer.department, "C-101", "Neighbour")
    elsewhere = factories.invoice(neighbour, "ELSEWHERE-9")

    page = browser.get(f"{NEW}?customer={invoice.customer_id}").content.decode()

    assert invoice.number in page
    assert elsewhere.number not in page
    assert f"New credit note for {invoice.customer}" in page
    for unseen in (quebec_invoice.customer_id, "x", 0):
        assert browser.get(f"{NEW}?customer={unseen}").status_code == 404


def test_all_that_is_missing_is_said_at_once(browser: Client, invoice: Invoice) -> None:
    nothing = browser.post(NEW, filled(invoice))
    damaged = factories.reason(invoice.company, "damaged-goods", needs_photo=True)
    only_reason = browser.post(NEW, filled(invoice, reason=damaged))

    for page, words in (
        (nothing, ("Choose a reason.", "Choose at least one line")),
        (only_reason, ("Choose at least one line", "This reason needs a photo.</li>")),
    ):
        assert page.status_code == 422
        for each in words:
            assert each in page.content.decode()


def test_the_composer_names_what_others_are_about_to_credit(
    rep: User, colleague: User, other_rep: User, invoice: Invoice, client_of: SignIn
) -> None:
    theirs = factories.draft_note(invoice, colleague)
    own = factories.draft_note(invoice, rep)
    new = client_of(rep).get(f"/credit-notes/new/?invoice={invoice.pk}")
    assert new.context["composer"].under_way == [theirs, own]
    assert "about to credit the same invoice" in new.content.decode()
    again = client_of(rep).get(f"/credit-notes/{own.pk}/edit/")
    assert again.context["composer"].under_way == [theirs]

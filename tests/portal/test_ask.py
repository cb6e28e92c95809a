"""Asking for a credit: sent once and whole, or refused beside the field with all kept."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client

from creditnotes import services
from creditnotes.models import CreditNote, Event, Origin, Reason, State
from customers.models import Customer, Invoice, Product, User
from customers.services import NewLine, post_invoice
from tests import factories
from tests.racing import at_once

SignIn = Callable[[User], Client]


def address(invoice: Invoice) -> str:
    return f"/portal/requests/new/?invoice={invoice.pk}"


def filled(invoice: Invoice, why: Reason, /, **changed: Any) -> dict[str, Any]:
    """The form as somebody fills it in: two pieces of lumber. ``line2=`` is the second line's."""
    lines = {line.position: line.pk for line in invoice.lines.all()}
    values: dict[str, Any] = {"line1": "2", "basis1": "quantity"} | changed
    form = {"token": str(uuid4()), "reason": why.pk, "comment": "Two were split."}
    for name, value in values.items():
        if name[:4] == "line" and name[4:].isdecimal():
            form[f"line-{lines[int(name[4:])]}-value"] = value
        elif name[:5] == "basis":
            form[f"line-{lines[int(name[5:])]}-basis"] = value
        else:
            form[name] = value
    return form


def text(response: Any) -> str:
    return str(response.content.decode())


def test_the_form_names_the_lines_and_offers_the_customers_reasons(
    client_of: SignIn, contact: User, invoice: Invoice, reason: Reason
) -> None:
    factories.reason(invoice.company, "goodwill", customer_visible=False)
    factories.reason(invoice.company, "late-exemption", is_active=False)
    factories.reason(invoice.company, "by-percent", bases=["percent"])
    page = text(client_of(contact).get(address(invoice)))
    for words in ("Lumber 2×4×8", "10 ea at $33.33", "Freight", "Wrong price"):
        assert words in page
    for words in ("Goodwill", "Late exemption", "By percent"):
        assert words not in page


def test_what_waits_on_the_same_invoice_is_told(
    client_of: SignIn, contact: User, rep: User, invoice: Invoice
) -> None:
    factories.issued_note(invoice, rep)
    draft = factories.draft_note(invoice, contact)
    assert "on this invoice" not in text(client_of(contact).get(address(invoice)))
    waiting = services.request(draft, actor=contact, moment=factories.MOMENT)
    page = text(client_of(contact).get(address(invoice)))
    assert "Requests and credit notes on this invoice" in page
    assert f"/portal/credit-notes/{waiting.pk}/" in page


def test_goods_are_named_in_the_readers_language(
    client_of: SignIn, contact: User, customer: Customer
) -> None:
    studs = Product.objects.create(
        company=customer.company, sku="S-1", name="Studs", name_fr="Montants d’acier"
    )
    line = NewLine(Decimal(4), Decimal(25), "Studs", product=studs)
    sold = post_invoice(customer, "INV-55", factories.MOMENT, [line])
    pages = (address(sold), f"/portal/invoices/{sold.pk}/")
    browser = client_of(contact)
    assert all("Studs" in text(browser.get(page)) for page in pages)
    contact.language = "fr-ca"
    contact.save()
    assert all("Montants d’acier" in text(browser.get(page)) for page in pages)
    assert "INV-55" in text(browser.get("/portal/invoices/?q=montants"))


def test_a_request_is_sent(
    client_of: SignIn, contact: User, invoice: Invoice, damaged: Reason
) -> None:
    form = filled(invoice, damaged, customer_reference="PO 77", photos=[factories.photo()])
    response = client_of(contact).post(address(invoice), form)
    note = CreditNote.objects.get()
    assert response.status_code == 302
    assert response["Location"] == f"/portal/credit-notes/{note.pk}/sent/"
    assert (note.state, note.origin, note.owner) == (State.REQUESTED, Origin.PORTAL, None)
    assert (note.explanation, note.customer_reference) == ("", "PO 77")
    assert note.lines.get().quantity == 2
    assert note.attachments.get().name == "pallet.jpg"
    asked = note.events.get(kind=Event.Kind.REQUESTED)
    assert asked.comment == "Two were split."  # the customer's words; never printed as ours
    wish = asked.payload["wish"]
    assert wish["total"] == str(note.total)
    assert [line["quantity"] for line in wish["lines"]] == ["2"]


def test_by_the_right_price_and_by_amount(
    client_of: SignIn, contact: User, invoice: Invoice, reason: Reason
) -> None:
    form = filled(invoice, reason, line1="30", basis1="unit_price", line3="12.5", basis3="amount")
    assert client_of(contact).post(address(invoice), form).status_code == 302
    nets = CreditNote.objects.get().lines.values_list("basis", "net")
    assert [(basis, str(net)) for basis, net in nets] == [
        ("unit_price", "33.30"),
        ("amount", "12.50"),
    ]


def test_numbers_are_read_in_the_persons_language(
    client_of: SignIn, stranger_contact: User, quebec_invoice: Invoice
) -> None:
    form = filled(
        quebec_invoice, factories.reason(quebec_invoice.company), line1="12,5", basis1="amount"
    )
    assert client_of(stranger_contact).post(address(quebec_invoice), form).status_code == 302
    assert str(CreditNote.objects.get().net) == "12.50"


def test_asking_for_too_much_is_refused_beside_the_line_with_all_kept(
    client_of: SignIn, contact: User, invoice: Invoice, reason: Reason
) -> None:
    form = filled(invoice, reason, line1="11", line2="4", customer_reference="PO 77")
    response = client_of(contact).post(address(invoice), form)
    page = text(response)
    assert response.status_code == 422
    assert "Only 10 can still be credited." in page
    assert "Only 3 can still be credited." in page  # every line says so, not only the first
    for kept in ('value="11"', 'value="4"', "Two were split.", 'value="PO 77"', form["token"]):
        assert kept in page
    assert not CreditNote.objects.exists()


def test_what_others_ask_for_meanwhile_counts_at_the_latest_when_it_is_reserved(
    client_of: SignIn, contact: User, rep: User, invoice: Invoice, reason: Reason
) -> None:
    factories.submitted_note(invoice, rep, factories.claim(invoice, 1, "9"))
    page = text(client_of(contact).get(address(invoice)))
    assert "1 can still be credited" in page
    response = client_of(contact).post(address(invoice), filled(invoice, reason))
    assert response.status_code == 422
    assert "Only 1 can still be credited." in text(response)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"reason": ""}, "Choose what went wrong."),
        ({"line1": ""}, "Say for at least one line how much it is about."),
        ({"line1": "abc"}, "Enter a number."),
        ({"line1": "-1"}, "Enter a number above zero"),
        ({"line1": "0"}, "Enter a number above zero"),
        ({"line1": "NaN"}, "Enter a number."),
        ({"line1": "1.00001"}, "four decimals"),
        ({"line1": "40", "basis1": "unit_price"}, "must be lower"),
        ({"basis1": "percent"}, "not one of the available choices"),
        ({"comment": "x" * 2001}, "at most 2000 characters"),
    ],
)
def test_whatever_is_wrong_is_said(
    client_of: SignIn,
    contact: User,
    invoice: Invoice,
    reason: Reason,
    changed: dict[str, str],
    message: str,
) -> None:
    response = client_of(contact).post(address(invoice), filled(invoice, reason, **changed))
    assert response.status_code == 422
    assert message in text(response)
    assert not CreditNote.objects.exists()


def test_a_reason_that_does_not_go_by_pieces_says_so(
    client_of: SignIn, contact: User, invoice: Invoice
) -> None:
    freight = factories.reason(invoice.company, "freight", bases=["amount"])
    response = client_of(contact).post(address(invoice), filled(invoice, freight))
    assert response.status_code == 422
    assert "Freight is not credited by quantity." in text(response)


def test_photos_are_kept_though_something_else_is_wrong(
    client_of: SignIn, contact: User, colleague: User, invoice: Invoice, damaged: Reason
) -> None:
    client = client_of(contact)
    form = filled(invoice, damaged, line1="11", photos=[factories.photo()])
    response = client.post(address(invoice), form)
    draft = CreditNote.objects.get()
    photo = draft.attachments.get()
    assert response.status_code == 422
    assert f"/portal/attachments/{photo.pk}/" in text(response)
    assert client_of(colleague).get(f"/credit-notes/{draft.pk}/").status_code == 404  # private
    form = filled(invoice, damaged, line1="1", token=form["token"])
    assert client.post(address(invoice), form).status_code == 302
    note = CreditNote.objects.get()
    assert note.state == State.REQUESTED
    assert note.attachments.get() == photo


def test_a_kept_photo_can_be_removed(
    client_of: SignIn, contact: User, invoice: Invoice, reason: Reason
) -> None:
    client = client_of(contact)
    form = filled(invoice, reason, line1="", photos=[factories.photo()])
    client.post(address(invoice), form)
    photo = CreditNote.objects.get().attachments.get()
    again = filled(invoice, reason, token=form["token"], remove=str(photo.pk))
    response = client.post(address(invoice), again, follow=True)
    assert response.status_code == 200
    assert "Two were split." in text(response)
    assert not CreditNote.objects.get().attachments.exists()


def test_a_file_that_is_no_photo_is_named(
    client_of: SignIn, contact: User, invoice: Invoice, reason: Reason
) -> None:
    script = SimpleUploadedFile("run.jpg", b"<script>alert(1)</script>", "image/jpeg")
    response = client_of(contact).post(address(invoice), filled(invoice, reason, photos=[script]))
    assert response.status_code == 422
    assert "run.jpg is neither a photo" in text(response)
    assert not CreditNote.objects.exclude(state=State.DRAFT).exists()


def test_a_photo_that_the_reason_needs_is_asked_for(
    client_of: SignIn, contact: User, invoice: Invoice, damaged: Reason
) -> None:
    response = client_of(contact).post(address(invoice), filled(invoice, damaged))
    assert response.status_code == 422
    assert "This reason needs a photo." in text(response)
    assert not CreditNote.objects.exists()


def test_a_second_click_leads_to_the_same_request(
    client_of: SignIn, contact: User, invoice: Invoice, reason: Reason
) -> None:
    client, form = client_of(contact), filled(invoice, reason)
    first, second = (client.post(address(invoice), form) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert Event.objects.filter(kind=Event.Kind.REQUESTED).count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_send_one_request(
    client_of: SignIn, contact: User, invoice: Invoice, reason: Reason
) -> None:
    form = filled(invoice, reason)
    clients = [client_of(contact), client_of(contact)]
    answers: list[HttpResponse] = at_once(
        *(lambda each=each: each.post(address(invoice), form) for each in clients)
    )
    note = CreditNote.objects.get()
    assert [answer["Location"] for answer in answers] == [
        f"/portal/credit-notes/{note.pk}/sent/"
    ] * 2
    assert note.events.filter(kind=Event.Kind.REQUESTED).count() == 1


def test_nobody_asks_on_another_customers_invoice(
    client_of: SignIn,
    contact: User,
    rep: User,
    invoice: Invoice,
    quebec_invoice: Invoice,
    reason: Reason,
) -> None:
    for person, of in ((contact, quebec_invoice), (rep, invoice)):
        client = client_of(person)
        assert client.get(address(of)).status_code == 404
        assert client.post(address(of), filled(of, reason)).status_code == 404
    assert client_of(contact).get("/portal/requests/new/?invoice=x").status_code == 404
    assert not CreditNote.objects.exists()


def test_lines_of_another_invoice_are_not_taken(
    client_of: SignIn, contact: User, invoice: Invoice, quebec_invoice: Invoice, reason: Reason
) -> None:
    form = filled(quebec_invoice, reason)
    response = client_of(contact).post(address(invoice), form)
    assert response.status_code == 422
    assert not CreditNote.objects.exists()


def test_another_persons_page_is_not_continued(
    client_of: SignIn, contact: User, invoice: Invoice, reason: Reason
) -> None:
    """A token names a page of one person; anybody else's starts a request of its own."""
    colleague = factories.contact(invoice.customer, "Carol Colleague")
    form = filled(invoice, reason)
    client_of(contact).post(address(invoice), form)
    client_of(colleague).post(address(invoice), form)
    assert CreditNote.objects.filter(state=State.REQUESTED).count() == 2


def test_all_that_is_wrong_is_said_at_the_top_with_the_way_there(
    client_of: SignIn, contact: User, invoice: Invoice, damaged: Reason
) -> None:
    client = client_of(contact)
    before = text(client.get(address(invoice)))
    assert 'id="mistakes"' not in before
    assert "With a photo, please" in before
    top = text(client.post(address(invoice), filled(invoice, damaged, line1="")))
    top = top.split('id="mistakes"')[1].split("</div>")[0]
    for place in ("#id_photos", f"#id_line-{invoice.lines.get(position=1).pk}-value"):
        assert f'href="{place}"' in top
    top = text(client.post(address(invoice), filled(invoice, damaged, reason="", line1="x")))
    top = top.split('id="mistakes"')[1]
    assert 'href="#id_reason"' in top
    assert "autofocus" in top[:200]
    assert "Lumber 2×4×8: Enter a number." in top


# While it is being typed -------------------------------------------------------------


def estimated(client: Client, invoice: Invoice, form: dict[str, Any]) -> str:
    response = client.post(f"/portal/requests/estimate/?invoice={invoice.pk}", form)
    assert response.status_code == 200
    return text(response)


def test_what_it_comes_to_is_told_at_once_and_nothing_is_kept(
    client_of: SignIn, contact: User, invoice: Invoice, reason: Reason
) -> None:
    client = client_of(contact)
    assert "$75.33" in estimated(client, invoice, filled(invoice, reason))
    assert "Tap the lines it is about." in estimated(client, invoice, {})
    unread = estimated(client, invoice, filled(invoice, reason, line2="abc"))
    assert "Please look at the lines marked." in unread
    assert "$75.33" not in unread
    too_much = estimated(client, invoice, filled(invoice, reason, line1="11"))
    assert "Only 10 can still be credited." in too_much
    assert "<html" not in too_much
    assert not CreditNote.objects.exists()


def test_photos_arrive_before_the_rest_is_typed(
    client_of: SignIn, contact: User, colleague: User, invoice: Invoice, damaged: Reason
) -> None:
    client, form = client_of(contact), filled(invoice, damaged)
    at = f"/portal/requests/photos/?invoice={invoice.pk}"
    for name, colour in (("one.jpg", "red"), ("two.jpg", "blue")):
        sent = {"token": form["token"], "photos": [factories.photo(name, colour)]}
        assert name in text(client.post(at, sent))
    draft = CreditNote.objects.get()
    one, two = draft.attachments.order_by("pk")
    page = text(client.post(at, {"token": form["token"], "remove": str(one.pk)}))
    assert "two.jpg" in page
    assert "one.jpg" not in page
    assert client.post(address(invoice), form).status_code == 302
    note = CreditNote.objects.get()
    assert (note.pk, note.state) == (draft.pk, State.REQUESTED)
    assert note.attachments.get() == two


def test_a_photo_that_can_not_be_kept_is_named(
    client_of: SignIn, contact: User, invoice: Invoice
) -> None:
    script = SimpleUploadedFile("run.jpg", b"<script>alert(1)</script>", "image/jpeg")
    at = f"/portal/requests/photos/?invoice={invoice.pk}"
    response = client_of(contact).post(at, {"token": str(uuid4()), "photos": [script]})
    assert response.status_code == 422
    assert "run.jpg is neither a photo" in text(response)


def test_what_was_sent_takes_no_more_photos(
    client_of: SignIn, contact: User, invoice: Invoice, reason: Reason
) -> None:
    client, form = client_of(contact), filled(invoice, reason)
    client.post(address(invoice), form)
    at = f"/portal/requests/photos/?invoice={invoice.pk}"
    client.post(at, {"token": form["token"], "photos": [factories.photo()]})
    assert not CreditNote.objects.get().attachments.exists()


@pytest.mark.parametrize("page", ["estimate", "photos"])
def test_nothing_is_told_or_kept_of_another_customers_invoice(
    page: str, client_of: SignIn, contact: User, quebec_invoice: Invoice
) -> None:
    client = client_of(contact)
    for asked in (str(quebec_invoice.pk), "x", ""):
        sent = {"token": str(uuid4()), "photos": [factories.photo()]}
        answer = client.post(f"/portal/requests/{page}/?invoice={asked}", sent)
        assert answer.status_code == 404
    assert not CreditNote.objects.exists()

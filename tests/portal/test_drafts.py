"""A request not sent yet: kept as typed, continued elsewhere, private, given up for good."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from creditnotes import services
from creditnotes.models import Attachment, CreditNote, Dispatch, Reason, State, UnsentRequest
from customers.access import let_represent
from customers.errors import WrongState
from customers.models import Customer, Invoice, User
from tests import factories
from tests.factories import MOMENT
from tests.portal.test_ask import address, filled, text

SignIn = Callable[[User], Client]
KEEP = "/portal/requests/keep/"


@pytest.fixture
def browser(client_of: SignIn, contact: User) -> Client:
    return client_of(contact)


def kept(client: Client, invoice: Invoice, form: dict[str, Any]) -> Any:
    return client.post(KEEP, form | {"invoice": invoice.pk})


def test_what_is_typed_is_kept_right_or_wrong_and_shown_again(
    browser: Client, client_of: SignIn, contact: User, invoice: Invoice, damaged: Reason
) -> None:
    form = filled(
        invoice, damaged, line1="2,", line2="eleven", basis3="amount", customer_reference="PO 7"
    )
    answer = kept(browser, invoice, form)
    note = CreditNote.objects.get()
    assert answer.json() == {"address": f"/portal/requests/{note.pk}/", "revision": 1}
    assert (note.state, note.reason, note.lines.count()) == (State.DRAFT, None, 0)

    elsewhere = text(client_of(contact).get(answer.json()["address"]))
    for words in ('value="2,"', 'value="eleven"', "Two were split.", 'value="PO 7"'):
        assert words in elsewhere
    assert form["token"] in elsewhere
    assert "Enter a number" not in elsewhere  # nothing is wrong with what is not sent
    assert 'id="mistakes"' not in elsewhere


def test_nothing_is_kept_of_nothing(browser: Client, invoice: Invoice, reason: Reason) -> None:
    blank = {"token": filled(invoice, reason)["token"], "comment": " ", "reason": ""}
    assert kept(browser, invoice, blank).status_code == 204
    assert not CreditNote.objects.exists()


def test_one_page_keeps_one_draft_and_sends_it(
    browser: Client, invoice: Invoice, reason: Reason
) -> None:
    form = filled(invoice, reason)
    revisions = [
        kept(browser, invoice, form | {"comment": words}).json()["revision"]
        for words in ("Tw", "Two were", "Two were split.")
    ]
    assert revisions == [1, 2, 3]
    note = CreditNote.objects.get()
    sent = browser.post(f"/portal/requests/{note.pk}/", form | {"invoice": invoice.pk})
    assert sent["Location"] == f"/portal/credit-notes/{note.pk}/sent/"
    note.refresh_from_db()
    assert (note.state, str(note.net)) == (State.REQUESTED, "66.66")
    assert not UnsentRequest.objects.exists()
    for again in (browser.get, browser.post):  # another device still has the page open
        assert again(f"/portal/requests/{note.pk}/")["Location"] == sent["Location"]
    late = kept(browser, invoice, form | {"comment": "More"})
    assert late.json() == {"sent": f"/portal/credit-notes/{note.pk}/sent/"}


def test_another_device_is_not_overwritten_unawares(
    browser: Client, invoice: Invoice, reason: Reason
) -> None:
    form = filled(invoice, reason) | {"writer": "phone"}
    kept(browser, invoice, form)
    desk = form | {"writer": "desk", "revision": "1"}
    assert kept(browser, invoice, desk | {"comment": "At the desk"}).json()["revision"] == 2
    overtaken = kept(browser, invoice, form | {"revision": "1", "comment": "On the phone"})
    note = CreditNote.objects.get()
    assert overtaken.status_code == 409
    assert overtaken.json()["newest"] == 2
    assert overtaken.json()["address"] == f"/portal/requests/{note.pk}/"
    assert note.unsent.typed["head"]["comment"] == "At the desk"
    kept(browser, invoice, form | {"revision": "2", "comment": "On the phone"})
    assert UnsentRequest.objects.get().typed["head"]["comment"] == "On the phone"


def test_a_page_whose_answer_was_lost_goes_on_with_its_own(
    browser: Client, invoice: Invoice, reason: Reason
) -> None:
    form = filled(invoice, reason) | {"writer": "phone", "revision": "1"}
    for _each in range(3):  # the phone never heard that the first arrived
        assert kept(browser, invoice, form).status_code == 200
    assert UnsentRequest.objects.get().revision == 3


def test_it_is_nobody_elses(
    client_of: SignIn,
    contact: User,
    stranger_contact: User,
    rep: User,
    admin: User,
    invoice: Invoice,
) -> None:
    note = factories.unsent_request(invoice, contact)
    photo = services.attach(note, factories.photo(), actor=contact, moment=factories.MOMENT)
    colleague = factories.contact(invoice.customer, "Carol Colleague")
    for person in (colleague, stranger_contact, rep, admin):
        client = client_of(person)
        for page in (
            f"/portal/requests/{note.pk}/",
            f"/portal/attachments/{photo.pk}/",
            f"/portal/credit-notes/{note.pk}/",
        ):
            assert client.get(page).status_code == 404, (person, page)
        assert client.post(f"/portal/requests/{note.pk}/discard/").status_code == 404
    assert note.reference not in text(client_of(rep).get("/credit-notes/"))
    assert "Continue your request" not in text(client_of(colleague).get("/portal/"))
    assert "Continue your request" in text(client_of(contact).get("/portal/"))


def test_it_is_offered_where_one_begins_again(
    browser: Client, contact: User, invoice: Invoice
) -> None:
    note = factories.unsent_request(invoice, contact)
    link = f'href="/portal/requests/{note.pk}/"'
    for page in ("/portal/", address(invoice)):
        assert link in text(browser.get(page))
    other = factories.invoice(invoice.customer, "INV-9")
    assert link not in text(browser.get(address(other)))
    assert note.reference not in text(browser.get("/portal/credit-notes/"))


def test_given_up_it_is_gone_with_its_photos(
    browser: Client,
    client_of: SignIn,
    rep: User,
    contact: User,
    invoice: Invoice,
    django_capture_on_commit_callbacks: Any,
) -> None:
    note = factories.unsent_request(invoice, contact)
    photo = services.attach(note, factories.photo(), actor=contact, moment=factories.MOMENT)
    told = Dispatch.objects.count()
    with django_capture_on_commit_callbacks(execute=True):
        answer = browser.post(f"/portal/requests/{note.pk}/discard/")
    assert answer["Location"] == f"/portal/?customer={invoice.customer_id}"
    assert not Attachment.objects.exists()
    assert not photo.file.storage.exists(str(photo.file.name))
    assert not UnsentRequest.objects.exists()
    assert Dispatch.objects.count() == told  # nobody is written to
    colleague = factories.contact(invoice.customer, "Carol Colleague")
    for person, page in (
        (contact, "/portal/credit-notes/"),
        (contact, f"/portal/credit-notes/{note.pk}/"),
        (colleague, "/portal/credit-notes/"),
        (rep, "/credit-notes/"),
        (rep, f"/credit-notes/{note.pk}/"),
    ):
        assert note.reference not in text(client_of(person).get(page)), (person, page)
    assert browser.get(f"/portal/requests/{note.pk}/").status_code == 404


def test_a_page_still_open_does_not_bring_it_back(
    browser: Client, invoice: Invoice, reason: Reason
) -> None:
    form = filled(invoice, reason)
    draft = kept(browser, invoice, form).json()["address"]
    browser.post(f"{draft}discard/")
    late = kept(browser, invoice, form)
    assert (late.status_code, late.json()["isGone"]) == (409, True)
    assert browser.post(address(invoice), form).status_code == 422
    assert CreditNote.objects.get().state == State.WITHDRAWN


def test_what_was_sent_can_not_be_given_up(contact: User, invoice: Invoice) -> None:
    note = factories.draft_note(invoice, contact)
    services.request(note, actor=contact, moment=factories.MOMENT)
    with pytest.raises(WrongState):
        services.discard(note, actor=contact, moment=factories.MOMENT)
    with pytest.raises(WrongState):
        services.keep_typed(note, {}, actor=contact, moment=factories.MOMENT)


def test_the_database_keeps_words_of_private_drafts_only(rep: User, invoice: Invoice) -> None:
    note = factories.draft_note(invoice, rep)
    with pytest.raises(DatabaseError, match="private draft"), transaction.atomic():
        UnsentRequest.objects.create(note=note, saved_at=factories.MOMENT)


def test_another_customers_invoice_is_no_part_of_it(
    browser: Client, contact: User, invoice: Invoice, quebec_invoice: Invoice, reason: Reason
) -> None:
    note = factories.unsent_request(invoice, contact)
    form = filled(quebec_invoice, reason)
    assert kept(browser, quebec_invoice, form).status_code == 404
    sent = browser.post(f"/portal/requests/{note.pk}/", form | {"invoice": quebec_invoice.pk})
    assert sent.status_code == 404
    assert CreditNote.objects.count() == 1


def test_a_person_of_two_customers_keeps_them_apart(
    browser: Client, contact: User, invoice: Invoice, other_customer: Customer
) -> None:
    let_represent(contact, other_customer)
    factories.unsent_request(invoice, contact)
    assert "Continue your request" in text(browser.get(f"/portal/?customer={invoice.customer_id}"))
    assert "Continue your request" not in text(
        browser.get(f"/portal/?customer={other_customer.pk}")
    )


def test_more_than_a_book_is_refused(browser: Client, invoice: Invoice, reason: Reason) -> None:
    form = filled(invoice, reason) | {"comment": "x" * 5000}
    assert kept(browser, invoice, form).status_code == 200
    form |= {f"line-{number}-value": "9" * 60 for number in range(2_000)}
    answer = kept(browser, invoice, form)
    assert answer.status_code == 422
    assert "more than one request" in answer.json()["problem"]


def test_without_script_it_is_saved_for_later_by_a_button(
    browser: Client, invoice: Invoice, reason: Reason
) -> None:
    form = filled(invoice, reason, line1="2 or so") | {"do": "keep"}
    answer = browser.post(address(invoice), form, follow=True)
    note = CreditNote.objects.get()
    assert answer.redirect_chain == [(f"/portal/requests/{note.pk}/", 302)]
    assert 'value="2 or so"' in text(answer)


def test_many_drafts_cost_what_one_does(
    browser: Client, contact: User, invoice: Invoice, django_assert_num_queries: Any
) -> None:
    factories.unsent_request(invoice, contact)
    browser.get("/portal/")
    with CaptureQueriesContext(
        connection,
    ) as one:
        browser.get("/portal/")
    for _each in range(4):
        factories.unsent_request(invoice, contact)
    with django_assert_num_queries(len(one)):
        browser.get("/portal/")


def test_a_person_keeps_fifty_and_reads_which_are_oldest(
    browser: Client, contact: User, invoice: Invoice, reason: Reason
) -> None:
    begun = [factories.unsent_request(invoice, contact) for _each in range(50)]
    UnsentRequest.objects.filter(note=begun[7]).update(saved_at=MOMENT - timedelta(days=9))
    answer = kept(browser, invoice, filled(invoice, reason))
    assert answer.status_code == 422
    told = answer.json()["problem"]
    assert "You have 50 requests that are not sent" in told
    assert f"untouched for longest: {begun[7]}, {begun[0]}, {begun[1]}." in told
    assert CreditNote.objects.count() == 50  # nothing is left of what was refused
    page = text(browser.get("/portal/"))
    assert all(f"/portal/requests/{note.pk}/" in page for note in begun)
    services.discard(begun[7], actor=contact, moment=MOMENT)
    assert kept(browser, invoice, filled(invoice, reason)).status_code == 200

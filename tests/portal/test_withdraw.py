"""The person who asked takes the request back; nobody else does, and not once it is decided."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from creditnotes import services
from creditnotes.models import CreditNote, State
from customers.models import Customer, Invoice, User
from tests import factories

SignIn = Callable[[User], Client]
BUTTON = "Withdraw the request"


@pytest.fixture
def request_of(contact: User, invoice: Invoice) -> CreditNote:
    factories.policy(invoice.company)
    note = factories.draft_note(invoice, contact, factories.claim(invoice, 1, "2"))
    return services.request(note, actor=contact, moment=factories.MOMENT)


def withdraw(client: Client, note: CreditNote) -> int:
    return client.post(f"/portal/credit-notes/{note.pk}/withdraw/").status_code


def test_it_is_taken_back_and_said(
    client_of: SignIn, contact: User, request_of: CreditNote
) -> None:
    client, address = client_of(contact), f"/portal/credit-notes/{request_of.pk}/"
    assert BUTTON in client.get(address).content.decode()
    answer = client.post(f"{address}withdraw/", follow=True)
    page = answer.content.decode()
    assert CreditNote.objects.get().state == State.WITHDRAWN
    assert f"Your request {request_of.reference} is withdrawn." in page
    assert BUTTON not in page


def test_a_page_that_renews_itself_renews_its_head_with_the_button(
    client_of: SignIn, contact: User, request_of: CreditNote
) -> None:
    page = client_of(contact).get(f"/portal/credit-notes/{request_of.pk}/").content.decode()
    head = page[page.index('id="page-head"') : page.index('id="request-questions"')]
    for part in ("<h1>", BUTTON, 'id="withdraw"', "Withdraw for good"):
        assert part in head, part
    assert 'hx-select-oob="#page-head,' in page


def test_again_is_refused_and_changes_nothing(
    client_of: SignIn, contact: User, request_of: CreditNote
) -> None:
    client = client_of(contact)
    withdraw(client, request_of)
    told = request_of.events.count()
    assert withdraw(client, request_of) == 409
    assert request_of.events.count() == told


def test_a_colleague_sees_it_and_may_not(
    client_of: SignIn, customer: Customer, request_of: CreditNote
) -> None:
    colleague = client_of(factories.contact(customer, "Carla Colleague"))
    assert BUTTON not in colleague.get(f"/portal/credit-notes/{request_of.pk}/").content.decode()
    assert withdraw(colleague, request_of) == 403
    assert CreditNote.objects.get().state == State.REQUESTED


def test_nobody_elses_is_found(
    client_of: SignIn, stranger_contact: User, rep: User, request_of: CreditNote
) -> None:
    assert withdraw(client_of(stranger_contact), request_of) == 404
    assert withdraw(client_of(rep), request_of) == 404


def test_what_was_decided_stays(
    client_of: SignIn, contact: User, rep: User, request_of: CreditNote
) -> None:
    services.decline(
        request_of, actor=rep, moment=factories.MOMENT, comment="Outside of the time limit."
    )
    assert (
        BUTTON
        not in client_of(contact).get(f"/portal/credit-notes/{request_of.pk}/").content.decode()
    )
    assert withdraw(client_of(contact), request_of) == 409

"""An offer on the customer's page: read, accepted, refused kindly where it no longer holds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client

from approvals import services
from approvals.models import CustomerOffer, Policy
from creditnotes.models import CreditNote, State
from customers.models import Invoice, User
from tests import factories

SignIn = Callable[[User], Client]


@pytest.fixture
def offer(invoice: Invoice, contact: User, policy: Policy) -> CustomerOffer:
    """A tenth of three boxes at 10.00, with tax: 3.39."""
    return factories.offered(invoice, contact)


def address(offer: CustomerOffer, verb: str = "accept") -> str:
    return f"/portal/offers/{offer.pk}/{verb}/"


def page(browser: Client, offer: CustomerOffer) -> str:
    return str(browser.get(f"/portal/credit-notes/{offer.note_id}/").content.decode())


def followed(browser: Client, offer: CustomerOffer, verb: str = "accept") -> str:
    response: Any = browser.post(address(offer, verb), follow=True)
    assert response.status_code == 200
    return str(response.content.decode())


def state_of(offer: CustomerOffer) -> str:
    return str(CreditNote.objects.get(pk=offer.note_id).state)


def test_it_stands_on_the_page_after_sending_and_on_the_start_page(
    client_of: SignIn, contact: User, offer: CustomerOffer
) -> None:
    browser = client_of(contact)
    for where in (
        f"/portal/credit-notes/{offer.note_id}/",
        f"/portal/credit-notes/{offer.note_id}/sent/",
    ):
        text = browser.get(where).content.decode()
        for words in (
            "We offer you 10 % of these lines now",
            "10 % of $30.00",
            "$3.39",
            "$3.00",
            "$0.39",
            "Nails",
            "Ask for more",
        ):
            assert words in text.replace("\N{NO-BREAK SPACE}", " "), words
    assert "We make you an offer" in browser.get("/portal/").content.decode()


def test_accepting_sends_it_to_the_manager(
    client_of: SignIn, contact: User, manager: User, offer: CustomerOffer
) -> None:
    text = followed(client_of(contact), offer)
    assert "You accepted the offer; we confirm it" in text
    assert "Accept $3.39 now" not in text
    assert state_of(offer) == State.SUBMITTED
    assert "offer accepted" in client_of(manager).get("/approvals/").content.decode()
    decision = client_of(manager).get(f"/approvals/{offer.note_id}/").content.decode()
    assert "The customer accepted this offer" in decision
    assert "Connie Contact accepted it" in decision


def test_within_the_limit_it_is_approved_at_once(
    client_of: SignIn, contact: User, offer: CustomerOffer
) -> None:
    Policy.objects.update(auto_approval_limit=50)
    assert "it is approved" in followed(client_of(contact), offer)
    assert state_of(offer) == State.APPROVED


def test_a_double_tap_is_no_mistake(client_of: SignIn, contact: User, offer: CustomerOffer) -> None:
    browser = client_of(contact)
    followed(browser, offer)
    assert "Thank you. You accepted the offer" in followed(browser, offer)
    assert CreditNote.objects.get().submissions == 1


def test_asking_for_more(client_of: SignIn, contact: User, offer: CustomerOffer) -> None:
    browser = client_of(contact)
    assert "We look at what you asked for" in followed(browser, offer, "decline")
    assert state_of(offer) == State.REQUESTED
    assert "This offer was answered already." in followed(browser, offer)  # a stale page


def test_what_was_credited_meanwhile_is_told_and_offered_anew(
    client_of: SignIn, contact: User, rep: User, offer: CustomerOffer, invoice: Invoice
) -> None:
    factories.submitted_note(invoice, rep, factories.claim(invoice, 2, "1"))
    text = followed(client_of(contact), offer)
    for words in ("no longer holds", "Nothing was accepted yet.", "Accept $2.26 now"):
        assert words in text
    assert state_of(offer) == State.REQUESTED


def test_where_nothing_is_left_the_request_goes_on(
    client_of: SignIn, contact: User, rep: User, offer: CustomerOffer, invoice: Invoice
) -> None:
    factories.submitted_note(invoice, rep, factories.claim(invoice, 2, "3"))
    text = followed(client_of(contact), offer)
    assert "Your request goes on as you sent it." in text
    assert "Ask for more" not in text


def test_time_is_up(client_of: SignIn, contact: User, offer: CustomerOffer) -> None:
    with time_machine.travel(offer.expires_at + timedelta(seconds=1), tick=False):
        browser = client_of(contact)
        assert "Ask for more" not in page(browser, offer)
        assert "The time for this offer is up." in followed(browser, offer)
    assert state_of(offer) == State.REQUESTED


def test_a_reps_offer_comes_with_their_words(
    client_of: SignIn, contact: User, rep: User, offer: CustomerOffer
) -> None:
    made = services.make_offer(
        offer.note,
        actor=rep,
        moment=offer.made_at,
        percent=Decimal(20),
        words="As we said on the phone.",
    )
    text = page(client_of(contact), made)
    assert "As we said on the phone." in text
    assert "Accept $6.78 now" in text
    assert "Rita" not in text  # who decides what stays inside


def test_nobody_else_answers_it(
    client_of: SignIn, stranger_contact: User, rep: User, offer: CustomerOffer
) -> None:
    for somebody in (stranger_contact, rep):
        for verb in ("accept", "decline"):
            assert client_of(somebody).post(address(offer, verb)).status_code == 404
    assert client_of(stranger_contact).get(address(offer)).status_code in (404, 405)
    assert state_of(offer) == State.REQUESTED

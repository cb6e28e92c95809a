"""Appealing in the portal: the way to it, what it answers, and what is never shown of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import time_machine
from django.core import mail
from django.test import Client

from approvals import services
from creditnotes.models import Appeal, CreditNote, State
from customers.models import Invoice, User
from tests import factories
from tests.delivering import deliver_all

SignIn = Callable[[User], Client]
NOW = factories.MOMENT


@pytest.fixture
def note(invoice: Invoice, contact: User, rep: User, manager: User, finance: User) -> CreditNote:
    """Rejected a moment ago."""
    note = factories.asked_for(invoice, contact, rep, factories.claim(invoice, 1, "2"))
    return services.reject(note, actor=manager, moment=NOW, comment="The slip was signed.")


def page_of(client: Client, note: CreditNote) -> str:
    return " ".join(client.get(f"/portal/credit-notes/{note.pk}/").content.decode().split())


def send(client: Client, note: CreditNote, words: str = "Look again.") -> int:
    return client.post(f"/portal/credit-notes/{note.pk}/appeal/", {"words": words}).status_code


@time_machine.travel(NOW)
def test_the_way_is_shown_with_its_last_day(
    client_of: SignIn, contact: User, note: CreditNote
) -> None:
    assert "You may appeal once, until 2026-04-09." in page_of(client_of(contact), note)


@time_machine.travel(NOW)
def test_it_is_sent_and_followed(
    client_of: SignIn, contact: User, finance: User, note: CreditNote
) -> None:
    client = client_of(contact)
    assert send(client, note) == 302
    page = page_of(client, note)
    for words in ("We are looking at your appeal", "Your appeal", "Look again.", "Not granted"):
        assert words in page
    for name in ("Manon", "Fiona"):
        assert name not in page
    assert send(client, note) == 302  # the second tap
    assert send(client, note, "Something else.") == 409
    assert Appeal.objects.count() == 1
    deliver_all()
    to = {address for message in mail.outbox for address in message.to if "appeal" in message.body}
    assert any("finance" in address.lower() for address in to)
    assert any("contact" in address.lower() for address in to)


@time_machine.travel(NOW)
def test_without_words_it_asks_for_them(client_of: SignIn, contact: User, note: CreditNote) -> None:
    client = client_of(contact)
    assert send(client, note, " ") == 422
    assert CreditNote.objects.get().state == State.REJECTED


@time_machine.travel(NOW)
def test_where_the_credit_is_gone_the_words_are_kept(
    client_of: SignIn, contact: User, rep: User, invoice: Invoice, note: CreditNote
) -> None:
    factories.issued_note(invoice, rep, factories.claim(invoice, 1, "9"))
    answer = client_of(contact).post(
        f"/portal/credit-notes/{note.pk}/appeal/", {"words": "Look again."}
    )
    assert answer.status_code == 422
    assert ">\nLook again.</textarea>" in answer.content.decode()


@time_machine.travel("2026-05-01T12:00Z")
def test_after_its_time_it_is_refused(client_of: SignIn, contact: User, note: CreditNote) -> None:
    client = client_of(contact)
    assert "The time to appeal ended on 2026-04-09." in page_of(client, note)
    assert send(client, note) == 409


@time_machine.travel(NOW)
def test_a_rep_appeals_for_them(
    client_of: SignIn, rep: User, contact: User, note: CreditNote
) -> None:
    client = client_of(rep)
    assert "Appeal for the customer" in client.get(f"/credit-notes/{note.pk}/").content.decode()
    url = f"/credit-notes/{note.pk}/appeal/"
    assert client.post(url, {"comment": ""}).status_code == 422
    assert client.post(url, {"comment": "They called."}).status_code == 302
    assert "They called." in client.get(f"/credit-notes/{note.pk}/").content.decode()
    assert "They called." in page_of(client_of(contact), note)

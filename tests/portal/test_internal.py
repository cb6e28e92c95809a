"""Nothing that colleagues write among them reaches the customer: page, mail, file, stream, CSV."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

import portal
from approvals import services as approval_services
from creditnotes import services
from creditnotes.models import CreditNote, Event
from customers.live import Change
from customers.models import Invoice, User
from portal.urls import urlpatterns
from tests import factories
from tests.delivering import deliver_all

SignIn = Callable[[User], Client]
NOW = factories.MOMENT
SECRET = "Q7-hidden-margin"


@pytest.fixture
def note(invoice: Invoice, contact: User, rep: User, manager: User, finance: User) -> CreditNote:
    """A request with everything on it, and the secret wherever colleagues may write."""
    note = factories.asked_for(invoice, contact, rep, factories.claim(invoice, 1, "2"))
    services.remark(note, actor=rep, moment=NOW, text=SECRET)
    approval_services.ask(note, actor=manager, moment=NOW, text=SECRET, to=rep)
    question = note.questions.get()
    approval_services.answer(question, actor=rep, moment=NOW, text=SECRET)
    approval_services.ask(note, actor=manager, moment=NOW, text="Which truck?", to=None)
    services.send_message(note, actor=contact, moment=NOW, text="The blue one.")
    services.send_message(note, actor=rep, moment=NOW, text="Thank you.")
    note = approval_services.approve(note, actor=manager, moment=NOW, comment=SECRET)
    services.remark(note, actor=finance, moment=NOW, text=SECRET)
    note = services.issue(note, actor=None, moment=NOW)
    services.remark(note, actor=finance, moment=NOW, text=SECRET)
    deliver_all()
    return note


def addresses(note: CreditNote) -> list[str]:
    """Every address of the portal that is read, about this note and its neighbours."""
    invoice = note.lines.get().counter.invoice_line.invoice
    known = {
        "credit_note": [note.pk],
        "credit_note_pdf": [note.pk],
        "sent": [note.pk],
        "invoice": [invoice.pk],
    }
    found = []
    for pattern in urlpatterns:
        if pattern.name in known:
            found.append(reverse(f"portal:{pattern.name}", args=known[pattern.name]))
        elif "<" not in str(pattern.pattern):
            found.append(reverse(f"portal:{pattern.name}"))
    return found


def test_no_page_and_no_file_of_the_portal_has_it(
    client_of: SignIn, contact: User, note: CreditNote
) -> None:
    client, read = client_of(contact), 0
    for address in addresses(note):
        for query in ("", "?as=csv", f"?q={SECRET}"):
            response = client.get(address + query)
            if response.status_code != 200:
                continue
            body = b"".join(response) if response.streaming else response.content
            text = body.decode(errors="replace").replace(f'value="{SECRET}"', "")
            assert SECRET not in re.sub(rf"[“\"«][^”\"»]*{SECRET}[^”\"»]*[”\"»]", "", text), address
            read += 1
    assert read > 10


def test_no_mail_to_a_customer_has_it(contact: User, note: CreditNote) -> None:
    theirs = [message for message in mail.outbox if contact.email in message.to[0]]
    ours = [message for message in mail.outbox if contact.email not in message.to[0]]
    assert theirs
    assert any(SECRET in str(message.message()) for message in ours)
    for message in theirs:
        assert SECRET not in str(message.message())
        assert SECRET not in str(message.body)


def test_the_stream_names_ids_alone(note: CreditNote) -> None:
    assert SECRET not in Change(note=note.pk).to_json()
    for event in note.events.filter(kind__in=[Event.Kind.MESSAGE, Event.Kind.REMARK]):
        assert event.comment == ""
        assert SECRET not in str(event.payload)


def test_the_portal_has_no_way_to_them() -> None:
    """No module of the portal names what colleagues wrote."""
    for module in Path(portal.__file__).parent.rglob("*.py"):
        source = module.read_text()
        for word in ("Remark", "remarks", "said_among_us", "internal_note"):
            assert word not in source, (module, word)

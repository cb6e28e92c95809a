"""Nothing that colleagues write among them reaches the customer: page, mail, file, stream, CSV."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

import portal
from approvals import services as approval_services
from approvals.models import ApprovalLimit, Policy
from creditnotes import services
from creditnotes.content import Content
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


def test_mails_to_a_customer_state_what_they_asked_for_whatever_a_rep_makes_of_it(
    invoice: Invoice, large_invoice: Invoice, contact: User, rep: User
) -> None:
    wanted = factories.claim(invoice, 1, "2")
    note = factories.draft_note(invoice, contact, wanted, customer_reference="PO 77")
    note = services.request(note, actor=contact, moment=NOW)
    note = services.pick_up(note, actor=rep, moment=NOW)
    other = Content(
        reason=note.reason,
        claims=[factories.claim(large_invoice, 1, "9")],
        customer_reference="Rep’s own words",
    )
    services.edit(note, other, actor=rep, moment=NOW)
    services.send_message(note, actor=rep, moment=NOW, text="We look at it.")
    deliver_all()
    approval_services.decline(note, actor=rep, moment=NOW, comment="It was signed for.")
    deliver_all()
    theirs = [message for message in mail.outbox if contact.email in message.to[0]]
    assert len(theirs) == 4  # received, picked up, the message, declined
    for message in theirs:
        html = str(message.alternatives[0][0])  # type: ignore[attr-defined]
        for text in (str(message.body), html):
            assert "$75.33" in text
            assert "INV-1" in text
            assert "PO 77" in text
            assert "INV-2" not in text
            assert "462" not in text
            assert "Rep’s own" not in text


def test_a_customer_does_not_read_what_policy_lacks(
    client_of: SignIn, invoice: Invoice, contact: User, policy: Policy
) -> None:
    """No limit and no amount; the offer stays open, and nothing was accepted."""
    note = factories.draft_note(invoice, contact, factories.claim(invoice, 1, "10"))
    note = approval_services.request(note, actor=contact, moment=timezone.now())
    ApprovalLimit.objects.update(amount=1)
    offer = note.customer_offers.get()
    page = client_of(contact).post(f"/portal/offers/{offer.pk}/accept/", follow=True)
    text = page.content.decode()
    assert "approval limit" not in text
    assert "Please call us; nothing was changed." in text
    offer.refresh_from_db()
    assert offer.is_open


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

"""After sending: what happens next, and by when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.test import Client
from django.utils import timezone

from creditnotes import services
from customers.businesshours import add
from customers.models import Invoice, User
from tests import factories

SignIn = Callable[[User], Client]


def test_it_says_what_happens_next_and_by_when(
    client_of: SignIn, contact: User, invoice: Invoice
) -> None:
    factories.policy(invoice.company)
    now = timezone.now()
    note = factories.draft_note(invoice, contact, factories.claim(invoice, 1, "2"), moment=now)
    note = services.request(note, actor=contact, moment=now)
    page = client_of(contact).get(f"/portal/credit-notes/{note.pk}/sent/").content.decode()
    due = timezone.localtime(add(now, timedelta(hours=48), invoice.company.calendar()))
    for words in (note.reference, "$75.33", "What happens next", f"Most often by {due:%Y-%m-%d}."):
        assert words in page
    assert f'href="/portal/credit-notes/{note.pk}/"' in page


def test_nobody_elses_and_nothing_unsent(
    client_of: SignIn, contact: User, stranger_contact: User, rep: User, invoice: Invoice
) -> None:
    unsent = factories.draft_note(invoice, contact)
    ours = factories.issued_note(invoice, rep)
    sent = factories.draft_note(invoice, contact)
    services.request(sent, actor=contact, moment=factories.MOMENT)
    for person, note in ((contact, unsent), (contact, ours), (stranger_contact, sent), (rep, sent)):
        assert client_of(person).get(f"/portal/credit-notes/{note.pk}/sent/").status_code == 404

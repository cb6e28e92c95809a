"""Who is mailed what about a credit note, and that each mail goes out once."""

from __future__ import annotations

from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import pytest
from django.conf import LazySettings
from django.core.cache import cache
from django.core.mail import EmailMultiAlternatives

from approvals import services as approval_services
from approvals.models import Policy
from creditnotes import services
from creditnotes.models import CreditNote, Dispatch, DocumentFile, Reason
from customers.access import stop_representing, stop_serving_department
from customers.models import Contact, Customer, Invoice, User
from tests import factories
from tests.delivering import Mailbox, deliver_all, mail_server

Outbox = list[EmailMultiAlternatives]


def to(outbox: Outbox, person: User | Contact) -> list[EmailMultiAlternatives]:
    """The mails that a person got."""
    return [mail for mail in outbox if mail.recipients() == [_full(person)]]


def _full(person: User | Contact) -> str:
    name = person.full_name if isinstance(person, User) else person.name
    return f"{name} <{person.email}>"


def html_of(mail: EmailMultiAlternatives) -> str:
    """The HTML part."""
    ((html, _content_type),) = mail.alternatives
    return str(html)


def requested(invoice: Invoice, contact: User, **content: Any) -> CreditNote:
    """A request from the portal."""
    note = factories.draft_note(invoice, contact, **content)
    return services.request(note, actor=contact, moment=factories.MOMENT)


@pytest.fixture(autouse=True)
def _site(settings: LazySettings) -> None:
    settings.SITE_URL = "https://credit.north.test"


# The rep --------------------------------------------------------------------------


def test_the_rep_hears_of_the_approval(
    rep: User, manager: User, invoice: Invoice, mailoutbox: Outbox
) -> None:
    note = factories.submitted_note(invoice, rep)
    approval_services.approve(note, actor=manager, moment=factories.MOMENT, comment="Fair enough.")
    deliver_all()
    (mail,) = to(mailoutbox, rep)
    assert mail.subject == f"Approved: {note} for Érable Builders"
    assert "Fair enough.\n– Manon Manager" in mail.body
    assert f"https://credit.north.test/credit-notes/{note.pk}/" in mail.body
    assert "INV-1" in mail.body


def test_a_rep_who_may_no_longer_see_the_note_hears_nothing(
    rep: User, manager: User, invoice: Invoice, mailoutbox: Outbox
) -> None:
    note = factories.submitted_note(invoice, rep)
    stop_serving_department(rep, note.customer.department)
    approval_services.approve(note, actor=manager, moment=factories.MOMENT, comment="Fair enough.")
    deliver_all()
    assert to(mailoutbox, rep) == []


def test_a_returned_note_leads_the_rep_to_where_it_is_changed(
    rep: User, manager: User, invoice: Invoice, mailoutbox: Outbox
) -> None:
    note = factories.submitted_note(invoice, rep)
    approval_services.return_for_changes(
        note, actor=manager, moment=factories.MOMENT, comment="Which board?"
    )
    deliver_all()
    (mail,) = to(mailoutbox, rep)
    assert mail.subject.startswith("Please change:")
    assert "Which board?" in html_of(mail)
    assert f'href="https://credit.north.test/credit-notes/{note.pk}/edit/"' in html_of(mail)


def test_the_rep_hears_of_a_rejection_by_a_later_step(
    rep: User, manager: User, finance: User, large_invoice: Invoice, mailoutbox: Outbox
) -> None:
    claim = factories.claim(large_invoice, quantity="60")
    note = factories.submitted_note(large_invoice, rep, claim)
    note = approval_services.endorse(note, actor=manager, moment=factories.MOMENT)
    approval_services.reject(note, actor=finance, moment=factories.MOMENT, comment="Too late.")
    deliver_all()
    rejected = [mail for mail in to(mailoutbox, rep) if mail.subject.startswith("Rejected")]
    assert ["Too late." in mail.body for mail in rejected] == [True]


def test_the_rep_hears_that_finance_cancelled(
    rep: User, finance: User, invoice: Invoice, returned_goods: Reason, mailoutbox: Outbox
) -> None:
    note = factories.approved_note(invoice, rep, reason=returned_goods)
    services.cancel(note, actor=finance, moment=factories.MOMENT, comment="Never came back.")
    deliver_all()
    subjects = [mail.subject.split(":")[0] for mail in to(mailoutbox, rep)]
    assert subjects == ["Approved", "Cancelled"]


def test_who_left_is_not_mailed(
    rep: User, manager: User, invoice: Invoice, mailoutbox: Outbox
) -> None:
    note = factories.submitted_note(invoice, rep)
    rep.is_active = False
    rep.save()
    approval_services.approve(note, actor=manager, moment=factories.MOMENT)
    deliver_all()
    assert not to(mailoutbox, rep)


# The customer ------------------------------------------------------------------------


def test_the_customer_is_sent_the_document(
    rep: User, contact: User, customer: Customer, invoice: Invoice, mailoutbox: Outbox
) -> None:
    yard = Contact.objects.create(customer=customer, name="Yves Yard", email="yard@customer.test")
    Contact.objects.create(
        customer=customer, name="Nora None", email="none@customer.test", gets_credit_notes=False
    )
    note = factories.issued_note(invoice, rep)
    deliver_all()
    mails = [mail for mail in mailoutbox if mail.attachments]
    assert sorted(mail.to[0] for mail in mails) == [_full(contact), _full(yard)]
    file = DocumentFile.objects.get()
    for mail in mails:
        (attached,) = mail.attachments
        assert attached == (f"{note.document.number}.pdf", bytes(file.content), "application/pdf")
    (to_contact,) = to(mails, contact)
    assert f"https://credit.north.test/portal/credit-notes/{note.pk}/" in to_contact.body
    (to_yard,) = to(mails, yard)  # who has no account is not sent to a page they can't open
    assert "/portal/" not in to_yard.body


def test_each_reads_their_own_language(
    other_rep: User, stranger_contact: User, quebec_invoice: Invoice, mailoutbox: Outbox
) -> None:
    factories.issued_note(quebec_invoice, other_rep)
    deliver_all()
    (mail,) = [mail for mail in to(mailoutbox, stranger_contact) if mail.attachments]
    assert mail.extra_headers["Content-Language"] == "fr-ca"
    assert mail.subject == "Note de crédit CN-2026-000001 de North Supply Ltd. : 38,32 $"
    assert "Bonjour Steve Stranger," in mail.body
    assert "Wrong price (fr)" in mail.body
    assert "38,32" in mail.body


def test_a_customer_never_reads_what_colleagues_say(
    rep: User, manager: User, contact: User, invoice: Invoice, mailoutbox: Outbox
) -> None:
    factories.policy(invoice.company)
    note = requested(invoice, contact, internal_note="secret one")
    note = services.pick_up(note, actor=rep, moment=factories.MOMENT)
    note = approval_services.submit(note, actor=rep, moment=factories.MOMENT)
    note = approval_services.return_for_changes(
        note, actor=manager, moment=factories.MOMENT, comment="secret two"
    )
    note = approval_services.submit(note, actor=rep, moment=factories.MOMENT)
    note = approval_services.approve(
        note, actor=manager, moment=factories.MOMENT, comment="secret three"
    )
    services.issue(note, actor=None, moment=factories.MOMENT)
    deliver_all()
    mails = to(mailoutbox, contact)
    assert len(mails) == 3  # received, picked up, the document
    for mail in mails:
        assert "secret" not in mail.body + html_of(mail)
        assert "Manon" not in mail.body + html_of(mail)


# Requests -------------------------------------------------------------------------------


def test_a_request_is_told_to_the_reps_who_serve_the_customer(
    rep: User,
    colleague: User,
    other_rep: User,
    manager: User,
    foreign_rep: User,
    contact: User,
    invoice: Invoice,
    mailoutbox: Outbox,
) -> None:
    note = requested(invoice, contact)
    deliver_all()
    asked = [mail.to[0] for mail in mailoutbox if mail.subject.startswith("New request")]
    assert sorted(asked) == sorted([_full(rep), _full(colleague)])
    assert list(rep.news.values_list("event__note", flat=True)) == [note.pk]
    (thanks,) = to(mailoutbox, contact)
    assert thanks.subject == f"We received your request {note}"


def test_a_request_that_was_picked_up_meanwhile_bothers_nobody(
    rep: User, contact: User, invoice: Invoice, mailoutbox: Outbox
) -> None:
    services.pick_up(requested(invoice, contact), actor=rep, moment=factories.MOMENT)
    deliver_all()
    assert not to(mailoutbox, rep)


def test_a_declined_request_is_answered_with_the_words_for_the_customer(
    rep: User, contact: User, invoice: Invoice, mailoutbox: Outbox
) -> None:
    note = requested(invoice, contact)
    services.decline(note, actor=rep, moment=factories.MOMENT, comment="It was delivered whole.")
    deliver_all()
    mail = to(mailoutbox, contact)[-1]
    assert mail.subject == f"Your request {note} was not granted"
    assert "It was delivered whole." in mail.body
    assert "Rita Rep" not in mail.body + html_of(mail)
    assert f"https://credit.north.test/portal/credit-notes/{note.pk}/" in mail.body


def test_who_no_longer_represents_the_customer_hears_nothing(
    rep: User, contact: User, customer: Customer, invoice: Invoice, mailoutbox: Outbox
) -> None:
    note = requested(invoice, contact)
    stop_representing(contact, customer)
    services.decline(note, actor=rep, moment=factories.MOMENT, comment="No.")
    deliver_all()
    assert not to(mailoutbox, contact)


# How mails are made ------------------------------------------------------------------------


def test_headers(rep: User, manager: User, invoice: Invoice, mailoutbox: Outbox) -> None:
    note = factories.submitted_note(invoice, rep)
    approval_services.approve(note, actor=manager, moment=factories.MOMENT)
    deliver_all()
    (mail,) = to(mailoutbox, rep)
    assert mail.extra_headers["Auto-Submitted"] == "auto-generated"
    assert mail.extra_headers["Message-ID"].endswith("@credit.north.test>")
    assert mail.extra_headers["References"] == f"<{note}@credit.north.test>"
    assert mail.from_email.startswith('"North Supply Ltd." <')
    assert mail.reply_to == ["credit@north.test"]


def test_names_are_escaped_in_html_and_plain_in_text(
    rep: User, manager: User, customer: Customer, invoice: Invoice, mailoutbox: Outbox
) -> None:
    customer.name = "O'Neil & <b>Sons</b>\r\nBcc: all@customer.test"
    customer.save()
    note = factories.submitted_note(invoice, rep)
    approval_services.approve(note, actor=manager, moment=factories.MOMENT)
    deliver_all()
    (mail,) = to(mailoutbox, rep)
    assert "O'Neil & <b>Sons</b>" in mail.body
    assert "O&#x27;Neil &amp; &lt;b&gt;Sons" in html_of(mail)
    assert mail.subject.endswith("O'Neil & <b>Sons</b> Bcc: all@customer.test")
    assert mail.message()["Bcc"] is None


# A real mail server ----------------------------------------------------------------------------


@pytest.fixture
def mailbox(settings: LazySettings) -> Iterator[Mailbox]:
    """A real SMTP server, which the product sends through."""
    with mail_server() as (received, port):
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
        yield received


def _try_again(note: CreditNote) -> None:
    """As time would: what failed is due."""
    Dispatch.objects.filter(event__note=note, done_at__isnull=True).update(attempts=0)
    deliver_all()


def test_a_retry_sends_only_what_did_not_go_out(
    rep: User, contact: User, customer: Customer, invoice: Invoice, mailbox: Mailbox
) -> None:
    Contact.objects.create(customer=customer, name="Yves Yard", email="yard@customer.test")
    mailbox.refusals["yard@customer.test"] = "450 greylisted, try again later"
    note = factories.issued_note(invoice, rep)
    deliver_all()
    failed = Dispatch.objects.get(event__note=note, done_at__isnull=True)
    assert failed.consumer == "customer_mail"
    assert "greylisted" in failed.last_error
    mailbox.refusals.clear()
    _try_again(note)
    documents = [(who, m) for who, m in mailbox.messages if "Credit note" in m["Subject"]]
    assert [who for who, _ in documents] == [contact.email, "yard@customer.test"]
    assert not Dispatch.objects.filter(done_at__isnull=True).exists()
    received: EmailMessage = documents[1][1]
    (attached,) = received.iter_attachments()
    assert attached.get_content() == bytes(DocumentFile.objects.get().content)


def test_an_address_that_does_not_exist_is_given_up(
    rep: User, contact: User, customer: Customer, invoice: Invoice, mailbox: Mailbox
) -> None:
    Contact.objects.create(customer=customer, name="Gone", email="gone@customer.test")
    mailbox.refusals["gone@customer.test"] = "550 no such user here"
    factories.issued_note(invoice, rep)
    deliver_all()
    assert contact.email in mailbox.sent_to()
    assert not Dispatch.objects.filter(done_at__isnull=True).exists()


def test_the_same_mail_has_the_same_message_id(
    rep: User, manager: User, invoice: Invoice, mailbox: Mailbox, policy: Policy
) -> None:
    """A worker that is killed between sending and noting it sends the same mail again."""
    note = factories.submitted_note(invoice, rep)
    deliver_all()
    cache.clear()
    Dispatch.objects.filter(event__note=note).update(done_at=None)
    _try_again(note)
    first, second = (message["Message-ID"] for _who, message in mailbox.messages)
    assert first == second

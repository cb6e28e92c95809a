"""Those who may decide are told that somebody waits for them, and nobody else is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.core.mail import EmailMultiAlternatives
from django.utils import timezone

from approvals import services
from approvals.models import Delegation, Policy
from creditnotes.models import CreditNote
from customers.access import MANAGERS
from customers.models import Department, Invoice, User
from tests import factories
from tests.delivering import deliver_all

Outbox = list[EmailMultiAlternatives]


@pytest.fixture(autouse=True)
def _site(settings: LazySettings) -> None:
    settings.SITE_URL = "https://credit.north.test"


def asked(outbox: Outbox) -> list[str]:
    """The addresses that were asked to decide."""
    mails = [mail for mail in outbox if mail.subject.startswith("To decide")]
    return [mail.to[0].split("<")[1].rstrip(">") for mail in mails]


def delegate(of: User, to: User, *, days: int = 1) -> None:
    """``to`` stands in for ``of``, until ``days`` from now."""
    now = timezone.now()
    Delegation.objects.create(
        delegator=of,
        delegate=to,
        starts_at=now - timedelta(days=3),
        ends_at=now + timedelta(days=days),
    )


def large(invoice: Invoice, rep: User) -> CreditNote:
    """A note that the manager endorses and finance decides."""
    return factories.submitted_note(invoice, rep, factories.claim(invoice, quantity="60"))


def test_the_manager_is_asked_with_all_facts(
    rep: User, manager: User, other_manager: User, invoice: Invoice, mailoutbox: Outbox
) -> None:
    note = factories.submitted_note(invoice, rep, customer_reference="PO 77")
    deliver_all()
    assert asked(mailoutbox) == [manager.email]
    mail = mailoutbox[0]
    assert mail.subject == f"To decide: $37.66 for Érable Builders ({note})"
    for fact in ("Érable Builders (C-100)", "$37.66", "Wrong price", "INV-1", "PO 77", "Rita Rep"):
        assert fact in mail.body
    assert "2026-03-12 17:00" in mail.body  # due after 24 business hours, in the company's time
    assert f"https://credit.north.test/approvals/{note.pk}/" in mail.body


def test_a_stand_in_is_asked_too_and_told_for_whom(
    rep: User, manager: User, department: Department, invoice: Invoice, mailoutbox: Outbox
) -> None:
    stand_in = factories.person("Stan Standin", MANAGERS, department.company)
    delegate(manager, stand_in)
    factories.submitted_note(invoice, rep)
    deliver_all()
    assert asked(mailoutbox) == [manager.email, stand_in.email]
    to_manager, to_stand_in = mailoutbox
    assert "you stand in for Manon Manager" in to_stand_in.body
    assert "stand in" not in to_manager.body


def test_a_stand_in_whose_time_is_over_is_not_asked(
    rep: User, manager: User, department: Department, invoice: Invoice, mailoutbox: Outbox
) -> None:
    delegate(manager, factories.person("Stan Standin", MANAGERS, department.company), days=-1)
    factories.submitted_note(invoice, rep)
    deliver_all()
    assert asked(mailoutbox) == [manager.email]


def test_who_raised_the_note_is_not_asked_as_a_stand_in(
    rep: User, manager: User, invoice: Invoice, mailoutbox: Outbox
) -> None:
    delegate(manager, rep)
    factories.submitted_note(invoice, rep)
    deliver_all()
    assert asked(mailoutbox) == [manager.email]


def test_after_an_endorsement_the_next_step_is_asked_with_the_words_said(
    rep: User, manager: User, finance: User, large_invoice: Invoice, mailoutbox: Outbox
) -> None:
    note = large(large_invoice, rep)
    deliver_all()
    assert asked(mailoutbox) == [manager.email]
    services.endorse(note, actor=manager, moment=factories.MOMENT, comment="I saw the pallets.")
    deliver_all()
    assert asked(mailoutbox) == [manager.email, finance.email]
    assert "I saw the pallets.\n– Manon Manager" in mailoutbox[-1].body


def test_a_stand_in_who_endorsed_is_not_asked_again_for_the_next(
    rep: User,
    manager: User,
    finance: User,
    department: Department,
    large_invoice: Invoice,
    mailoutbox: Outbox,
) -> None:
    stand_in = factories.person("Stan Standin", MANAGERS, department.company)
    delegate(manager, stand_in)
    delegate(finance, stand_in)
    note = large(large_invoice, rep)
    services.endorse(note, actor=stand_in, moment=timezone.now())
    deliver_all()
    assert asked(mailoutbox) == [finance.email]


def test_nobody_is_asked_for_what_was_decided_meanwhile(
    rep: User, manager: User, invoice: Invoice, mailoutbox: Outbox
) -> None:
    note = factories.submitted_note(invoice, rep)
    services.approve(note, actor=manager, moment=factories.MOMENT)
    deliver_all()
    assert asked(mailoutbox) == []


def test_a_second_submission_asks_once(
    rep: User, manager: User, invoice: Invoice, mailoutbox: Outbox
) -> None:
    note = factories.submitted_note(invoice, rep)
    services.recall(note, actor=rep, moment=factories.MOMENT + timedelta(minutes=1))
    services.submit(note, actor=rep, moment=factories.MOMENT + timedelta(minutes=2))
    deliver_all()
    assert asked(mailoutbox) == [manager.email]


def test_nobody_is_asked_for_what_policy_lets_pass(
    rep: User, manager: User, invoice: Invoice, policy: Policy, mailoutbox: Outbox
) -> None:
    policy.auto_approval_limit = 50
    policy.save()
    factories.submitted_note(invoice, rep)
    deliver_all()
    assert asked(mailoutbox) == []

"""Deciding from a mail: whoever opens the link, a person presses the button."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.test import Client
from django.utils import timezone

from approvals import services
from approvals.mail_links import token_for
from approvals.models import Decision, Delegation
from creditnotes import services as creditnotes
from creditnotes.content import Content
from creditnotes.models import CreditNote, Reason, State
from customers.access import MANAGERS
from customers.models import Department, Invoice, User
from tests import factories
from tests.delivering import deliver_all
from tests.factories import MOMENT, claim

pytestmark = pytest.mark.usefixtures("policy")

SignIn = Callable[[User], Client]


@pytest.fixture
def note(invoice: Invoice, rep: User, manager: User) -> CreditNote:
    return factories.submitted_note(invoice, rep, claim(invoice, 1, "2"))


@pytest.fixture
def deputy(department: Department) -> User:
    """Another manager, of no department of their own."""
    return factories.person("Della Deputy", MANAGERS, department.company, department)


def link(note: CreditNote, person: User) -> str:
    step = note.steps.filter(status="open").get()
    return f"/decide/{token_for(person, step)}/"


def state_of(note: CreditNote) -> str:
    note.refresh_from_db()
    return str(note.state)


def test_the_mail_has_links_to_approve_return_and_open(
    note: CreditNote, manager: User, mailoutbox: list[EmailMultiAlternatives]
) -> None:
    manager.language = "fr-ca"
    manager.save()
    deliver_all()
    mail = next(mail for mail in mailoutbox if manager.email in mail.to[0])
    html = str(mail.alternatives[0][0])
    for part in (str(mail.body), html):
        links = re.findall(r"http\S+/decide/([^/\"]+)/\?for=(\w+)", part)
        assert [wish for _token, wish in links] == ["approve", "return"]
        assert f"/approvals/{note.pk}/" in part
    assert mail.extra_headers["Content-Language"] == "fr-ca"
    token = re.findall(r"/decide/([^/]+)/", str(mail.body))[0]
    assert "$" in Client().get(f"/decide/{token}/").content.decode()


def test_it_shows_the_facts_to_somebody_signed_out_and_decides_nothing(
    note: CreditNote, manager: User
) -> None:
    url, browser = link(note, manager), Client(enforce_csrf_checks=True)
    page = browser.get(url).content.decode()
    for words in (str(note), "$75.33", "Érable Builders", "INV-1", "Rita Rep", "Lumber"):
        assert words in page
    assert "You decide as Manon Manager." in page
    for _again in range(3):
        assert browser.get(url, {"for": "approve", "decide": "approve"}).status_code == 200
        assert browser.head(url).status_code == 200
        assert browser.options(url).status_code == 405
    assert browser.post(url, {"decide": "approve"}).status_code == 403  # no token of the form
    assert state_of(note) == State.SUBMITTED
    assert "no-store" in browser.get(url).headers["Cache-Control"]


def test_the_button_decides_once_and_the_link_then_says_so(note: CreditNote, manager: User) -> None:
    url = link(note, manager)
    done = Client().post(url, {"decide": "approve", "comment": "Fine."}, follow=True)
    assert state_of(note) == State.APPROVED
    decision = note.decisions.get()
    assert (decision.actor, decision.comment) == (manager, "Fine.")
    page = done.content.decode()
    assert "Approved by Manon Manager" in page
    assert 'name="decide"' not in page
    again = Client().post(url, {"decide": "reject", "comment": "No."})
    assert again.status_code == 409
    assert "Approved by Manon Manager" in again.content.decode()
    assert Decision.objects.count() == 1


def test_returning_needs_words_and_keeps_what_was_typed(note: CreditNote, manager: User) -> None:
    url = link(note, manager)
    silent = Client().post(url, {"decide": "return", "comment": " "})
    assert silent.status_code == 422
    assert "Say why, please." in silent.content.decode()
    Client().post(url, {"decide": "return", "comment": "How many?"})
    assert state_of(note) == State.RETURNED


def test_rejecting_works_and_nonsense_does_not(note: CreditNote, manager: User) -> None:
    assert Client().post(link(note, manager), {"decide": "issue"}).status_code == 404
    Client().post(link(note, manager), {"decide": "reject"})
    assert state_of(note) == State.REJECTED


def test_once_expired_it_shows_nothing_and_decides_nothing(
    note: CreditNote, manager: User, deputy: User, department: Department
) -> None:
    url = link(note, manager)
    step = note.steps.get()
    step.assignments.create(user=deputy, asked_as="management", cause="escalated")
    after = timezone.now() + settings.MAIL_LINK_LIFETIME + timedelta(minutes=1)
    with time_machine.travel(after, tick=True):
        for answer in (Client().get(url), Client().post(url, {"decide": "approve"})):
            page = answer.content.decode()
            assert "This link has expired" in page
            assert "It waits for Della Deputy, Manon Manager." in page
            for fact in ("$75.33", "Érable Builders", "INV-1", "Lumber", note.reference):
                assert fact not in page
        department.manager = deputy
        department.save()
        page = Client().get(url).content.decode()
        assert "It waits for Della Deputy." in page  # the manager leads it no longer
    assert state_of(note) == State.SUBMITTED


def test_once_expired_and_decided_it_waits_for_nobody(note: CreditNote, manager: User) -> None:
    url = link(note, manager)
    services.approve(note, actor=manager, moment=MOMENT)
    with time_machine.travel(timezone.now() + settings.MAIL_LINK_LIFETIME * 2, tick=True):
        page = Client().get(url).content.decode()
    assert "This link has expired" in page
    assert "It waits for" not in page


def test_when_it_moved_on_the_next_person_is_named(
    large_invoice: Invoice, rep: User, manager: User, finance: User
) -> None:
    note = factories.submitted_note(large_invoice, rep, claim(large_invoice, quantity="50"))
    url = link(note, manager)
    Client().post(url, {"decide": "endorse"})
    page = Client().get(url).content.decode()
    assert "Endorsed by Manon Manager" in page
    assert "It waits for Fiona Finance." in page


def test_other_content_is_not_decided_by_an_old_mail(
    note: CreditNote, manager: User, rep: User, reason: Reason, invoice: Invoice
) -> None:
    url = link(note, manager)
    services.return_for_changes(note, actor=manager, moment=MOMENT, comment="Three?")
    content = Content(reason=reason, claims=[claim(invoice, quantity="3")])
    creditnotes.edit(note, content, actor=rep, moment=MOMENT)
    services.submit(note, actor=rep, moment=MOMENT)
    answer = Client().post(url, {"decide": "approve"})
    assert answer.status_code == 409
    assert "Returned for changes by Manon Manager" in answer.content.decode()
    assert state_of(note) == State.SUBMITTED


def test_somebody_else_who_is_signed_in_is_told_whose_it_is(
    client_of: SignIn, note: CreditNote, manager: User, finance: User, contact: User
) -> None:
    url = link(note, manager)
    for person in (finance, contact):
        for answer in (
            client_of(person).get(url),
            client_of(person).post(url, {"decide": "approve"}),
        ):
            page = answer.content.decode()
            assert answer.status_code == 403
            assert "It was sent to Manon Manager" in page
            assert "Lumber" not in page
    assert state_of(note) == State.SUBMITTED
    assert client_of(manager).post(url, {"decide": "approve"}).status_code == 302


def test_who_was_never_asked_is_told_so(note: CreditNote, finance: User) -> None:
    assert "somebody else" in Client().get(link(note, finance)).content.decode()


def test_the_link_of_whoever_left_opens_nothing(note: CreditNote, manager: User) -> None:
    url = link(note, manager)
    manager.is_active = False
    manager.save()
    assert Client().get(url).status_code == 404
    assert Client().post(url, {"decide": "approve"}).status_code == 404
    assert state_of(note) == State.SUBMITTED


def test_nor_does_that_of_somebody_who_may_no_longer_see_it(
    note: CreditNote, other_manager: User, manager: User
) -> None:
    """As one who stood in for somebody has it, once that is over."""
    now = timezone.now()
    times = {"starts_at": now - timedelta(days=1), "ends_at": now + timedelta(days=1)}
    standing_in = Delegation.objects.create(delegator=manager, delegate=other_manager, **times)
    url = link(note, other_manager)
    assert "Lumber" in Client().get(url).content.decode()
    standing_in.ends_at = now
    standing_in.save()
    assert Client().get(url).status_code == 404
    assert Client().post(url, {"decide": "approve"}).status_code == 404


@pytest.mark.parametrize("change", [lambda url: url[:-3] + "x/", lambda url: "/decide/x/"])
def test_a_link_that_we_did_not_sign_is_none(
    note: CreditNote, manager: User, change: Callable[[str], str]
) -> None:
    assert Client().get(change(link(note, manager))).status_code == 404

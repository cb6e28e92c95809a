"""Reply templates: filled in, in the customer's language, and put where one writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse

from approvals.models import Policy, ReplyTemplate
from approvals.replying import filled, replies_on, unknown_places
from creditnotes import services as creditnotes
from creditnotes.models import CreditNote
from customers.models import Company, Invoice, User
from tests import factories
from tests.factories import MOMENT

SignIn = Callable[[User], Client]


@pytest.fixture
def template(company: Company) -> ReplyTemplate:
    return ReplyTemplate.objects.create(
        company=company,
        name="Signed",
        used_for="no",
        text_en="Hello {contact}, {reference} of {customer} was signed for. By {expected}.",
        text_fr="Bonjour {contact}, {reference} a été signé.",
    )


@pytest.fixture
def note(invoice: Invoice, contact: User, policy: Policy) -> CreditNote:
    draft = factories.draft_note(invoice, contact)
    return creditnotes.request(draft, actor=contact, moment=MOMENT)


def text(response: Any) -> str:
    return str(response.content.decode())


def test_it_is_filled_in(template: ReplyTemplate, note: CreditNote) -> None:
    [reply] = replies_on(note).no
    words = f"Hello Connie Contact, {note} of Érable Builders was signed for. By 2026-03-17."
    assert reply.text == words


def test_it_speaks_the_customers_language(template: ReplyTemplate, note: CreditNote) -> None:
    note.language = "fr-ca"
    assert replies_on(note).no[0].text == f"Bonjour Connie Contact, {note} a été signé."


def test_what_is_not_known_stays_and_is_named() -> None:
    assert filled("{who} {customer} {0}", {"customer": "A"}) == "{who} A {0}"
    assert unknown_places("{who} {customer}") == ["who"]


def test_only_active_ones_of_the_own_company_and_only_for_requests(
    template: ReplyTemplate,
    note: CreditNote,
    foreign_company: Company,
    invoice: Invoice,
    rep: User,
) -> None:
    ReplyTemplate.objects.create(
        company=foreign_company, name="Other", used_for="no", text_en="x", text_fr="x"
    )
    assert [each.name for each in replies_on(note).no] == ["Signed"]
    assert replies_on(factories.draft_note(invoice, rep)).no == []
    ReplyTemplate.objects.update(is_active=False)
    assert replies_on(note).no == []


def test_it_is_put_in_without_script(
    client_of: SignIn, template: ReplyTemplate, note: CreditNote, rep: User
) -> None:
    browser, address = client_of(rep), f"/credit-notes/{note.pk}/"
    page = text(browser.get(address))
    assert f"?reply={template.pk}&amp;words=decline#decline-comment" in page
    assert ">Hello Connie Contact," not in page
    put_in = text(browser.get(f"{address}?reply={template.pk}&words=decline"))
    assert 'id="decline-comment"' in put_in
    assert ">Hello Connie Contact," in put_in  # in the box itself


def test_a_message_begins_with_it(
    client_of: SignIn, template: ReplyTemplate, note: CreditNote, rep: User
) -> None:
    ReplyTemplate.objects.update(used_for="ask")
    page = text(client_of(rep).get(f"/credit-notes/{note.pk}/?reply={template.pk}&words=text"))
    assert "Hello Connie Contact," in page.split('id="message_text"')[1].split("</textarea>")[0]


def test_who_decides_may_put_one_in(
    client_of: SignIn,
    template: ReplyTemplate,
    invoice: Invoice,
    contact: User,
    rep: User,
    manager: User,
) -> None:
    note = factories.asked_for(invoice, contact, rep)
    browser = client_of(manager)
    page = text(browser.get(f"/approvals/{note.pk}/?reply={template.pk}&words=comment"))
    assert "Hello Connie Contact," in page.split('id="id_comment"')[1].split("</textarea>")[0]
    for used_for, address in (("ask", "ask"), ("changes", "less")):
        ReplyTemplate.objects.update(used_for=used_for)
        shown = text(browser.get(f"/approvals/{note.pk}/{address}/"))
        assert "data-reply=" in shown, address


def test_an_admin_is_told_of_an_unknown_place(
    client_of: SignIn, admin: User, template: ReplyTemplate
) -> None:
    browser = client_of(admin)
    address = reverse("admin:approvals_replytemplate_change", args=[template.pk])
    data = {
        "company": template.company_id,
        "name": "Signed",
        "used_for": "no",
        "text_en": "Hello {name}",
        "text_fr": "Bonjour",
        "position": "1",
        "is_active": "on",
    }
    assert "Nothing fills in {name}" in text(browser.post(address, data))
    saved = browser.post(address, data | {"text_en": "Hello {contact}"})
    assert saved.status_code == 302
    template.refresh_from_db()
    assert template.text_en == "Hello {contact}"


def test_a_name_is_used_once(template: ReplyTemplate) -> None:
    template.pk = None
    with pytest.raises(IntegrityError):
        template.save()

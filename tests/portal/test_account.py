"""The account in the portal: payments and what they settled, choices by policy, questions."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from customers import refunding
from customers.models import AccountWish, Application, Company, Invoice, OpenItem, User
from customers.services import receive_payment
from customers.settling import apply
from tests.factories import MOMENT

Browser = Callable[[User], Client]


@pytest.fixture
def payer(invoice: Invoice) -> OpenItem:
    """90.00, of which 5.00 settled the invoice."""
    paid = receive_payment(invoice.customer, "EFT-77", MOMENT.date(), Decimal(90))
    item: OpenItem = paid.entry.open_item
    apply(item, OpenItem.objects.get(entry__invoice=invoice), Decimal(5), MOMENT.date())
    return item


@pytest.fixture
def client(client_of: Browser, contact: User) -> Client:
    return client_of(contact)


def page(client: Client, name: str, *args: int, **query: str) -> str:
    response = client.get(reverse(name, args=args), query)
    assert response.status_code == 200
    body = b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]
    return body.decode()


def test_the_account_at_a_glance(client: Client, payer: OpenItem) -> None:
    shown = page(client, "portal:account")
    assert "EFT-77" in shown
    assert "$85.00" in shown
    assert "INV-1" in shown
    assert 'applied to <span class="text-nowrap">INV-1</span>' in page(client, "portal:payments")
    assert "EFT-77,Payment,90.00,5.00,85.00,CAD" in page(client, "portal:payments", **{"as": "csv"})


def test_each_line_of_the_statement_leads_to_its_questions(client: Client, payer: OpenItem) -> None:
    days = {"since": "2026-03-01", "until": "2026-03-31"}
    assert reverse("portal:entry", args=[payer.entry_id]) in page(
        client, "portal:statement", **days
    )


def test_a_question_is_asked_and_its_answer_shown(
    client: Client, client_of: Browser, payer: OpenItem, rep: User, invoice: Invoice
) -> None:
    entry = payer.entry_id
    empty = client.post(reverse("portal:question", args=[entry]), {"text": ""})
    assert empty.status_code == 422
    sent = client.post(reverse("portal:question", args=[entry]), {"text": "What is this?"})
    assert sent.status_code == 302
    wish = AccountWish.objects.get()
    staff = client_of(rep)
    assert "What is this?" in page(staff, "customers:account_wishes")
    assert "What is this?" in page(staff, "home")
    url = reverse("customers:account_wish", args=[wish.pk])
    assert staff.post(url, {"do": "answer", "text": ""}).status_code == 422
    assert staff.post(url, {"do": "answer", "text": "Your transfer."}).status_code == 302
    assert "Your transfer." in page(client, "portal:entry", entry)
    assert "What is this?" not in page(staff, "home")


def test_money_on_account_settles_what_the_customer_chooses(
    client: Client, payer: OpenItem
) -> None:
    url = reverse("portal:apply_credit", args=[payer.entry_id])
    owed = OpenItem.objects.get(side="owes")
    for amount in ("85.01", "1.005", "x", "0"):
        refused = client.post(url, {"invoice": owed.pk, "amount": amount})
        assert refused.status_code == 422, amount
        assert f'value="{amount}"' in refused.content.decode()
    assert client.post(url, {"invoice": owed.pk, "amount": "85.00"}).status_code == 302
    assert Application.objects.count() == 2
    assert 'id="apply-amount"' not in page(client, "portal:entry", payer.entry_id)


def test_policy_says_what_the_page_offers(client: Client, payer: OpenItem) -> None:
    shown = page(client, "portal:entry", payer.entry_id)
    assert reverse("portal:apply_credit", args=[payer.entry_id]) in shown
    assert reverse("portal:ask_refund", args=[payer.entry_id]) in shown
    Company.objects.update(applies_wishes="never", takes_refund_wishes=False)
    shown = page(client, "portal:entry", payer.entry_id)
    assert reverse("portal:apply_credit", args=[payer.entry_id]) not in shown
    assert reverse("portal:ask_refund", args=[payer.entry_id]) not in shown
    refused = client.post(reverse("portal:ask_refund", args=[payer.entry_id]), {"amount": "1"})
    assert refused.status_code == 422
    assert not AccountWish.objects.exists()


def test_a_refund_is_asked_for_and_finance_proposes_it(
    client: Client, client_of: Browser, payer: OpenItem, finance: User, rep: User
) -> None:
    sent = {"amount": "20.00", "text": "To our usual account"}
    assert client.post(reverse("portal:ask_refund", args=[payer.entry_id]), sent).status_code == 302
    wish = AccountWish.objects.get()
    url = reverse("customers:account_wish", args=[wish.pk])
    assert reverse("customers:account_wish", args=[wish.pk]) not in page(client_of(rep), "home")
    staff = client_of(finance)
    how = {"do": "refund", "method": "eft", "bank_reference": "Acct 1"}
    overdue = staff.post(url, how)
    assert overdue.status_code == 422
    assert "overdue" in overdue.content.decode()
    assert staff.post(url, how | {"override_reason": "As agreed."}).status_code == 302
    assert "second person" in page(client, "portal:entry", payer.entry_id)


def test_what_is_being_paid_back_is_told_and_cannot_be_chosen(
    client: Client, payer: OpenItem, finance: User, contact: User
) -> None:
    how = {"method": "eft", "bank_reference": "Acct 1", "override_reason": "Agreed."}
    refunding.propose(payer, Decimal("44.50"), by=finance, moment=MOMENT, **how)
    shown = " ".join(page(client, "portal:entry", payer.entry_id).split())
    assert "On account: $85.00, of which $44.50 is in a refund" in shown
    assert 'value="40.50"' in shown
    url = reverse("portal:ask_refund", args=[payer.entry_id])
    refused = client.post(url, {"amount": "41"})
    assert refused.status_code == 422
    assert "At most $40.50: of the $85.00 on account, $44.50 is" in refused.content.decode()
    User.objects.filter(pk=contact.pk).update(language="fr")
    assert 'value="40,50"' in page(client, "portal:entry", payer.entry_id)


def test_somebody_elses_account_is_not_there(
    client_of: Browser, stranger_contact: User, payer: OpenItem, contact: User
) -> None:
    contact.contacts.update(sees_statement=False)
    for browser in (client_of(stranger_contact), client_of(contact)):
        for name in ("portal:entry", "portal:question", "portal:apply_credit", "portal:ask_refund"):
            url = reverse(name, args=[payer.entry_id])
            answer = browser.get(url) if name == "portal:entry" else browser.post(url, {})
            assert answer.status_code == 404
    assert client_of(contact).get(reverse("portal:account")).status_code == 404
    assert client_of(contact).get(reverse("portal:payments")).status_code == 404

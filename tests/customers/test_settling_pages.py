"""The pages of what is on account: applying, taking back, refunds and batches."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from customers import refunding
from customers.models import Application, Customer, Invoice, OpenItem, Refund, RefundBatch, User
from customers.services import receive_payment
from customers.settling import apply
from tests import factories

Sign = Callable[[User], Client]
DAY = factories.MOMENT.date()


@pytest.fixture
def owed(invoice: Invoice) -> OpenItem:
    return OpenItem.objects.get(entry__invoice=invoice)


@pytest.fixture
def paid(customer: Customer) -> OpenItem:
    return receive_payment(customer, "P-1", DAY, Decimal("300.00")).entry.open_item


def url(item: OpenItem) -> str:
    return f"/open-items/{item.pk}/"


def sent(owed: OpenItem, amount: str, day: date = DAY) -> dict[str, str]:
    return {f"amount-{owed.pk}": amount, "day": day.isoformat()}


# Applying -----------------------------------------------------------------------


def test_finance_applies_what_it_typed(
    finance: User, paid: OpenItem, owed: OpenItem, client_of: Sign
) -> None:
    answer = client_of(finance).post(url(paid), sent(owed, "120.50"), follow=True)
    assert "$120.50 is applied." in answer.content.decode()
    row = Application.objects.get()
    assert (row.amount, row.applied_by, row.applied_on) == (Decimal("120.50"), finance, DAY)


def test_french_numbers_are_understood(
    finance: User, paid: OpenItem, owed: OpenItem, client_of: Sign
) -> None:
    finance.language = "fr-ca"
    finance.save()
    client_of(finance).post(url(paid), sent(owed, "1 20,50"))
    assert Application.objects.get().amount == Decimal("120.50")


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("300.01", "Only 300.00"),
        ("soon", "Enter a number"),
        ("0.005", "whole cents"),
        ("", "at least one document"),
        ("0", "at least one document"),
    ],
)
def test_what_is_wrong_is_said_beside_it_and_what_was_typed_stays(
    finance: User, paid: OpenItem, owed: OpenItem, client_of: Sign, amount: str, words: str
) -> None:
    answer = client_of(finance).post(url(paid), sent(owed, amount))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    assert f'value="{amount}"' in page or not amount
    assert not Application.objects.exists()


def test_a_day_in_the_future_is_refused(
    finance: User, paid: OpenItem, owed: OpenItem, client_of: Sign
) -> None:
    answer = client_of(finance).post(url(paid), sent(owed, "1.00", date(2999, 1, 1)))
    assert answer.status_code == 422
    assert "future" in answer.content.decode()


def test_it_is_filled_in_oldest_first(
    finance: User, customer: Customer, paid: OpenItem, owed: OpenItem, client_of: Sign
) -> None:
    lines = [("Nails", "1", "50.00", "goods")]
    older = factories.invoice(
        customer, "INV-OLD", lines, levies=[], moment=factories.MOMENT.replace(month=1)
    )
    page = client_of(finance).get(f"{url(paid)}?fill=oldest").content.decode()
    assert page.index(older.number) < page.index("INV-1")
    assert 'value="50.00"' in page
    assert 'value="250.00"' in page


def test_a_rep_sees_where_it_went_and_no_form(
    rep: User, paid: OpenItem, owed: OpenItem, client_of: Sign
) -> None:
    apply(paid, owed, Decimal("20.00"), DAY)
    page = client_of(rep).get(url(paid)).content.decode()
    assert "INV-1" in page
    assert "Take back" not in page
    assert "amount-" not in page


def test_another_currency_is_not_offered(
    finance: User, customer: Customer, paid: OpenItem, owed: OpenItem, client_of: Sign
) -> None:
    factories.rate(customer.company, "1.4")
    factories.invoice(customer, "INV-US", currency="USD")
    page = client_of(finance).get(url(paid)).content.decode()
    assert "INV-1" in page
    assert "INV-US" not in page


# Taking back --------------------------------------------------------------------


def test_taking_back_shows_what_becomes_of_it_and_asks_why(
    finance: User, paid: OpenItem, owed: OpenItem, client_of: Sign
) -> None:
    row = apply(paid, owed, Decimal("20.00"), DAY)
    browser, address = client_of(finance), f"/applications/{row.pk}/take-back/"
    page = browser.get(address).content.decode()
    assert "$461.38" in page
    assert browser.post(address, {"reason": " "}).status_code == 422
    assert browser.post(address, {"reason": "Wrong one."}).status_code == 302
    assert OpenItem.objects.get(pk=owed.pk).applied == 0
    again = browser.post(address, {"reason": "Wrong one."})
    assert again.status_code == 409


def test_the_invoice_tells_of_what_was_applied_and_taken_back(
    finance: User, invoice: Invoice, paid: OpenItem, owed: OpenItem, client_of: Sign
) -> None:
    row = apply(paid, owed, Decimal("20.00"), DAY)
    page = client_of(finance).get(f"/invoices/{invoice.pk}/").content.decode()
    assert url(paid) in page
    assert f"/applications/{row.pk}/take-back/" in page


# Refunds ------------------------------------------------------------------------

PROPOSAL = {"amount": "120.00", "method": "eft", "bank_reference": "Acct 4471"}


def test_one_proposes_and_another_confirms(
    finance: User, second_finance: User, paid: OpenItem, client_of: Sign
) -> None:
    browser = client_of(finance)
    answer = browser.post(f"{url(paid)}refund/", PROPOSAL, follow=True)
    refund = Refund.objects.get()
    page = answer.content.decode()
    assert "A second person confirms what you proposed" in page
    assert f"/refunds/{refund.pk}/confirm/" not in page
    assert browser.post(f"/refunds/{refund.pk}/confirm/").status_code == 403
    other = client_of(second_finance)
    assert f"/refunds/{refund.pk}/confirm/" in other.get(f"/refunds/{refund.pk}/").content.decode()
    assert other.post(f"/refunds/{refund.pk}/confirm/").status_code == 302
    refund.refresh_from_db()
    assert refund.state == Refund.State.CONFIRMED


def test_overdue_asks_for_a_reason_beside_its_field(
    finance: User, paid: OpenItem, invoice: Invoice, client_of: Sign
) -> None:
    address = f"{url(paid)}refund/"
    browser = client_of(finance)
    assert "override_reason" in browser.get(address).content.decode()
    answer = browser.post(address, PROPOSAL)
    assert answer.status_code == 422
    assert "1 document of this customer is overdue" in answer.content.decode()
    assert browser.post(address, PROPOSAL | {"override_reason": "Court."}).status_code == 302


@pytest.fixture
def proposed(paid: OpenItem, finance: User) -> Callable[[str], Refund]:
    def propose(amount: str) -> Refund:
        return refunding.propose(
            paid,
            Decimal(amount),
            method="eft",
            bank_reference="Acct 4471",
            by=finance,
            moment=factories.MOMENT,
        )

    return propose


def test_a_batch_is_collected_approved_and_told_to_the_bank(
    finance: User, second_finance: User, proposed: Callable[[str], Refund], client_of: Sign
) -> None:
    one, other = proposed("100.00"), proposed("20.50")
    browser = client_of(finance)
    assert browser.post("/refunds/batches/new/", {}).status_code == 422
    browser.post("/refunds/batches/new/", {"refund": [one.pk, other.pk]})
    batch = RefundBatch.objects.get()
    address = f"/refunds/batches/{batch.pk}/"
    assert "$120.50" in browser.get(address).content.decode()
    assert browser.post(f"{address}approve/").status_code == 403
    assert browser.get(f"{address}file/").status_code == 404
    assert client_of(second_finance).post(f"{address}approve/").status_code == 302
    file: Any = browser.get(f"{address}file/")
    text = b"".join(file.streaming_content).decode()
    assert f"{one},C-100,Érable Builders,eft,Acct 4471,100.00,CAD" in text
    assert text.count("eft") == 2


def test_the_list_is_narrowed_and_exported(
    finance: User, proposed: Callable[[str], Refund], client_of: Sign
) -> None:
    refund = proposed("100.00")
    browser = client_of(finance)
    assert str(refund) in browser.get("/refunds/?state=proposed&q=erable").content.decode()
    assert str(refund) not in browser.get("/refunds/?state=confirmed").content.decode()
    file: Any = browser.get("/refunds/?as=csv")
    assert "Acct 4471" in b"".join(file.streaming_content).decode()


def test_who_serves_only_some_customers_sees_only_their_refunds(
    other_rep: User, proposed: Callable[[str], Refund], client_of: Sign
) -> None:
    refund = proposed("100.00")
    browser = client_of(other_rep)
    assert str(refund) not in browser.get("/refunds/").content.decode()
    assert browser.get(f"/refunds/{refund.pk}/").status_code == 404


def test_of_many_open_documents_those_due_first_are_offered_and_others_found(
    customer: Customer, finance: User, client_of: Sign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("customers.views.settling.MOST", 2)
    for number in ("A-1", "A-2", "A-3"):
        factories.invoice(customer, number)
    payer = receive_payment(customer, "P-1", DAY, Decimal(100)).entry.open_item
    client, address = client_of(finance), url(payer)
    page = client.get(address)
    assert [item.entry.reference for item, _field in page.context["form"].rows()] == ["A-1", "A-2"]
    assert "2 of 3 open documents" in page.content.decode()
    found = client.get(address, {"q": "A-3"}).context["form"].items
    assert [item.entry.reference for item in found] == ["A-3"]
    assert client.post(address, sent(found[0], "100")).status_code == 302
    assert OpenItem.objects.get(pk=found[0].pk).applied == Decimal(100)

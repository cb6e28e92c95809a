"""Customer deposits: a liability, untaxed, until they are applied to an invoice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from creditnotes.auditing import audit
from customers import ledger
from customers.books.checking import check
from customers.depositing import apply_deposit, receive_deposit, release_deposit
from customers.errors import NotAllowed, Refusal
from customers.ledger import Posting
from customers.models import (
    Customer,
    CustomerDeposit,
    Department,
    DepositUse,
    ExchangeRate,
    Invoice,
    JournalEntry,
    OpenItem,
    User,
)
from customers.money import ZERO
from customers.refunding import refundable
from customers.settling import unapply
from tests import factories
from tests.racing import at_once, refusals
from tests.refusing import database_refuses, sql

D = Decimal
DAY, LATER = date(2026, 3, 2), date(2026, 3, 12)


@pytest.fixture
def deposit(customer: Customer) -> CustomerDeposit:
    return receive_deposit(customer, "DEP-1", DAY, D(500), method="Cheque")


def balance(customer: Customer, code: str) -> Decimal:
    """What the account owes: credits less debits."""
    lines = ledger.account(customer.company, code).lines.all()
    return sum((line.credit - line.debit for line in lines), ZERO)


def test_it_is_owed_and_pays_nothing_yet(customer: Customer, deposit: CustomerDeposit) -> None:
    assert (deposit.held, deposit.currency) == (D(500), "CAD")
    assert balance(customer, ledger.DEPOSITS) == D(500)
    assert balance(customer, ledger.BANK) == D(-500)
    assert ledger.receivable_of(customer) == ZERO
    assert not OpenItem.objects.exists()


def test_applied_it_settles_the_invoice(
    customer: Customer, deposit: CustomerDeposit, invoice: Invoice, finance: User
) -> None:
    """The invoice's tax is charged on its whole net, whatever was paid ahead."""
    use = apply_deposit(deposit, invoice, D("461.38"), LATER, finance)
    deposit.refresh_from_db()
    assert (deposit.held, use.used_by) == (D("38.62"), finance)
    assert balance(customer, ledger.DEPOSITS) == D("38.62")
    assert ledger.receivable_of(customer) == ZERO
    assert OpenItem.objects.get(entry__invoice=invoice).open == ZERO
    assert audit() == []
    checked = check()
    assert (checked.documents, checked.differences) == (3, [])


def test_in_parts(deposit: CustomerDeposit, invoice: Invoice) -> None:
    for part in ("100.00", "0.01", "361.37"):
        apply_deposit(deposit, invoice, D(part), LATER)
    references = [use.entry.reference for use in DepositUse.objects.order_by("pk")]
    assert references == ["DEP-1/1", "DEP-1/2", "DEP-1/3"]
    with pytest.raises(Refusal, match=r"Only 0\.00"):
        apply_deposit(deposit, invoice, D("0.01"), LATER)


@pytest.mark.parametrize("amount", ["0", "-1", "461.39", "500.01"])
def test_no_more_than_either_has_left(
    deposit: CustomerDeposit, invoice: Invoice, amount: str
) -> None:
    with pytest.raises(Refusal, match=r"Only 461\.38"):
        apply_deposit(deposit, invoice, D(amount), LATER)


def test_not_to_another_customers_invoice(
    deposit: CustomerDeposit, quebec_invoice: Invoice
) -> None:
    with pytest.raises(Refusal, match="another customer"):
        apply_deposit(deposit, quebec_invoice, D(1), LATER)


def test_only_by_finance(deposit: CustomerDeposit, invoice: Invoice, rep: User) -> None:
    with pytest.raises(NotAllowed):
        apply_deposit(deposit, invoice, D(1), LATER, rep)


def test_nothing_is_received_as_nothing(customer: Customer) -> None:
    with pytest.raises(Refusal, match="above zero"):
        receive_deposit(customer, "DEP-0", DAY, ZERO)


def test_the_database_keeps_it(
    deposit: CustomerDeposit, invoice: Invoice, quebec_invoice: Invoice
) -> None:
    use = apply_deposit(deposit, invoice, D(400), LATER)
    assert use.application_id
    deposits = CustomerDeposit.objects.filter(pk=deposit.pk)
    with database_refuses("applied moves through uses"):
        deposits.update(applied=0)
    with database_refuses("history is immutable"):
        deposits.update(amount=600)
    with database_refuses("Cannot delete"):
        deposits.delete()
    with database_refuses("permission denied"):
        DepositUse.objects.update(amount=1)
    row = "deposit_id, invoice_id, entry_id, application_id, amount, used_on"
    values = f"{deposit.pk}, %s, {quebec_invoice.entry_id}, {use.application_id + 1}, %s, now()"
    insert = f"INSERT INTO customers_deposituse ({row}) VALUES ({values})"  # noqa: S608
    for invoice_id, amount, words in (
        (invoice.pk, 101, "deposit_applied_within_amount"),
        (quebec_invoice.pk, 1, "its own customer"),
    ):
        with database_refuses(words), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(insert, [invoice_id, amount])


# In another currency ------------------------------------------------------------


@pytest.fixture
def in_dollars(department: Department) -> CustomerDeposit:
    """100.00 US dollars received at 1.3333, worth 133.33; a week later they are worth 1.41."""
    factories.rate(department.company, "1.3333", day=DAY)
    factories.rate(department.company, "1.41", day=date(2026, 3, 9))
    american = factories.customer(
        department, "C-300", "Vermont Decks", province="", country="US", currency="USD"
    )
    return receive_deposit(american, "DEP-US", DAY, D(100))


def test_it_is_owed_at_the_rate_of_its_day_whatever_rates_become(
    in_dollars: CustomerDeposit,
) -> None:
    ExchangeRate.objects.update(rate=9)
    assert (in_dollars.currency, in_dollars.rate) == ("USD", D("1.3333"))
    for part in ("33.33", "33.33", "33.34"):
        release_deposit(in_dollars, D(part), LATER)
    assert balance(in_dollars.customer, ledger.DEPOSITS) == ZERO
    assert ledger.receivable_of(in_dollars.customer) == D("-133.33")
    assert check().differences == []
    assert audit() == []


def test_what_the_rate_gained_is_realised_on_the_invoice(in_dollars: CustomerDeposit) -> None:
    """An invoice of 100.00 at 1.41 is worth 141.00; the deposit pays it with 133.33."""
    lines = [("Lumber", "1", "100.00", "goods")]
    invoice = factories.invoice(in_dollars.customer, "INV-US", lines, levies=[])
    apply_deposit(in_dollars, invoice, D(100), LATER)
    assert balance(in_dollars.customer, ledger.EXCHANGE) == D("-7.67")
    assert ledger.receivable_of(in_dollars.customer) == ZERO
    assert check().differences == []


def test_the_database_keeps_its_rate(in_dollars: CustomerDeposit, customer: Customer) -> None:
    with database_refuses("history is immutable"):
        CustomerDeposit.objects.filter(pk=in_dollars.pk).update(rate=1)
    columns = "company_id, customer_id, entry_id, number, received_on, currency, amount, rate"
    entry = ledger.post(
        customer.company,
        JournalEntry.Kind.PAYMENT,
        "DEP-X",
        DAY,
        [
            Posting(ledger.account(customer.company, ledger.BANK), debit=D(130)),
            Posting(ledger.account(customer.company, ledger.DEPOSITS), credit=D(130)),
        ],
    )
    values = [customer.company_id, customer.pk, entry.pk, "DEP-X", DAY, "USD", 100, "1.3333"]
    insert = f"INSERT INTO customers_customerdeposit ({columns}, applied, method) VALUES "  # noqa: S608
    with database_refuses("its own exchange rate"):
        sql(f"{insert} (%s, %s, %s, %s, %s, %s, %s, %s, 0, '')", *values)
        sql("SET CONSTRAINTS ALL IMMEDIATE")


def test_without_a_rate_it_says_which_is_missing(customer: Customer) -> None:
    with pytest.raises(Refusal, match="exchange rate of USD"):
        receive_deposit(customer, "DEP-1", DAY, D(1), currency="USD")


# On account, and back to the customer --------------------------------------------


def test_what_is_not_needed_is_refunded_by_two_people(
    deposit: CustomerDeposit, finance: User
) -> None:
    item = release_deposit(deposit, D(120), LATER, finance)
    deposit.refresh_from_db()
    assert (deposit.held, refundable(item)) == (D(380), D(120))
    refund = factories.refund(item, "120.00")
    assert refund.proposed_by != refund.decided_by
    assert ledger.receivable_of(deposit.customer) == ZERO
    assert balance(deposit.customer, ledger.DEPOSITS) == D(380)
    assert balance(deposit.customer, ledger.BANK) == D(-380)
    assert check().differences == []
    assert audit() == []


@pytest.mark.parametrize("amount", ["0", "-1", "500.01"])
def test_no_more_goes_on_account_than_is_held(deposit: CustomerDeposit, amount: str) -> None:
    with pytest.raises(Refusal, match=r"Only 500\.00"):
        release_deposit(deposit, D(amount), LATER)


def test_only_finance_receives_and_releases(
    customer: Customer, deposit: CustomerDeposit, rep: User
) -> None:
    with pytest.raises(NotAllowed):
        receive_deposit(customer, "DEP-2", DAY, D(1), by=rep)
    with pytest.raises(NotAllowed):
        release_deposit(deposit, D(1), LATER, rep)


def test_applied_to_the_wrong_invoice_it_is_taken_back_and_on_account(
    deposit: CustomerDeposit, invoice: Invoice, finance: User
) -> None:
    use = apply_deposit(deposit, invoice, D(100), LATER, finance)
    assert use.application
    unapply(use.application, by=finance, day=LATER, reason="It was meant for another one.")
    assert use.entry.open_item.open == D(100)
    assert ledger.receivable_of(invoice.customer) == D("361.38")
    assert check().differences == []


def test_released_twice_at_once_it_is_released_once(
    transactional_db: None, deposit: CustomerDeposit
) -> None:
    release = lambda: release_deposit(deposit, D(300), LATER)  # noqa: E731
    assert len(refusals(at_once(release, release, release))) == 2
    deposit.refresh_from_db()
    assert deposit.held == D(200)


# Pages ----------------------------------------------------------------------------

SignIn = Callable[[User], Client]
SENT = {"amount": "250.00", "currency": "CAD", "received_on": "2026-03-02", "number": "TT-88"}


def test_finance_receives_it_on_the_customers_page(
    customer: Customer, finance: User, client_of: SignIn
) -> None:
    client = client_of(finance)
    url = reverse("customers:receive_deposit", args=[customer.pk])
    page = client.get(reverse("customers:customer", args=[customer.pk])).content.decode()
    assert url in page
    assert client.get(url).status_code == 200
    answer = client.post(url, SENT)
    deposit = CustomerDeposit.objects.get()
    assert answer["Location"] == reverse("customers:deposit", args=[deposit.pk])
    assert (deposit.amount, deposit.entry.posted_by) == (D(250), finance)
    assert "$250.00" in client.get(answer["Location"]).content.decode()


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("amount", "0", "greater than or equal to 0.01"),
        ("received_on", "2999-01-01", "Not in the future."),
        ("currency", "EUR", "Select a valid choice"),
        ("number", "DEP-1", "under the number DEP-1 already"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(
    deposit: CustomerDeposit, finance: User, client_of: SignIn, field: str, value: str, said: str
) -> None:
    url = reverse("customers:receive_deposit", args=[deposit.customer_id])
    answer = client_of(finance).post(url, SENT | {field: value})
    assert answer.status_code == 422
    assert said in str(answer.context["form"].errors[field])
    assert CustomerDeposit.objects.count() == 1


def test_from_the_deposit_to_the_proposal_of_its_refund(
    deposit: CustomerDeposit, finance: User, client_of: SignIn
) -> None:
    client = client_of(finance)
    url = reverse("customers:release_deposit", args=[deposit.pk])
    assert client.post(url, {"amount": "500.01"}).status_code == 422
    answer = client.post(url, {"amount": "500", "then": "refund"})
    item = OpenItem.objects.get()
    assert answer["Location"] == reverse("customers:propose_refund", args=[item.pk])
    assert "$500.00 can be refunded" in client.get(answer["Location"]).content.decode()
    page = client.get(reverse("customers:deposit", args=[deposit.pk])).content.decode()
    assert reverse("customers:apply", args=[item.pk]) in page
    assert url not in page


def test_a_rep_sees_the_deposit_but_nothing_to_do_with_it(
    deposit: CustomerDeposit, rep: User, client_of: SignIn
) -> None:
    page = client_of(rep).get(reverse("customers:deposit", args=[deposit.pk]))
    assert page.status_code == 200
    assert "Put on account" not in page.content.decode()


def test_a_credit_after_it_goes_on_account(
    deposit: CustomerDeposit, invoice: Invoice, rep: User, policy: object
) -> None:
    apply_deposit(deposit, invoice, D("461.38"), LATER)
    note = factories.issued_note(invoice, rep)
    assert ledger.receivable_of(invoice.customer) == -note.total

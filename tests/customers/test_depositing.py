"""Customer deposits: a liability, untaxed, until they are applied to an invoice."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.db import connection, transaction

from creditnotes.auditing import audit
from customers import ledger
from customers.books.checking import check
from customers.depositing import apply_deposit, receive_deposit
from customers.errors import NotAllowed, Refusal
from customers.models import Customer, CustomerDeposit, DepositUse, Invoice, OpenItem, User
from customers.money import ZERO
from tests import factories
from tests.refusing import database_refuses

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


def test_a_credit_after_it_goes_on_account(
    deposit: CustomerDeposit, invoice: Invoice, rep: User, policy: object
) -> None:
    apply_deposit(deposit, invoice, D("461.38"), LATER)
    note = factories.issued_note(invoice, rep)
    assert ledger.receivable_of(invoice.customer) == -note.total

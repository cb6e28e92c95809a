"""Refunds: proposed by one, confirmed by another, never more than is on account, once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from creditnotes.auditing import audit
from customers import ledger, refunding
from customers.access import FINANCE
from customers.errors import Incomplete, NotAllowed, Refusal, WrongState
from customers.ledger import receivable_of
from customers.models import (
    Application,
    Customer,
    Department,
    Invoice,
    JournalLine,
    OpenItem,
    Refund,
    RefundBatch,
    User,
)
from customers.money import ZERO
from customers.services import receive_payment
from customers.settling import apply, unapply
from tests import factories
from tests.racing import at_once
from tests.refusing import database_refuses

DAY = factories.MOMENT.date()


@pytest.fixture
def second(department: Department, other_department: Department) -> User:
    """Another person of finance."""
    return factories.person(
        "Sven Second", FINANCE, department.company, department, other_department
    )


@pytest.fixture
def paid(customer: Customer) -> OpenItem:
    """300.00 on account."""
    return receive_payment(customer, "P-1", DAY, Decimal("300.00")).entry.open_item


@pytest.fixture
def propose(finance: User, paid: OpenItem) -> Callable[..., Refund]:
    def proposed(amount: str = "120.00", payer: OpenItem = paid, **fields: Any) -> Refund:
        values: dict[str, Any] = {
            "method": "eft",
            "bank_reference": "Acct 4471",
            "by": finance,
            "moment": factories.MOMENT,
        }
        return refunding.propose(payer, Decimal(amount), **(values | fields))

    return proposed


Propose = Callable[..., Refund]


def confirm(refund: Refund, by: User) -> Refund:
    return refunding.confirm(refund, by=by, moment=factories.MOMENT)


def open_of(item: OpenItem) -> Decimal:
    return OpenItem.objects.get(pk=item.pk).open


# One refund ---------------------------------------------------------------------


def test_confirmed_it_is_posted_and_uses_up_what_was_on_account(
    propose: Propose, second: User, paid: OpenItem, customer: Customer
) -> None:
    refund = confirm(propose(), second)
    assert (refund.state, refund.decided_by) == (Refund.State.CONFIRMED, second)
    assert open_of(paid) == Decimal("180.00")
    assert receivable_of(customer) == Decimal("-180.00")
    bank = JournalLine.objects.get(entry=refund.entry, account__code=ledger.BANK)
    assert bank.credit == Decimal("120.00")
    assert audit() == []


def test_nothing_is_posted_before_a_second_person_confirms(
    propose: Propose, finance: User, paid: OpenItem
) -> None:
    refund = propose()
    with pytest.raises(NotAllowed, match="second person"):
        confirm(refund, finance)
    assert open_of(paid) == Decimal("300.00")


def test_the_database_refuses_the_same_person(propose: Propose, finance: User) -> None:
    refund = propose()
    with database_refuses("refund_second_person|refund_confirmed_is_posted"):
        Refund.objects.filter(pk=refund.pk).update(
            state="confirmed", decided_by=finance, decided_at=factories.MOMENT
        )


def test_the_database_refuses_one_that_is_not_posted(propose: Propose, second: User) -> None:
    refund = propose()
    other = factories.refund(refund.payer, "1.00")
    with database_refuses("refund_entry|entry_id"):
        Refund.objects.filter(pk=refund.pk).update(
            state="confirmed",
            decided_by=second,
            decided_at=factories.MOMENT,
            rate=1,
            entry=other.entry,
        )


def test_what_is_decided_stays(propose: Propose, second: User) -> None:
    refund = confirm(propose(), second)
    for again in (confirm, cancel):
        with pytest.raises(WrongState):
            again(refund, second)
    with database_refuses("immutable"):
        Refund.objects.filter(pk=refund.pk).update(bank_reference="Mine")


def cancel(refund: Refund, by: User, reason: str = "Typed twice.") -> Refund:
    return refunding.cancel(refund, by=by, moment=factories.MOMENT, reason=reason)


def test_cancelled_it_leaves_everything_as_it_was(
    propose: Propose, finance: User, paid: OpenItem
) -> None:
    refund = propose("300.00")
    with pytest.raises(Incomplete):
        cancel(refund, finance, " ")
    assert cancel(refund, finance).state == Refund.State.CANCELLED
    assert propose("300.00").amount == Decimal("300.00")  # free again


@pytest.mark.parametrize("amount", ["300.01", "0", "-5"])
def test_no_more_than_is_on_account(propose: Propose, amount: str) -> None:
    with pytest.raises(Refusal, match=r"300\.00") as refusal:
        propose(amount)
    assert refusal.value.field == "amount"


def test_two_proposals_share_what_is_there(propose: Propose) -> None:
    propose("200.00")
    with pytest.raises(Refusal, match=r"100\.00"):
        propose("100.01")


def test_what_was_applied_meanwhile_is_not_refunded(
    propose: Propose, second: User, paid: OpenItem, invoice: Invoice
) -> None:
    refund = propose(override_reason="Agreed.")
    apply(paid, OpenItem.objects.get(entry__invoice=invoice), Decimal("200.00"), DAY)
    with pytest.raises(WrongState, match=r"100\.00"):
        confirm(refund, second)


def test_reps_and_foreign_finance_refund_nothing(
    propose: Propose, rep: User, foreign_finance: User
) -> None:
    for person in (rep, foreign_finance):
        with pytest.raises(NotAllowed):
            propose(by=person)
        with pytest.raises(NotAllowed):
            confirm(propose("1.00"), person)


def test_an_invoice_is_not_refunded(propose: Propose, invoice: Invoice) -> None:
    with pytest.raises(Refusal, match=r"Only 0\.00"):
        propose("1.00", payer=OpenItem.objects.get(entry__invoice=invoice))


# While something is overdue -----------------------------------------------------


@pytest.fixture
def overdue(customer: Customer) -> Invoice:
    long_ago = factories.MOMENT - timedelta(days=90)
    return factories.invoice(customer, "INV-OLD", moment=long_ago)


def test_none_while_something_is_overdue(propose: Propose, overdue: Invoice) -> None:
    with pytest.raises(Refusal, match="1 document") as refusal:
        propose()
    assert refusal.value.field == "override_reason"


def test_finance_overrides_with_a_reason(propose: Propose, second: User, overdue: Invoice) -> None:
    refund = confirm(propose(override_reason="Court order."), second)
    assert refund.override_reason == "Court order."


def test_what_falls_due_meanwhile_holds_it_back(
    propose: Propose, second: User, customer: Customer
) -> None:
    refund = propose()
    factories.invoice(customer, "INV-OLD", moment=factories.MOMENT - timedelta(days=90))
    with pytest.raises(WrongState, match="overdue by now"):
        confirm(refund, second)


# Other currencies ---------------------------------------------------------------


def test_a_refund_at_another_rate_realises_the_difference(
    propose: Propose, second: User, customer: Customer
) -> None:
    factories.rate(customer.company, "1.30", day=date(2026, 1, 1))
    dollars = receive_payment(
        customer, "P-US", DAY - timedelta(days=30), Decimal(100), currency="USD"
    ).entry.open_item
    factories.rate(customer.company, "1.45", day=DAY)
    refund = confirm(propose("100.00", payer=dollars), second)
    assert refund.rate == Decimal("1.45")
    assert receivable_of(customer) == Decimal("-300.00")  # what is on account in CAD alone
    lost = JournalLine.objects.get(account__code=ledger.EXCHANGE)
    assert lost.debit == Decimal("15.00")
    assert audit() == []


def test_what_was_paid_out_is_not_taken_back(propose: Propose, second: User, finance: User) -> None:
    refund = confirm(propose(), second)
    application = Application.objects.get(invoice__entry=refund.entry)
    with pytest.raises(WrongState):
        unapply(application, by=finance, day=DAY, reason="Back, please.")


# Batches ------------------------------------------------------------------------


def batch_of(*refunds: Refund, by: User) -> RefundBatch:
    numbers = [refund.pk for refund in refunds]
    return refunding.make_batch(refunds[0].company, numbers, by=by, moment=factories.MOMENT)


def approve(batch: RefundBatch, by: User) -> RefundBatch:
    return refunding.approve_batch(batch, by=by, moment=factories.MOMENT)


def test_a_batch_is_approved_whole_by_a_second_person(
    propose: Propose, finance: User, second: User, paid: OpenItem
) -> None:
    batch = batch_of(propose("100.00"), propose("50.00"), by=finance)
    with pytest.raises(NotAllowed):
        approve(batch, finance)
    approve(batch, second)
    assert {refund.state for refund in batch.refunds.all()} == {Refund.State.CONFIRMED}
    assert open_of(paid) == Decimal("150.00")
    assert audit() == []


def test_whoever_proposed_one_of_them_does_not_approve_the_batch(
    propose: Propose, finance: User, second: User
) -> None:
    batch = batch_of(propose("100.00"), propose("50.00", by=second), by=finance)
    with pytest.raises(NotAllowed, match="RF-"):
        approve(batch, second)
    assert {refund.state for refund in batch.refunds.all()} == {Refund.State.PROPOSED}


def test_in_a_batch_it_is_not_confirmed_alone_nor_batched_twice(
    propose: Propose, finance: User, second: User
) -> None:
    refund = propose()
    batch_of(refund, by=finance)
    with pytest.raises(WrongState, match="RB-"):
        confirm(refund, second)
    with pytest.raises(WrongState, match="RB-"):
        batch_of(refund, by=finance)


def test_a_cancelled_refund_leaves_its_batch_and_a_cancelled_batch_its_refunds(
    propose: Propose, finance: User, second: User
) -> None:
    one, other = propose("100.00"), propose("50.00")
    batch = batch_of(one, other, by=finance)
    cancel(one, finance)
    assert list(batch.refunds.all()) == [other]
    refunding.cancel_batch(batch, by=finance, moment=factories.MOMENT)
    assert confirm(other, second).state == Refund.State.CONFIRMED
    with pytest.raises(WrongState):
        approve(batch, second)


def test_a_batch_of_nothing_is_refused(customer: Customer, finance: User) -> None:
    with pytest.raises(Incomplete):
        refunding.make_batch(customer.company, [], by=finance, moment=factories.MOMENT)


@pytest.mark.django_db(transaction=True)
def test_confirmed_twice_at_once_it_is_paid_once(
    propose: Propose, second: User, paid: OpenItem, department: Department
) -> None:
    refund = propose()
    third = factories.person("Tara Third", FINANCE, department.company, department)
    outcomes = at_once(lambda: confirm(refund, second), lambda: confirm(refund, third))
    assert sum(isinstance(outcome, WrongState) for outcome in outcomes) == 1
    assert open_of(paid) == Decimal("180.00")
    assert open_of(paid) > ZERO

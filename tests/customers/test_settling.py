"""Applying and taking back: by finance, on a day, with a reason; and what a credit does itself."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from creditnotes.auditing import audit
from customers.errors import Incomplete, NotAllowed, Refusal, WrongState
from customers.models import (
    Application,
    Company,
    Customer,
    FiscalPeriod,
    Invoice,
    OpenItem,
    User,
)
from customers.models.company import AppliesCredits
from customers.periods import set_state
from customers.services import receive_payment
from customers.settling import apply, apply_many, unapply
from tests import factories
from tests.refusing import database_refuses

DAY = date(2026, 3, 12)


def item(of: Invoice) -> OpenItem:
    return OpenItem.objects.get(entry__invoice=of)


@pytest.fixture
def owed(invoice: Invoice) -> OpenItem:
    """461.38."""
    return item(invoice)


@pytest.fixture
def second(customer: Customer) -> OpenItem:
    """Nails for 100.00, without tax."""
    lines = [("Nails", "10", "10.00", "goods")]
    return item(factories.invoice(customer, "INV-B", lines, levies=[]))


@pytest.fixture
def paid(customer: Customer) -> OpenItem:
    return receive_payment(customer, "P-1", DAY, Decimal("300.00")).entry.open_item


def open_of(*items: OpenItem) -> list[Decimal]:
    return [OpenItem.objects.get(pk=each.pk).open for each in items]


# As chosen ----------------------------------------------------------------------


def test_finance_spreads_a_payment_as_it_likes(
    finance: User, paid: OpenItem, owed: OpenItem, second: OpenItem
) -> None:
    amounts = {owed.pk: Decimal("150.50"), second.pk: Decimal("100.00")}
    for row in apply_many(paid, amounts, DAY, finance):
        assert (row.applied_by, row.applied_on) == (finance, DAY)
    assert open_of(paid, owed, second) == [Decimal("49.50"), Decimal("310.88"), Decimal("0.00")]


def test_all_of_it_is_applied_or_nothing(
    finance: User, paid: OpenItem, owed: OpenItem, second: OpenItem
) -> None:
    with pytest.raises(Refusal, match=r"100\.00") as refusal:
        apply_many(paid, {owed.pk: Decimal(1), second.pk: Decimal("100.01")}, DAY, finance)
    assert (refusal.value.field, refusal.value.line) == ("amount", second.pk)
    assert not Application.objects.exists()


def test_together_they_take_no_more_than_there_is(
    finance: User, paid: OpenItem, owed: OpenItem, second: OpenItem
) -> None:
    with pytest.raises(Refusal, match=r"300\.00") as refusal:
        apply_many(paid, {owed.pk: Decimal("200.01"), second.pk: Decimal(100)}, DAY, finance)
    assert refusal.value.line is None


def test_only_finance_who_serves_the_customer_applies(
    rep: User, manager: User, foreign_finance: User, paid: OpenItem, owed: OpenItem
) -> None:
    for person in (rep, manager, foreign_finance):
        with pytest.raises(NotAllowed):
            apply(paid, owed, Decimal(1), DAY, person)


def test_another_customers_invoice_is_refused_with_a_sentence(
    finance: User, paid: OpenItem, quebec_invoice: Invoice
) -> None:
    with pytest.raises(Refusal, match="another customer"):
        apply(paid, item(quebec_invoice), Decimal(1), DAY, finance)


def test_not_before_both_were_in_the_books(finance: User, paid: OpenItem, owed: OpenItem) -> None:
    with pytest.raises(Refusal, match="2026-03-12") as refusal:
        apply(paid, owed, Decimal(1), DAY - timedelta(days=1), finance)
    assert refusal.value.field == "day"


def test_not_on_a_day_whose_books_are_closed(finance: User, paid: OpenItem, owed: OpenItem) -> None:
    for period in FiscalPeriod.objects.all():
        after = datetime(2026, 4, 2, 12, tzinfo=UTC)
        set_state(period, FiscalPeriod.State.CLOSED, by=finance, moment=after)
    with pytest.raises(Refusal, match="closed"):
        apply(paid, owed, Decimal(1), DAY, finance)


# Taking back --------------------------------------------------------------------


def test_taken_back_both_are_open_again_and_it_is_on_record(
    finance: User, paid: OpenItem, owed: OpenItem
) -> None:
    application = apply(paid, owed, Decimal(120), DAY, finance)
    back = unapply(application, by=finance, day=DAY, reason=" Meant for the other yard. ")
    assert open_of(paid, owed) == [Decimal("300.00"), Decimal("461.38")]
    assert (back.undoes, back.reason, back.applied_by) == (
        application,
        "Meant for the other yard.",
        finance,
    )


def test_taken_back_once_and_with_a_reason(finance: User, paid: OpenItem, owed: OpenItem) -> None:
    application = apply(paid, owed, Decimal(120), DAY, finance)
    with pytest.raises(Incomplete) as refusal:
        unapply(application, by=finance, day=DAY, reason=" ")
    assert refusal.value.field == "reason"
    back = unapply(application, by=finance, day=DAY, reason="Twice.")
    for row in (application, back):
        with pytest.raises(WrongState):
            unapply(row, by=finance, day=DAY, reason="Twice.")


def test_a_rep_takes_nothing_back(rep: User, finance: User, paid: OpenItem, owed: OpenItem) -> None:
    application = apply(paid, owed, Decimal(120), DAY, finance)
    with pytest.raises(NotAllowed):
        unapply(application, by=rep, day=DAY, reason="Mine.")


# By itself, at issue ------------------------------------------------------------


@pytest.fixture
def old(customer: Customer) -> OpenItem:
    """20.00, overdue since January."""
    lines = [("Nails", "2", "10.00", "goods")]
    moment = factories.MOMENT - timedelta(days=90)
    return item(factories.invoice(customer, "INV-OLD", lines, levies=[], moment=moment))


@pytest.fixture
def settled(customer: Customer, owed: OpenItem) -> OpenItem:
    """The invoice, paid but for 5.00."""
    amount = owed.amount - 5
    paid = receive_payment(customer, "P-ALL", DAY, amount).entry.open_item
    apply(paid, owed, amount, DAY)
    return owed


def credit_on(invoice: Invoice, rep: User) -> OpenItem:
    """37.66 on the invoice."""
    note = factories.issued_note(invoice, rep)
    assert note.document.entry is not None
    credit: OpenItem = note.document.entry.open_item
    return credit


def test_a_credit_settles_its_own_invoice_first_then_overdue_ones(
    invoice: Invoice, rep: User, settled: OpenItem, old: OpenItem, second: OpenItem
) -> None:
    credit = credit_on(invoice, rep)
    assert open_of(settled, old, second) == [0, 0, Decimal(100)]  # the second is not yet due
    assert open_of(credit) == [Decimal("12.66")]  # stays on account
    assert audit() == []


def test_the_oldest_overdue_comes_first(
    customer: Customer, invoice: Invoice, rep: User, settled: OpenItem
) -> None:
    lines = [("Nails", "2", "10.00", "goods")]
    newer, older = (
        item(
            factories.invoice(
                customer,
                number,
                lines,
                levies=[],
                moment=factories.MOMENT - timedelta(days=days),
            )
        )
        for number, days in (("INV-60", 60), ("INV-80", 80))
    )
    credit_on(invoice, rep)
    assert open_of(older, newer) == [Decimal(0), Decimal("7.34")]


@pytest.mark.parametrize(
    ("how", "left"),
    [
        (AppliesCredits.NOWHERE, ["5.00", "20.00", "37.66"]),
        (AppliesCredits.OWN, ["0.00", "20.00", "32.66"]),
        (AppliesCredits.OVERDUE, ["0.00", "0.00", "12.66"]),
    ],
)
def test_the_company_says_how_far_it_goes(
    company: Company,
    invoice: Invoice,
    rep: User,
    settled: OpenItem,
    old: OpenItem,
    how: str,
    left: list[str],
) -> None:
    Company.objects.filter(pk=company.pk).update(applies_credits=how)
    credit = credit_on(Invoice.objects.get(pk=invoice.pk), rep)
    assert open_of(settled, old, credit) == [Decimal(amount) for amount in left]


def test_another_currency_and_another_customer_are_left_alone(
    company: Company,
    customer: Customer,
    other_customer: Customer,
    invoice: Invoice,
    rep: User,
    settled: OpenItem,
) -> None:
    factories.rate(company, "1.40", day=date(2025, 1, 1))
    long_ago = factories.MOMENT - timedelta(days=90)
    lines = [("Nails", "2", "10.00", "goods")]
    dollars = factories.invoice(
        customer, "INV-US", lines, levies=[], moment=long_ago, currency="USD"
    )
    theirs = factories.invoice(other_customer, "INV-T", lines, levies=[], moment=long_ago)
    credit = credit_on(invoice, rep)
    assert open_of(credit, item(dollars), item(theirs)) == [Decimal("32.66"), 20, 20]


def test_the_database_keeps_what_was_refunded_paid(paid: OpenItem) -> None:
    """See ``test_refunding`` for the service."""
    refund = factories.refund(paid)
    application = Application.objects.get(invoice__entry=refund.entry)
    with database_refuses("paid out"):
        Application.objects.create(
            payer=paid,
            invoice=application.invoice,
            amount=application.amount,
            applied_on=timezone.localdate(),
            undoes=application,
        )

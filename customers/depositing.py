"""Money that customers pay ahead: received, held, and applied to their invoices.

A deposit is no payment of anything yet. It bears no tax (Excise Tax Act, s. 168(9)) and is
owed to the customer; it becomes part of the price, with the invoice's own tax, when it is
applied. Received: Dr bank clearing, Cr customer deposits. Applied: Dr customer deposits,
Cr receivable. What is not needed is put on account, by the same posting, from where it is
refunded like any payment; both at the rate of the day on which it was received.

Locks: the deposit, then open items in id order.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from customers import ledger
from customers.access import may_settle
from customers.currencies import converted, in_base, part_of, rate_for
from customers.errors import NotAllowed, Refusal
from customers.ledger import Posting
from customers.models import (
    Company,
    Customer,
    CustomerDeposit,
    DepositUse,
    Invoice,
    JournalEntry,
    OpenItem,
    Order,
    User,
)
from customers.money import ZERO
from customers.settling import apply, require_may_settle


@transaction.atomic
def receive_deposit(
    customer: Customer,
    number: str,
    received_on: date,
    amount: Decimal,
    *,
    method: str = "",
    order: Order | None = None,
    currency: str = "",
    by: User | None = None,
) -> CustomerDeposit:
    """Keep money for a customer until it is applied to an invoice; finance's to do, or a run's.

    In the customer's currency unless told otherwise, at the rate of the day. Raises
    :class:`~customers.errors.NotAllowed`, and :class:`~customers.errors.Refusal` where the
    number is taken or no rate of the currency is known.
    """
    company, currency = customer.company, currency or customer.currency
    if by is not None:
        require_may_settle(by, customer)
    if amount <= ZERO:
        raise Refusal(_("An amount above zero, please."), field="amount")
    _require_free(company, number)
    rate = rate_for(company, currency, received_on)
    postings = [
        Posting(ledger.account(company, ledger.BANK), debit=amount),
        Posting(ledger.account(company, ledger.DEPOSITS), credit=amount),
    ]
    kind = JournalEntry.Kind.PAYMENT
    entry = ledger.post(company, kind, number, received_on, converted(postings, rate), by)
    return CustomerDeposit.objects.create(
        company=company,
        customer=customer,
        order=order,
        entry=entry,
        number=number,
        received_on=received_on,
        currency=currency,
        rate=rate,
        amount=amount,
        method=method,
    )


def _require_free(company: Company, number: str) -> None:
    """Money received is posted under its number, a payment's or a deposit's."""
    kind = JournalEntry.Kind.PAYMENT
    if JournalEntry.objects.filter(company=company, kind=kind, reference=number).exists():
        taken = _("Money is in the books under the number %(number)s already.")
        raise Refusal(taken % {"number": number}, field="number")


@transaction.atomic
def apply_deposit(
    deposit: CustomerDeposit,
    invoice: Invoice,
    amount: Decimal,
    day: date,
    by: User | None = None,
) -> DepositUse:
    """Pay ``amount`` of the invoice from the deposit; finance's to do, or nobody's (a run).

    Raises :class:`~customers.errors.NotAllowed`, and :class:`~customers.errors.Refusal` where
    either has less left or the invoice is another customer's.
    """
    deposit = _locked(deposit, by)
    _require_fitting(deposit, invoice, amount)
    item = _hold_no_longer(deposit, amount, day, by)
    owed = OpenItem.objects.get(entry__invoice=invoice)
    return DepositUse.objects.create(
        deposit=deposit,
        invoice=invoice,
        entry=item.entry,
        application=apply(item, owed, amount, day, by),
        amount=amount,
        used_on=day,
        used_by=by,
    )


@transaction.atomic
def release_deposit(
    deposit: CustomerDeposit, amount: Decimal, day: date, by: User | None = None
) -> OpenItem:
    """Put ``amount`` of the deposit on account, from where it may be applied or refunded.

    Raises as :func:`apply_deposit` does.
    """
    deposit = _locked(deposit, by)
    if not ZERO < amount <= deposit.held:
        raise _only(deposit.held, _("Only %(left)s is held."))
    item = _hold_no_longer(deposit, amount, day, by)
    DepositUse.objects.create(
        deposit=deposit, entry=item.entry, amount=amount, used_on=day, used_by=by
    )
    return item


def _locked(deposit: CustomerDeposit, by: User | None) -> CustomerDeposit:
    """As it stands now, and locked, for a person who may use it."""
    if by is not None and not may_settle(by, deposit.customer):
        raise NotAllowed(_("You may not do this."))
    rows = CustomerDeposit.objects.select_for_update(of=("self",))
    found: CustomerDeposit = rows.select_related("company", "customer__company").get(pk=deposit.pk)
    return found


def _require_fitting(deposit: CustomerDeposit, invoice: Invoice, amount: Decimal) -> None:
    if (deposit.customer_id, deposit.currency) != (invoice.customer_id, invoice.currency):
        raise Refusal(_("The deposit is another customer’s, or in another currency."))
    owed = OpenItem.objects.filter(entry__invoice=invoice).first()
    left = min(deposit.held, owed.open if owed else ZERO)
    if not ZERO < amount <= left:
        raise _only(left, _("Only %(left)s can be applied."))


def _only(left: Decimal, sentence: str) -> Refusal:
    return Refusal(sentence % {"left": left}, field="amount")


def _hold_no_longer(
    deposit: CustomerDeposit, amount: Decimal, day: date, by: User | None
) -> OpenItem:
    """Post it as paid: the open item with which it settles what it is applied to."""
    company, customer = deposit.company, deposit.customer
    postings = [
        Posting(ledger.account(company, ledger.DEPOSITS), debit=amount),
        Posting(ledger.account(company, ledger.RECEIVABLE), credit=amount, customer=customer),
    ]
    entry = ledger.post(
        company,
        JournalEntry.Kind.DEPOSIT,
        f"{deposit.number}/{deposit.uses.count() + 1}",
        day,
        converted(postings, deposit.rate, _base_of(deposit, amount)),
        by,
    )
    return ledger.open_item(entry, customer, OpenItem.Side.PAYS, amount, deposit.currency)


def _base_of(deposit: CustomerDeposit, amount: Decimal) -> Decimal:
    """What it takes of the deposit in base currency: the last of it all that is left."""
    used = deposit.uses.aggregate(sum=Sum("entry__open_item__base_amount", default=ZERO))["sum"]
    return part_of(in_base(deposit.amount, deposit.rate) - used, amount, deposit.held)

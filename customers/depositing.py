"""Money that customers pay ahead: received, held, and applied to their invoices.

A deposit is no payment of anything yet. It bears no tax (Excise Tax Act, s. 168(9)) and is
owed to the customer; it becomes part of the price, with the invoice's own tax, when it is
applied. Received: Dr bank clearing, Cr customer deposits. Applied: Dr customer deposits,
Cr receivable.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from customers import ledger
from customers.access import FINANCE, is_in
from customers.currencies import converted, rate_for
from customers.errors import NotAllowed, Refusal
from customers.ledger import Posting
from customers.models import (
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
from customers.settling import apply


@transaction.atomic
def receive_deposit(
    customer: Customer,
    number: str,
    received_on: date,
    amount: Decimal,
    *,
    method: str = "",
    order: Order | None = None,
) -> CustomerDeposit:
    """Keep money for a customer, in their currency, until it is applied to an invoice."""
    company = customer.company
    if amount <= ZERO:
        raise Refusal(_("An amount above zero, please."), field="amount")
    entry = ledger.post(
        company,
        JournalEntry.Kind.PAYMENT,
        number,
        received_on,
        converted(
            [
                Posting(ledger.account(company, ledger.BANK), debit=amount),
                Posting(ledger.account(company, ledger.DEPOSITS), credit=amount),
            ],
            rate_for(company, customer.currency, received_on),
        ),
    )
    return CustomerDeposit.objects.create(
        company=company,
        customer=customer,
        order=order,
        entry=entry,
        number=number,
        received_on=received_on,
        currency=customer.currency,
        amount=amount,
        method=method,
    )


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
    if by is not None and not is_in(by, FINANCE):
        raise NotAllowed(_("You may not do this."))
    deposit = CustomerDeposit.objects.select_for_update().get(pk=deposit.pk)
    _require_fitting(deposit, invoice, amount)
    entry = _post(deposit, amount, day)
    item = ledger.open_item(entry, deposit.customer, OpenItem.Side.PAYS, amount, deposit.currency)
    owed = OpenItem.objects.get(entry__invoice=invoice)
    return DepositUse.objects.create(
        deposit=deposit,
        invoice=invoice,
        entry=entry,
        application=apply(item, owed, amount, day, by),
        amount=amount,
        used_on=day,
        used_by=by,
    )


def _require_fitting(deposit: CustomerDeposit, invoice: Invoice, amount: Decimal) -> None:
    if (deposit.customer_id, deposit.currency) != (invoice.customer_id, invoice.currency):
        raise Refusal(_("The deposit is another customer’s, or in another currency."))
    owed = OpenItem.objects.filter(entry__invoice=invoice).first()
    left = min(deposit.held, owed.open if owed else ZERO)
    if not ZERO < amount <= left:
        raise Refusal(_("Only %(left)s can be applied.") % {"left": left}, field="amount")


def _post(deposit: CustomerDeposit, amount: Decimal, day: date) -> JournalEntry:
    company = deposit.company
    return ledger.post(
        company,
        JournalEntry.Kind.DEPOSIT,
        f"{deposit.number}/{deposit.uses.count() + 1}",
        day,
        converted(
            [
                Posting(ledger.account(company, ledger.DEPOSITS), debit=amount),
                Posting(
                    ledger.account(company, ledger.RECEIVABLE),
                    credit=amount,
                    customer=deposit.customer,
                ),
            ],
            rate_for(company, deposit.currency, deposit.received_on),
        ),
    )

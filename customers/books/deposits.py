"""What customers' deposits, received and applied, should have left in the ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

from customers import ledger
from customers.books.expected import Expected, Item, Lines, posted_as
from customers.currencies import rate_for
from customers.models import CustomerDeposit, DepositUse, JournalEntry, OpenItem

Kind = JournalEntry.Kind
CHUNK = 2000


@posted_as(Kind.PAYMENT)
def deposits() -> Iterator[Expected]:
    """Dr bank clearing, Cr customer deposits: it pays nothing yet, so there is no open item."""
    rows = CustomerDeposit.objects.select_related("company").order_by("pk")
    for deposit in rows.iterator(chunk_size=CHUNK):
        lines = Lines()
        lines.debit(ledger.BANK, deposit.amount)
        lines.credit(ledger.DEPOSITS, deposit.amount)
        yield Expected(
            f"deposit {deposit.number}",
            deposit.company_id,
            Kind.PAYMENT,
            deposit.number,
            deposit.received_on,
            lines.in_base(_rate(deposit)),
        )


def _rate(deposit: CustomerDeposit) -> Decimal:
    """That of the day on which it was received: it is owed at that until it is applied."""
    return rate_for(deposit.company, deposit.currency, deposit.received_on)


@posted_as(Kind.DEPOSIT)
def uses_of_deposits() -> Iterator[Expected]:
    """Dr customer deposits, Cr receivable; numbered within their deposit."""
    counted = Counter[int]()
    uses = DepositUse.objects.select_related("deposit__company").order_by("pk")
    for use in uses.iterator(chunk_size=CHUNK):
        deposit, lines = use.deposit, Lines()
        counted[deposit.pk] += 1
        lines.debit(ledger.DEPOSITS, use.amount)
        lines.credit(ledger.RECEIVABLE, use.amount, deposit.customer_id)
        yield Expected(
            f"use of deposit {deposit.number}",
            deposit.company_id,
            Kind.DEPOSIT,
            f"{deposit.number}/{counted[deposit.pk]}",
            use.used_on,
            lines.in_base(_rate(deposit)),
            Item(OpenItem.Side.PAYS, use.amount, deposit.currency),
        )

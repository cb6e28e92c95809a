"""What customers' deposits, received and applied, should have left in the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import groupby
from operator import attrgetter

from customers import ledger
from customers.books.expected import Expected, Item, Lines, posted_as
from customers.currencies import in_base, part_of
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
            lines.in_base(deposit.rate),
        )


@posted_as(Kind.DEPOSIT)
def uses_of_deposits() -> Iterator[Expected]:
    """Dr customer deposits, Cr receivable; numbered within their deposit.

    Each takes its part of the deposit's base amount, the last all that is left.
    """
    uses = DepositUse.objects.select_related("deposit__company").order_by("deposit", "pk")
    by_deposit = groupby(uses.iterator(chunk_size=CHUNK), key=attrgetter("deposit_id"))
    for _, of_one in by_deposit:
        left = base_left = None
        for count, use in enumerate(of_one, start=1):
            deposit = use.deposit
            if left is None or base_left is None:
                left, base_left = deposit.amount, in_base(deposit.amount, deposit.rate)
            base = part_of(base_left, use.amount, left)
            left, base_left = left - use.amount, base_left - base
            yield _use(use, f"{deposit.number}/{count}", base)


def _use(use: DepositUse, reference: str, base: Decimal) -> Expected:
    deposit, lines = use.deposit, Lines()
    lines.debit(ledger.DEPOSITS, use.amount)
    lines.credit(ledger.RECEIVABLE, use.amount, deposit.customer_id)
    return Expected(
        f"use of deposit {deposit.number}",
        deposit.company_id,
        Kind.DEPOSIT,
        reference,
        use.used_on,
        lines.in_base(deposit.rate, base),
        Item(OpenItem.Side.PAYS, use.amount, deposit.currency),
    )

"""Giving up what is open of an invoice: small balances, bad debts, recovery, reversal.

Small balance = Dr small balances, Cr receivable, without tax relief. Bad debt = Dr bad debts
and each tax by the law's formula (:mod:`customers.relief`), Cr receivable. A recovery or a
reversal posts the other way round and owes the amount again. Nothing is written off but
what is open.

Locks: open items in id order, then the series; the credit that reverses a write-off takes
its own series after this one.
"""

from customers.write_offs.bad_debts import (
    Evidence,
    confirm_bad_debt,
    open_proposal,
    propose_bad_debt,
    recover,
    refuse_bad_debt,
    relief_of,
    waiting,
)
from customers.write_offs.booking import expense_of
from customers.write_offs.reversing import reverse_all_of
from customers.write_offs.small_balances import limit_of, write_off_small_balance
from customers.write_offs.standing import CREDITED, charged, undone_of

__all__ = [
    "CREDITED",
    "Evidence",
    "charged",
    "confirm_bad_debt",
    "expense_of",
    "limit_of",
    "open_proposal",
    "propose_bad_debt",
    "recover",
    "refuse_bad_debt",
    "relief_of",
    "reverse_all_of",
    "undone_of",
    "waiting",
    "write_off_small_balance",
]

"""Applying payments and credits to invoices, and taking that back.

Whoever applies locks the open items in id order. Where two items were written at
different exchange rates, what settling them gains or loses is posted at once, so that
the receivable in base currency is what is open, to the cent.
"""

from customers.settling.by_hand import (
    apply,
    apply_many,
    may_be_taken_back,
    require_may_settle,
    unapply,
)
from customers.settling.credits import apply_credit, overdue_items
from customers.settling.writing import Settlement, locked, on_settled, take_back, tell_of, write

__all__ = [
    "Settlement",
    "apply",
    "apply_credit",
    "apply_many",
    "locked",
    "may_be_taken_back",
    "on_settled",
    "overdue_items",
    "require_may_settle",
    "take_back",
    "tell_of",
    "unapply",
    "write",
]

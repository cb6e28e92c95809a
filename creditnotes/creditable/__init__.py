"""What can still be credited of invoices, and what a set of claims would take of it.

:func:`look` reads the counters as they are; :func:`lock` reads them for good, in
id order, until the transaction ends. :func:`quote` works on either, so that the
composer's preview and the submission compute by the same rules.
"""

from creditnotes.creditable.claims import Claim, invoices_of, lines_of
from creditnotes.creditable.counters import (
    Counters,
    ensure_counters,
    lock,
    lock_for,
    look,
    look_for,
)
from creditnotes.creditable.measuring import plain
from creditnotes.creditable.quotes import Quote, QuotedLine, QuotedTax
from creditnotes.creditable.quoting import quote
from creditnotes.creditable.remaining import so_far, tax_left, whole_invoice

__all__ = [
    "Claim",
    "Counters",
    "Quote",
    "QuotedLine",
    "QuotedTax",
    "ensure_counters",
    "invoices_of",
    "lines_of",
    "lock",
    "lock_for",
    "look",
    "look_for",
    "plain",
    "quote",
    "so_far",
    "tax_left",
    "whole_invoice",
]

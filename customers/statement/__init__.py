"""The statement of account: what was owed, what came and went, and what is owed now.

Of a customer it is read from the ledger: for every currency the documents by posting
date, so that the closing balances in base currency add up to
:func:`customers.ledger.receivable_of` on any date (rule 4). Of a site it is its invoices
and what settled them: payments have no site, so what is on account stands on the
customer's own statement alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from customers.models import Customer, Site
from customers.money import ZERO
from customers.statement.shapes import (
    BUCKETS,
    Aged,
    Applied,
    Entry,
    OpenAt,
    Row,
    Section,
    Statement,
)
from customers.statement.sources import OfCustomer, OfSite

__all__ = ["BUCKETS", "Aged", "Applied", "Entry", "Row", "Section", "Statement", "statement_of"]


def statement_of(
    customer: Customer, since: date, until: date, site: Site | None = None
) -> Statement:
    """The account between two days; with ``site`` only its invoices and what settled them.

    In the customer's own currency first; in others where there is anything in them.
    """
    source = OfSite(customer, site) if site else OfCustomer(customer)
    opening, base = source.opening(since), source.base_balances(until)
    rows, applied, still_open = defaultdict(list), defaultdict(list), defaultdict(list)
    for row in source.rows(since, until):
        rows[row.currency].append(row)
    for each in source.applications(since, until):
        applied[each.currency].append(each)
    for item in source.open_at(until):
        still_open[item.currency].append(item)
    found = {customer.currency, *opening, *base, *rows, *applied, *still_open}
    sections = [
        Section(
            currency,
            opening.get(currency, ZERO),
            _with_balances(rows[currency], opening.get(currency, ZERO)),
            applied[currency],
            _aged(still_open[currency], until),
            base.get(currency, ZERO),
        )
        for currency in sorted(found, key=lambda name: (name != customer.currency, name))
    ]
    own, *others = sections
    return Statement(
        customer, since, until, [own, *(each for each in others if not each.says_nothing)], site
    )


def _with_balances(rows: Sequence[Row], opening: Decimal) -> list[Entry]:
    entries = []
    balance = opening
    for row in rows:
        balance += row.amount
        entries.append(Entry(row, balance))
    return entries


def _aged(items: Iterable[OpenAt], until: date) -> Aged:
    """What is open on that day, by how many days it is past due."""
    buckets = [ZERO] * (len(BUCKETS) + 2)
    on_account = ZERO
    for item in items:
        if item.owes:
            buckets[_bucket(item.due_on, until)] += item.amount
        else:
            on_account += item.amount
    return Aged(buckets[0], tuple(buckets[1:]), on_account)


def _bucket(due_on: date | None, until: date) -> int:
    """0 for what is not due yet; then by days past due."""
    days = (until - due_on).days if due_on else 0
    if days <= 0:
        return 0
    return 1 + sum(days > end for end in BUCKETS)

"""What a statement of account is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from customers.models import Customer, Site
from customers.money import ZERO

#: Days past due up to which each bucket but the first and last reaches.
BUCKETS = (30, 60, 90)


@dataclass(frozen=True)
class Row:
    """A document, or at a site what was applied there; ``amount`` is what it adds."""

    on: date
    kind: str
    reference: str
    currency: str
    amount: Decimal
    entry_id: int
    due_on: date | None = None


@dataclass(frozen=True)
class Entry:
    """A row with the balance after it."""

    row: Row
    balance: Decimal

    @property
    def charge(self) -> Decimal | None:
        """What it adds, if it does."""
        return self.row.amount if self.row.amount > ZERO else None

    @property
    def payment(self) -> Decimal | None:
        """What it takes off, if it does."""
        return -self.row.amount if self.row.amount < ZERO else None


@dataclass(frozen=True)
class Applied:
    """What a payment or credit settled, on a day of the period; it moves no balance."""

    on: date
    currency: str
    payer: str
    payer_entry_id: int
    invoice: str
    invoice_entry_id: int
    amount: Decimal
    is_taken_back: bool


@dataclass(frozen=True)
class OpenAt:
    """What was open of one document at the end of the period."""

    currency: str
    owes: bool
    due_on: date | None
    amount: Decimal


@dataclass(frozen=True)
class Aged:
    """What is open at the end, by days past due; and what is on account against it."""

    not_due: Decimal = ZERO
    past_due: Sequence[Decimal] = (ZERO,) * (len(BUCKETS) + 1)
    on_account: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        """The closing balance once more, from the open documents."""
        return self.not_due + sum(self.past_due, ZERO) - self.on_account


@dataclass(frozen=True)
class Section:
    """All of one currency; ``base_closing`` is what the ledger says of it in base currency."""

    currency: str
    opening: Decimal
    entries: Sequence[Entry] = ()
    applications: Sequence[Applied] = ()
    aged: Aged = Aged()
    base_closing: Decimal = ZERO

    @property
    def charges(self) -> Decimal:
        """What the period's documents added."""
        return sum((entry.charge or ZERO for entry in self.entries), ZERO)

    @property
    def payments(self) -> Decimal:
        """What they took off."""
        return sum((entry.payment or ZERO for entry in self.entries), ZERO)

    @property
    def closing(self) -> Decimal:
        """What is owed at the end of the period."""
        return self.opening + self.charges - self.payments

    def balance_before(self, position: int) -> Decimal:
        """What is carried to the entry at that position, counted from 0."""
        before = self.entries[:position]
        return before[-1].balance if before else self.opening

    @property
    def says_nothing(self) -> bool:
        """Whether nothing was open and nothing happened."""
        nothing = not (self.opening or self.base_closing or self.entries or self.applications)
        return nothing and self.aged == Aged()


@dataclass(frozen=True)
class Statement:
    """A customer's or a site's account from one day to another, both included."""

    customer: Customer
    since: date
    until: date
    sections: Sequence[Section]
    site: Site | None = None

    @property
    def base_closing(self) -> Decimal:
        """What is owed at the end in the company's base currency, by the ledger."""
        return sum((section.base_closing for section in self.sections), ZERO)

    @property
    def names_base(self) -> bool:
        """Whether the sum in base currency says anything that the sections do not."""
        base = self.customer.company.base_currency
        return self.site is None and any(section.currency != base for section in self.sections)

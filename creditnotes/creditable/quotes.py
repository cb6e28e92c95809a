"""What a quote is made of: lines, taxes, and what could not be met."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from creditnotes.amounts import Taken, TaxTaken
from creditnotes.creditable.claims import Claim
from creditnotes.models import CreditableTax
from customers.errors import Refusal
from customers.money import ZERO


@dataclass(frozen=True)
class QuotedLine:
    """A claim and what it takes: of its invoice line, or of a tax, or as goodwill.

    ``fee_percent`` is the restocking fee that it bears, None where pieces that come
    back bear none. ``tax`` is what basis *tax* gives back.
    """

    claim: Claim
    taken: Taken
    fee_percent: Decimal | None = None
    tax: Decimal = ZERO

    @property
    def net(self) -> Decimal:
        """What is credited before tax."""
        return self.taken.credited


@dataclass(frozen=True)
class QuotedTax:
    """What is given back of one tax, and else used up of it."""

    creditable: CreditableTax
    taken: TaxTaken

    @property
    def base(self) -> Decimal:
        """The net on which tax is given back."""
        return self.taken.base

    @property
    def amount(self) -> Decimal:
        """The tax given back."""
        return self.taken.amount


@dataclass(frozen=True)
class Quote:
    """What a set of claims comes to; in the currency of the invoices."""

    lines: Sequence[QuotedLine] = ()
    taxes: Sequence[QuotedTax] = ()
    refusals: Sequence[Refusal] = field(default=())

    @property
    def net(self) -> Decimal:
        """The sum credited before tax, without the fees kept back."""
        return sum((line.net for line in self.lines), ZERO)

    @property
    def fees(self) -> Decimal:
        """The restocking fees kept back, before tax."""
        return sum((line.taken.fee for line in self.lines), ZERO)

    @property
    def tax_total(self) -> Decimal:
        """The sum of all taxes given back."""
        return sum((tax.amount for tax in self.taxes), ZERO)

    @property
    def total(self) -> Decimal:
        """Net and taxes together."""
        return self.net + self.tax_total

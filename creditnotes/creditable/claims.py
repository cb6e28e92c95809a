"""What is asked for, line by line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from creditnotes.models import Basis


@dataclass(frozen=True)
class Claim:
    """One line as it was asked for: what it is on, one basis, and that basis's value.

    On an invoice line: *quantity* takes ``quantity`` and may name a lower
    ``unit_price``; *percent*, *amount* (before tax) and *unit_price* take the field of
    that name; *freight* takes an ``amount`` before tax, or None for all that is left;
    *whole* takes all that is left and no value. With ``price_only`` no tax is given back.
    Where pieces of goods come back, ``fee_percent`` of the net is kept: None for what
    the reason asks, or less, with ``fee_words`` why.

    On an invoice: *tax* gives back an ``amount`` of its ``tax_kind``, or None for all
    that is left of it, and no net. On nothing: *goodwill* gives an untaxed ``amount``
    for what the ``description`` says.
    """

    invoice_line_id: int | None = None
    basis: str = Basis.QUANTITY
    quantity: Decimal | None = None
    percent: Decimal | None = None
    amount: Decimal | None = None
    unit_price: Decimal | None = None
    invoice_id: int | None = None
    tax_kind: str = ""
    description: str = ""
    price_only: bool = False
    fee_percent: Decimal | None = None
    fee_words: str = ""

    @property
    def line_id(self) -> int:
        """The invoice line; raises ``ValueError`` for a claim that is on none."""
        if self.invoice_line_id is None:
            raise ValueError(f"a claim by {self.basis} is not on an invoice line")
        return self.invoice_line_id


def lines_of(claims: Iterable[Claim]) -> set[int]:
    """The invoice lines that the claims are on."""
    return {claim.invoice_line_id for claim in claims if claim.invoice_line_id is not None}


def invoices_of(claims: Iterable[Claim]) -> set[int]:
    """The invoices of which the claims want tax alone."""
    return {claim.invoice_id for claim in claims if claim.invoice_id is not None}

"""From a document's currency to the company's: rates by day, and sums that still balance.

A *rate* is what one unit of the document's currency is worth in base currency; the base
currency's own is 1. Documents keep the rate they were written with.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from customers.errors import Refusal
from customers.models import Company, ExchangeRate
from customers.models.currencies import PAR
from customers.money import ZERO, to_cent

if TYPE_CHECKING:
    from customers.ledger import Posting


def rate_for(company: Company, currency: str, day: date) -> Decimal:
    """The rate of ``day``, or of the last day before it that has one.

    Raises :class:`~customers.errors.Refusal` for a currency of which none is known.
    """
    known = known_rate(company, currency, day)
    if known is None:
        raise Refusal(
            _("No exchange rate of %(currency)s is known for %(day)s. Ask an administrator.")
            % {"currency": currency, "day": day.isoformat()},
            field="currency",
        )
    return known


def known_rate(company: Company, currency: str, day: date) -> Decimal | None:
    """As :func:`rate_for`, but None for a currency of which no rate is known."""
    if currency == company.base_currency:
        return PAR
    known = ExchangeRate.objects.filter(company=company, currency=currency, day__lte=day)
    return known.order_by("-day").values_list("rate", flat=True).first()


def in_base(amount: Decimal, rate: Decimal) -> Decimal:
    """``amount`` in base currency, to the cent."""
    return amount if rate == PAR else to_cent(amount * rate)


def part_of(base: Decimal, amount: Decimal, whole: Decimal) -> Decimal:
    """How much of ``base`` goes with ``amount`` of ``whole``; the last takes all that is left."""
    return base if amount == whole else to_cent(base * amount / whole)


def converted(
    postings: Sequence[Posting], rate: Decimal, receivable: Decimal | None = None
) -> list[Posting]:
    """The lines of an entry in base currency, which balance as they did in their own.

    Receivables are converted as they stand (or are ``receivable``, where there is one and
    its base amount is known), since open items are made of them; whatever cent rounding
    leaves over goes to the largest of the other lines.
    """
    if rate == PAR and receivable is None:
        return list(postings)
    lines = [_line(line, rate, receivable if line.customer else None) for line in postings]
    difference = sum((line.debit - line.credit for line in lines), ZERO)
    if difference:
        others = [at for at, line in enumerate(lines) if line.customer is None]
        largest = max(others, key=lambda at: lines[at].debit + lines[at].credit)
        lines[largest] = _less(lines[largest], difference)
    return lines


def _line(line: Posting, rate: Decimal, known: Decimal | None) -> Posting:
    debit, credit = (
        amount and (in_base(amount, rate) if known is None else known)
        for amount in (line.debit, line.credit)
    )
    return replace(line, debit=debit, credit=credit)


def _less(line: Posting, difference: Decimal) -> Posting:
    """The line with so much less debit, or more credit."""
    if line.debit:
        return replace(line, debit=line.debit - difference)
    return replace(line, credit=line.credit + difference)

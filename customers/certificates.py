"""How a customer's tax certificates stand, and what may be kept as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from customers.models import Customer, TaxExemption

#: How long before a certificate ends the customer's page says so.
NOTICE = timedelta(days=60)


@dataclass(frozen=True)
class Standing:
    """A certificate, and how it stands today: coming, valid, expiring or expired."""

    exemption: TaxExemption
    state: str

    @property
    def tone(self) -> str:
        """How pressing that is."""
        return {"expired": "bad", "expiring": "warn", "valid": "good"}.get(self.state, "calm")


def standings_of(customer: Customer, today: date) -> Sequence[Standing]:
    """The customer's certificates, the latest first. One query."""
    return [Standing(each, _state(each, today)) for each in customer.tax_exemptions.all()]


def _state(exemption: TaxExemption, today: date) -> str:
    if exemption.valid_from > today:
        return "coming"
    if exemption.valid_to is None or exemption.valid_to > today + NOTICE:
        return "valid"
    return "expiring" if exemption.valid_to >= today else "expired"

"""What was asked for and what was granted, where somebody approved for less."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from approvals.course import Stop
from approvals.models import Decision
from creditnotes.models import CreditNote
from customers.models import TaxKind


@dataclass(frozen=True)
class Row:
    """A line as it was asked for, and what was granted of it; None is nothing. Before tax."""

    name: str
    invoice_number: str
    asked: Decimal
    granted: Decimal | None

    @property
    def is_less(self) -> bool:
        """Whether less was granted."""
        return self.granted is None or self.granted < self.asked


@dataclass(frozen=True)
class Granted:
    """A decision for less, line by line; sums in the note's currency."""

    decision: Decision
    rows: Sequence[Row]
    asked_total: Decimal


def granted_of(note: CreditNote, course: Iterable[Stop]) -> Granted | None:
    """What was granted of what was asked for; None where it was decided as it stood."""
    decision = next((stop.decision for stop in course if stop.is_for_less), None)
    if decision is None or decision.asked is None:
        return None
    nets = {line.position: line.net + line.tax for line in note.lines.all()}
    rows = [
        Row(
            each["name"] or str(TaxKind(each["tax_kind"]).label),
            each["invoice_number"],
            Decimal(each["net"]) + Decimal(each["tax"]),
            nets.get(each["kept"]) if each["kept"] else None,
        )
        for each in decision.asked["lines"]
    ]
    return Granted(decision, rows, Decimal(decision.asked["total"]))

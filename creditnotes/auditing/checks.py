"""What a check is, and what it found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection
from django.utils.functional import Promise

#: How many of the contradictions a finding names.
EXAMPLES = 5


@dataclass(frozen=True)
class Check:
    """A sentence that must be true, and a query that names whatever contradicts it."""

    rule: int
    says: str | Promise
    contradictions: str

    def run(self) -> Finding | None:
        """What contradicts the sentence in the database now; None where nothing does."""
        with connection.cursor() as cursor:
            cursor.execute(self.contradictions)
            places = [str(row[0]) for row in cursor.fetchmany(EXAMPLES)]
            return Finding(self, cursor.rowcount, places) if places else None


@dataclass(frozen=True)
class Finding:
    """A check that failed: how often, and the first few places."""

    check: Check
    count: int
    places: Sequence[str]

    def __str__(self) -> str:
        more = ", …" if self.count > len(self.places) else ""
        places = ", ".join(self.places)
        return f"Rule {self.check.rule}: {self.check.says}. Not so: {self.count} ({places}{more})"

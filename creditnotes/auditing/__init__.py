"""Rules 1 to 4, asserted over the whole database: every sum is formed again from its parts.

The database holds these rules at every change. The audit trusts none of that: it
starts from the lines that were written and compares what must follow from them.
Each check is a query for what contradicts it, so a sound database answers nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from django.db import connection, transaction

from creditnotes.auditing import cents, counters, ledger, numbers
from creditnotes.auditing.checks import Check, Finding

__all__ = ["CHECKS", "Check", "Finding", "audit"]

CHECKS: Sequence[Check] = (*counters.CHECKS, *cents.CHECKS, *numbers.CHECKS, *ledger.CHECKS)

Progress = Callable[[Sequence[Check]], Iterable[Check]]


def audit(progress: Progress = lambda checks: checks) -> list[Finding]:
    """Whatever contradicts the rules in the whole database; nothing where it is sound.

    All checks look at one moment, whatever others commit meanwhile.
    """
    inside = connection.in_atomic_block
    with transaction.atomic():
        if not inside:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        return [finding for check in progress(CHECKS) if (finding := check.run())]

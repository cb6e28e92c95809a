"""What became of a file: every line accounted for."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from django.utils.translation import gettext as _

from customers.importing.batches import Outcome
from customers.importing.lines import Reason, Refused
from customers.money import ZERO


@dataclass
class Report:
    """How many lines were read, and what became of them; and what was made of them."""

    read: int = 0
    imported: int = 0
    known: int = 0
    refused: Counter[Reason] = field(default_factory=Counter)
    made: Counter[str] = field(default_factory=Counter)
    net: Decimal = ZERO

    @property
    def complete(self) -> bool:
        """Whether every line that was read is imported, known or refused."""
        return self.read == self.imported + self.known + self.refused.total()

    def add(self, outcome: Outcome) -> None:
        """Count what was posted and what was known; refused lines are counted one by one."""
        self.imported += sum(len(invoice.sales) for invoice in outcome.posted)
        self.known += sum(len(invoice.sales) for invoice in outcome.known)
        self.net += sum((invoice.net for invoice in outcome.posted), ZERO)
        self.made += outcome.made

    def sentences(self) -> Iterator[str]:
        """The report as people read it, a fact a line."""
        yield _("%(count)9d lines read") % {"count": self.read}
        yield _("%(count)9d imported") % {"count": self.imported}
        yield _("%(count)9d in the books already") % {"count": self.known}
        yield _("%(count)9d refused") % {"count": self.refused.total()}
        for reason, count in self.refused.most_common():
            yield f"{count:>15d} {reason.label}"
        made = ", ".join(f"{count} {what}" for what, count in self.made.items())
        yield _("Made: %(made)s; net %(net)s") % {"made": made or "–", "net": self.net}


Write = Callable[[Iterable[Sequence[str]]], None]


@contextmanager
def error_file(path: Path | None, columns: Sequence[str]) -> Iterator[Write]:
    """A CSV of what stayed out, under a line number, a reason, its words and ``columns``.

    Without a path nothing is written.
    """
    if path is None:
        yield lambda rows: None
        return
    with path.open("w", encoding="utf-8", errors="surrogateescape", newline="") as file:
        table = csv.writer(file)
        table.writerow(["line", "reason", "detail", *columns])
        yield table.writerows


def refused_row(line: Refused) -> list[str]:
    """A refused line for the file of errors: as it stood there."""
    detail = line.detail or str(line.reason.label)
    return [str(line.row.line), line.reason.value, detail, *line.row.values]

"""The credit documents of a sales export, in date order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from customers.importing import Reason, Refused, Row, Sale, SalesFile


@dataclass(frozen=True)
class Document:
    """A credit document: all of its lines that name a customer, in the order of the file."""

    number: str
    customer: str
    lines: Sequence[Sale]

    @property
    def moment(self) -> datetime:
        """Its date: the time of its earliest line."""
        return min(line.moment for line in self.lines)


@dataclass
class Credits:
    """What a file holds of credits, and the credit lines that are no use, by reason."""

    documents: list[Document] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)

    @property
    def reasons(self) -> Counter[Reason]:
        """How many lines were refused for which reason."""
        return Counter(line.reason for line in self.refused)


def credits_of(file: SalesFile, rows: Iterable[Row]) -> Credits:
    """The credits among the rows. A credit's quantities are below zero."""
    found, lines = Credits(), dict[str, list[Sale]]()
    for line in _credit_lines(file, rows):
        if isinstance(line, Refused):
            found.refused.append(line)
            continue
        document = lines.setdefault(line.number, [])
        if reason := _objection(line, document):
            found.refused.append(Refused(line.row, reason, line.number))
        else:
            document.append(line)
    documents = [Document(number, of[0].customer, of) for number, of in lines.items() if of]
    found.documents = sorted(documents, key=lambda document: document.moment)
    return found


def _credit_lines(file: SalesFile, rows: Iterable[Row]) -> Iterator[Sale | Refused]:
    return (file.read(row) for row in rows if file.mapping.is_credit(file.number_of(row)))


def _objection(line: Sale, document: Sequence[Sale]) -> Reason | None:
    if not line.customer:
        return Reason.NO_CUSTOMER
    if line.quantity >= 0:
        return Reason.NOT_NEGATIVE
    if line.unit_price < 0:
        return Reason.NEGATIVE_PRICE
    other = document and document[0].customer != line.customer
    return Reason.OTHER_CUSTOMER if other else None

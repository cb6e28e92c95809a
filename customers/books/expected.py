"""What every document should have left in the ledger, worked out anew from the document.

A module that posts adds a source of its own kind of documents::

    @posted_as(JournalEntry.Kind.REFUND)
    def refunds() -> Iterator[Expected]:
        for refund in Refund.objects.filter(state="confirmed").iterator():
            lines = Lines()
            lines.debit(ledger.RECEIVABLE, refund.amount, refund.customer_id)
            lines.credit(ledger.BANK, refund.amount)
            yield Expected(…, lines.in_base(refund.rate), Item("owes", refund.amount, "CAD"))

``manage.py check_ledger`` compares them all with the entries that are there. A source must
not look at the entry: it starts from what stands on the document.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from customers.money import ZERO, to_cent

#: An account's code, and the customer whose receivable it is.
Place = tuple[str, int | None]


@dataclass(frozen=True)
class Item:
    """The open item that a document leaves: which side, how much, in its own currency."""

    side: str
    amount: Decimal
    currency: str


@dataclass(frozen=True)
class Expected:
    """One document's entry: debits less credits by place, in base currency."""

    document: str
    company: int
    kind: str
    reference: str
    day: date
    lines: Mapping[Place, Decimal]
    item: Item | None = None


class Lines:
    """The lines of an entry as they are added up, in the document's currency."""

    def __init__(self) -> None:
        self._sums: dict[Place, Decimal] = defaultdict(lambda: ZERO)

    def debit(self, code: str, amount: Decimal, customer: int | None = None) -> None:
        self._sums[code, customer] += amount

    def credit(self, code: str, amount: Decimal, customer: int | None = None) -> None:
        self._sums[code, customer] -= amount

    def in_base(
        self, rate: Decimal = Decimal(1), receivable: Decimal | None = None
    ) -> dict[Place, Decimal]:
        """Each line at ``rate``, to the cent; what rounding leaves goes to the largest.

        Of the lines that are not a receivable, that is, since what is owed is converted as
        it stands, or is ``receivable`` where its base amount is known.
        """
        sums = {place: to_cent(amount * rate) for place, amount in self._sums.items() if amount}
        if receivable is not None:
            for place in [place for place in sums if place[1] is not None]:
                sums[place] = receivable if sums[place] > 0 else -receivable
        difference = sum(sums.values(), ZERO)
        others = [place for place in sums if place[1] is None]
        if difference and others:
            sums[max(others, key=lambda place: abs(sums[place]))] -= difference
        return sums


Source = Callable[[], Iterable[Expected]]
#: Kind of entry → the sources of its documents.
SOURCES: dict[str, list[Source]] = defaultdict(list)


def posted_as(*kinds: str) -> Callable[[Source], Source]:
    """Add a source of documents whose entries are of these kinds."""

    def add(source: Source) -> Source:
        for kind in kinds:
            SOURCES[kind].append(source)
        return source

    return add


def all_expected() -> Iterator[Expected]:
    """What every document of every source should have left, each source asked once."""
    sources = dict.fromkeys(source for sources in SOURCES.values() for source in sources)
    for source in sources:
        yield from source()

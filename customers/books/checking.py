"""The whole ledger compared with the documents: every entry, item and customer (rule 4)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import islice

from django.db import connection, transaction
from django.db.models import Case, F, Sum, When

from customers import ledger
from customers.books.expected import Expected, Item, Place, all_expected
from customers.books.statements import disagreements
from customers.models import (
    Company,
    Customer,
    JournalEntry,
    JournalLine,
    OpenItem,
)
from customers.money import ZERO

CHUNK = 2000
Key = tuple[int, str, str]


@dataclass(frozen=True)
class Posted:
    """What the ledger has of one document."""

    entry: int
    day: date
    lines: Mapping[Place, Decimal]
    item: Item | None


@dataclass
class Outcome:
    """How many documents were compared, and each difference in words."""

    documents: int = 0
    differing: int = 0
    differences: list[str] = field(default_factory=list)

    def differ(self, document: str, found: Iterable[str]) -> None:
        """Keep what is different about the document, if anything."""
        words = list(found)
        self.differing += bool(words)
        self.differences += [f"{document}: {word}" for word in words]


def check() -> Outcome:
    """Compare every document with its entry, every entry with a document, every customer.

    All of it is looked at as of one moment, whatever others commit meanwhile.
    """
    inside = connection.in_atomic_block
    with transaction.atomic():
        if not inside:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        outcome, seen, owed = Outcome(), set[int](), defaultdict[int, Decimal](lambda: ZERO)
        for batch in _batches(all_expected()):
            _compare(batch, outcome, seen, owed)
        _look_for_strays(outcome, seen)
        _compare_customers(outcome, owed)
        return outcome


def _batches(documents: Iterable[Expected]) -> Iterator[list[Expected]]:
    rows = iter(documents)
    while batch := list(islice(rows, CHUNK)):
        yield batch


def _compare(
    batch: list[Expected], outcome: Outcome, seen: set[int], owed: dict[int, Decimal]
) -> None:
    posted = posted_of(batch)
    for expected in batch:
        found = posted.get(_key(expected))
        outcome.documents += 1
        outcome.differ(expected.document, differences(expected, found))
        if found:
            seen.add(found.entry)
        for (_code, customer), amount in expected.lines.items():
            if customer:
                owed[customer] += amount


def _key(expected: Expected) -> Key:
    return expected.company, expected.kind, expected.reference


def posted_of(batch: Iterable[Expected]) -> dict[Key, Posted]:
    """What is posted of these documents, by company, kind and reference."""
    entries = JournalEntry.objects.filter(reference__in={each.reference for each in batch})
    rows = list(entries.values_list("pk", "company", "kind", "reference", "document_date"))
    ids = [row[0] for row in rows]
    lines: dict[int, dict[Place, Decimal]] = defaultdict(dict)
    sums = JournalLine.objects.filter(entry__in=ids).values_list(
        "entry", "account__code", "customer"
    )
    for entry, code, customer, debit, credit in sums.annotate(
        debits=Sum("debit"), credits=Sum("credit")
    ).order_by():
        if debit != credit:
            lines[entry][code, customer] = debit - credit
    items = {
        entry: Item(side, amount, currency)
        for entry, side, amount, currency in OpenItem.objects.filter(entry__in=ids).values_list(
            "entry", "side", "amount", "currency"
        )
    }
    return {
        (company, kind, reference): Posted(pk, day, lines[pk], items.get(pk))
        for pk, company, kind, reference, day in rows
    }


def differences(expected: Expected, found: Posted | None) -> Iterator[str]:
    """What the ledger says otherwise than the document, in words."""
    if found is None:
        yield "is not posted"
        return
    if found.day != expected.day:
        yield f"dated {found.day}, the document {expected.day}"
    for place in sorted({*found.lines, *expected.lines}, key=str):
        has, wants = found.lines.get(place, ZERO), expected.lines.get(place, ZERO)
        if has != wants:
            yield f"account {place[0]} has {has}, the document {wants}"
    if found.item != expected.item:
        yield f"open item is {found.item}, the document's {expected.item}"


def _look_for_strays(outcome: Outcome, seen: set[int]) -> None:
    """Entries that no document accounts for."""
    for pk, kind, reference in JournalEntry.objects.values_list("pk", "kind", "reference").iterator(
        chunk_size=CHUNK
    ):
        if pk not in seen:
            outcome.differ(f"entry {pk} ({kind} {reference})", ["no document accounts for it"])


def _compare_customers(outcome: Outcome, owed: Mapping[int, Decimal]) -> None:
    """What each customer owes by the documents, the ledger, open items and statements."""
    witnesses = {"ledger": _by_ledger(), "open items": _by_open_items()}
    statements = _by_statements()
    numbers = dict(Customer.objects.values_list("pk", "number"))
    known = {*owed, *statements, *(pk for said in witnesses.values() for pk in said)}
    for customer in sorted(known):
        wants = owed.get(customer, ZERO)
        found = [
            f"owes {has} by the {name}, {wants} by the documents"
            for name, said in witnesses.items()
            if (has := said.get(customer, ZERO)) != wants
        ]
        found += statements.get(customer, [])
        outcome.differ(f"customer {numbers.get(customer, customer)}", found)


def _by_statements() -> dict[int, list[str]]:
    """What customers' statements say otherwise, today or at the end of any period."""
    said = defaultdict(list)
    for company in Company.objects.order_by("pk"):
        for customer, words in disagreements(company):
            said[customer].append(words)
    return said


def _by_ledger() -> dict[int, Decimal]:
    rows = JournalLine.objects.filter(
        account__code=ledger.RECEIVABLE, customer__isnull=False
    ).values_list("customer")
    return {
        customer: debit - credit
        for customer, debit, credit in rows.annotate(
            debits=Sum("debit"), credits=Sum("credit")
        ).order_by()
    }


def _by_open_items() -> dict[int, Decimal]:
    """What is open in base currency, owed less in the customer's favour."""
    owes = Case(When(side=OpenItem.Side.OWES, then=1), default=-1)
    left = (F("base_amount") - F("base_applied")) * owes
    rows = OpenItem.objects.values_list("customer").annotate(sum=Sum(left))
    return dict(rows.order_by())

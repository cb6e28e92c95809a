"""Where a statement's figures come from: the ledger of a customer, the invoices of a site."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Case, CharField, F, Q, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce, Greatest

from customers.models import Application, Customer, JournalLine, OpenItem, Site
from customers.models.base import money
from customers.money import ZERO
from customers.statement.shapes import Applied, OpenAt, Row

OWES = OpenItem.Side.OWES
ONE_DAY = timedelta(days=1)
CHUNK = 2000
#: From when an application counts: the day on which it was made, or on which the later of
#: the two documents was posted, should that be after it.
COUNTS_FROM = Greatest("applied_on", "payer__entry__posted_on", "invoice__entry__posted_on")


def receivable_lines(own: str) -> QuerySet[Any]:
    """What was posted to receivables, in each document's currency and in the base one, ``own``.

    Exchange differences have only a base amount.
    """
    base, item = F("debit") - F("credit"), "entry__open_item"
    amount = Case(
        When(**{f"{item}__isnull": True}, entry__application__isnull=False, then=Value(ZERO)),
        When(Q(**{f"{item}__currency": own}) | Q(**{f"{item}__isnull": True}), then=base),
        When(**{f"{item}__side": OWES}, then=F(f"{item}__amount")),
        default=-F(f"{item}__amount"),
        output_field=money(),
    )
    currency = Coalesce(
        f"{item}__currency",
        "entry__application__payer__currency",
        Value(own),
        output_field=CharField(),
    )
    return JournalLine.objects.filter(customer__isnull=False).annotate(
        on=F("entry__posted_on"),
        currency=currency,
        amount=amount,
        base=base,
        due_on=F(f"{item}__due_on"),
    )


class OfCustomer:
    """Everything that was posted to the customer's receivable."""

    def __init__(self, customer: Customer) -> None:
        self.customer = customer

    def opening(self, since: date) -> Mapping[str, Decimal]:
        """The balance of each currency before the day."""
        return self._sums(self._lines().filter(on__lt=since), "amount")

    def base_balances(self, until: date) -> Mapping[str, Decimal]:
        """What the ledger says of each currency at the end of the day, in base currency."""
        return self._sums(self._lines().filter(on__lte=until), "base")

    @staticmethod
    def _sums(lines: QuerySet[Any], column: str) -> Mapping[str, Decimal]:
        sums = lines.order_by().values_list("currency").annotate(sum=Sum(column))
        return {currency: amount for currency, amount in sums if amount}

    def rows(self, since: date, until: date) -> Iterator[Row]:
        """The documents posted between the days, in the order of posting."""
        lines = self._lines().filter(on__range=(since, until)).exclude(amount=0)
        columns = ("on", "entry__kind", "entry__reference", "currency", "amount", "entry", "due_on")
        in_order = lines.order_by("on", "entry_id", "pk").values_list(*columns)
        for row in in_order.iterator(chunk_size=CHUNK):
            yield Row(*row)

    def _lines(self) -> QuerySet[Any]:
        own = self.customer.company.base_currency
        return receivable_lines(own).filter(customer=self.customer)

    def applications(self, since: date, until: date) -> Iterator[Applied]:
        """What was applied between the days, and what was taken back."""
        yield from _applied(self._applications(), since, until)

    def _applications(self) -> QuerySet[Any]:
        return Application.objects.filter(payer__customer=self.customer)

    def open_at(self, until: date) -> Iterator[OpenAt]:
        """What was open at the end of the day: what is open now, but for what came later."""
        later: dict[int, Decimal] = defaultdict(lambda: ZERO)
        for each in self._applications().alias(counts=COUNTS_FROM).filter(counts__gt=until):
            amount = -each.amount if each.undoes_id else each.amount
            later[each.payer_id] += amount
            later[each.invoice_id] += amount
        items = self._items().filter(entry__posted_on__lte=until)
        for item in items.filter(Q(applied__lt=F("amount")) | Q(pk__in=list(later))):
            if left := item.open + later[item.pk]:
                yield OpenAt(item.currency, item.side == OWES, item.due_on, left)

    def _items(self) -> QuerySet[OpenItem]:
        return OpenItem.objects.filter(customer=self.customer)


class OfSite(OfCustomer):
    """The site's invoices, and whatever was applied to them."""

    def __init__(self, customer: Customer, site: Site) -> None:
        super().__init__(customer)
        self.site = site

    def opening(self, since: date) -> Mapping[str, Decimal]:
        sums: dict[str, Decimal] = defaultdict(lambda: ZERO)
        for row in self._until(since - ONE_DAY):
            sums[row.currency] += row.amount
        return sums

    def base_balances(self, until: date) -> Mapping[str, Decimal]:
        """None: what settles a site's invoices is in the books of the customer."""
        return {}

    def rows(self, since: date, until: date) -> Iterator[Row]:
        """The invoices and what was applied to them between the days."""
        rows = [row for row in self._until(until) if row.on >= since]
        yield from sorted(rows, key=lambda row: (row.on, row.entry_id))

    def _until(self, until: date) -> Iterator[Row]:
        for item in self._items().filter(entry__posted_on__lte=until).select_related("entry"):
            yield _document(item)
        for each in _related(self._applications()).filter(counts__lte=until):
            yield _settlement(each)

    def applications(self, since: date, until: date) -> Iterator[Applied]:
        """None beside the rows: here what is applied is what moves the balance."""
        yield from ()

    def _applications(self) -> QuerySet[Any]:
        return Application.objects.filter(invoice__entry__invoice__site=self.site)

    def _items(self) -> QuerySet[OpenItem]:
        return OpenItem.objects.filter(entry__invoice__site=self.site)


def _document(item: OpenItem) -> Row:
    entry = item.entry
    return Row(
        entry.posted_on,
        entry.kind,
        entry.reference,
        item.currency,
        item.amount,
        entry.pk,
        item.due_on,
    )


def _settlement(each: Any) -> Row:
    entry = each.payer.entry
    amount = each.amount if each.undoes_id else -each.amount
    return Row(each.counts, entry.kind, entry.reference, each.payer.currency, amount, entry.pk)


def _related(applications: QuerySet[Any]) -> Any:
    rows = applications.select_related("payer__entry", "invoice__entry")
    return rows.annotate(counts=COUNTS_FROM)


def _applied(applications: QuerySet[Any], since: date, until: date) -> Iterable[Applied]:
    """In the order of the days."""
    rows = _related(applications).filter(counts__range=(since, until)).order_by("counts", "pk")
    return [
        Applied(
            each.counts,
            each.payer.currency,
            each.payer.entry.reference,
            each.payer.entry_id,
            each.invoice.entry.reference,
            each.invoice.entry_id,
            each.amount,
            bool(each.undoes_id),
        )
        for each in rows
    ]

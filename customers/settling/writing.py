"""Writing applications, and the exchange differences that they realise."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import connection

from customers import ledger
from customers.currencies import part_of
from customers.ledger import NewEntry, Posting
from customers.models import Application, Company, JournalEntry, OpenItem, User
from customers.money import ZERO

Listener = Callable[[Sequence[int]], None]
_listeners: list[Listener] = []


def on_settled(listener: Listener) -> Listener:
    """Have it called, within the transaction, with payers that are used otherwise than before."""
    _listeners.append(listener)
    return listener


@dataclass(frozen=True)
class Settlement:
    """``amount`` of the payer to apply to the invoice on a day.

    ``base`` is what it takes of the payer in base currency, where that is known; else it
    is in proportion to what is open.
    """

    payer: OpenItem
    invoice: OpenItem
    amount: Decimal
    day: date
    base: Decimal | None = None


def locked(items: Iterable[int]) -> dict[int, OpenItem]:
    """The open items as they stand now, by id, locked in id order."""
    rows = OpenItem.objects.select_for_update(of=("self",)).filter(pk__in=set(items))
    return {
        item.pk: item for item in rows.select_related("customer__company", "entry").order_by("pk")
    }


def write(
    company: Company, settlements: Iterable[Settlement], by: User | None = None
) -> list[Application]:
    """Write applications and the exchange differences that they realise.

    The items are locked by the caller, or nobody else's; they are brought up to date. The
    database refuses more than is open.
    """
    rows = [_row(company, each, by) for each in settlements]
    _post_differences(company, [row for row in rows if row.difference])
    written = Application.objects.bulk_create(rows)
    tell_of([row.payer_id for row in written])
    return written


def tell_of(payers: Sequence[int]) -> None:
    """These open items, by id, were applied, taken back or paid out."""
    for listener in _listeners:
        listener(payers)


def _row(company: Company, new: Settlement, by: User | None) -> Application:
    payer, invoice = new.payer, new.invoice
    of_payer = of_invoice = new.amount
    if payer.currency != company.base_currency:
        of_payer = _base_of(payer, new.amount, new.base)
        of_invoice = _base_of(invoice, new.amount, new.base)
    payer.base_applied += of_payer
    invoice.base_applied += of_invoice
    payer.applied += new.amount
    invoice.applied += new.amount
    return Application(
        payer=payer,
        invoice=invoice,
        amount=new.amount,
        payer_base=of_payer,
        invoice_base=of_invoice,
        applied_on=new.day,
        applied_by=by,
    )


def _base_of(item: OpenItem, amount: Decimal, wanted: Decimal | None) -> Decimal:
    """What ``amount`` takes of the item in base currency: the last of it all that is left."""
    if amount < item.open and wanted is not None and wanted <= item.base_open:
        return wanted
    return part_of(item.base_open, amount, item.open)


def _post_differences(company: Company, rows: Sequence[Application]) -> None:
    if not rows:
        return
    chart = ledger.Chart(company)
    with connection.cursor() as cursor:  # an entry is named after its application
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence('customers_application', 'id'))"
            " FROM generate_series(1, %s)",
            [len(rows)],
        )
        for row, (pk,) in zip(rows, cursor.fetchall(), strict=True):
            row.pk = pk
    entries = ledger.post_all(company, [_difference_entry(row, chart) for row in rows])
    for row, entry in zip(rows, entries, strict=True):
        row.entry = entry


def _difference_entry(row: Application, chart: ledger.Chart) -> NewEntry:
    """Gained: Dr receivable, Cr exchange differences. Lost: the other way round."""
    gain, loss = max(row.difference, ZERO), max(-row.difference, ZERO)
    postings = [
        Posting(
            chart.account(ledger.RECEIVABLE), debit=gain, credit=loss, customer=row.payer.customer
        ),
        Posting(chart.account(ledger.EXCHANGE), debit=loss, credit=gain),
    ]
    return NewEntry(JournalEntry.Kind.EXCHANGE, f"FX-{row.pk:06d}", row.applied_on, postings)


def take_back(
    application: Application, day: date, by: User | None, reason: str = ""
) -> Application:
    """Write what undoes the application, and its exchange difference; the items are locked."""
    payer, invoice = application.payer, application.invoice
    back = Application(
        payer=payer,
        invoice=invoice,
        amount=application.amount,
        payer_base=application.payer_base,
        invoice_base=application.invoice_base,
        applied_on=day,
        applied_by=by,
        undoes=application,
        reason=reason,
    )
    if back.difference:
        _post_differences(payer.customer.company, [back])
    back.save(force_insert=True)
    tell_of([payer.pk])
    return back

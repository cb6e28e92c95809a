"""What invoices, payments and write-offs should have left in the ledger."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from django.db.models import F, Sum

from customers import ledger
from customers.books.expected import Expected, Item, Lines, posted_as
from customers.models import (
    Application,
    Invoice,
    InvoiceLine,
    InvoiceTax,
    JournalEntry,
    OpenItem,
    Payment,
    Refund,
    WriteOff,
    WriteOffTax,
)
from customers.money import ZERO
from customers.write_offs.booking import ENTRY_KINDS, expense_of

Kind = JournalEntry.Kind
Side = OpenItem.Side
CHUNK = 2000


@posted_as(Kind.INVOICE)
def invoices() -> Iterator[Expected]:
    """Dr receivable, Cr sales (or what its kind of line posts to), Cr each tax, by the lines."""
    rows = Invoice.objects.order_by("pk").iterator(chunk_size=CHUNK)
    nets, taxes = _nets(), _taxes()
    for invoice in rows:
        lines = Lines()
        total = ZERO
        for kind, net in nets.get(invoice.pk, ()):
            lines.credit(ledger.ACCOUNT_OF_KIND.get(kind, ledger.SALES), net)
            total += net
        for kind, province, amount in taxes.get(invoice.pk, ()):
            lines.credit(ledger.tax_code(kind, province), amount)
            total += amount
        if total:
            lines.debit(ledger.RECEIVABLE, total, invoice.customer_id)
            yield Expected(
                f"invoice {invoice.number}",
                invoice.company_id,
                Kind.INVOICE,
                invoice.number,
                invoice.issued_on,
                lines.in_base(_rate(invoice)),
                Item(Side.OWES, total, invoice.currency),
            )


def _nets() -> dict[int, list[tuple[str, Decimal]]]:
    sums: dict[int, list[tuple[str, Decimal]]] = defaultdict(list)
    rows = InvoiceLine.objects.values_list("invoice", "kind").annotate(sum=Sum("net"))
    for invoice, kind, net in rows.order_by("invoice", "kind").iterator():
        sums[invoice].append((kind, net))
    return sums


def _taxes() -> dict[int, list[tuple[str, str, Decimal]]]:
    sums: dict[int, list[tuple[str, str, Decimal]]] = defaultdict(list)
    rows = InvoiceTax.objects.order_by("invoice", "pk")
    for invoice, kind, province, amount in rows.values_list(
        "invoice", "kind", "province", "amount"
    ).iterator():
        sums[invoice].append((kind, province, amount))
    return sums


def _rate(document: object) -> Decimal:
    """What one unit of the document's currency is worth in base currency."""
    rate: Decimal = getattr(document, "rate", Decimal(1))
    return rate


@posted_as(Kind.PAYMENT)
def payments() -> Iterator[Expected]:
    """Dr bank clearing, Cr receivable."""
    for payment in Payment.objects.order_by("pk").iterator(chunk_size=CHUNK):
        lines = Lines()
        lines.debit(ledger.BANK, payment.amount)
        lines.credit(ledger.RECEIVABLE, payment.amount, payment.customer_id)
        yield Expected(
            f"payment {payment.number}",
            payment.company_id,
            Kind.PAYMENT,
            payment.number,
            payment.received_on,
            lines.in_base(_rate(payment)),
            Item(Side.PAYS, payment.amount, payment.currency),
        )


@posted_as(Kind.WRITE_OFF, Kind.BAD_DEBT, Kind.RECOVERY, Kind.REVERSAL)
def write_offs() -> Iterator[Expected]:
    """Dr small balances, or bad debts and each tax; Cr receivable. Undone, the other way round."""
    taxes: dict[int, list[tuple[str, str, Decimal]]] = defaultdict(list)
    for row in WriteOffTax.objects.values_list("write_off", "kind", "province", "amount"):
        taxes[row[0]].append(row[1:])
    rows = WriteOff.objects.select_related("undoes", "invoice").order_by("pk")
    for write_off in rows.iterator(chunk_size=CHUNK):
        yield _write_off(write_off, taxes[write_off.pk])


def _write_off(write_off: WriteOff, taxes: list[tuple[str, str, Decimal]]) -> Expected:
    sign = -1 if write_off.undoes_id else 1
    lines, net = Lines(), write_off.amount
    for kind, province, amount in taxes:
        lines.debit(ledger.tax_code(kind, province), sign * amount)
        net -= amount
    lines.debit(expense_of(write_off), sign * net)
    lines.credit(ledger.RECEIVABLE, sign * write_off.amount, write_off.customer_id)
    return Expected(
        f"write-off {write_off.number}",
        write_off.company_id,
        ENTRY_KINDS[WriteOff.Kind(write_off.kind)],
        write_off.number,
        write_off.issued_on,
        lines.in_base(_rate(write_off.invoice)),
        Item(Side.OWES if write_off.undoes_id else Side.PAYS, write_off.amount, write_off.currency),
    )


@posted_as(Kind.REFUND)
def refunds() -> Iterator[Expected]:
    """Dr receivable, Cr bank clearing, at the rate of the day on which it was confirmed."""
    confirmed = Refund.objects.filter(state=Refund.State.CONFIRMED).select_related("company")
    for refund in confirmed.order_by("pk").iterator(chunk_size=CHUNK):
        lines = Lines()
        lines.debit(ledger.RECEIVABLE, refund.amount, refund.customer_id)
        lines.credit(ledger.BANK, refund.amount)
        yield Expected(
            f"refund {refund}",
            refund.company_id,
            Kind.REFUND,
            refund.reference,
            refund.company.day_of(refund.decided_at),
            lines.in_base(_rate(refund)),
            Item(Side.OWES, refund.amount, refund.currency),
        )


@posted_as(Kind.EXCHANGE)
def exchange_differences() -> Iterator[Expected]:
    """What an application gained or lost: Dr receivable, Cr exchange differences."""
    rows = Application.objects.exclude(payer_base=F("invoice_base"))
    for row in rows.select_related("payer__customer").order_by("pk").iterator(chunk_size=CHUNK):
        customer = row.payer.customer
        lines = Lines()
        lines.debit(ledger.RECEIVABLE, row.difference, customer.pk)
        lines.credit(ledger.EXCHANGE, row.difference)
        yield Expected(
            f"application {row.pk}",
            customer.company_id,
            Kind.EXCHANGE,
            f"FX-{row.pk:06d}",
            row.applied_on,
            lines.in_base(),
        )

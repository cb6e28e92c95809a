"""What stands of an invoice and of its write-offs, in amounts and taxes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal

from django.db.models import F, QuerySet, Sum

from customers.models import Invoice, WriteOff, WriteOffTax
from customers.money import ZERO
from customers.relief import Charged, Tax

#: What takes something off an invoice for good; each module that credits adds its own.
CREDITED: list[Callable[[Invoice], Charged]] = []


def charged(invoice: Invoice) -> Charged:
    """The invoice's total and taxes, less what was credited of them."""
    taxes: dict[Tax, Decimal] = {}
    for tax in invoice.taxes.all():
        key = (tax.kind, tax.province)
        taxes[key] = taxes.get(key, ZERO) + tax.amount
    total = invoice.total
    for credited_of in CREDITED:
        credited = credited_of(invoice)
        total -= credited.total
        for key, amount in credited.taxes.items():
            taxes[key] = taxes.get(key, ZERO) - amount
    return Charged(total, taxes)


def standing(invoices: Iterable[int]) -> QuerySet[WriteOff]:
    """What was written off of these invoices and is not undone whole."""
    done = WriteOff.objects.filter(invoice__in=list(invoices), undoes__isnull=True)
    undone = done.annotate(undone=Sum("undone_by__amount", default=ZERO))
    left: QuerySet[WriteOff] = undone.filter(undone__lt=F("amount")).order_by("pk")
    return left


def bad_debts_of(invoice: Invoice) -> tuple[Decimal, dict[Tax, Decimal]]:
    """The bad debts of the invoice that are neither recovered nor reversed, and their tax."""
    done = list(WriteOff.objects.filter(invoice=invoice, kind=WriteOff.Kind.BAD_DEBT))
    undone = list(WriteOff.objects.filter(undoes__in=done))
    taken = taxes_of(undone)
    given = {tax: amount - taken.get(tax, ZERO) for tax, amount in taxes_of(done).items()}
    return _total(done) - _total(undone), given


def undone_of(write_off: WriteOff) -> tuple[Decimal, dict[Tax, Decimal]]:
    """How much of the write-off was recovered or reversed, and the tax taken again."""
    undone = list(write_off.undone_by.all())
    return _total(undone), taxes_of(undone)


def taxes_of(write_offs: Iterable[WriteOff]) -> dict[Tax, Decimal]:
    """Each tax of these write-offs, summed."""
    rows = WriteOffTax.objects.filter(write_off__in=list(write_offs))
    sums = rows.values_list("kind", "province").annotate(sum=Sum("amount")).order_by()
    return {(kind, province): amount for kind, province, amount in sums}


def _total(write_offs: Iterable[WriteOff]) -> Decimal:
    return sum((write_off.amount for write_off in write_offs), ZERO)

"""What credits mean to write-offs: what they took off an invoice, and that they come first."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from decimal import Decimal

from django.db.models import Sum

from creditnotes.models import CreditLine, CreditNote, CreditTax, Hold
from customers import write_offs
from customers.models import Invoice, User, WriteOff
from customers.money import ZERO
from customers.relief import Charged, Tax


def reverse_write_offs(note: CreditNote, by: User | None, moment: datetime) -> list[WriteOff]:
    """Undo what was written off of the invoices that the note credits, before it is posted."""
    lines = note.lines.filter(invoice__isnull=False).values_list("invoice", flat=True)
    return write_offs.reverse_all_of(set(lines), by=by, moment=moment)


def credited_of(invoice: Invoice) -> Charged:
    """What issued credit notes took off the invoice: the total and each tax."""
    issued = {"note__hold": Hold.ISSUED}
    lines = CreditLine.objects.filter(invoice=invoice, **issued)
    net = lines.aggregate(sum=Sum("net", default=ZERO))["sum"]
    taxes: dict[Tax, Decimal] = defaultdict(lambda: ZERO)
    rows = CreditTax.objects.filter(invoice=invoice, **issued).values_list(
        "creditable__kind", "creditable__province", "amount"
    )
    for kind, province, amount in rows:
        taxes[kind, province] += amount
    return Charged(net + sum(taxes.values(), ZERO), taxes)


write_offs.CREDITED.append(credited_of)

"""Undoing write-offs, so that an invoice owes what it did and can be credited."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from customers.models import OpenItem, User, WriteOff
from customers.relief import repaid
from customers.write_offs.booking import Kind, New, apply, book, locked
from customers.write_offs.standing import standing, taxes_of, undone_of


@transaction.atomic
def reverse_all_of(
    invoices: Collection[int], *, by: User | None, moment: datetime
) -> list[WriteOff]:
    """Undo what is still written off of the invoices of these ids, before they are credited.

    Locks the items of all of them, as crediting will; without a write-off it locks nothing.
    """
    if not standing(invoices).exists():
        return []
    locked(Q(entry__invoice__in=invoices) | Q(entry__write_off__invoice__in=invoices))
    written_off = standing(invoices).select_related("invoice__company", "invoice__customer")
    return [_reverse(write_off, by, moment) for write_off in written_off]


def _reverse(write_off: WriteOff, by: User | None, moment: datetime) -> WriteOff:
    """Undo what was not recovered, and let the invoice owe just that again."""
    before, taken = undone_of(write_off)
    amount = write_off.amount - before
    taxes = repaid(write_off.amount, taxes_of([write_off]), before, taken, amount)
    made, item = book(New(Kind.REVERSAL, write_off.invoice, amount, taxes, write_off), by, moment)
    payer = OpenItem.objects.get(entry=write_off.entry_id)
    owed = OpenItem.objects.get(entry=write_off.invoice.entry_id)
    for applied in payer.applications.filter(undoes=None, undone_by=None, invoice=owed):
        apply(payer, owed, applied.amount, made, by, undoes=applied)
    if before:
        apply(payer, owed, before, made, by)
    apply(payer, item, amount, made, by)
    return made

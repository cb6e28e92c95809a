"""How many documents of a period owe the ledger an entry and have none, for closing it.

Payments, deposits and write-offs can't be without: their entry is a required column. What an
entry says is compared with its document by ``check_ledger``, which reads everything; this
only looks where an entry is missing, so it takes no longer the more documents there are.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import F

from customers.models import Application, FiscalPeriod, Invoice, Refund


def unposted(period: FiscalPeriod) -> int:
    """Invoices of more than nothing, confirmed refunds and exchange differences without entry."""
    company, days = period.company, (period.starts_on, period.ends_on)
    invoices = Invoice.objects.filter(company=company, issued_on__range=days, total__gt=0)
    refunds = Refund.objects.filter(
        company=company, state=Refund.State.CONFIRMED, decided_at__range=moments_of(period)
    )
    differences = Application.objects.filter(
        payer__customer__company=company, applied_on__range=days
    ).exclude(payer_base=F("invoice_base"))
    found = (invoices, refunds, differences)
    return sum(documents.filter(entry__isnull=True).count() for documents in found)


def moments_of(period: FiscalPeriod) -> tuple[datetime, datetime]:
    """The first and the last moment of the period, in the company's own time."""
    zone = ZoneInfo(period.company.time_zone)
    end = datetime.combine(period.ends_on + timedelta(days=1), time(), zone)
    return datetime.combine(period.starts_on, time(), zone), end - timedelta(microseconds=1)

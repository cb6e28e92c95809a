"""What a period's end cuts through: credits approved and not issued, credits that came later."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from creditnotes.models import CreditLine, CreditNote, Event, IssuedDocument, State
from customers.models import FiscalPeriod

#: What ends that a note is approved.
_ENDED = (Event.Kind.ISSUED, Event.Kind.CANCELLED)


def approved_unissued(period: FiscalPeriod) -> QuerySet[Any]:
    """Credit notes approved by the end of the period and issued after it, or not yet.

    Each with ``approved_at``. What the company had agreed to give and not given.
    """
    end = _end(period)
    events = Event.objects.filter(note=OuterRef("pk"), happened_at__lt=end)
    approved = events.filter(kind=Event.Kind.APPROVED)
    notes: QuerySet[Any] = CreditNote.objects.filter(
        Exists(approved),
        ~Exists(events.filter(kind__in=_ENDED)),
        company=period.company_id,
        state__in=[State.APPROVED, State.ISSUED, State.REVERSED],
    )
    at = Subquery(approved.order_by("-happened_at").values("happened_at")[:1])
    found: QuerySet[Any] = notes.annotate(approved_at=at)
    return found.select_related("customer", "reason", "document")


def later_credits(period: FiscalPeriod) -> QuerySet[Any]:
    """Credit notes posted after the period, on invoices posted by its end; the oldest first.

    What of the period's sales was taken back later.
    """
    lines = CreditLine.objects.filter(
        note=OuterRef("note"), invoice__entry__posted_on__lte=period.ends_on
    )
    documents = IssuedDocument.objects.filter(
        Exists(lines), company=period.company_id, entry__posted_on__gt=period.ends_on
    )
    found: QuerySet[Any] = documents.select_related("note__customer", "entry").defer("snapshot")
    return found


def invoices_of(documents: list[Any], period: FiscalPeriod) -> dict[int, str]:
    """The numbers of the period's invoices that each of the documents credits, by note."""
    rows = CreditLine.objects.filter(
        note__in=[document.note_id for document in documents],
        invoice__entry__posted_on__lte=period.ends_on,
    )
    numbers: dict[int, dict[str, None]] = {}
    for note, number in rows.values_list("note", "invoice__number").order_by("position"):
        numbers.setdefault(note, {})[number] = None
    return {note: ", ".join(found) for note, found in numbers.items()}


def _end(period: FiscalPeriod) -> datetime:
    """The first moment after the period, in the company's own time."""
    day = period.ends_on + timedelta(days=1)
    return datetime.combine(day, time(), ZoneInfo(period.company.time_zone))

"""The few facts that the queue shows of a credit note beside its list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from approvals.course import Stop, course_of, stop_of
from creditnotes.models import Attachment, CreditNote, Event
from creditnotes.telling import words_in
from customers.models import Invoice, User


@dataclass(frozen=True)
class Brief:
    """What a glance at a waiting credit note tells."""

    note: CreditNote
    invoices: Sequence[Invoice]
    attachments: Sequence[Attachment]
    customers_words: str
    course: Sequence[Stop]
    #: The step that waits now; of several open at once the reader's.
    stop: Stop | None


def brief_of(note: CreditNote, user: User, moment: datetime) -> Brief:
    """The glance of ``user`` at ``note``, in four queries."""
    requests = note.events.filter(kind=Event.Kind.REQUESTED)
    credited = note.lines.filter(invoice__isnull=False).values("invoice")
    course = course_of(note, moment, user)
    return Brief(
        note=note,
        invoices=list(Invoice.objects.filter(pk__in=credited).order_by("issued_on", "pk")),
        attachments=list(note.attachments.select_related("invoice_line__product")),
        customers_words=words_in(requests),
        course=course,
        stop=stop_of(course, user),
    )

"""Other credit notes to compare with: decided alike, or crediting the same lines."""

from __future__ import annotations

from django.db.models import F, Q, QuerySet

from approvals.models import Decision
from creditnotes.models import CLOSED, CreditLine, CreditNote
from customers.models import User

#: How many of each are shown.
FEW = 5


def similar_to(note: CreditNote, user: User) -> QuerySet[Decision]:
    """The latest final decisions for the same customer or reason, of notes one may see."""
    alike = Q(note__customer=note.customer_id) | Q(note__reason=note.reason_id)
    return (
        Decision.objects.filter(
            alike,
            note__in=CreditNote.objects.visible_to(user),
            verdict__in=[Decision.Verdict.APPROVE, Decision.Verdict.REJECT],
        )
        .exclude(note=note)
        .select_related("note__customer", "note__reason", "actor")
        .order_by("-id")[:FEW]
    )


def duplicates_of(note: CreditNote, user: User) -> QuerySet[CreditNote]:
    """Other notes, open or issued, that credit the same invoice lines."""
    same = CreditLine.objects.filter(creditable__in=note.lines.values("creditable")).values("note")
    notes: QuerySet[CreditNote] = (
        CreditNote.objects.visible_to(user)
        .filter(pk__in=same)
        .exclude(pk=note.pk)
        .exclude(state__in=CLOSED)
        .select_related("reason", "owner", "document")
        .order_by(F("submitted_at").desc(nulls_last=True), "-pk")
    )
    return notes[:FEW]

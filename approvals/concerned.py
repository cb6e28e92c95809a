"""Whose review queue may change by what happens to a credit note."""

from __future__ import annotations

from approvals.access import in_force
from approvals.models import Assignment, Delegation


def whose_queue(note_id: int) -> set[int]:
    """The ids of all whom a step of the note ever asked, and of those who stand in for them.

    More than may decide now: who has just decided sees the note go.
    """
    asked = Assignment.objects.filter(step__note=note_id).values_list("user", flat=True)
    stand_ins = Delegation.objects.filter(in_force(), delegator__in=asked)
    return {*asked, *stand_ins.values_list("delegate", flat=True)}

"""The approvers' pages; the name of a view is that of its address."""

from approvals.views.asking import answer, ask
from approvals.views.automatic import automatic, review
from approvals.views.away import away, come_back
from approvals.views.bulk import bulk
from approvals.views.changes import changes
from approvals.views.deciding import approve, decide, endorse, reject, return_for_changes
from approvals.views.explaining import explained
from approvals.views.lessening import approve_for_less
from approvals.views.queue import forget_filter, preview, review_queue
from approvals.views.reassigning import reassign

__all__ = [
    "answer",
    "approve",
    "approve_for_less",
    "ask",
    "automatic",
    "away",
    "bulk",
    "changes",
    "come_back",
    "decide",
    "endorse",
    "explained",
    "forget_filter",
    "preview",
    "reassign",
    "reject",
    "return_for_changes",
    "review",
    "review_queue",
]

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
from approvals.views.requests import (
    accept_as_asked,
    hand_over,
    make_offer,
    requests,
    requests_count,
)

__all__ = [
    "accept_as_asked",
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
    "hand_over",
    "make_offer",
    "preview",
    "reassign",
    "reject",
    "requests",
    "requests_count",
    "return_for_changes",
    "review",
    "review_queue",
]

"""The approvers' pages; the name of a view is that of its address."""

from approvals.views.deciding import approve, decide, endorse, reject, return_for_changes
from approvals.views.queue import preview, review_queue

__all__ = [
    "approve",
    "decide",
    "endorse",
    "preview",
    "reject",
    "return_for_changes",
    "review_queue",
]

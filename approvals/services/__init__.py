"""From submission to decision, one function a verb.

Each opens its transaction, locks the note first, and asks who and when before it
writes. ``moment`` is when it happens.
"""

from approvals.services.appealing import appeal
from approvals.services.asking import answer, ask, may_answer
from approvals.services.away import come_back, go_away, may_switch
from approvals.services.deciding import approve, endorse, reject, return_for_changes
from approvals.services.leaving import close_account
from approvals.services.lessening import approve_for_less, turn_to_lessen
from approvals.services.offers import (
    accept_offer,
    decline_offer,
    expire_offer,
    make_offer,
    offer_by_policy,
    renew_offer,
    request,
)
from approvals.services.proposing import (
    confirm,
    propose_limit,
    propose_policy,
    refuse,
    takes_two,
)
from approvals.services.reassigning import reassign, require_movable
from approvals.services.rehearsals import offer_waiting, run_rehearsal, start_rehearsal
from approvals.services.requests import accept_as_asked
from approvals.services.reviewing import review_automatic
from approvals.services.submitting import decline, recall, submit, withdraw
from approvals.services.turns import Turn, turn_of
from approvals.services.watching import escalate, remind, run_clocks, stop_clocks

__all__ = [
    "Turn",
    "accept_as_asked",
    "accept_offer",
    "answer",
    "appeal",
    "approve",
    "approve_for_less",
    "ask",
    "close_account",
    "come_back",
    "confirm",
    "decline",
    "decline_offer",
    "endorse",
    "escalate",
    "expire_offer",
    "go_away",
    "make_offer",
    "may_answer",
    "may_switch",
    "offer_by_policy",
    "offer_waiting",
    "propose_limit",
    "propose_policy",
    "reassign",
    "recall",
    "refuse",
    "reject",
    "remind",
    "renew_offer",
    "request",
    "require_movable",
    "return_for_changes",
    "review_automatic",
    "run_clocks",
    "run_rehearsal",
    "start_rehearsal",
    "stop_clocks",
    "submit",
    "takes_two",
    "turn_of",
    "turn_to_lessen",
    "withdraw",
]

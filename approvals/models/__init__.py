"""From submission to decision: policies, limits, steps, decisions, delegations."""

from approvals.models.assignments import Assignment
from approvals.models.customer_offers import CustomerOffer
from approvals.models.decisions import DecidedCreditNote, Decision
from approvals.models.delegations import Delegation
from approvals.models.limits import ApprovalLimit, OfferTerms
from approvals.models.policies import Policy, PolicyStep, Pool, Role
from approvals.models.proposals import Proposal, ProposalAnswer
from approvals.models.questions import Question
from approvals.models.rehearsals import RehearsalRun
from approvals.models.replies import ReplyTemplate
from approvals.models.reviews import AfterReview
from approvals.models.steps import ClockStop, Routing, Step

__all__ = [
    "AfterReview",
    "ApprovalLimit",
    "Assignment",
    "ClockStop",
    "CustomerOffer",
    "DecidedCreditNote",
    "Decision",
    "Delegation",
    "OfferTerms",
    "Policy",
    "PolicyStep",
    "Pool",
    "Proposal",
    "ProposalAnswer",
    "Question",
    "RehearsalRun",
    "ReplyTemplate",
    "Role",
    "Routing",
    "Step",
]

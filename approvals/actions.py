"""What a person could do with a credit note now: *who* and *when* together, for its page.

The services ask again under lock; this only spares people buttons that would refuse.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.utils import timezone
from django_fsm import can_proceed

from approvals.appealing import may_appeal
from approvals.models import Decision, Step
from creditnotes import access
from creditnotes.models import EDITABLE, TAKES_PHOTOS, CreditNote, Origin, State
from creditnotes.restocking import awaited
from creditnotes.services import is_returned_to_nobody
from creditnotes.services.reversing import proposed_on
from customers.models import User


def possible(user: User, note: CreditNote) -> frozenset[str]:
    """The verbs open to ``user``: ``edit``, ``submit``, ``recall``, ``decide`` and so on."""
    rules: Mapping[str, Callable[[], bool]] = {
        "edit": lambda: note.state in EDITABLE and access.may_edit(user, note),
        "ask_for_photos": lambda: (
            note.state in TAKES_PHOTOS and access.may_ask_for_photos(user, note)
        ),
        "recall": lambda: can_proceed(note.recall) and _may_recall(user, note),
        "withdraw": lambda: can_proceed(note.withdraw) and access.may_withdraw(user, note),
        "pick_up": lambda: _can_pick_up(note) and access.may_pick_up(user, note),
        "issue": lambda: (
            can_proceed(note.issue) and access.may_issue(user, note) and not awaited(note)
        ),
        "receive_goods": lambda: access.may_receive_goods(user, note) and _awaits_goods(note),
        "cancel": lambda: can_proceed(note.cancel) and access.may_cancel(user, note),
        "reverse": lambda: _may_reverse(user, note) and proposed_on(note) is None,
        "confirm_reversal": lambda: _may_reverse(user, note) and _second_person(user, note),
        "withdraw_reversal": lambda: _may_reverse(user, note) and _proposer(user, note),
        "appeal": lambda: may_appeal(user, note, timezone.now()) is not None,
        "decide": lambda: note.state == State.SUBMITTED and _may_decide(user, note),
    }
    open_to_them = {verb for verb, rule in rules.items() if rule()}
    if "edit" in open_to_them:
        open_to_them.add("submit")
    is_new = note.state == State.REQUESTED and "pick_up" in open_to_them
    if is_new or ("edit" in open_to_them and _is_request(note)):
        open_to_them |= {"decline", "answer_request"}
    return frozenset(open_to_them)


def _can_pick_up(note: CreditNote) -> bool:
    return can_proceed(note.pick_up) or is_returned_to_nobody(note)


def _is_request(note: CreditNote) -> bool:
    """Whether a customer asks for it, and a rep has it but has not submitted it."""
    return note.state == State.DRAFT and note.origin == Origin.PORTAL


def _awaits_goods(note: CreditNote) -> bool:
    return note.state in (State.APPROVED, State.ISSUED) and bool(awaited(note))


def _may_reverse(user: User, note: CreditNote) -> bool:
    return can_proceed(note.reverse) and access.may_reverse(user, note)


def _second_person(user: User, note: CreditNote) -> bool:
    reversal = proposed_on(note)
    return reversal is not None and reversal.proposed_by_id != user.pk


def _proposer(user: User, note: CreditNote) -> bool:
    reversal = proposed_on(note)
    return reversal is not None and reversal.proposed_by_id == user.pk


def _may_recall(user: User, note: CreditNote) -> bool:
    said_yes = note.decisions.filter(verdict__in=Decision.YES)
    decided = said_yes.filter(step__submission=note.submissions)
    return access.may_withdraw(user, note) and not decided.exists()


def _may_decide(user: User, note: CreditNote) -> bool:
    return Step.objects.decidable_by(user).filter(note=note).exists()

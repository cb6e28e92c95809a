"""Who may decide a step, and who may see a note because of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q
from django.db.models.functions import Now

from creditnotes.access import further_ground
from customers.access import NOBODY, is_staff_member

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from approvals.models import Delegation
    from customers.models import User


def in_force() -> Q:
    """The condition that a delegation is in force at this moment."""
    return Q(starts_at__lte=Now(), ends_at__gt=Now())


def may_decide(user: User | AnonymousUser) -> Q:
    """Open steps assigned to the person or to somebody they stand in for.

    Notes in which they took part are left out: nobody approves their own (rule 6).
    """
    if not is_staff_member(user):
        return NOBODY
    mine = user.assignments.values("step")
    delegated = _assignments_of_delegators(user)
    own = user.participations.values("note")
    return (
        Q(status="open", note__state="submitted", note__company=user.company_id)
        & (Q(pk__in=mine) | Q(pk__in=delegated))
        & ~Q(note__in=own)
    )


def _assignments_of_delegators(user: User) -> QuerySet[Delegation, Any]:
    return user.delegations_held.filter(
        in_force(),
        delegator__company=user.company_id,
        delegator__assignments__isnull=False,
    ).values("delegator__assignments__step")


@further_ground
def has_a_part(user: User) -> Q:
    """Notes on which one has or had a step, or stands in for somebody who does (rule 7)."""
    return Q(pk__in=user.assignments.values("step__note")) | Q(
        pk__in=user.delegations_held.filter(
            in_force(), delegator__assignments__isnull=False
        ).values("delegator__assignments__step__note")
    )

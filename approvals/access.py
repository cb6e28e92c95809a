"""Who may decide a step, and who may see a note because of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.contrib.auth.models import AnonymousUser
from django.db.models import BooleanField, Exists, ExpressionWrapper, F, OuterRef, Q
from django.db.models.functions import Now

from creditnotes.access import further_ground
from customers.access import FINANCE, NOBODY, is_staff_member
from customers.models import Department, User

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from approvals.models import Assignment, Decision


def in_force(moment: datetime | None = None) -> Q:
    """The condition that a delegation is in force then; by the database's clock without one."""
    when = moment or Now()
    return Q(starts_at__lte=when, ends_at__gt=when)


def covering(department: Any, amount: Any) -> Q:
    """The condition that a delegation is about that department's customers, and so much."""
    return (Q(department=None) | Q(department=department)) & (Q(up_to=None) | Q(up_to__gte=amount))


def still_stands() -> Q:
    """The condition on an assignment that the person is active and holds the step's role today.

    Whom a step asks is frozen at submission (rule 9); one who has left the role since, or in
    whose place somebody else is asked, decides no more, nor does anybody for them.
    """
    manages = Q(
        step__role="department_manager", step__note__customer__department__manager=F("user")
    )
    in_finance = Q(
        step__role="finance", user__in=_in_finance(), user__company=F("step__note__company")
    )
    keeps_the_account = Q(
        step__role="account_manager", step__note__customer__account_manager=F("user")
    )
    in_pool = Q(step__role="pool") & Q(Exists(_membership()))
    in_person = Q(step__role__in=["person", "management"], user__company=F("step__note__company"))
    holds_it = manages | in_finance | keeps_the_account | in_pool | in_person
    yes = said_yes(OuterRef("step__note"), OuterRef("step__submission"), OuterRef("user"))
    holds = Q(asked_as="") & holds_it
    asked = Q(user__is_active=True, replaced_by=None) & (holds | _asked_besides())
    return asked & ~Q(Exists(yes))


def _in_finance() -> QuerySet[Any, Any]:
    return User.objects.filter(groups__name=FINANCE).values("pk")


def _membership() -> QuerySet[Any]:
    """An assignment's person in its step's pool."""
    members = apps.get_model("approvals", "Pool").members.through.objects
    membership: QuerySet[Any] = members.filter(pool=OuterRef("step__pool"), user=OuterRef("user"))
    return membership


def _asked_besides() -> Q:
    """Asked in a role of their own, not the step's: finance, a manager elsewhere, a superior."""
    ours = Q(user__company=F("step__note__company"))
    managers = Department.objects.filter(manager__isnull=False).values("manager")
    return ours & (
        Q(asked_as="finance", user__in=_in_finance())
        | Q(asked_as="department_manager", user__in=managers)
        | Q(asked_as="management")
    )


def said_yes(
    note: OuterRef | int, submission: OuterRef | int, person: OuterRef | User
) -> QuerySet[Decision]:
    """Where a person said yes on a submission already, or somebody did for them: once is all."""
    by_them = Q(actor=person) | Q(on_behalf_of=person)
    decisions: QuerySet[Decision] = apps.get_model("approvals", "Decision").objects.filter(
        by_them, note=note, step__submission=submission, verdict__in=["endorse", "approve"]
    )
    return decisions


def may_decide(user: User | AnonymousUser) -> Q:
    """Open steps assigned to the person or to somebody they stand in for, who still hold the role.

    Notes in which they took part are left out: nobody approves their own (rule 6).
    """
    return _may_decide(user, principals_of(user)) if is_staff_member(user) else NOBODY


def may_decide_themselves(user: User) -> Q:
    """What of :func:`may_decide` asks the person themselves."""
    return _may_decide(user, Q(user=user))


def may_decide_for_others(user: User) -> Q:
    """What of :func:`may_decide` asks somebody they stand in for, and not the person too."""
    return _may_decide(user, delegated_to(user)) & ~asks(user, Q(user=user))


def is_waiting(user: User) -> Q:
    """Open steps of submitted notes of the person's company, whomever they ask."""
    return Q(status="open", note__state="submitted", note__company=user.company_id)


def whether_may_decide(user: User) -> ExpressionWrapper[Q]:
    """:func:`may_decide` as a column of some steps, asked of each by itself."""
    asking = _assignments(user, principals_of(user)).filter(step=OuterRef("pk"))
    condition = is_waiting(user) & Q(Exists(asking)) & is_free(user)
    return ExpressionWrapper(condition, BooleanField())


def _may_decide(user: User, asked: Q) -> Q:
    return is_waiting(user) & asks(user, asked) & is_free(user)


def asks(user: User, asked: Q) -> Q:
    """The condition on a step that it is open and asks those people, who still hold its role."""
    return Q(pk__in=_assignments(user, asked).filter(step__status="open").values("step"))


def is_free(user: User) -> Q:
    """The condition on a step that the person neither took part in the note nor said yes to it."""
    yes = said_yes(OuterRef("note"), OuterRef("submission"), user)
    return ~Q(note__in=user.participations.values("note")) & ~Q(Exists(yes))


def _assignments(user: User, asked: Q) -> QuerySet[Assignment]:
    """Those of the people asked who still hold the step's role."""
    return user.assignments.model.objects.filter(asked, still_stands())


def principals_of(user: User) -> Q:
    """The condition on an assignment that it is the person's, or of one they stand in for now."""
    return Q(user=user) | delegated_to(user)


def delegated_to(user: User, moment: datetime | None = None) -> Q:
    """The condition on an assignment that the person stands in for whose it is.

    A delegation counts for its department and up to its amount alone; and not for somebody whom
    a later step asks alone: having said yes once, they could not say it there (rule 6).
    """
    absent = user.delegations_held.filter(in_force(moment), delegator__company=user.company_id)
    scope = covering(OuterRef("step__note__customer__department"), OuterRef("step__amount_counted"))
    covered = absent.filter(scope, delegator=OuterRef("user"))
    needed = alone_later().filter(user=user, step__note=OuterRef("step__note"))
    # Whether anybody is absent at all is asked once, the rest of each assignment.
    is_stand_in = Q(Exists(absent)) & Q(user__in=absent.values("delegator"))
    return is_stand_in & Q(Exists(covered)) & ~Q(Exists(needed))


def alone_later() -> QuerySet[Assignment]:
    """Those whom a step that is still to come asks, where it asks nobody else."""
    assignments: QuerySet[Assignment] = apps.get_model("approvals", "Assignment").objects.all()
    standing = assignments.filter(replaced_by=None)
    others = standing.filter(step=OuterRef("step"), user__is_active=True)
    return standing.filter(step__status="waiting").exclude(
        Exists(others.exclude(user=OuterRef("user")))
    )


@further_ground
def has_a_part(user: User) -> Q:
    """Notes on which one has or had a step or a question, or stands in for who has (rule 7)."""
    delegated = user.assignments.model.objects.filter(delegated_to(user))
    return (
        Q(pk__in=user.assignments.values("step__note"))
        | Q(pk__in=user.questions_received.values("note"))
        | Q(pk__in=delegated.values("step__note"))
    )

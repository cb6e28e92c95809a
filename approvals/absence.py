"""Being away: what keeps an absence from being switched on, and what to know about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from approvals.models import Assignment, Delegation, PolicyStep, Role, Step
from customers.access import FINANCE, MANAGERS, is_in, is_staff_member
from customers.errors import Refusal
from customers.models import Customer, Department, User


@dataclass(frozen=True)
class Absence:
    """Who is away from when until when, and who decides what of theirs meanwhile.

    Without ``department`` it is about all; ``up_to`` is the most that one credit note may
    count as, in the company's base currency with tax; None is the absent person's own limit.
    """

    delegator: User
    delegate: User
    starts_at: datetime
    ends_at: datetime
    department: Department | None = None
    up_to: Decimal | None = None


def may_be_asked(user: User) -> bool:
    """Whether open steps may come to a member of staff: by role, by name, by a pool, or from below.

    Of those who decide by role nothing is asked of the database.
    """
    if not is_staff_member(user):
        return False
    if is_in(user, MANAGERS) or is_in(user, FINANCE):
        return True
    return User.objects.filter(asked_in(user.company_id), pk=user.pk).exists()


def asked_in(company: int | None) -> Q:
    """The condition on a user that open steps of the company may come to them."""
    them = OuterRef("pk")
    active = PolicyStep.objects.filter(policy__is_active=True, policy__company=company)
    keeps = Exists(Customer.objects.filter(company=company, account_manager=them))
    grounds = (
        Q(groups__name__in=[MANAGERS, FINANCE])
        | Q(Exists(Assignment.objects.filter(user=them)))
        | Q(Exists(active.filter(pool__members=them)))
        | Q(Exists(active.filter(person=them)))
        | Q(keeps) & Q(Exists(active.filter(role=Role.ACCOUNT_MANAGER)))
        | Q(Exists(User.objects.filter(reports_to=them)))
    )
    return Q(company=company, company__isnull=False, is_active=True) & grounds


def stand_ins_in(company: int | None) -> Q:
    """The condition on a user that they decide for the company, so may do it for another, too."""
    decides = Q(groups__name__in=[MANAGERS, FINANCE]) | Q(pools__isnull=False)
    return Q(company=company, company__isnull=False, is_active=True) & decides


def stand_ins_for(person: User) -> Q:
    """The condition on a user that they may decide for ``person``: a colleague who decides, too."""
    return stand_ins_in(person.company_id) & ~Q(pk=person.pk)


def objections(absence: Absence, moment: datetime, besides: int | None = None) -> Iterator[Refusal]:
    """All that keeps it from being switched on, each beside its field.

    ``besides`` is the id of the delegation that is changed by it.
    """
    if words := _no_stand_in(absence, besides):
        yield Refusal(words, field="delegate")
    if absence.ends_at <= absence.starts_at:
        yield Refusal(_("The end must come after the beginning."), field="ends_at")
    elif absence.ends_at <= moment:
        yield Refusal(_("That is over already."), field="ends_at")
    if absence.department and absence.department.company_id != absence.delegator.company_id:
        yield Refusal(_("The department belongs to another company."), field="department")
    if absence.up_to is not None and absence.up_to <= 0:
        yield Refusal(_("More than zero, please."), field="up_to")


def _no_stand_in(absence: Absence, besides: int | None) -> str:
    """Why the person can't stand in; empty where they can."""
    away, stand_in = absence.delegator, absence.delegate
    if stand_in == away:
        return _("Choose somebody else.")
    if stand_in.company_id != away.company_id:
        return _("The person works for another company.")
    if not User.objects.filter(stand_ins_for(away), pk=stand_in.pk).exists():
        words = _(
            "%(who)s does not decide on credit notes: choose a manager, or somebody in finance or"
            " a pool."
        )
        return words % {"who": stand_in}
    circle = circle_of(absence, besides)
    return _("Nobody would decide: in that time %(names)s.") % {"names": circle} if circle else ""


def circle_of(absence: Absence, besides: int | None = None) -> str:
    """The stand-ins that would lead back to the one who is away, in words; empty for none."""
    at_the_time = Delegation.objects.filter(
        starts_at__lt=absence.ends_at, ends_at__gt=absence.starts_at
    ).exclude(pk=besides or 0)
    told: dict[int, str] = {absence.delegate.pk: ""}
    waiting = [absence.delegate.pk]
    while waiting:
        person = waiting.pop()
        for each in at_the_time.filter(delegator=person).select_related("delegator", "delegate"):
            step = _("%(who)s is away and named %(delegate)s") % {
                "who": each.delegator,
                "delegate": each.delegate,
            }
            words = ", ".join(filter(None, [told[person], step]))
            if each.delegate_id == absence.delegator.pk:
                return words
            if each.delegate_id not in told:
                told[each.delegate_id] = words
                waiting.append(each.delegate_id)
    return ""


def cautions(absence: Absence, moment: datetime) -> list[str]:
    """What to know about it, though it may be: the stand-in is away, too, or took part in some."""
    return [*_is_away(absence), *_took_part(absence, moment)]


def _is_away(absence: Absence) -> Iterator[str]:
    away = Delegation.objects.filter(
        delegator=absence.delegate, starts_at__lt=absence.ends_at, ends_at__gt=absence.starts_at
    )
    if away.exists():
        yield _(
            "%(who)s is away for some of that time, too; nobody decides for them in your place."
        ) % {"who": absence.delegate}


def _took_part(absence: Absence, moment: datetime) -> Iterator[str]:
    theirs = Step.objects.filter(
        pk__in=absence.delegator.assignments.filter(replaced_by=None).values("step"),
        status=Step.Status.OPEN,
        note__participants__user=absence.delegate,
    )
    if count := theirs.distinct().count():
        yield ngettext(
            "%(who)s took part in one credit note that waits: it stays with you.",
            "%(who)s took part in %(count)d credit notes that wait: they stay with you.",
            count,
        ) % {"who": absence.delegate, "count": count}

"""Whose work the review queue shows: one's own, one's team's, what is delegated, all of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    BooleanField,
    Exists,
    ExpressionWrapper,
    OuterRef,
    Q,
    TextChoices,
    TextField,
    Value,
)
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce, NullIf
from django.utils.translation import gettext_lazy as _

from approvals import access
from approvals.models import Assignment, Step
from approvals.querysets import StepQuerySet
from creditnotes.models import CreditNote
from customers.models import User


class Whose(TextChoices):
    """The views of the queue. The first and the third are to decide, the others to look at."""

    MINE = "mine", _("Mine")
    TEAM = "team", _("My team’s")
    DELEGATED = "delegated", _("Delegated to me")
    ALL = "all", _("All I may see")

    @property
    def heading(self) -> Any:
        """What the page is called."""
        return HEADINGS[self]

    @property
    def is_decided_here(self) -> bool:
        """Whether everything in it waits for the person, themselves or as a stand-in."""
        return self in (Whose.MINE, Whose.DELEGATED)


HEADINGS: Mapping[str, Any] = {
    Whose.MINE: _("Waiting for your decision"),
    Whose.TEAM: _("Waiting for your team"),
    Whose.DELEGATED: _("Waiting for those you stand in for"),
    Whose.ALL: _("All that waits"),
}


def steps_of(user: User, whose: Whose) -> StepQuerySet:
    """The open steps in that view of the person's queue."""
    steps: StepQuerySet = Step.objects.filter(_in_view(user, whose))
    return steps


def standing_of(user: User) -> StepQuerySet:
    """All open steps that the person may see; each tells how it stands to them.

    Whether it ``asks_them``, or somebody they stand in for (``asks_others``), is ``of_team``,
    and whether they are ``free`` to decide it: what :func:`views_of` makes views of.
    """
    stand_in = access.delegated_to(user)
    steps: StepQuerySet = Step.objects.filter(_may_see(user)).annotate(
        asks_them=_whether(access.asks(user, Q(user=user))),
        asks_others=_whether(access.asks(user, stand_in)),
        of_team=_whether(_of_team(user)),
        free=_whether(access.is_free(user)),
    )
    return steps


def _whether(condition: Q) -> ExpressionWrapper[Q]:
    return ExpressionWrapper(condition, BooleanField())


def views_of(standing: Mapping[str, Any]) -> list[Whose]:
    """The views that show a step which stands so to a person."""
    asks_them, asks_others = standing["asks_them"], standing["asks_others"]
    decidable = standing["free"] and (asks_them or asks_others)
    in_view = {
        Whose.MINE: decidable and asks_them,
        Whose.TEAM: standing["of_team"] and not decidable,
        Whose.DELEGATED: decidable and not asks_them,
        Whose.ALL: True,
    }
    return [whose for whose, is_in in in_view.items() if is_in]


def _in_view(user: User, whose: Whose) -> Q:
    match whose:
        case Whose.MINE:
            return access.may_decide_themselves(user)
        case Whose.DELEGATED:
            return access.may_decide_for_others(user)
        case Whose.TEAM:
            return _may_see(user) & _of_team(user) & ~Q(pk__in=_decidable(user))
        case Whose.ALL:
            return _may_see(user)


def _may_see(user: User) -> Q:
    """What waits on a credit note that the person may see (rule 7)."""
    notes = CreditNote.objects.visible_to(user).filter(state="submitted")
    return access.is_waiting(user) & Q(note__in=notes.values("pk"))


def _of_team(user: User) -> Q:
    """What asks those who report to the person, or is about customers of their department."""
    has_team = Q(Exists(User.objects.filter(reports_to=user.pk)))  # asked once, not of each
    asked = Assignment.objects.filter(
        has_team, access.still_stands(), user__in=reports_of(user), step__status="open"
    )
    return Q(pk__in=asked.values("step")) | Q(note__customer__department__manager=user.pk)


def _decidable(user: User) -> Any:
    return Step.objects.decidable_by(user).values("pk")


def reports_of(user: User) -> RawSQL:
    """The ids of all who report to the person, at any remove."""
    return RawSQL(_REPORTS, [user.pk])  # noqa: S611 - a constant and a parameter


_REPORTS = """
    WITH RECURSIVE below(id) AS (
        SELECT id FROM customers_user WHERE reports_to_id = %s
        UNION
        SELECT person.id FROM customers_user person JOIN below ON person.reports_to_id = below.id
    ) SELECT id FROM below
"""


def names_of_asked() -> ArraySubquery:
    """The names of those who may decide a step themselves now."""
    name = Coalesce(NullIf("user__full_name", Value("")), "user__email", output_field=TextField())
    asked = Assignment.objects.filter(access.still_stands(), step=OuterRef("pk"))
    names = asked.annotate(name=name).order_by("name").values("name")
    return ArraySubquery(names.distinct())

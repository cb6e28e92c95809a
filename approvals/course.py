"""The way of a credit note through its steps, for the pages that show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, OuterRef, Q, Subquery, TextField, Value, When
from django.db.models.functions import Coalesce, JSONObject, NullIf
from django.utils.translation import gettext as _

from approvals.access import whether_may_decide
from approvals.clock import calendar_of
from approvals.explaining import Explanation, explained, reason_left_out
from approvals.models import ApprovalLimit, Assignment, Decision, Role, Routing, Step
from approvals.timing import time_left, time_left_short, tone
from creditnotes.models import CreditNote
from customers.businesshours import BusinessCalendar
from customers.models import User
from customers.text import sort_key

#: How the page draws what was decided.
LOOKS: Mapping[str, str] = {
    Decision.Verdict.ENDORSE: "timeline-good",
    Decision.Verdict.APPROVE: "timeline-good",
    Decision.Verdict.RETURN: "timeline-warn",
    Decision.Verdict.REJECT: "timeline-bad",
}


@dataclass(frozen=True)
class Asked:
    """Somebody whom a step asks, or asked until somebody else was asked in their place."""

    pk: int
    user: int
    name: str
    cause: str
    replaces: int | None
    given_by: str | None
    comment: str


@dataclass(frozen=True)
class Stop:
    """One step: whom it asks, until when, and what was decided."""

    step: Step
    decision: Decision | None
    moment: datetime
    limit: Decimal | None = None
    people: Sequence[Asked] = ()
    #: Whether the reader may decide it now, themselves or for somebody.
    is_readers: bool = False

    @cached_property
    def standing(self) -> Sequence[Asked]:
        """Those whom it asks now, without those in whose place somebody else is asked."""
        replaced = {each.replaces for each in self.people}
        standing = [each for each in self.people if each.pk not in replaced]
        return sorted(standing, key=lambda each: sort_key(each.name))

    @property
    def asked(self) -> list[str]:
        """Their names, but for those to whom it was escalated."""
        return [each.name for each in self.standing if each.cause != Assignment.Cause.ESCALATED]

    @property
    def escalated_to(self) -> list[str]:
        """The names of those who were asked besides because its time had passed."""
        escalated = [each for each in self.people if each.cause == Assignment.Cause.ESCALATED]
        return sorted((each.name for each in escalated), key=sort_key)

    @property
    def given(self) -> list[tuple[Asked, Asked]]:
        """How it was handed on, in order: who decided before, and who in their place."""
        before = {each.pk: each for each in self.people}
        return [
            (before[each.replaces], each)
            for each in sorted(self.people, key=lambda each: each.pk)
            if each.replaces in before
        ]

    @property
    def is_open(self) -> bool:
        """Whether it waits for its people now."""
        return self.step.status == Step.Status.OPEN

    @property
    def is_waiting(self) -> bool:
        """Whether it comes after another that is still open."""
        return self.step.status == Step.Status.WAITING

    @property
    def is_for_less(self) -> bool:
        """Whether less was approved here than was asked for."""
        return self.decision is not None and self.decision.is_for_less

    @property
    def is_overdue(self) -> bool:
        """Whether the people asked have let the time pass."""
        due = self.step.due_at
        return self.is_open and due is not None and due < self.now

    @property
    def is_stopped(self) -> bool:
        """Whether its clock stands still, because the customer was asked something."""
        return self.is_open and self.step.stopped_at is not None

    @property
    def now(self) -> datetime:
        """What its clock shows: the moment in which it stopped, where it stands still."""
        return self.step.stopped_at or self.moment

    @property
    def look(self) -> str:
        """The style of its point on the way: done well or badly, now, or later."""
        if self.decision:
            return LOOKS[self.decision.verdict]
        return "timeline-now" if self.is_open else "timeline-later"

    @property
    def calendar(self) -> BusinessCalendar:
        """When those who decide work."""
        return calendar_of(self.step.note)

    @property
    def tone(self) -> str:
        """How pressing it is: ``bad``, ``warn`` or ``calm``."""
        return tone(self.step.due_at, self.now, self.calendar) if self.step.due_at else "calm"

    @property
    def time_left(self) -> str:
        """How much time there is to decide, in words."""
        return time_left(self.step.due_at, self.now, self.calendar) if self.step.due_at else ""

    @property
    def time_left_short(self) -> str:
        """How much time is left, at a glance."""
        return (
            time_left_short(self.step.due_at, self.now, self.calendar) if self.step.due_at else ""
        )

    @cached_property
    def explanation(self) -> Explanation | None:
        """The policies looked at and the facts then; None for what was routed long ago."""
        record = getattr(self.step, "record", None)
        return explained(record) if record else None

    @property
    def because(self) -> str:
        """Why this step, in the reader's language."""
        return because(self.step)

    @property
    def skipped(self) -> list[tuple[str, str]]:
        """The policy's steps left out before the chain, each with its reason."""
        return [
            (str(Role(role).label), reason_left_out(why))
            for role, why in self.step.why.get("skipped", [])
        ]

    @property
    def time_limits(self) -> Sequence[Mapping[str, str]]:
        """The taxes whose time limit had passed at submission, as they were written down."""
        limits: Sequence[Mapping[str, str]] = self.step.why.get("time_limits", [])
        return limits


def course_of(note: CreditNote, moment: datetime, user: User | None = None) -> list[Stop]:
    """The steps of all the note's submissions, in order; in one query.

    With ``user``, each stop carries that person's limit on it, None is no limit, and whether it is
    theirs to decide.
    """
    steps = (
        note.steps.select_related("policy", "decision__actor", "decision__on_behalf_of")
        .annotate(
            limit=_limit_of(note, user),
            people=_people(),
            record=_routing(),
            is_readers=whether_may_decide(user) if user else Value(value=False),
        )
        .order_by("submission", "position", "branch")
    )
    return [
        Stop(
            step,
            getattr(step, "decision", None),
            moment,
            getattr(step, "limit", None),
            [Asked(**each) for each in step.people],
            step.is_readers,
        )
        for step in steps
    ]


def stop_of(course: Sequence[Stop], user: User) -> Stop | None:
    """Of the steps that are open at once the reader's own, else one they decide for another.

    Else the first that is open; None where none is.
    """
    waiting = [stop for stop in course if stop.is_open]

    def distance(stop: Stop) -> int:
        is_own = any(each.user == user.pk for each in stop.standing)
        return 2 - stop.is_readers - (stop.is_readers and is_own)

    return min(waiting, key=distance, default=None)


def _routing() -> Subquery:
    """What was written down when the step's submission was routed."""
    records = Routing.objects.filter(note=OuterRef("note"), submission=OuterRef("submission"))
    names = ("submission", "facts", "considered", "chain", "names")
    return Subquery(records.values(record=JSONObject(**{name: name for name in names})))


def _people() -> ArraySubquery:
    """Whom the step asks and asked, named as :class:`customers.models.User` writes them."""
    asked = Assignment.objects.filter(step=OuterRef("pk")).order_by("pk")
    person = JSONObject(
        pk="pk",
        user="user",
        name=_name("user"),
        cause="cause",
        replaces="replaces",
        given_by=_name("given_by"),
        comment="comment",
    )
    return ArraySubquery(asked.values(asked=person))


def _name(person: str) -> Coalesce:
    full_name, email = f"{person}__full_name", f"{person}__email"
    return Coalesce(NullIf(full_name, Value("")), email, output_field=TextField())


def _limit_of(note: CreditNote, user: User | None) -> Subquery:
    """The person's own limit, else that of the step's role, as :mod:`approvals.planning` has it."""
    mine = Assignment.objects.filter(step=OuterRef(OuterRef("pk")), user=user, replaced_by=None)
    asked = mine.exclude(asked_as="")
    own, besides = Q(user=user, user__isnull=False), Q(role__in=asked.values("asked_as"))
    limits = ApprovalLimit.objects.filter(company=note.company_id).filter(
        own | besides | Q(role=OuterRef("role"))
    )
    first = Case(When(own, then=0), When(role=OuterRef("role"), then=2), default=1)
    return Subquery(limits.annotate(first=first).order_by("first").values("amount")[:1])


def because(step: Step) -> str:
    """What routing wrote down when it chose the step, as a sentence."""
    sentences = {
        "limit covers": _("The limit of those asked covers the amount, so they decide."),
        "limit below amount": _(
            "The amount is above the limit of those asked: they endorse, a later step decides."
        ),
        "tax time limit passed": _(
            "A tax can no longer be given back in time: those asked endorse, finance decides."
        ),
        "asked in any case": _(
            "The policy asks for this step in any case: those asked endorse, a later step decides."
        ),
        "all are asked": _("The policy asks each of them: they endorse, the last one decides."),
        "up the line": _(
            "Nobody's limit below covers the amount, so it goes up the line of management."
        ),
        "within the auto-approval limit": _(
            "The amount is within the policy's auto-approval limit."
        ),
    }
    written = str(step.why.get("because", ""))
    return sentences.get(written, written)

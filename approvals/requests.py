"""The inbox of requests: what customers ask for that nobody has submitted yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db.models import (
    Case,
    Exists,
    IntegerChoices,
    IntegerField,
    JSONField,
    OuterRef,
    Q,
    Subquery,
    Value,
    When,
)
from django.db.models.fields.json import KeyTransform
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from approvals.clock import calendar_of, due_after
from approvals.models import CustomerOffer
from approvals.timing import time_left, time_left_short, tone
from creditnotes.browsing import matching
from creditnotes.models import Attachment, CreditNote, Event, Message, Origin, State
from creditnotes.querysets import CreditNoteQuerySet
from customers.access import departments_served_by
from customers.models import User
from customers.paging import both_ways

#: Name of a sort → columns, the last one unique; by group, then who has waited longest.
ORDERS: Mapping[str, tuple[str, ...]] = both_ways(
    left=("group", "asked_at"),
    total=("total",),
    customer=("customer__sort_name",),
    asked=("asked_at",),
)
DEFAULT_ORDER = "left"


class Group(IntegerChoices):
    """Whose a request is; the inbox's own order goes by it first."""

    NOBODYS = 0, _("Nobody’s yet")
    OWN = 1, _("Yours")
    OTHERS = 2, _("Others’")


def open_requests(user: User) -> CreditNoteQuerySet:
    """Requests that this member of staff may see, not submitted or returned (rule 7)."""
    taken = Q(state__in=[State.DRAFT, State.RETURNED], owner__isnull=False)
    unowned = Q(state__in=[State.REQUESTED, State.RETURNED])
    notes: CreditNoteQuerySet = CreditNote.objects.visible_to(user)
    return notes.filter(taken | unowned, origin=Origin.PORTAL)


def with_facts(notes: CreditNoteQuerySet, user: User) -> CreditNoteQuerySet:
    """Together with all that a row of this person's inbox shows, in the same query.

    ``is_written`` tells that the customer wrote last, and nobody has answered.
    """
    requested = Event.objects.filter(note=OuterRef("pk"), kind=Event.Kind.REQUESTED).order_by("-pk")
    wish = requested.annotate(wish=KeyTransform("wish", "payload")).values("wish")[:1]
    offers = CustomerOffer.objects.filter(note=OuterRef("pk"), status=CustomerOffer.Status.MADE)
    said = Message.objects.filter(note=OuterRef("pk")).order_by("-pk")
    group = Case(
        When(owner=None, then=Group.NOBODYS),
        When(owner=user, then=Group.OWN),
        default=Group.OTHERS,
        output_field=IntegerField(),
    )
    asked_at = Coalesce(Subquery(requested.values("happened_at")[:1]), "created_at")
    together: CreditNoteQuerySet = notes.with_parties().select_related("company")
    facts: CreditNoteQuerySet = together.annotate(
        group=group,
        asked_at=asked_at,
        wish=Subquery(wish, output_field=JSONField()),
        has_offer=Exists(offers),
        is_written=Coalesce(Subquery(said.values("from_customer")[:1]), Value(False)),
        has_files=Exists(Attachment.objects.filter(note=OuterRef("pk"))),
    )
    return facts


def narrowed(user: User, filters: Mapping[str, Any]) -> CreditNoteQuerySet:
    """The person's inbox, narrowed by the filter form's cleaned values."""
    notes = open_requests(user).filter(_whose(user, filters.get("whose", "")))
    if words := filters.get("q"):
        notes = notes.filter(pk__in=CreditNote.objects.filter(matching(words)).values("pk"))
    notes = with_facts(notes, user)
    wanted = {"has_offer": filters.get("offer"), "is_written": filters.get("message")}
    return notes.filter(**{name: True for name, is_wanted in wanted.items() if is_wanted})


def _whose(user: User, whose: str) -> Q:
    match whose:
        case "nobody":
            return Q(owner=None)
        case "mine":
            return Q(owner=user)
        case "department":
            return Q(customer__department__in=departments_served_by(user))
    return Q()


@dataclass(frozen=True)
class Asked:
    """A request in the inbox, with how much time there is."""

    note: Any
    hours: int
    moment: datetime

    @property
    def group(self) -> str:
        """Whose it is: the heading under which the inbox's own order has it."""
        return str(Group(self.note.group).label)

    @property
    def total(self) -> Decimal:
        """What the customer asked for, with tax."""
        return Decimal(self.note.wish["total"]) if self.note.wish else self.note.total

    @cached_property
    def due(self) -> datetime | None:
        """By when it should be decided; None without a policy."""
        return due_after(self.note, self.hours, self.note.asked_at) if self.hours else None

    @property
    def tone(self) -> str:
        """How pressing it is: ``bad``, ``warn`` or ``calm``."""
        return tone(self.due, self.moment, calendar_of(self.note)) if self.due else "calm"

    @property
    def time_left(self) -> str:
        """How much time is left, in words."""
        return time_left(self.due, self.moment, calendar_of(self.note)) if self.due else ""

    @property
    def time_left_short(self) -> str:
        """How much time is left, at a glance."""
        return time_left_short(self.due, self.moment, calendar_of(self.note)) if self.due else ""


def asked(notes: Sequence[Any], hours: int, moment: datetime) -> list[Asked]:
    """The rows of the inbox for notes that came :func:`with_facts`."""
    for note in notes:
        note.customer.company = note.company  # at hand already
    return [Asked(note, hours, moment) for note in notes]

"""A credit note as its customer reads it: in their words, without anything internal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Exists, F, JSONField, OuterRef, QuerySet, Subquery
from django.db.models.fields.json import KeyTransform
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from approvals.models import Question
from creditnotes.models import CreditLine, CreditNote, Event, Origin, State
from creditnotes.telling import kinds_told
from customers.models import Company, InvoiceLine, User
from portal.chapters import conversation, milestones, settlement
from portal.expecting import (
    CREDITED,
    NEXT,
    REACHED,
    STAGES,
    UNDECIDED,
    Expectation,
    expectations,
)
from portal.waiting import awaits_answer, waits_for

#: What a contact asked for, as :func:`creditnotes.content.wish_of` kept it.
Wish = Mapping[str, Any]

#: From here on the customer sees what is granted, no longer only what they asked.
GRANTED = (State.APPROVED, State.ISSUED, State.REVERSED)

#: A state in the customer's words, and the colour it is shown in.
STATES: Mapping[str, tuple[Promise, str]] = {
    State.REQUESTED: (gettext_lazy("Received"), "requested"),
    State.DRAFT: (gettext_lazy("In review"), "submitted"),
    State.SUBMITTED: (gettext_lazy("In review"), "submitted"),
    State.RETURNED: (gettext_lazy("In review"), "submitted"),
    State.APPROVED: (gettext_lazy("Approved"), "approved"),
    State.ISSUED: (CREDITED, "issued"),
    State.REJECTED: (gettext_lazy("Not granted"), "rejected"),
    State.WITHDRAWN: (gettext_lazy("Withdrawn"), "withdrawn"),
    State.CANCELLED: (gettext_lazy("Cancelled"), "cancelled"),
    State.REVERSED: (gettext_lazy("Taken back"), "reversed"),
}

#: The same where the customer was asked something first.
AWAITS_ANSWER = (gettext_lazy("Waits for your answer"), "returned")

#: A state as the headline of its page.
HEADLINES: Mapping[str, Promise] = {
    State.REQUESTED: gettext_lazy("We have received your request"),
    State.DRAFT: gettext_lazy("We are looking at your request"),
    State.SUBMITTED: gettext_lazy("We are looking at your request"),
    State.RETURNED: gettext_lazy("We are looking at your request"),
    State.APPROVED: gettext_lazy("Your credit is approved"),
    State.ISSUED: gettext_lazy("You are credited"),
    State.REJECTED: gettext_lazy("Your request was not granted"),
    State.WITHDRAWN: gettext_lazy("The request was withdrawn"),
    State.CANCELLED: gettext_lazy("The credit was cancelled"),
    State.REVERSED: gettext_lazy("The credit was taken back"),
}
PARTLY = gettext_lazy("You are credited for a part")


@dataclass(frozen=True)
class Stage:
    """A part of the way: behind, current, or still to come."""

    words: str
    is_done: bool
    is_current: bool


@dataclass
class LineSeen:
    """An invoice line with what was asked for it and what is granted."""

    line: InvoiceLine
    asked: list[Mapping[str, Any]] = field(default_factory=list)
    granted: list[Mapping[str, Any]] = field(default_factory=list)
    net: Decimal = Decimal(0)
    asked_net: Decimal = Decimal(0)
    asked_fee: Decimal = Decimal(0)
    fee: Decimal = Decimal(0)
    fee_percent: Decimal | None = None
    fee_words: str = ""

    @property
    def is_less(self) -> bool:
        """Whether less of it was granted than was asked for, what is kept back not counted."""
        return self.net + self.fee < self.asked_net + self.asked_fee


def with_wishes(notes: QuerySet[CreditNote]) -> QuerySet[CreditNote]:
    """The notes, each with ``wish`` and ``asked_at``: what the customer asked for, if they did.

    ``awaits_answer`` says whether the customer was asked something and has not answered.
    """
    requests = Event.objects.filter(note=OuterRef("pk"), kind=Event.Kind.REQUESTED)
    wish = requests.order_by("-pk").annotate(wish=KeyTransform("wish", "payload")).values("wish")
    return notes.annotate(
        wish=Subquery(wish[:1], output_field=JSONField()),
        asked_at=Subquery(requests.order_by("pk").values("happened_at")[:1]),
        awaits_answer=Exists(Question.objects.waiting().of_customers().filter(note=OuterRef("pk"))),
        document_number=F("document__number"),
    )


class Story:
    """What a list shows of a note; until it is decided, as the customer asked for it."""

    def __init__(
        self, note: CreditNote, wish: Wish | None, expected: Expectation | None = None
    ) -> None:
        self.note, self.wish, self.expected = note, wish, expected
        self.label, self.tone = STATES[note.state]
        self.awaits_answer = bool(getattr(note, "awaits_answer", False))
        if self.awaits_answer:
            self.label, self.tone = AWAITS_ANSWER
        self.is_granted = note.state in GRANTED
        self.is_credited = note.state == State.ISSUED
        self.is_request = note.origin == Origin.PORTAL

    @property
    def amount(self) -> Decimal:
        """With tax: what is granted, else what was asked for."""
        return self.note.total if self.is_granted else self.asked_total or self.note.total

    @property
    def is_waiting(self) -> bool:
        """Whether something is still to come."""
        return self.note.state in NEXT

    @property
    def stages(self) -> list[Stage]:
        """The way of a request that goes on, or went to its end."""
        reached = REACHED.get(self.note.state, 0) if self.is_request else 0
        if not reached:
            return []
        return [
            Stage(str(words), is_done=number < reached, is_current=number == reached)
            for number, words in enumerate(STAGES, start=1)
        ]

    @property
    def is_partial(self) -> bool:
        """Whether less is granted than was asked for."""
        return self.is_granted and self.asked_total is not None and self.amount < self.asked_total

    @property
    def asked_total(self) -> Decimal | None:
        """What the customer asked for, with tax; None where the company began."""
        return Decimal(self.wish["total"]) if self.wish else None

    @property
    def reason(self) -> str:
        """Why, in the reader's language."""
        if self.is_granted or self.wish is None:
            return str(self.note.reason or "")
        names: Mapping[str, str] = self.wish["reason"]
        return names["fr" if (get_language() or "").startswith("fr") else "en"]

    @property
    def reference(self) -> str:
        """The customer's own reference."""
        if self.is_granted or self.wish is None:
            return self.note.customer_reference
        return str(self.wish["customer_reference"])


def stories_of(notes: Iterable[Any], company: Company, moment: datetime) -> list[Story]:
    """How a list shows notes that came :func:`with_wishes`, with what comes next for each."""
    notes = list(notes)
    expected = expectations(notes, company, moment)
    return [Story(note, note.wish, expected.get(note.pk)) for note in notes]


class WholeStory(Story):
    """With everything that a page about one credit note shows."""

    def __init__(self, note: CreditNote, reader: User, moment: datetime) -> None:
        told = kinds_told(note)
        events = list(note.events.filter(kind__in=told).select_related("actor").order_by("pk"))
        self._told = _request_in(events)
        note.asked_at = self._told.happened_at if self._told else None  # type: ignore[attr-defined]
        note.awaits_answer = awaits_answer(note)  # type: ignore[attr-defined]
        expected = expectations([note], note.company, moment).get(note.pk)
        wish = self._told.payload.get("wish") if self._told else None
        super().__init__(note, wish, expected)
        self._why_less = _why_less(events) if note.origin == Origin.PORTAL else ""
        self.milestones = milestones(events, reader)
        happened = [*self.milestones, *conversation(note, reader), *settlement(note, reader)]
        self.chapters = sorted(happened, key=lambda chapter: chapter.when)
        self.waits_for = waits_for(note)
        granted = note.lines.select_related("invoice") if self.is_granted else ()
        self._granted: list[CreditLine] = list(granted)
        self.lines = self._lines()

    @property
    def headline(self) -> str:
        """Where it stands, in a few words that need no explanation."""
        partly = self.is_partial and self.note.state != State.REVERSED
        if self.note.state in UNDECIDED and any(
            each.kind == Event.Kind.APPEALED for each in self.chapters
        ):
            return _("We are looking at your appeal")
        return str(PARTLY if partly else HEADLINES[self.note.state])

    @property
    def own_words(self) -> str:
        """What the customer wrote when they asked."""
        return self._told.comment if self._told else ""

    @property
    def besides(self) -> list[CreditLine]:
        """What is granted on no invoice line: tax given back alone, and goodwill."""
        return [line for line in self._granted if line.creditable_id is None]

    @property
    def kept_back(self) -> Decimal:
        """What is kept back of goods that come back, before tax."""
        return sum((line.fee for line in self.lines), Decimal(0))

    @property
    def explanation(self) -> str:
        """What the company says about a credit that it grants."""
        return self.note.explanation if self.is_granted else ""

    @property
    def verdict(self) -> str:
        """The words that go with a request not granted, or for less, or a credit taken back."""
        if self.milestones and self.milestones[-1].comment:
            return self.milestones[-1].comment
        return self._why_less if self.is_granted else ""

    def _lines(self) -> list[LineSeen]:
        asked = self.wish["lines"] if self.wish else []
        granted = [line for line in self._granted if line.creditable_id]
        ids = {row["creditable_id"] for row in asked} | {row.counter.pk for row in granted}
        lines = InvoiceLine.objects.filter(pk__in=ids).select_related("invoice", "product")
        seen = {
            line.pk: LineSeen(line)
            for line in lines.order_by("invoice__issued_on", "invoice_id", "position")
        }
        for row in asked:
            seen[row["creditable_id"]].asked.append(_asked(row))
            seen[row["creditable_id"]].asked_net += Decimal(row["net"])
            seen[row["creditable_id"]].asked_fee += Decimal(row.get("fee") or 0)
        for row in granted:
            seen[row.counter.pk].granted.append(_granted(row))
            line = seen[row.counter.pk]
            line.net += row.net
            line.fee += row.fee
            line.fee_percent, line.fee_words = row.fee_percent, row.fee_words
        return list(seen.values())


def _request_in(events: Iterable[Event]) -> Event | None:
    """The event with which the customer asked."""
    requests = [event for event in events if event.kind == Event.Kind.REQUESTED]
    return requests[-1] if requests else None


def _why_less(events: Iterable[Event]) -> str:
    """The approver's words to the customer about granting less than was submitted."""
    return next((event.comment for event in events if event.is_for_less), "")


def _asked(row: Mapping[str, Any]) -> dict[str, Any]:
    """How much of a line was asked for; amounts before tax."""
    names = ("quantity", "percent", "unit_price", "net")
    numbers = {name: Decimal(row[name]) if row[name] is not None else None for name in names}
    return {"basis": row["basis"], **numbers}


def _granted(row: Any) -> dict[str, Any]:
    names = ("basis", "quantity", "percent", "unit_price", "net")
    return {name: getattr(row, name) for name in names}

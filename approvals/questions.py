"""Questions and their answers, for the pages that show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from approvals.models import Question, Step
from creditnotes.models import CreditNote, Event


@dataclass(frozen=True)
class Asked:
    """A question to the customer as they read it: not who asked, nor who else was asked."""

    pk: int
    text: str
    asked_at: datetime
    answer: str
    answered_at: datetime | None


def questions_to_customer(note: CreditNote) -> list[Asked]:
    """What the customer was asked about the note and has answered, or may still answer."""
    questions = note.questions.of_customers().select_related("step")
    return [
        Asked(each.pk, each.text, each.asked_at, each.answer, each.answered_at)
        for each in questions
        if each.answered_at or each.step.status == Step.Status.OPEN
    ]


@dataclass(frozen=True)
class Exchange:
    """A question and its answer, as the note's history has them."""

    asked: Event
    answered: Event | None

    @property
    def whom(self) -> str:
        """Who was asked."""
        return str(self.asked.payload["whom"])

    @property
    def to_customer(self) -> bool:
        """Whether the customer was."""
        return bool(self.asked.payload["to_customer"])


def exchanges_in(events: Sequence[Event]) -> list[Exchange]:
    """The questions among a note's events, each with its answer."""
    answers = {
        event.payload["question"]: event
        for event in events
        if event.kind == Event.Kind.QUESTION_ANSWERED
    }
    return [
        Exchange(event, answers.get(event.payload["question"]))
        for event in events
        if event.kind == Event.Kind.QUESTION_ASKED
    ]


def waits_on(note: CreditNote, events: Sequence[Event]) -> list[Question]:
    """The questions about the note that have no answer yet, while it waits for a decision."""
    if not exchanges_in(events):
        return []
    waiting = Question.objects.waiting().filter(note=note)
    return list(waiting.select_related("to_user", "asked_by"))

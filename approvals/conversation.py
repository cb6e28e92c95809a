"""What was said about a credit note, in order: between the two sides, and among colleagues."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from approvals.models import Question
from creditnotes.models import CreditNote, Event, MessageFile
from customers.models import User


@dataclass(frozen=True)
class Said:
    """One thing that was said: by whom, when, with which files."""

    kind: str
    """``message``, ``question``, ``answer``, or ``remark`` among colleagues."""
    author: User
    text: str
    at: datetime
    files: Sequence[MessageFile] = ()

    @property
    def is_customers(self) -> bool:
        """Whether it comes from the customer's side."""
        return self.author.company_id is None

    @property
    def is_internal(self) -> bool:
        """Whether the customer must never read it."""
        return self.kind == "remark"


def said_between(note: CreditNote) -> list[Said]:
    """What both sides read: messages, and questions to the customer with their answers."""
    return sorted([*_messages(note), *_questions(note)], key=lambda each: each.at)


def _messages(note: CreditNote) -> list[Said]:
    messages = note.messages.select_related("author").prefetch_related("files")
    return [
        Said("message", each.author, each.text, each.written_at, list(each.files.all()))
        for each in messages
    ]


def _questions(note: CreditNote) -> list[Said]:
    asked = note.questions.of_customers().select_related("asked_by", "answered_by")
    return [said for question in asked for said in _exchange(question)]


def _exchange(question: Question) -> list[Said]:
    asked = Said("question", question.asked_by, question.text, question.asked_at)
    if question.answered_by is None or question.answered_at is None:
        return [asked]
    return [asked, Said("answer", question.answered_by, question.answer, question.answered_at)]


def said_among_us(note: CreditNote, events: Iterable[Event]) -> list[Said]:
    """All of it for staff: what both sides read, and what colleagues wrote among them.

    ``events`` are all of the note's: what they tell of alone is asked of the database.
    """
    events = list(events)
    kinds = {event.kind for event in events}
    said = [_told(event) for event in events if _asks_customer(event)]
    if Event.Kind.MESSAGE in kinds:
        said += _messages(note)
    if Event.Kind.REMARK in kinds:
        said += _remarks(note)
    return sorted(said, key=lambda each: each.at)


def _asks_customer(event: Event) -> bool:
    asked = event.kind in (Event.Kind.QUESTION_ASKED, Event.Kind.QUESTION_ANSWERED)
    return asked and event.actor is not None and bool(event.payload["to_customer"])


def _told(event: Event) -> Said:
    """A question to the customer, or its answer, as the history has it."""
    if event.actor is None:
        raise ValueError(event)
    kind = "question" if event.kind == Event.Kind.QUESTION_ASKED else "answer"
    return Said(kind, event.actor, event.comment, event.happened_at)


def _remarks(note: CreditNote) -> list[Said]:
    remarks = note.remarks.select_related("author")
    return [Said("remark", each.author, each.text, each.written_at) for each in remarks]

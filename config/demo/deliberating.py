"""What happens in the demo between a submission and its decision, and after automatic ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from uuid import NAMESPACE_URL, uuid5

from approvals import services as approvals
from approvals.models import CustomerOffer, Decision, Policy, RehearsalRun, Step
from approvals.services.rehearsals import run_rehearsal
from config.demo.days import Calendar
from config.demo.mistakes import People
from config.demo.stories import Chapter, Story
from config.demo.tables import Row, table
from creditnotes import events, services
from creditnotes.models import CreditNote
from customers.models import Company, User


def make_questions(stories: Sequence[Story], people: People, days: Calendar) -> list[Chapter]:
    """What deciders ask a colleague or the customer before they say anything, and the answers.

    Each is about the waiting credit note on the goods that ``questions.csv`` names.
    """
    waiting = {(story.row["customer"], story.row["goods"]): story for story in stories}
    return [
        chapter
        for row in table("questions")
        for chapter in _asked(waiting[row["customer"], row["goods"]], row, people, days)
    ]


def make_messages(stories: Sequence[Story], people: People, days: Calendar) -> list[Chapter]:
    """What both sides, and colleagues, write: about the goods that ``messages.csv`` names."""
    told = {(story.row["customer"], story.row["goods"]): story for story in stories}
    return [
        (
            days.at(int(row["days"]), row["at"]),
            partial(_write, told[row["customer"], row["goods"]], row, people, days),
        )
        for row in table("messages")
    ]


def _write(story: Story, row: Row, people: People, days: Calendar) -> None:
    at, actor = days.at(int(row["days"]), row["at"]), people[row["by"]]
    with events.quietly():
        if row["to"] == "colleagues":
            services.remark(story.note, actor=actor, moment=at, text=row["text"])
        else:
            services.send_message(story.note, actor=actor, moment=at, text=row["text"])


def make_ratings(stories: Sequence[Story], people: People, days: Calendar) -> list[Chapter]:
    """How customers found it, on the goods that ``ratings.csv`` names."""
    told = {(story.row["customer"], story.row["goods"]): story for story in stories}
    return [
        (
            days.at(int(row["days"]), row["at"]),
            partial(_rate, told[row["customer"], row["goods"]], row, people, days),
        )
        for row in table("ratings")
    ]


def _rate(story: Story, row: Row, people: People, days: Calendar) -> None:
    at, stars = days.at(int(row["days"]), row["at"]), int(row["stars"])
    with events.quietly():
        services.rate(
            story.note,
            actor=people[row["by"]],
            moment=at,
            stars=stars,
            comment=row["comment"],
        )


def make_appeals(stories: Sequence[Story], people: People, days: Calendar) -> list[Chapter]:
    """What customers do not accept: the credit note on the goods that ``appeals.csv`` names."""
    told = {(story.row["customer"], story.row["goods"]): story for story in stories}
    return [
        (
            days.at(int(row["appealed"]), row["at"]),
            partial(_appeal, told[row["customer"], row["goods"]], row, people, days),
        )
        for row in table("appeals")
    ]


def _appeal(story: Story, row: Row, people: People, days: Calendar) -> None:
    at = days.at(int(row["appealed"]), row["at"])
    approvals.appeal(story.note, actor=people[row["by"]], moment=at, words=row["words"])


def _asked(story: Story, row: Row, people: People, days: Calendar) -> Iterator[Chapter]:
    at = days.at(int(row["asked"]), row["asked_at"])
    yield at, lambda: _ask(story.note, row["to"], row["question"], people, at)
    if row["answer"]:
        later = days.at(int(row["answered"]), row["answered_at"])
        answerer = people[row["to"] or row["answered_by"]]
        yield later, lambda: _answer(story.note, answerer, row["answer"], later)


def _ask(note: CreditNote, to: str, text: str, people: People, at: datetime) -> None:
    step = note.steps.get(status=Step.Status.OPEN)
    asker = User.objects.filter(assignments__step=step).earliest("pk")
    approvals.ask(note, actor=asker, moment=at, text=text, to=people.get(to))


def _answer(note: CreditNote, answerer: User, text: str, at: datetime) -> None:
    question = note.questions.get(answered_at=None)
    approvals.answer(question, actor=answerer, moment=at, text=text)


def let_time_pass(until: datetime) -> None:
    """Remind and escalate what waits too long, each at its time, as a worker would have.

    Offers that nobody answered end when their time is up.
    """
    for offer in CustomerOffer.objects.filter(status="made", expires_at__lte=until).order_by("pk"):
        approvals.expire_offer(offer, moment=offer.expires_at)
    due: list[tuple[datetime, Step, Callable[..., bool]]] = []
    for step in Step.objects.filter(status=Step.Status.OPEN).select_related("note").order_by("pk"):
        for moment, act in [
            (step.remind_at, approvals.remind),
            (step.escalate_at, approvals.escalate),
        ]:
            if moment and moment < until:
                due.append((moment, step, act))
    with events.quietly():
        for moment, step, act in sorted(due, key=lambda each: each[0]):
            act(step, moment=moment)


def hand_on(people: People, days: Calendar) -> None:
    """A manager on the road lets a colleague decide on what came in last."""
    asked = people["manager3"].assignments.filter(step__status=Step.Status.OPEN)
    with events.quietly():
        approvals.reassign(
            asked.latest("pk"),
            actor=people["manager3"],
            moment=days.at(1, "16:50"),
            to=people["manager2"],
            comment="I am on the road until Thursday. Please decide for me, they wait on it.",
        )


def look_again(people: People, days: Calendar) -> None:
    """Finance has looked at the older automatic approvals again; those of the last day wait."""
    passed = Decision.objects.filter(actor=None, decided_at__lt=days.since(2)).order_by("pk")
    with events.quietly():
        for decision in passed:
            approvals.review_automatic(
                decision,
                is_right=True,
                comment="",
                actor=people["finance"],
                moment=days.at(days_ago_of(decision, days) - 1, "15:40"),
            )


def days_ago_of(decision: Decision, days: Calendar) -> int:
    """How many days before the anchor it was taken."""
    return (days.anchor - decision.decided_at.astimezone(days.zone).date()).days


def rehearse_a_draft(company: Company, people: People, days: Calendar) -> None:
    """The admin has tried a stricter policy on the last quarter, and not put it in force yet."""
    at = days.at(1, "14:20")
    run = RehearsalRun.objects.create(
        key=uuid5(NAMESPACE_URL, company.code),
        policy=Policy.objects.get(company=company, is_active=False),
        since=days.day(90),
        until=days.day(1),
        asked_by=people["admin"],
        asked_at=at,
        offered_at=at,
    )
    run_rehearsal(run.pk)
    RehearsalRun.objects.filter(pk=run.pk).update(begun_at=at, finished_at=at)


def see_off(people: People, days: Calendar) -> None:
    """A rep has left: a colleague goes on with their open credit notes."""
    with events.quietly():
        for row in table("people"):
            if row["successor"]:
                approvals.close_account(
                    people[row["email"].split("@")[0]],
                    people[row["successor"]],
                    actor=people["admin"],
                    moment=days.at(1, "17:05"),
                )

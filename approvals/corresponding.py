"""Telling the other side, or colleagues, that something was written about a credit note."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Q, QuerySet

from approvals.emails import who_decide
from approvals.models import Step
from creditnotes import access
from creditnotes.emails import letter
from creditnotes.events import consumer
from creditnotes.models import CreditNote, Event, Message, News, Remark
from creditnotes.telling import facts_for_customer
from customers.access import REQUEST, represents
from customers.live import Change, announce
from customers.mailing import Reader, address_of, send
from customers.models import User


@consumer("message_news", Event.Kind.MESSAGE, Event.Kind.REMARK)
def show(event: Event) -> None:
    """Show it to the colleagues who work on the note, but not to whoever wrote it."""
    ids = [person.pk for person in _ours(event.note) if person.pk != event.actor_id]
    News.objects.bulk_create([News(user_id=pk, event=event) for pk in ids], ignore_conflicts=True)
    announce(Change(news=tuple(ids)))


@consumer("message_mail", Event.Kind.MESSAGE)
def write(event: Event) -> None:
    """Write to the other side: to whoever handles or decides it, or to the customer's contacts."""
    message = Message.objects.prefetch_related("files").get(pk=event.payload["message"])
    people = _ours(event.note) if message.from_customer else _theirs(event.note)
    side = "customer" if message.from_customer else "company"
    page = "creditnotes:credit_note" if message.from_customer else "portal:credit_note"
    by = _writer(message)
    send(
        letter(
            f"message_from_{side}",
            event,
            "message_mail",
            Reader.of(person),
            url=address_of(page, event.note_id),
            said=message,
            by=by,
            **(_asked(event.note) if side == "company" else {}),
        )
        for person in people
        if person.pk != event.actor_id
    )


@consumer("remark_mail", Event.Kind.REMARK)
def write_to_colleagues(event: Event) -> None:
    """Write to the colleagues who work on the note."""
    remark = Remark.objects.select_related("author").get(pk=event.payload["remark"])
    url = address_of("creditnotes:credit_note", event.note_id)
    send(
        letter(
            "remark",
            event,
            "remark_mail",
            Reader.of(person),
            url=url,
            said=remark,
            by=remark.author,
        )
        for person in _ours(event.note)
        if person.pk != event.actor_id
    )


def _writer(message: Message) -> str:
    """Who wrote it, as far as the reader is told."""
    company = message.note.company
    if message.from_customer or company.shows_names:
        return str(message.author)
    return company.legal_name


def _asked(note: CreditNote) -> dict[str, Any]:
    """What the customer asked for, where the note is not decided: no more is theirs to know."""
    from_customer = access.is_known_to_customer(note) and note.origin == "portal"
    return facts_for_customer(note) if from_customer else {}


def _ours(note: CreditNote) -> list[User]:
    """Who handles it or decides it now; of a request that nobody has, the reps; who may see it."""
    people = {note.owner} if note.owner else set(_reps(note))
    for step in Step.objects.filter(note=note, status=Step.Status.OPEN).select_related("note"):
        people |= set(who_decide(step))
    people |= {remark.author for remark in note.remarks.select_related("author")}
    return [person for person in _in_order(people) if access.may_remark(person, note)]


def _reps(note: CreditNote) -> QuerySet[User]:
    return User.objects.filter(access.who_pick_up(note)).distinct()


def _theirs(note: CreditNote) -> list[User]:
    """The contacts who asked or wrote about it; where none of them may now, all who may ask."""
    wrote = Q(pk=note.created_by_id) | Q(
        pk__in=note.messages.filter(from_customer=True).values("author")
    )
    concerned = User.objects.filter(wrote, company=None)
    others = User.objects.filter(contacts__customer=note.customer_id, company=None).distinct()
    return _who_may(concerned, note) or _who_may(others, note)


def _who_may(people: Iterable[User], note: CreditNote) -> list[User]:
    return [each for each in _in_order(people) if represents(each, note.customer, right=REQUEST)]


def _in_order(people: Iterable[User]) -> list[User]:
    return sorted((each for each in people if each.is_active), key=lambda each: each.pk)

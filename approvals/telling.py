"""Telling those concerned of questions and answers, of offers, and of what was reassigned."""

from __future__ import annotations

from approvals.models import CustomerOffer, Question
from creditnotes.emails import letter
from creditnotes.events import consumer
from creditnotes.models import CreditNote, Event, News
from creditnotes.telling import facts_for_customer
from customers.access import represents
from customers.live import Change, announce
from customers.mailing import Letter, Reader, address_of, send
from customers.models import User


@consumer("question_news", Event.Kind.QUESTION_ASKED, Event.Kind.QUESTION_ANSWERED)
def show(event: Event) -> None:
    """Show the colleague that they are asked, or whoever asked that there is an answer."""
    question = _question_of(event)
    person = _whom_to_tell(event, question)
    if person is not None and person.company_id is not None:
        News.objects.bulk_create([News(user=person, event=event)], ignore_conflicts=True)
        announce(Change(news=(person.pk,)))


@consumer("question_mail", Event.Kind.QUESTION_ASKED, Event.Kind.QUESTION_ANSWERED)
def write(event: Event) -> None:
    """Write to whoever is asked, and to whoever asked once there is an answer."""
    question = _question_of(event)
    person = _whom_to_tell(event, question)
    if person is None or not person.is_active:
        return
    if event.kind == Event.Kind.QUESTION_ANSWERED:
        send([_answered(event, question, person)])
    elif question.to_customer:
        if represents(person, question.note.customer):
            send([_asked_customer(event, person)])
    else:
        send([_asked(event, question, person)])


@consumer("reassigned_news", Event.Kind.REASSIGNED, Event.Kind.HANDED_OVER)
def show_reassigned(event: Event) -> None:
    """Show it to whoever has it now, and to whoever has no more, but not to whoever did it."""
    told = {event.payload["from"], event.payload["to"]} - {event.actor_id}
    people = User.objects.filter(pk__in=told, is_active=True).order_by("pk")
    ids = list(people.values_list("pk", flat=True))
    News.objects.bulk_create([News(user_id=pk, event=event) for pk in ids], ignore_conflicts=True)
    announce(Change(news=tuple(ids)))


def _question_of(event: Event) -> Question:
    questions = Question.objects.select_related("asked_by", "to_user", "note__created_by")
    question: Question = questions.get(pk=event.payload["question"])
    return question


def _whom_to_tell(event: Event, question: Question) -> User | None:
    """Who is asked: the customer's contact who began the request; or else who asked."""
    if event.kind == Event.Kind.QUESTION_ANSWERED:
        return question.asked_by
    contact: User = question.note.created_by
    return contact if question.to_customer else question.to_user


def _asked(event: Event, question: Question, person: User) -> Letter:
    url = address_of("approvals:answer", question.pk)
    return letter("question_asked", event, "question_mail", Reader.of(person), url=url)


def _asked_customer(event: Event, person: User) -> Letter:
    """Nothing but what the portal shows them: what they asked for, not what a rep made of it."""
    note: CreditNote = event.note
    url = address_of("portal:credit_note", note.pk)
    asked = facts_for_customer(note)
    reader = Reader.of(person)
    return letter("question_for_customer", event, "question_mail", reader, url=url, **asked)


def _answered(event: Event, question: Question, person: User) -> Letter:
    url = address_of("approvals:decide", event.note_id)
    reader = Reader.of(person)
    return letter(
        "question_answered", event, "question_mail", reader, url=url, question=question.text
    )


@consumer("offer_mail", Event.Kind.OFFER_MADE)
def write_offer(event: Event) -> None:
    """Write to the contact who asked what they are offered, while they may still take it."""
    offers = CustomerOffer.objects.select_related("note__company", "made_by")
    offer = offers.get(pk=event.payload["offer"])
    contact = event.note.created_by
    if not offer.is_open or not represents(contact, event.note.customer):
        return
    url = address_of("portal:credit_note", event.note_id)
    send(
        [
            letter(
                "offer_made",
                event,
                "offer_mail",
                Reader.of(contact),
                url=url,
                offer=offer,
                **facts_for_customer(event.note),
            )
        ]
    )

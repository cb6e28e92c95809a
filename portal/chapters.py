"""All that happened to a request, in order, as its customer reads it: deeds, words, documents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from approvals.conversation import Said, said_between
from creditnotes.models import CreditNote, Event, MessageFile, State
from creditnotes.services.reversing import applied_to
from customers.access import STATEMENT, represents
from customers.models import Invoice, OpenItem, Refund, User

WORDS: Mapping[str, Promise] = {
    Event.Kind.PICKED_UP: gettext_lazy("Our team is looking at it"),
    Event.Kind.OFFER_MADE: gettext_lazy("We made you an offer"),
    Event.Kind.OFFER_ACCEPTED: gettext_lazy("You accepted the offer"),
    Event.Kind.OFFER_DECLINED: gettext_lazy("You asked for more than the offer"),
    Event.Kind.OFFER_EXPIRED: gettext_lazy("The time for the offer was up"),
    Event.Kind.SUBMITTED: gettext_lazy("Being decided"),
    Event.Kind.APPROVED: gettext_lazy("Approved"),
    Event.Kind.ISSUED: gettext_lazy("Credit note issued"),
    Event.Kind.REJECTED: gettext_lazy("Not granted"),
    Event.Kind.APPEALED: gettext_lazy("Appealed: somebody else looks at it"),
    Event.Kind.WITHDRAWN: gettext_lazy("Withdrawn"),
    Event.Kind.CANCELLED: gettext_lazy("Cancelled"),
    Event.Kind.REVERSED: gettext_lazy("Taken back with a debit note"),
}
#: The events whose comment is for the customer.
WITH_WORDS = (Event.Kind.REJECTED, Event.Kind.REVERSED)
#: The events of which the customer may be told who it was, if the company tells names.
BY_SOMEBODY = (
    Event.Kind.PICKED_UP,
    Event.Kind.APPROVED,
    Event.Kind.REJECTED,
)


@dataclass(frozen=True)
class Chapter:
    """One thing that happened, as the customer reads it; of some only the day is known."""

    kind: str
    words: str
    when: datetime
    comment: str = ""
    who: str = ""
    files: Sequence[MessageFile] = ()
    is_day: bool = False
    #: What was applied or paid out, in the note's currency; ``words`` is then where to.
    amount: Decimal | None = None


def milestones(events: Iterable[Event], reader: User) -> list[Chapter]:
    """What was done with the request, each step once; an appeal begins anew."""
    return [_milestone(event, reader) for event in _first_of_each(events)]


def _first_of_each(events: Iterable[Event]) -> list[Event]:
    """A note that goes to and fro between colleagues is simply in review; an appeal begins anew."""
    first: list[Event] = []
    seen: set[str] = set()
    for event in events:
        if event.kind == Event.Kind.APPEALED:
            seen = set()
        if event.kind not in seen:
            seen.add(event.kind)
            first.append(event)
    return first


def _milestone(event: Event, reader: User) -> Chapter:
    comment = event.comment if event.kind in WITH_WORDS else ""
    named = event.kind in BY_SOMEBODY and event.note.company.shows_names
    who = str(event.actor) if named and event.actor else ""
    return Chapter(event.kind, _words(event, reader), event.happened_at, comment, who)


def _words(event: Event, reader: User) -> str:
    if event.kind != Event.Kind.REQUESTED:
        return str(WORDS[event.kind])
    if event.actor == reader:
        return _("You asked for a credit")
    return _("%(contact)s asked for a credit") % {"contact": event.actor}


def conversation(note: CreditNote, reader: User) -> list[Chapter]:
    """What both sides wrote, and the company's questions with their answers."""
    return [_said(said, note, reader) for said in said_between(note)]


def _said(said: Said, note: CreditNote, reader: User) -> Chapter:
    words, kind = _who_said(said, note, reader), "theirs" if said.is_customers else "ours"
    return Chapter(f"said-{kind}", words, said.at, said.text, files=said.files)


def _who_said(said: Said, note: CreditNote, reader: User) -> str:
    if said.kind == "question":
        return _("We asked you")
    if said.author == reader:
        return _("You answered") if said.kind == "answer" else _("You wrote")
    shown = said.is_customers or note.company.shows_names
    who = {"who": said.author if shown else note.company.legal_name}
    return _("%(who)s answered") % who if said.kind == "answer" else _("%(who)s wrote") % who


def settlement(note: CreditNote, reader: User) -> list[Chapter]:
    """Which invoices an issued credit was applied to, and what of it was paid out.

    That is of the account, and so for those who see it.
    """
    if note.state != State.ISSUED or not represents(reader, note.customer, right=STATEMENT):
        return []
    return [*_applied(note), *_paid_out(note)]


def _applied(note: CreditNote) -> list[Chapter]:
    parts = applied_to(note)
    entries = [each.invoice.entry_id for each in parts]
    numbers = dict(Invoice.objects.filter(entry__in=entries).values_list("entry", "number"))
    return [
        Chapter(
            "applied",
            numbers[each.invoice.entry_id],
            _evening(each.applied_on, note),
            is_day=True,
            amount=each.amount,
        )
        for each in parts
        if each.invoice.entry_id in numbers
    ]


def _paid_out(note: CreditNote) -> list[Chapter]:
    items = OpenItem.objects.filter(entry__credit_document__note=note)
    refunds = Refund.objects.filter(payer__in=items, state=Refund.State.CONFIRMED)
    return [
        Chapter("paid", "", each.decided_at or each.proposed_at, amount=each.amount)
        for each in refunds.order_by("pk")
    ]


def _evening(day: date, note: CreditNote) -> datetime:
    """The end of that day at the company: after what else happened on it."""
    return datetime.combine(day, time.max, ZoneInfo(note.company.time_zone))

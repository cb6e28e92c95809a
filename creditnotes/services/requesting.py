"""The customer's request, until a rep takes it over or declines it."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from creditnotes import access
from creditnotes.content import wish_of
from creditnotes.models import (
    CreditNote,
    Event,
    Participant,
    State,
    UnsentRequest,
)
from creditnotes.services.guards import (
    locked,
    move,
    require,
    require_comment,
    require_complete,
    require_transition,
)
from customers.models import User


@transaction.atomic
def request(note: CreditNote, *, actor: User, moment: datetime, comment: str = "") -> CreditNote:
    """Send a contact's draft to the company; their wish and words are kept with the event.

    The words are theirs: they never become the explanation that the company prints.
    """
    note = locked(note)
    require(access.may_request(actor, note))
    require_complete(note)
    UnsentRequest.objects.filter(note=note).delete()
    move(
        note,
        note.request,
        Event.Kind.REQUESTED,
        actor=actor,
        moment=moment,
        comment=comment,
        payload={"wish": wish_of(note)},
    )
    return note


@transaction.atomic
def pick_up(note: CreditNote, *, actor: User, moment: datetime) -> CreditNote:
    """A rep takes a customer's request over, to be checked and submitted."""
    note = locked(note)
    require(access.may_pick_up(actor, note))
    require_transition(note.pick_up, note)
    note.owner = actor
    Participant.objects.get_or_create(note=note, user=actor, defaults={"since": moment})
    move(note, note.pick_up, Event.Kind.PICKED_UP, actor=actor, moment=moment)
    return note


@transaction.atomic
def decline(note: CreditNote, *, actor: User, moment: datetime, comment: str) -> CreditNote:
    """A rep rejects a request, picked up or not; the words for the customer are a must."""
    note = locked(note)
    require(access.may_pick_up(actor, note))
    if note.state not in (State.REQUESTED, State.DRAFT):
        require_transition(note.pick_up, note)
    require_comment(comment)
    move(note, note.reject, Event.Kind.REJECTED, actor=actor, moment=moment, comment=comment)
    return note

"""The customer's request, until a rep takes it over or declines it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from creditnotes import access, events
from creditnotes.content import wish_of
from creditnotes.models import (
    EDITABLE,
    Appeal,
    CreditNote,
    Event,
    Origin,
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
from customers.access import MANAGERS, REPS, serving
from customers.errors import NotAllowed, Refusal, WrongState
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
    """A rep takes a customer's request over, to be checked and submitted.

    So they do with what was returned for changes and nobody has: an offer that policy made.
    """
    note = locked(note)
    require(access.may_pick_up(actor, note))
    _require_another(note, actor)
    if note.state in EDITABLE and note.owner is not None:
        raise WrongState(_("%(who)s has picked it up already.") % {"who": note.owner})
    is_returned = is_returned_to_nobody(note)
    if not is_returned:
        require_transition(note.pick_up, note)
    note.owner = actor
    Participant.objects.get_or_create(note=note, user=actor, defaults={"since": moment})
    if is_returned:
        _record_new_owner(note, None, actor, moment)
    else:
        move(note, note.pick_up, Event.Kind.PICKED_UP, actor=actor, moment=moment)
    return note


def is_returned_to_nobody(note: CreditNote) -> bool:
    """Whether it was returned for changes and nobody has it: an offer of policy's, say."""
    return note.state == State.RETURNED and note.owner_id is None


def _record_new_owner(
    note: CreditNote, before: User | None, actor: User, moment: datetime, comment: str = ""
) -> None:
    """Save a note that somebody else has now, in the state it was in; customers aren't told."""
    note.changed_at = moment
    note.save()
    events.record(
        note,
        Event.Kind.HANDED_OVER,
        actor=actor,
        moment=moment,
        old_state=note.state,
        comment=comment,
        payload=_from_to(note, before),
    )


def _from_to(note: CreditNote, before: User | None) -> dict[str, Any]:
    to = note.owner
    told = {"to": to.pk if to else None, "name": str(to)}
    return {"from": before.pk if before else None, **told}


@transaction.atomic
def hand_over(
    note: CreditNote, *, actor: User, to: User, moment: datetime, comment: str = ""
) -> CreditNote:
    """Give a customer's request to a colleague who serves them; one that nobody has is taken.

    Raises :class:`~customers.errors.Refusal` at ``to`` for somebody who may not have it.
    """
    note = locked(note)
    require(access.may_pick_up(actor, note) and note.origin == Origin.PORTAL)
    if not who_can_have(note).filter(pk=to.pk).exists():
        raise Refusal(_("%(who)s does not serve this customer.") % {"who": to}, field="to")
    before, note.owner = note.owner, to
    if (note.state in EDITABLE and before is not None) or note.state == State.RETURNED:
        _record_new_owner(note, before, actor, moment, comment)
        return note
    told = {"comment": comment, "payload": _from_to(note, before)}
    kind = Event.Kind.HANDED_OVER
    move(note, note.pick_up, kind, actor=actor, moment=moment, **told)
    return note


def who_can_have(note: CreditNote) -> QuerySet[User]:
    """The colleagues who may take the customer's request over, by name; of an appeal, others."""
    return (
        User.objects.filter(serving(note.customer), groups__name__in=[REPS, MANAGERS])
        .exclude(pk__in=_who_said_no(note))
        .distinct()
        .order_by("full_name", "pk")
    )


@transaction.atomic
def decline(note: CreditNote, *, actor: User, moment: datetime, comment: str) -> CreditNote:
    """A rep rejects a request, picked up or not; the words for the customer are a must.

    An appeal is answered by whoever has it now, and by nobody who declined it before.
    """
    note = locked(note)
    require(access.may_pick_up(actor, note))
    _require_first_no(note, actor)
    if note.state not in (State.REQUESTED, State.DRAFT):
        require_transition(note.pick_up, note)
    require_comment(comment)
    move(note, note.reject, Event.Kind.REJECTED, actor=actor, moment=moment, comment=comment)
    return note


def _require_first_no(note: CreditNote, actor: User) -> None:
    """Raise :class:`~customers.errors.NotAllowed` where an appeal is answered by somebody else."""
    appeal = _appeal_of(note)
    if appeal is None:
        return
    if appeal.kind != Appeal.Of.DECLINE:
        raise NotAllowed(_("Somebody above decides on the appeal: submit it."))
    if note.owner_id not in (None, actor.pk):
        raise NotAllowed(_("%(who)s answers the appeal.") % {"who": note.owner})
    _require_another(note, actor)


def _require_another(note: CreditNote, actor: User) -> None:
    """Raise :class:`~customers.errors.NotAllowed` for whoever said no to what is appealed."""
    if actor.pk in _who_said_no(note):
        raise NotAllowed(_("You said no to it before: a colleague answers the appeal."))


def _who_said_no(note: CreditNote) -> list[int]:
    appeal = _appeal_of(note)
    said_no = (appeal.against_id, appeal.against_for_id) if appeal else ()
    return [pk for pk in said_no if pk is not None]


def _appeal_of(note: CreditNote) -> Appeal | None:
    """The appeal of the note, or the one that raised it."""
    return getattr(note, "appeal", None) or getattr(note, "appeal_for", None)

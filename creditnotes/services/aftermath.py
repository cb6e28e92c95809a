"""The customer's last words: received, and how it went."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from creditnotes import access, events
from creditnotes.documents.fetching import kept_pdf
from creditnotes.models import Acknowledgement, CreditNote, Event, Rating, State
from creditnotes.services.guards import locked, require
from customers.errors import Incomplete, StaleContent, WrongState
from customers.models import User

#: What may be rated.
ENDED = (State.ISSUED, State.REJECTED, State.CANCELLED, State.REVERSED)


@transaction.atomic
def acknowledge(note: CreditNote, *, actor: User, moment: datetime, sha256: str) -> Acknowledgement:
    """Confirm that one received the issued document; ``sha256`` is that of the file one saw.

    Each contact does it once. Raises :class:`~customers.errors.WrongState` where there is no file
    yet, and :class:`~customers.errors.StaleContent` for another one.
    """
    note = locked(note)
    require(access.may_acknowledge(actor, note))
    document = getattr(note, "document", None)
    file = kept_pdf(document) if document else None
    if document is None or file is None:
        raise WrongState(_("There is no document to confirm yet."))
    known: Acknowledgement | None = document.acknowledgements.filter(person=actor).first()
    if known is not None:
        return known
    if file.sha256 != sha256:
        raise StaleContent(_("This is another document than the one you saw. Look again, please."))
    said: Acknowledgement = document.acknowledgements.create(
        person=actor, sha256=sha256, confirmed_at=moment
    )
    events.record(
        note,
        Event.Kind.ACKNOWLEDGED,
        actor=actor,
        moment=moment,
        old_state=note.state,
        payload={"number": document.number, "sha256": sha256},
    )
    return said


@transaction.atomic
def rate(
    note: CreditNote, *, actor: User, moment: datetime, stars: int, comment: str = ""
) -> Rating:
    """Say once how it went, from 1 to 5, after it came to its end."""
    note = locked(note)
    require(access.may_write(actor, note) and actor.company_id is None)
    if note.state not in ENDED:
        raise WrongState(_("You can rate it once it is settled."))
    known: Rating | None = Rating.objects.filter(note=note).first()
    if known is not None:
        if known.person_id == actor.pk:
            return known
        raise WrongState(_("%(who)s has rated it already.") % {"who": known.person})
    if not 1 <= stars <= 5:
        raise Incomplete(_("Choose from 1 to 5."), field="stars")
    rating = Rating.objects.create(
        note=note, person=actor, stars=stars, comment=comment.strip(), rated_at=moment
    )
    events.record(
        note,
        Event.Kind.RATED,
        actor=actor,
        moment=moment,
        old_state=note.state,
        comment=rating.comment,
        payload={"stars": stars},
    )
    return rating

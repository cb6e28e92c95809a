"""Asking a caller for photos by a link, taking them in, and ending the link.

The link takes photos of one note while nothing is decided on it. Asking is not editing: a
manager who asks for a photo may still decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from creditnotes import access, events
from creditnotes.attaching import Upload, store
from creditnotes.models import TAKES_PHOTOS, CreditNote, Event, PhotoLink
from creditnotes.services.guards import locked, require
from customers.errors import Refusal, WrongState
from customers.models import User

#: How many links of one note may be open at once.
MOST_OPEN = 10


class LinkEnded(Refusal):
    """The link is too old, was ended, or its note is closed."""

    status = 410


@dataclass
class Arrival:
    """What became of photos that were sent: how many are kept, and why others are not."""

    kept: int = 0
    refusals: list[Refusal] = field(default_factory=list)


@transaction.atomic
def ask_for_photos(
    note: CreditNote,
    whom: str,
    *,
    actor: User,
    moment: datetime,
    email: str = "",
    token: UUID | None = None,
) -> PhotoLink:
    """Give somebody a link by which to send photos of the note; mailed where there is an address.

    ``whom`` is a name for colleagues to know it by; the same ``token`` twice asks once. Raises
    :class:`~customers.errors.WrongState` once the note is decided.
    """
    note = locked(note)
    require(access.may_ask_for_photos(actor, note))
    given = PhotoLink.objects.filter(note=note, made_by=actor, token=token)
    known: PhotoLink | None = given.first() if token else None
    if known is not None:
        return known
    if note.state not in TAKES_PHOTOS:
        raise WrongState(_("%(note)s takes no more photos.") % {"note": note})
    if note.photo_links.open(moment).count() >= MOST_OPEN:
        raise Refusal(_("There are many links already. End one of them first."), field="whom")
    if not email.isascii():
        words = _("Write the address without accents or other special letters.")
        raise Refusal(words, field="email")
    link: PhotoLink = note.photo_links.create(
        whom=whom,
        email=email,
        made_by=actor,
        made_at=moment,
        expires_at=moment + settings.PHOTO_LINK_LIFETIME,
        token=token,
    )
    _record(link, Event.Kind.PHOTOS_ASKED, actor, moment)
    return link


@transaction.atomic
def receive_photos(link: PhotoLink, uploads: Sequence[Upload], *, moment: datetime) -> Arrival:
    """Keep what came by the link; a file that can't be kept keeps no other one out.

    Raises :class:`LinkEnded` where the link takes nothing any more.
    """
    link = _locked(link)
    if not link.is_open(moment):
        raise LinkEnded(_("This link takes no photos any more."))
    before, arrival = link.photos.count(), Arrival()
    for upload in uploads:
        try:
            store(link.note, upload, link, moment)
        except Refusal as refusal:
            arrival.refusals.append(refusal)
    arrival.kept = link.photos.count() - before
    if arrival.kept:
        _record(link, Event.Kind.PHOTOS_CAME, None, moment, count=arrival.kept)
    return arrival


@transaction.atomic
def end_photo_link(link: PhotoLink, *, actor: User, moment: datetime) -> PhotoLink:
    """Make the link worthless at once; what came by it stays. Ended twice is ended once."""
    link = _locked(link)
    require(access.may_ask_for_photos(actor, link.note))
    if link.ended_at is None:
        link.ended_at, link.ended_by = moment, actor
        link.save(update_fields=["ended_at", "ended_by"])
        _record(link, Event.Kind.PHOTO_LINK_ENDED, actor, moment)
    return link


def _locked(link: PhotoLink) -> PhotoLink:
    """The link as it stands now: whoever changes it or sends by it holds its note's lock."""
    note = locked(link.note)
    fresh: PhotoLink = PhotoLink.objects.get(pk=link.pk)
    fresh.note = note
    return fresh


def _record(link: PhotoLink, kind: str, actor: User | None, moment: datetime, **more: int) -> None:
    """Tell it in the note's story, by the name that the link was given."""
    payload = {"link": link.pk, "whom": link.whom, **more}
    state = link.note.state
    events.record(link.note, kind, actor=actor, moment=moment, old_state=state, payload=payload)

"""A contact's request before it is sent: what is typed is kept, or given up for good."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from creditnotes import access, events
from creditnotes.attaching import discard as discard_files
from creditnotes.content import Content
from creditnotes.models import CreditNote, Event, State, UnsentRequest
from creditnotes.services.drafting import write
from creditnotes.services.guards import locked, move, require
from customers.errors import Refusal, StaleContent, WrongState
from customers.models import User

#: Characters of one request, written as JSON: a thousand lines fit, a book does not.
MOST_TYPED = 100_000


#: So many unsent requests one person may keep, and so many of the oldest are named.
MOST_UNSENT = 50
NAMED = 3


def require_room(person: User) -> None:
    """Raise :class:`~customers.errors.Refusal` where the person keeps as many as there may be.

    Names those that were untouched for longest, to be sent or deleted.
    """
    kept = UnsentRequest.objects.filter(note__created_by=person)
    if kept.count() < MOST_UNSENT:
        return
    rows = kept.select_related("note").order_by("saved_at", "pk")[:NAMED]
    oldest = ", ".join(str(each.note) for each in rows)
    words = _(
        "You have %(count)s requests that are not sent, as many as can be kept. Send or delete one"
        " first; untouched for longest: %(oldest)s."
    )
    raise Refusal(words % {"count": MOST_UNSENT, "oldest": oldest})


@transaction.atomic
def keep_typed(
    note: CreditNote,
    typed: Mapping[str, Any],
    *,
    actor: User,
    moment: datetime,
    revision: int | None = None,
    writer: str = "",
) -> UnsentRequest:
    """Keep what the contact has typed so far, in place of what was kept before.

    ``revision`` is the one that the page began from, ``writer`` names the page; raises
    :class:`~customers.errors.StaleContent` where another page has saved since, and
    :class:`~customers.errors.WrongState` once the request was sent.
    """
    note = locked(note)
    require(access.may_request(actor, note))
    if note.state != State.DRAFT:
        raise WrongState(_("%(note)s was sent already.") % {"note": note})
    if len(json.dumps(typed)) > MOST_TYPED:
        raise Refusal(_("This is more than one request can hold."))
    known = UnsentRequest.objects.filter(note=note).first()
    if known is None:
        require_room(actor)
        return UnsentRequest.objects.create(note=note, typed=typed, saved_at=moment, writer=writer)
    is_followed = bool(writer) and writer == known.writer
    if revision is not None and revision != known.revision and not is_followed:
        raise StaleContent(_("You went on with this request on another device."))
    known.typed, known.saved_at, known.writer = dict(typed), moment, writer
    known.revision += 1
    known.save()
    return known


@transaction.atomic
def discard(note: CreditNote, *, actor: User, moment: datetime) -> None:
    """Give a private draft up for good, with its photos; nobody else ever hears of it."""
    note = locked(note)
    require(access.may_request(actor, note))
    if note.state != State.DRAFT:
        raise WrongState(_("%(note)s was sent already.") % {"note": note})
    discard_files(note)
    UnsentRequest.objects.filter(note=note).delete()
    write(note, Content())
    with events.quietly():
        move(note, note.withdraw, Event.Kind.WITHDRAWN, actor=actor, moment=moment)

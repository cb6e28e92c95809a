"""Writing to the other side about a credit note, or to one's colleagues."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import gettext as _

from creditnotes import access, events
from creditnotes.attaching import Upload, cleaned
from creditnotes.models import CLOSED, CreditNote, Event, Message, Remark, State
from creditnotes.services.guards import locked, require
from customers.errors import Incomplete, Refusal, WrongState
from customers.models import User

#: How long after its end a credit note may still be written about, at least.
OPEN_AFTER_END = timedelta(days=90)
#: Files that go with one message, at most.
MOST_FILES = 10


def open_until(note: CreditNote) -> datetime | None:
    """Until when one may write to the other side; None while it has not come to its end.

    At least as long as what was answered may be appealed.
    """
    if note.state not in (*CLOSED, State.ISSUED):
        return None
    return note.changed_at + max(OPEN_AFTER_END, timedelta(days=note.company.appeal_days + 1))


@transaction.atomic
def send_message(
    note: CreditNote,
    *,
    actor: User,
    moment: datetime,
    text: str,
    uploads: Sequence[Upload] = (),
    token: UUID | None = None,
) -> Message:
    """Say something to the other side, with files; the same ``token`` twice is said once.

    Raises :class:`~customers.errors.WrongState` once it is closed for long, and
    :class:`~customers.errors.Refusal` for nothing said, a file that can't be kept, or a customer
    who does not know of the credit.
    """
    note = locked(note)
    require(access.may_write(actor, note))
    _require_open(note, actor, moment)
    known = Message.objects.filter(author=actor, token=token).first() if token else None
    if known is not None:
        return known
    if not text.strip() and not uploads:
        raise Incomplete(_("Write something, please."), field="text")
    message = Message.objects.create(
        note=note,
        author=actor,
        from_customer=actor.company_id is None,
        text=text.strip(),
        written_at=moment,
        token=token,
    )
    _keep(message, uploads)
    payload = {"message": message.pk, "from_customer": message.from_customer}
    _record(note, Event.Kind.MESSAGE, actor, moment, payload)
    return message


def _require_open(note: CreditNote, actor: User, moment: datetime) -> None:
    if actor.company_id is not None and not access.is_known_to_customer(note):
        raise Refusal(_("The customer does not know of this credit yet."), field="text")
    until = open_until(note)
    if until is not None and moment > until:
        raise WrongState(
            _("This was closed on %(day)s; nothing more is written here. Please call or e-mail us.")
            % {"day": note.company.day_of(note.changed_at)}
        )


def _keep(message: Message, uploads: Sequence[Upload]) -> None:
    """Check and keep the files; photos without their metadata, the same file once."""
    if len(uploads) > MOST_FILES:
        raise Refusal(
            _("At most %(count)s files with one message.") % {"count": MOST_FILES}, field="photos"
        )
    for upload in uploads:
        name = (upload.name or _("file"))[-200:]
        if (upload.size or 0) > settings.ATTACHMENT_MAX_BYTES:
            limit = settings.ATTACHMENT_MAX_BYTES // 2**20
            raise Refusal(
                _("%(name)s is larger than %(limit)s MB.") % {"name": name, "limit": limit},
                field="photos",
            )
        content, content_type = cleaned(upload.read(), name)
        digest = hashlib.sha256(content).hexdigest()
        if not message.files.filter(sha256=digest).exists():
            message.files.create(
                file=ContentFile(content, name="file"),
                name=name,
                content_type=content_type,
                size=len(content),
                sha256=digest,
            )


@transaction.atomic
def remark(
    note: CreditNote, *, actor: User, moment: datetime, text: str, token: UUID | None = None
) -> Remark:
    """Say something to colleagues alone; the same ``token`` twice is said once."""
    note = locked(note)
    require(access.may_remark(actor, note))
    known = Remark.objects.filter(author=actor, token=token).first() if token else None
    if known is not None:
        return known
    if not text.strip():
        raise Incomplete(_("Write something, please."), field="text")
    said = Remark.objects.create(
        note=note, author=actor, text=text.strip(), written_at=moment, token=token
    )
    _record(note, Event.Kind.REMARK, actor, moment, {"remark": said.pk})
    return said


def _record(
    note: CreditNote, kind: str, actor: User, moment: datetime, payload: Mapping[str, object]
) -> None:
    """What was said is in its own table: the event tells only that something was."""
    events.record(
        note, kind, actor=actor, moment=moment, old_state=note.state, payload=dict(payload)
    )

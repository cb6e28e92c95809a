"""What every verb begins and ends with: lock, ask who and when, move and record."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django_fsm import can_proceed

from creditnotes import events
from creditnotes.models import (
    EDITABLE,
    CreditNote,
    Event,
    Reason,
)
from customers.errors import Incomplete, NotAllowed, StaleContent, WrongState
from customers.models import User


def locked(note: CreditNote) -> CreditNote:
    """The note as it stands now, locked until the transaction ends."""
    fresh: CreditNote = (
        CreditNote.objects.select_for_update(of=("self",))
        .select_related(
            "company",
            "customer",
            "customer__department",
            "reason",
            "rebill",
            "appeal",
            "appeal_for",
        )
        .get(pk=note.pk)
    )
    return fresh


def require(allowed: bool) -> None:
    """Raise :class:`~customers.errors.NotAllowed` unless ``allowed``."""
    if not allowed:
        raise NotAllowed(_("You may not do this."))


def require_transition(transition_method: Callable[[], None], note: CreditNote) -> None:
    """Raise :class:`~customers.errors.WrongState` where the lifecycle does not allow it now."""
    if not can_proceed(transition_method):
        raise WrongState(
            _("%(note)s is %(state)s now; this is no longer possible.")
            % {"note": note.reference, "state": note.get_state_display().lower()}
        )


def require_version(note: CreditNote, version: int | None) -> None:
    """Raise :class:`~customers.errors.StaleContent` if ``version`` is not the note's own."""
    if version is not None and version != note.version:
        raise StaleContent(
            _("Somebody changed this credit note meanwhile. What you typed is kept below.")
        )


def require_editable(note: CreditNote) -> None:
    if note.state not in EDITABLE:
        raise WrongState(
            _("%(note)s is %(state)s and can't be changed.")
            % {"note": note.reference, "state": note.get_state_display().lower()}
        )


def require_comment(comment: str) -> None:
    """Raise :class:`~customers.errors.Incomplete` for an empty comment where one is due."""
    if not comment.strip():
        raise Incomplete(_("Say why, please."), field="comment")


def require_complete(note: CreditNote) -> None:
    """Raise :class:`~customers.errors.Incomplete` unless reason, lines and photo are there."""
    is_asked_for = note.reason is not None and note.reason.needs_photo
    lines, photos = note.lines.exists(), is_asked_for and note.attachments.exists()
    for refusal in missing(note.reason, lines=lines, photos=photos):
        raise refusal


def missing(reason: Reason | None, *, lines: bool, photos: bool) -> list[Incomplete]:
    """All that keeps a credit note from being sent on, for pages to say at once."""
    refusals = []
    if reason is None:
        refusals.append(Incomplete(_("Choose a reason."), field="reason"))
    if not lines:
        refusals.append(Incomplete(_("Choose at least one line to credit."), field="lines"))
    if reason and reason.needs_photo and not photos:
        refusals.append(Incomplete(_("This reason needs a photo."), field="photos"))
    return refusals


def move(
    note: CreditNote,
    transition_method: Callable[[], None],
    kind: str,
    *,
    actor: User | None,
    moment: datetime,
    **recorded: Any,
) -> Event:
    """Take the note through a transition, save it, and record the event."""
    require_transition(transition_method, note)
    old_state = note.state
    transition_method()
    note.changed_at = moment
    note.version += 1
    note.save()
    return events.record(note, kind, actor=actor, moment=moment, old_state=old_state, **recorded)

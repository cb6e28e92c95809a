"""Saving what is in the composer: whole when asked to, or as far as it can be by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

from django.utils import timezone

from approvals import services as approval_services
from creditnotes import services
from creditnotes.content import Content, claims_of
from creditnotes.models import EDITABLE, CreditNote
from creditnotes.views.composer import Composer
from creditnotes.views.finding import started_with
from customers.errors import Incomplete, OverCredit, Refusal, StaleContent, WrongState


@dataclass(frozen=True)
class Outcome:
    """The note as it was saved; or None, and the composer to show again with what is wrong."""

    composer: Composer
    note: CreditNote | None = None
    status: int = HTTPStatus.OK
    is_repeated: bool = False


def save(composer: Composer, *, then_submit: bool) -> Outcome:
    """Save the draft, and submit it if asked; a draft stays saved though submitting is refused."""
    if not composer.is_whole():
        composer = keep_photos(composer)
        composer.is_whole()  # marks what is missing on the fresh composer too
        return Outcome(composer, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        note = write(composer, composer.content)
        composer = keep_photos(composer.on(note))
        if composer.head.errors:
            return Outcome(composer, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        if then_submit:
            approval_services.submit(note, actor=composer.user, moment=timezone.now())
    except Refusal as refusal:
        return _refused(composer, refusal, then_submit=then_submit)
    return Outcome(composer, note)


def write(composer: Composer, content: Content) -> CreditNote:
    """Start the note, or change it, unless it says all this already."""
    now = timezone.now()
    if composer.note is None:
        token = composer.head.cleaned_data["token"]
        return services.start(
            composer.customer,
            content,
            actor=composer.user,
            moment=now,
            currency=composer.currency,
            token=token,
        )
    if composer.note.state in EDITABLE and says(composer.note, content):
        return composer.note
    version = composer.head.cleaned_data["version"]
    return services.edit(composer.note, content, actor=composer.user, moment=now, version=version)


def says(note: CreditNote, content: Content) -> bool:
    """Whether the note says exactly this already."""
    return content == Content(
        reason=note.reason,
        claims=tuple(claims_of(note)),
        explanation=note.explanation,
        internal_note=note.internal_note,
        customer_reference=note.customer_reference,
    )


def _refused(composer: Composer, refusal: Refusal, *, then_submit: bool) -> Outcome:
    """The composer again with what was typed and why not; a repeated click is no mistake."""
    fresh = _fresh(composer)
    if fresh and isinstance(refusal, WrongState | StaleContent):
        is_done = fresh.state not in EDITABLE if then_submit else True
        if is_done and says(fresh, composer.content):
            return Outcome(composer, fresh, is_repeated=True)
        composer = composer.on(fresh)
    elif isinstance(refusal, OverCredit):
        composer = composer.anew()
    composer = keep_photos(composer)
    refuse_all(composer, refusal)
    return Outcome(composer, status=refusal.status)


def refuse_all(composer: Composer, refusal: Refusal) -> None:
    """Say the refusal; of one missing thing, all that are missing; of too much, who took it."""
    if isinstance(refusal, OverCredit):
        composer.settle()
        if composer.quote.refusals:  # each said beside its line
            return
    gaps: Sequence[Refusal] = composer.gaps if isinstance(refusal, Incomplete) else ()
    is_gap = refusal.field in [gap.field for gap in gaps]
    for each in gaps if is_gap else [refusal]:
        composer.refuse(each)


def _fresh(composer: Composer) -> CreditNote | None:
    """The note as it stands by now, however it came about."""
    if composer.note is None:
        return started_before(composer)
    found: CreditNote = CreditNote.objects.get(pk=composer.note.pk)
    return found


def started_before(composer: Composer) -> CreditNote | None:
    """The note that this very page has started already: a second click, or *back*."""
    return started_with(composer.user, composer.head.cleaned_data.get("token"))


def keep_photos(composer: Composer) -> Composer:
    """Store what was uploaded, on a draft started for it if need be."""
    uploads = composer.head.cleaned_data.get("photos")
    if not uploads:
        return composer
    note = composer.note or write(composer, Content())
    composer = composer.on(note, files=None)
    for upload in uploads:
        try:
            services.attach(note, upload, actor=composer.user, moment=timezone.now())
        except Refusal as refusal:
            composer.refuse(refusal)
    return composer

"""The credit note's verbs: each opens its transaction, locks, guards, writes, records.

``moment`` is when it happens; nothing here asks the clock. Locks are taken in one
order everywhere: the note, its lines' counters by id, its taxes' counters by id,
the ledger, the number series last.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django_fsm import can_proceed

from creditnotes import access, creditable, events
from creditnotes.attaching import Upload, store
from creditnotes.content import Content, hash_of
from creditnotes.creditable import Claim, Quote
from creditnotes.documents.snapshot import snapshot_of
from creditnotes.models import (
    CLOSED,
    EDITABLE,
    Attachment,
    Basis,
    CreditLine,
    CreditNote,
    CreditTax,
    Event,
    Hold,
    IssuedDocument,
    Origin,
    Participant,
    State,
)
from creditnotes.numbering import take_number
from creditnotes.posting import post_credit
from customers.errors import Incomplete, NotAllowed, Refusal, StaleContent, WrongState
from customers.models import Customer, Invoice, User


def locked(note: CreditNote) -> CreditNote:
    """The note as it stands now, locked until the transaction ends."""
    fresh: CreditNote = (
        CreditNote.objects.select_for_update(of=("self",))
        .select_related("company", "customer", "customer__department", "reason")
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


@transaction.atomic
def start(
    customer: Customer,
    content: Content,
    *,
    actor: User,
    moment: datetime,
    token: UUID | None = None,
    quiet: bool = False,
) -> CreditNote:
    """Start a draft for the customer.

    With a ``token`` seen before from the same person, answers the note that it
    started then: a double click starts one.
    """
    require(access.may_start(actor, customer))
    known = _started_with(token, actor)
    if known is not None:
        return known
    from_sales = actor.company_id is not None
    note: CreditNote = CreditNote(
        company=customer.company,
        customer=customer,
        origin=Origin.REP if from_sales else Origin.PORTAL,
        owner=actor if from_sales else None,
        created_by=actor,
        currency=customer.currency,
        language=customer.language,
        start_token=token,
        created_at=moment,
        changed_at=moment,
    )
    try:
        with transaction.atomic():
            note.save()
    except IntegrityError:  # the other click was faster and has committed
        known = _started_with(token, actor)
        if known is None:
            raise
        return known
    Participant.objects.create(note=note, user=actor, since=moment)
    write(note, content)
    events.record(note, Event.Kind.STARTED, actor=actor, moment=moment, quiet=quiet)
    return note


def _started_with(token: UUID | None, actor: User) -> CreditNote | None:
    if token is None:
        return None
    started = CreditNote.objects.filter(start_token=token, created_by=actor)
    known: CreditNote | None = started.first()
    return known


@transaction.atomic
def edit(
    note: CreditNote,
    content: Content,
    *,
    actor: User,
    moment: datetime,
    version: int | None = None,
) -> CreditNote:
    """Replace the content of a draft or returned note; a reservation is kept, adjusted.

    ``version`` is the one the page was made from; raises
    :class:`~customers.errors.StaleContent` when somebody changed the note since.
    """
    note = locked(note)
    require(access.may_edit(actor, note))
    _require_editable(note)
    require_version(note, version)
    Participant.objects.get_or_create(note=note, user=actor, defaults={"since": moment})
    held, note.hold = note.hold, Hold.NONE
    write(note, content)
    note.hold = held
    note.changed_at = moment
    note.version += 1
    note.save()
    events.record(note, Event.Kind.EDITED, actor=actor, moment=moment)
    return note


def _require_editable(note: CreditNote) -> None:
    if note.state not in EDITABLE:
        raise WrongState(
            _("%(note)s is %(state)s and can't be changed.")
            % {"note": note.reference, "state": note.get_state_display().lower()}
        )


def require_version(note: CreditNote, version: int | None) -> None:
    """Raise :class:`~customers.errors.StaleContent` if ``version`` is not the note's own."""
    if version is not None and version != note.version:
        raise StaleContent(
            _("Somebody changed this credit note meanwhile. What you typed is kept below.")
        )


def write(note: CreditNote, content: Content) -> Quote:
    """Write content and its exact amounts on an open note that holds nothing.

    Raises the first refusal among the claims. The counters stay locked until the
    transaction ends, so what was quoted can be reserved.
    """
    _require_fitting_reason(note, content)
    note.reason = content.reason
    note.explanation = content.explanation
    note.internal_note = content.internal_note
    note.customer_reference = content.customer_reference
    note.save()
    note.lines.all().delete()
    note.taxes.all().delete()
    quote = _quote(note, content.claims)
    _write_lines(note, quote)
    note.net, note.tax_total, note.total = quote.net, quote.tax_total, quote.total
    note.save()
    return quote


def _require_fitting_reason(note: CreditNote, content: Content) -> None:
    reason = content.reason
    if reason is None:
        if note.state != State.DRAFT:
            raise Incomplete(_("Choose a reason."), field="reason")
        return
    if reason.company_id != note.company_id:
        raise Refusal(_("Choose a reason."), field="reason")
    for position, claim in enumerate(content.claims):
        if claim.basis not in reason.bases:
            raise Refusal(
                _("%(reason)s is not credited by %(basis)s.")
                % {"reason": reason, "basis": Basis(claim.basis).label.lower()},
                field="basis",
                line=position,
            )


def _quote(note: CreditNote, claims: Sequence[Claim]) -> Quote:
    _require_own_lines(note, claims)
    counters = creditable.lock(claim.invoice_line_id for claim in claims)
    quote = creditable.quote(claims, counters)
    if quote.refusals:
        raise quote.refusals[0]
    return quote


def _require_own_lines(note: CreditNote, claims: Sequence[Claim]) -> None:
    wanted = {claim.invoice_line_id for claim in claims}
    own = Invoice.objects.filter(
        customer=note.customer_id, currency=note.currency, lines__in=wanted
    )
    if own.values("lines").count() != len(wanted):
        raise Refusal(_("A line belongs to another customer's invoice or currency."))


def _write_lines(note: CreditNote, quote: Quote) -> None:
    CreditLine.objects.bulk_create(
        CreditLine(
            note=note,
            creditable_id=line.claim.invoice_line_id,
            position=position,
            basis=line.claim.basis,
            quantity=line.taken.quantity,
            percent=line.claim.percent,
            unit_price=line.claim.unit_price,
            net=line.taken.net,
        )
        for position, line in enumerate(quote.lines, start=1)
    )
    CreditTax.objects.bulk_create(
        CreditTax(
            note=note,
            invoice_id=tax.creditable.invoice_id,
            creditable=tax.creditable,
            base=tax.base,
            amount=tax.amount,
        )
        for tax in quote.taxes
    )


def fix_content(note: CreditNote, claims: Sequence[Claim]) -> None:
    """Compute a note's lines and taxes anew against what is left now, and hash the content.

    For submission: a draft's amounts may be days old. The note must hold nothing.
    """
    note.lines.all().delete()
    note.taxes.all().delete()
    quote = _quote(note, claims)
    _write_lines(note, quote)
    note.net, note.tax_total, note.total = quote.net, quote.tax_total, quote.total
    note.content_hash = hash_of(note)


@transaction.atomic
def attach(note: CreditNote, upload: Upload, *, actor: User, moment: datetime) -> Attachment:
    """Add a photo or document; the same file twice is kept once.

    Raises :class:`~customers.errors.Refusal` for a file of the wrong kind or size.
    """
    note = locked(note)
    require(access.may_edit(actor, note) or access.may_withdraw(actor, note))
    if note.state in (*CLOSED, State.ISSUED):
        raise WrongState(_("Nothing can be added to a credit note that is closed."))
    return store(note, upload, actor, moment)


@transaction.atomic
def detach(attachment: Attachment, *, actor: User) -> None:
    """Remove an attachment while its note may still be edited."""
    note = locked(attachment.note)
    require(access.may_edit(actor, note))
    _require_editable(note)
    attachment.delete()


@transaction.atomic
def request(note: CreditNote, *, actor: User, moment: datetime) -> CreditNote:
    """Send a contact's draft to the company."""
    note = locked(note)
    require(access.may_edit(actor, note))
    require_complete(note)
    move(note, note.request, Event.Kind.REQUESTED, actor=actor, moment=moment)
    return note


def require_complete(note: CreditNote) -> None:
    """Raise :class:`~customers.errors.Incomplete` unless reason, lines and photo are there."""
    if note.reason is None:
        raise Incomplete(_("Choose a reason."), field="reason")
    if not note.lines.exists():
        raise Incomplete(_("Choose at least one line to credit."), field="lines")
    if note.reason.needs_photo and not note.attachments.exists():
        raise Incomplete(_("This reason needs a photo."), field="photos")


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
    """A rep rejects a request; the words for the customer are a must."""
    note = locked(note)
    require(access.may_pick_up(actor, note))
    if note.state != State.REQUESTED:
        require_transition(note.pick_up, note)
    require_comment(comment)
    move(note, note.reject, Event.Kind.REJECTED, actor=actor, moment=moment, comment=comment)
    return note


def require_comment(comment: str) -> None:
    """Raise :class:`~customers.errors.Incomplete` for an empty comment where one is due."""
    if not comment.strip():
        raise Incomplete(_("Say why, please."), field="comment")


@transaction.atomic
def withdraw(note: CreditNote, *, actor: User, moment: datetime, comment: str = "") -> CreditNote:
    """Whoever raised it takes it back for good; what it reserved is released."""
    note = locked(note)
    require(access.may_withdraw(actor, note))
    move(note, note.withdraw, Event.Kind.WITHDRAWN, actor=actor, moment=moment, comment=comment)
    return note


@transaction.atomic
def expire_reservation(note: CreditNote, *, moment: datetime) -> CreditNote:
    """Release what a returned note reserves, once its time is up; it can be submitted again."""
    note = locked(note)
    due = note.reserved_until is not None and note.reserved_until <= moment
    if note.state == State.RETURNED and note.hold == Hold.RESERVED and due:
        note.hold = Hold.NONE
        note.reserved_until = None
        note.changed_at = moment
        note.save()
        events.record(note, Event.Kind.RESERVATION_EXPIRED, actor=None, moment=moment)
    return note


@transaction.atomic
def issue(
    note: CreditNote, *, actor: User | None, moment: datetime, quiet: bool = False
) -> CreditNote:
    """Make an approved note a legal document: number, posting, snapshot, in one transaction.

    ``actor`` is None when policy issues by itself. A note that is issued already
    is answered as it is, so that a repeated delivery does no harm.
    """
    note = locked(note)
    if note.state == State.ISSUED:
        return note
    require(actor is None or access.may_issue(actor, note))
    require_transition(note.issue, note)
    if hash_of(note) != note.content_hash:
        raise StaleContent(_("The content is not what was approved."))
    day = note.company.day_of(moment)
    move(note, note.issue, Event.Kind.ISSUED, actor=actor, moment=moment, quiet=quiet)
    _write_document(note, actor, moment, day)
    return note


def _write_document(note: CreditNote, actor: User | None, moment: datetime, day: Any) -> None:
    # The entry is named after the note's own reference, so that the series row,
    # which everybody issuing waits for, is locked last and briefly.
    entry = post_credit(note, day)
    number = take_number(note.company, day)
    IssuedDocument.objects.create(
        note=note,
        company=note.company,
        series=number.series,
        sequence=number.sequence,
        number=str(number),
        issued_on=day,
        issued_at=moment,
        issued_by=actor,
        entry=entry,
        content_hash=note.content_hash,
        snapshot=snapshot_of(note, str(number), day, entry),
    )


@transaction.atomic
def cancel(note: CreditNote, *, actor: User, moment: datetime, comment: str) -> CreditNote:
    """Finance stops an approved note; what it reserved is released."""
    note = locked(note)
    require(access.may_cancel(actor, note))
    require_comment(comment)
    move(note, note.cancel, Event.Kind.CANCELLED, actor=actor, moment=moment, comment=comment)
    return note

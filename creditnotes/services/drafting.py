"""Writing a credit note: start, edit, attach; its content with exact amounts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, IntegrityError, transaction
from django.db.models import Prefetch, prefetch_related_objects
from django.utils.translation import gettext as _

from creditnotes import access, creditable, events
from creditnotes.content import Content, claims_of, hash_of, hashed_rows
from creditnotes.creditable import (
    Claim,
    Counters,
    Quote,
    QuotedLine,
    invoices_of,
    lines_of,
)
from creditnotes.models import (
    Basis,
    CreditLine,
    CreditNote,
    CreditTax,
    Event,
    Hold,
    Origin,
    Participant,
    State,
)
from creditnotes.services.guards import (
    locked,
    require,
    require_editable,
    require_version,
)
from customers.errors import Incomplete, Refusal
from customers.models import Customer, User

#: A note's content with what tells of its taxes, to be prefetched.
CONTENT = ("lines", Prefetch("taxes", CreditTax.objects.select_related("invoice", "creditable")))
#: Who goes on writing their own draft within this time adds nothing more to its history.
SITTING = timedelta(minutes=30)


@transaction.atomic
def start(
    customer: Customer,
    content: Content,
    *,
    actor: User,
    moment: datetime,
    currency: str = "",
    token: UUID | None = None,
    quiet: bool = False,
) -> CreditNote:
    """Start a draft for the customer, in the ``currency`` of the invoices it is to credit.

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
        currency=currency or customer.currency,
        language=customer.language,
        start_token=token,
        created_at=moment,
        changed_at=moment,
    )
    _describe(note, content)
    try:
        with transaction.atomic():
            note.save()
    except IntegrityError:  # the other click was faster and has committed
        known = _started_with(token, actor)
        if known is None:
            raise
        return known
    Participant.objects.create(note=note, user=actor, since=moment)
    _fill(note, content.claims)
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
    One person's changes to a draft in one sitting are one entry of its history.
    """
    note = locked(note)
    require(access.may_edit(actor, note))
    require_editable(note)
    require_version(note, version)
    Participant.objects.get_or_create(note=note, user=actor, defaults={"since": moment})
    lock_counters(note, content.claims)
    held, note.hold = note.hold, Hold.NONE
    write(note, content)
    note.hold = held
    note.changed_at = moment
    note.version += 1
    note.save()
    if not _is_same_sitting(note, actor, moment):
        events.record(note, Event.Kind.EDITED, actor=actor, moment=moment)
    return note


def _is_same_sitting(note: CreditNote, actor: User, moment: datetime) -> bool:
    """Whether the draft's history ends with this person's own writing, a short while ago."""
    last = note.events.last()
    return (
        note.state == State.DRAFT
        and last is not None
        and last.kind in (Event.Kind.STARTED, Event.Kind.EDITED)
        and last.actor_id == actor.pk
        and moment - last.happened_at < SITTING
    )


def lock_counters(note: CreditNote, claims: Iterable[Claim]) -> None:
    """Lock what the note holds now together with what it is about to claim, in id order.

    Call it before a note that may hold something lets go of it to take it, or something
    else, anew: letting go locks too, and locks taken in two goes can cross another's.
    """
    creditable.lock_for([*claims_of(note), *claims])


def write(note: CreditNote, content: Content) -> Quote:
    """Write content and its exact amounts on an open note that holds nothing.

    Raises the first refusal among the claims. The counters stay locked until the
    transaction ends, so what was quoted can be reserved.
    """
    _describe(note, content)
    note.save()
    _clear(note)
    return _fill(note, content.claims)


def _describe(note: CreditNote, content: Content) -> None:
    _require_fitting_reason(note, content)
    note.reason = content.reason
    note.explanation = content.explanation
    note.internal_note = content.internal_note
    note.customer_reference = content.customer_reference


def _clear(note: CreditNote) -> None:
    """In one statement each, however long the note is; nothing hangs on what is only written."""
    note.lines.all()._raw_delete(DEFAULT_DB_ALIAS)  # noqa: SLF001 - delete() goes by the hundred
    note.taxes.all()._raw_delete(DEFAULT_DB_ALIAS)  # noqa: SLF001 - delete() goes by the hundred


def _fill(note: CreditNote, claims: Sequence[Claim]) -> Quote:
    """Write the lines and taxes of a note that has none, and its totals."""
    quote = _quote(note, claims, creditable.lock_for(claims))
    _write_rows(_lines(note, quote), _taxes(note, quote))
    _add_up(note, quote)
    note.save()
    return quote


def _add_up(note: CreditNote, quote: Quote) -> None:
    note.net, note.tax_total, note.total = quote.net, quote.tax_total, quote.total


def fix_content(note: CreditNote, claims: Sequence[Claim]) -> Counters:
    """Compute a note's lines and taxes anew against what is left now, and hash the content.

    For submission: a draft's amounts may be days old; mostly they are not, and stay as they
    are written. The note must hold nothing. Answers the counters, which stay locked.
    """
    counters = creditable.lock_for(claims)
    quote = _quote(note, claims, counters)
    lines, taxes = _lines(note, quote), _taxes(note, quote)
    if hashed_rows(lines, taxes) != hashed_rows(note.lines.all(), note.taxes.all()):
        _clear(note)
        _write_rows(lines, taxes)
        note.refresh_from_db(fields=["lines", "taxes"])
        prefetch_related_objects([note], *CONTENT)
    _add_up(note, quote)
    note.content_hash = hash_of(note)
    return counters


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


def _quote(note: CreditNote, claims: Sequence[Claim], counters: Counters) -> Quote:
    _require_own_lines(note, claims, counters)
    quote = creditable.quote(claims, counters, note.reason)
    if quote.refusals:
        raise quote.refusals[0]
    return quote


def _require_own_lines(note: CreditNote, claims: Sequence[Claim], counters: Counters) -> None:
    own = {
        pk
        for pk, invoice in counters.invoices.items()
        if invoice.customer_id == note.customer_id and invoice.currency == note.currency
    }
    lines = {pk for pk, line in counters.lines.items() if line.invoice_id in own}
    if not (lines_of(claims) <= lines and invoices_of(claims) <= own):
        raise Refusal(_("A line belongs to another customer's invoice or currency."))


def _write_rows(lines: Sequence[CreditLine], taxes: Sequence[CreditTax]) -> None:
    CreditLine.objects.bulk_create(lines)
    CreditTax.objects.bulk_create(taxes)


def _lines(note: CreditNote, quote: Quote) -> list[CreditLine]:
    return [_line(note, position, line) for position, line in enumerate(quote.lines, start=1)]


def _taxes(note: CreditNote, quote: Quote) -> list[CreditTax]:
    return [
        CreditTax(
            note=note,
            invoice_id=tax.creditable.invoice_id,
            creditable=tax.creditable,
            **vars(tax.taken),
        )
        for tax in quote.taxes
    ]


_PRICED = (Basis.QUANTITY, Basis.UNIT_PRICE)


def _line(note: CreditNote, position: int, quoted: QuotedLine) -> CreditLine:
    claim, taken = quoted.claim, quoted.taken
    lowered = quoted.fee_percent is not None and claim.fee_percent is not None
    return CreditLine(
        note=note,
        creditable_id=claim.invoice_line_id,
        invoice_id=claim.invoice_id,
        position=position,
        basis=claim.basis,
        quantity=taken.quantity,
        percent=claim.percent if claim.basis == Basis.PERCENT else None,
        unit_price=claim.unit_price if claim.basis in _PRICED else None,
        in_full=claim.basis in (Basis.FREIGHT, Basis.TAX) and claim.amount is None,
        net=taken.credited,
        price_only=claim.price_only and claim.invoice_line_id is not None,
        fee=taken.fee,
        fee_percent=quoted.fee_percent,
        fee_words=claim.fee_words if lowered else "",
        tax_kind=claim.tax_kind,
        tax=quoted.tax,
        description=claim.description,
    )

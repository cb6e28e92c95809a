"""What the workers do: deliver dispatches, and sweep up what was left lying."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import structlog
from celery import shared_task
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from creditnotes import events, services, statements
from creditnotes.documents.statement import stored_statement
from creditnotes.models import CreditNote, Dispatch, Hold, State
from customers.models import Customer
from customers.statement import statement_of

logger = structlog.get_logger(__name__)

#: How long the sweep leaves a dispatch to the worker it was offered to.
GRACE = timedelta(seconds=10)
#: Attempts are spaced 10 s, 20 s, 40 s, … up to this.
LONGEST_WAIT = timedelta(hours=1)
#: What one sweep picks up at most; the next one goes on.
SWEPT_AT_ONCE = 500
#: A dispatch that failed so often wants somebody to look at it.
FAILING = 3
#: What a dispatch says of an attempt that goes on, or was cut short.
UNFINISHED = "The attempt has not ended; if nobody is at it, its worker was killed."


@shared_task(name=events.DELIVER)
def deliver(dispatch_id: int) -> None:
    """Make one attempt at a dispatch; another worker that is at it already is left to it.

    The attempt is counted, and the next one put off, before anything is done: what kills
    its worker is found again by the sweep, later and later, and holds up nothing else.
    """
    if _claim(dispatch_id):
        _act(dispatch_id)


@transaction.atomic(durable=True)
def _claim(dispatch_id: int) -> bool:
    """Count the attempt, for good; False where there is nothing to do now."""
    now = timezone.now()
    is_its_time = Q(attempts=0) | Q(due_at__lte=now)
    dispatch = _waiting(dispatch_id).filter(is_its_time).first()
    if dispatch is None:
        return False
    dispatch.attempts += 1
    dispatch.due_at = now + wait_after(dispatch.attempts)
    dispatch.last_error = UNFINISHED
    dispatch.save(update_fields=["attempts", "due_at", "last_error"])
    return True


@transaction.atomic(durable=True)
def _act(dispatch_id: int) -> None:
    """Let the consumer work inside the transaction that marks the dispatch done.

    Either its effect in the database and the mark stand together, or neither does.
    """
    parties = ("event__note__customer", "event__note__company", "event__actor")
    dispatch = _waiting(dispatch_id).select_related(*parties).first()
    if dispatch is not None:  # nobody was faster
        _attempt(dispatch)
        dispatch.save(update_fields=["due_at", "done_at", "last_error"])


def _waiting(dispatch_id: int) -> QuerySet[Dispatch]:
    """The dispatch, locked, unless it is done or another worker is at it."""
    undone = Dispatch.objects.filter(pk=dispatch_id, done_at__isnull=True)
    return undone.select_for_update(skip_locked=True, of=("self",))


def _attempt(dispatch: Dispatch) -> None:
    try:
        with transaction.atomic():
            events.consumer_of(dispatch)(dispatch.event)
    except Exception as error:  # whatever a consumer meets, the dispatch is kept and retried
        logger.exception("dispatch failed", dispatch=dispatch.pk, consumer=dispatch.consumer)
        dispatch.last_error = f"{type(error).__name__}: {error}"[:2000]
        dispatch.due_at = timezone.now() + wait_after(dispatch.attempts)
    else:
        dispatch.done_at = timezone.now()
        dispatch.last_error = ""


def wait_after(attempts: int) -> timedelta:
    """How long to wait after that many failed attempts; for any number of them."""
    doublings = min(attempts - 1, 10)  # beyond them the longest wait is reached
    return min(GRACE * (1 << doublings), LONGEST_WAIT)


@shared_task
def sweep() -> int:
    """Offer again what is due and was not done: a lost broker, a killed worker, a failed attempt.

    Answers how many dispatches it offered. Also releases reservations whose time is up.
    """
    release_expired_reservations()
    ids = _take_up(timezone.now())
    events.offer(ids)
    return len(ids)


@transaction.atomic
def _take_up(now: datetime) -> list[int]:
    """What is due and nobody is at, oldest first; the next sweep leaves it alone for a while."""
    due = Dispatch.objects.filter(done_at__isnull=True, due_at__lte=now - GRACE)
    free = due.select_for_update(skip_locked=True).order_by("due_at", "pk")
    ids = list(free.values_list("pk", flat=True)[:SWEPT_AT_ONCE])
    Dispatch.objects.filter(pk__in=ids).update(due_at=now)
    return ids


def try_again(dispatches: QuerySet[Dispatch]) -> int:
    """Offer those that are not done at once, whenever their next attempt was to be.

    For somebody who has mended what made them fail. Answers how many were offered.
    """
    waiting = dispatches.filter(done_at__isnull=True)
    ids = list(waiting.order_by("pk").values_list("pk", flat=True)[:SWEPT_AT_ONCE])
    Dispatch.objects.filter(pk__in=ids, done_at__isnull=True).update(due_at=timezone.now())
    transaction.on_commit(lambda: events.offer(ids), robust=True)
    return len(ids)


def release_expired_reservations() -> None:
    """Let go of what returned notes have reserved for too long."""
    now = timezone.now()
    expired = CreditNote.objects.filter(
        state=State.RETURNED, hold=Hold.RESERVED, reserved_until__lte=now
    )
    for note in expired:
        services.expire_reservation(note, moment=now)


@shared_task(name=statements.RENDER)
def render_statement(customer_id: int, since: str, until: str, site_id: int | None) -> None:
    """Render a statement of account that somebody waits for; once more does no harm."""
    customer = Customer.objects.select_related("company").get(pk=customer_id)
    site = customer.sites.get(pk=site_id) if site_id else None
    days = date.fromisoformat(since), date.fromisoformat(until)
    stored_statement(statement_of(customer, *days, site))

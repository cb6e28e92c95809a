"""What the workers do: deliver dispatches, and sweep up what was left lying."""

from __future__ import annotations

from datetime import timedelta

import structlog
from celery import shared_task
from django.db import transaction
from django.utils import timezone

from creditnotes import events, services
from creditnotes.models import CreditNote, Dispatch, Hold, State

logger = structlog.get_logger(__name__)

#: How long the sweep leaves a dispatch to the worker it was offered to.
GRACE = timedelta(seconds=10)
#: Attempts are spaced 10 s, 20 s, 40 s, … up to this.
LONGEST_WAIT = timedelta(hours=1)
#: What one sweep picks up at most; the next one goes on.
SWEPT_AT_ONCE = 500


@shared_task(name=events.DELIVER)
def deliver(dispatch_id: int) -> None:
    """Act on one dispatch, once; another worker that is at it already is left to it.

    The consumer works inside the claiming transaction: either its effect in the
    database and the mark stand together, or neither does.
    """
    with transaction.atomic():
        dispatch = (
            Dispatch.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("event__note__customer", "event__note__company", "event__actor")
            .filter(pk=dispatch_id, done_at__isnull=True)
            .first()
        )
        if dispatch is None:
            return
        dispatch.attempts += 1
        _attempt(dispatch)
        dispatch.save()


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
    """Deliver what is due and was not: a lost broker, a killed worker, a failed attempt.

    Answers how many dispatches it took up. Also releases reservations whose time is up.
    """
    release_expired_reservations()
    due = Dispatch.objects.filter(done_at__isnull=True, due_at__lte=timezone.now() - GRACE)
    ids = list(due.order_by("due_at", "pk").values_list("pk", flat=True)[:SWEPT_AT_ONCE])
    for dispatch_id in ids:
        deliver(dispatch_id)
    return len(ids)


def release_expired_reservations() -> None:
    """Let go of what returned notes have reserved for too long."""
    now = timezone.now()
    expired = CreditNote.objects.filter(
        state=State.RETURNED, hold=Hold.RESERVED, reserved_until__lte=now
    )
    for note in expired:
        services.expire_reservation(note, moment=now)

"""What the workers do: remind and escalate in time, and try policies on the past."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from celery import shared_task
from django.utils import timezone

from approvals import services
from approvals.models import CustomerOffer, Step
from approvals.querysets import StepQuerySet

#: What one round looks at of each; the next one goes on.
AT_ONCE = 500


@shared_task
def watch_clocks() -> int:
    """Remind and escalate whatever it is time for, however late; answers how many of both.

    Several workers at once, or one twice, do no harm: each step is asked again under lock.
    """
    now = timezone.now()
    waiting = Step.objects.whose_clock_runs()
    escalated = _each(
        waiting.filter(escalated_at=None, escalate_at__lte=now).order_by("escalate_at", "pk"),
        services.escalate,
        now,
    )
    reminded = _each(
        waiting.filter(reminded_at=None, remind_at__lte=now, due_at__gt=now).order_by(
            "remind_at", "pk"
        ),
        services.remind,
        now,
    )
    return escalated + reminded


def _each(steps: StepQuerySet, verb: Callable[..., bool], now: datetime) -> int:
    return sum(verb(step, moment=now) for step in list(steps.select_related("note")[:AT_ONCE]))


@shared_task
def expire_offers() -> int:
    """End the offers that customers did not answer in time; answers how many."""
    now = timezone.now()
    due = CustomerOffer.objects.filter(status=CustomerOffer.Status.MADE, expires_at__lte=now)
    oldest = list(due.select_related("note").order_by("expires_at", "pk")[:AT_ONCE])
    return sum(services.expire_offer(offer, moment=now) for offer in oldest)


@shared_task
def rehearse(run_id: int) -> bool:
    """Try a policy on the past; offered twice it is tried once."""
    return services.run_rehearsal(run_id)


@shared_task
def sweep_rehearsals() -> int:
    """Pick up what a lost broker forgot, or a killed worker left; answers how many."""
    return services.offer_waiting(timezone.now())

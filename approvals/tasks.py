"""What the workers do: remind and escalate in time, and try policies on the past."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from celery import shared_task
from django.core.cache import cache
from django.utils import timezone

from approvals import services
from approvals.models import Policy, Step
from approvals.querysets import StepQuerySet
from approvals.rehearsing import Rehearsal

#: What one round looks at of each; the next one goes on.
AT_ONCE = 500
#: For how many seconds a rehearsal may be looked at.
KEPT = 24 * 60 * 60


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
def rehearse(policy_id: int, since: str, until: str, key: str) -> None:
    """Try a policy on the past; how far it is, and then what came of it, is kept under ``key``."""
    draft = Policy.objects.select_related("company").get(pk=policy_id)
    rehearsal = Rehearsal(draft, date.fromisoformat(since), date.fromisoformat(until))

    def tell(done: int, total: int) -> None:
        cache.set(key, {"done": done, "total": total}, KEPT)

    result = rehearsal.run(tell)
    cache.set(key, {"done": result["total"], "total": result["total"], "result": result}, KEPT)

"""Having a policy tried on the past by a worker, so that nothing of it is lost."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import structlog
from celery import current_app
from django.utils import timezone
from kombu.exceptions import OperationalError

from approvals.models import Policy, RehearsalRun
from approvals.rehearsing import Rehearsal
from customers.models import User

logger = structlog.get_logger(__name__)

#: The task that runs one, by name: it stands above this module.
RUN = "approvals.tasks.rehearse"
#: For how long a rehearsal may be looked at.
KEPT = timedelta(days=30)
#: After how long one that was begun and not finished is begun anew: its worker is gone.
LOST = timedelta(minutes=10)


def start_rehearsal(
    policy: Policy, since: date, until: date, *, by: User, moment: datetime
) -> RehearsalRun:
    """Write down that it is wanted, and offer it to the workers; the sweep finds what they miss."""
    RehearsalRun.objects.filter(asked_at__lt=moment - KEPT).delete()
    run = RehearsalRun.objects.create(
        policy=policy, since=since, until=until, asked_by=by, asked_at=moment
    )
    _offer(run)
    return run


def _offer(run: RehearsalRun) -> None:
    try:
        current_app.send_task(RUN, args=[run.pk])
    except OperationalError as error:
        logger.warning("broker unreachable, left to the sweep", error=str(error))
        return
    run.is_offered = True
    run.save(update_fields=["is_offered"])


def offer_waiting(moment: datetime) -> int:
    """Offer again what no worker has begun, and what its worker did not finish."""
    unfinished = RehearsalRun.objects.filter(finished_at=None)
    unfinished.filter(begun_at__lt=moment - LOST).update(begun_at=None)
    waiting = list(unfinished.filter(begun_at=None).order_by("pk"))
    for run in waiting:
        _offer(run)
    return len(waiting)


def run_rehearsal(run_id: int) -> bool:
    """Try it, unless a worker does already; how far it is and what came of it are kept."""
    runs = RehearsalRun.objects.filter(pk=run_id)
    if not runs.filter(begun_at=None, finished_at=None).update(begun_at=timezone.now()):
        return False
    run = runs.select_related("policy__company").get()

    def tell(done: int, total: int) -> None:
        runs.update(done=done, total=total)

    result = Rehearsal(run.policy, run.since, run.until).run(tell)
    runs.update(result=result, finished_at=timezone.now())
    return True

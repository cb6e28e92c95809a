"""Having a policy tried on the past by a worker, so that nothing of it is lost."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import structlog
from celery import current_app
from django.db.models import F, Q
from django.utils import timezone
from kombu.exceptions import OperationalError

from approvals.models import Policy, RehearsalRun
from approvals.models.rehearsals import MOST_TRIES
from approvals.rehearsing import Rehearsal
from customers.models import User

logger = structlog.get_logger(__name__)

#: The task that runs one, by name: it stands above this module.
RUN = "approvals.tasks.rehearse"
#: For how long a rehearsal may be looked at.
KEPT = timedelta(days=30)
#: After how long one that was begun and not finished is begun anew: its worker is gone, for none
#: works on anything longer than ``CELERY_TASK_TIME_LIMIT``.
LOST = timedelta(minutes=5)
#: For how long an offer stands that no worker took.
OFFERED = timedelta(minutes=2)


def start_rehearsal(
    policy: Policy, since: date, until: date, *, by: User, moment: datetime
) -> RehearsalRun:
    """Write down that it is wanted, and offer it to the workers; the sweep finds what they miss."""
    run = RehearsalRun.objects.create(
        policy=policy, since=since, until=until, asked_by=by, asked_at=moment
    )
    _offer(run, moment)
    return run


def _offer(run: RehearsalRun, moment: datetime) -> None:
    try:
        current_app.send_task(RUN, args=[run.pk], expires=OFFERED.total_seconds())
    except OperationalError as error:
        logger.warning("broker unreachable, left to the sweep", error=str(error))
        return
    run.offered_at = moment
    run.save(update_fields=["offered_at"])


def offer_waiting(moment: datetime) -> int:
    """Offer again what no worker has begun, and what its worker did not finish; forget old ones.

    What stands as offered is not offered twice, nor what was tried often enough.
    """
    RehearsalRun.objects.filter(asked_at__lt=moment - KEPT).delete()
    unfinished = RehearsalRun.objects.filter(finished_at=None)
    unfinished.filter(begun_at__lt=moment - LOST).update(begun_at=None)
    idle = unfinished.filter(begun_at=None, tries__lt=MOST_TRIES)
    untold = Q(offered_at=None) | Q(offered_at__lte=moment - OFFERED)
    waiting = list(idle.filter(untold).order_by("pk"))
    for run in waiting:
        _offer(run, moment)
    return len(waiting)


def run_rehearsal(run_id: int) -> bool:
    """Try it, unless a worker does already; how far it is and what came of it are kept.

    What fails is logged and tried again later, until it was tried often enough.
    """
    runs = RehearsalRun.objects.filter(pk=run_id)
    idle = runs.filter(begun_at=None, finished_at=None, tries__lt=MOST_TRIES)
    if not idle.update(begun_at=timezone.now(), tries=F("tries") + 1):
        return False
    run = runs.select_related("policy__company").get()

    def tell(done: int, total: int) -> None:
        runs.update(done=done, total=total)

    try:
        result = Rehearsal(run.policy, run.since, run.until).run(tell)
    except Exception:
        logger.exception("rehearsal failed", run=run.pk, tries=run.tries)
        runs.update(begun_at=None)
        return False
    runs.update(result=result, finished_at=timezone.now())
    return True

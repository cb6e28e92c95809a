"""Handing work to the workers.

What is to be done is written in the database, in the transaction of the change; the broker only
makes it soon. What it loses, a sweep finds (rule 8).
"""

from __future__ import annotations

from collections.abc import Iterable

import structlog
from celery import current_app
from kombu.exceptions import OperationalError

logger = structlog.get_logger(__name__)


def offer(task: str, ids: Iterable[int]) -> None:
    """Offer a task for each of these rows; where the broker is down the sweep will find them."""
    try:
        for each in ids:
            current_app.send_task(task, args=[each])
    except OperationalError as error:
        logger.warning("broker unreachable, left to the sweep", error=str(error))

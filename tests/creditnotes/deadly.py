"""Effects that kill the worker they run in, for a real worker to include.

What a lack of memory or the hard time limit does: SIGKILL, in the middle of a task.
"""

from __future__ import annotations

import os
import signal
from pathlib import Path

from creditnotes.events import consumer
from creditnotes.models import Event, News


@consumer("poison", Event.Kind.STARTED)
def poison(event: Event) -> None:
    """Kill the worker each time."""
    _die()


@consumer("killed_once", Event.Kind.STARTED)
def killed_once(event: Event) -> None:
    """Kill the worker the first time, after half of the work; do it the second time."""
    News.objects.create(user_id=event.note.created_by_id, event=event)
    died = Path(os.environ["DIED_ONCE"])
    if not died.exists():
        died.touch()
        _die()


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)

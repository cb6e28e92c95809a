"""What a long command costs: the seconds, and the most memory the process ever held."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Iterable
from typing import TypeVar

from django.utils.translation import gettext as _
from tqdm import tqdm

Item = TypeVar("Item")

#: How often the progress bar is drawn, in seconds: on a screen, and in a log.
ON_SCREEN, IN_A_LOG = 0.2, 10.0


class Effort:
    """A stopwatch that starts when it is made."""

    def __init__(self) -> None:
        self._started = time.monotonic()

    @property
    def seconds(self) -> float:
        """Since it was made."""
        return time.monotonic() - self._started

    def __str__(self) -> str:
        return _("%(seconds).1f seconds, at most %(memory)d MB of memory") % {
            "seconds": self.seconds,
            "memory": peak_memory(),
        }


def peak_memory() -> int:
    """The most memory this process has held so far, in MB of a million bytes."""
    kilobytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kilobytes * 1024 // 1_000_000


def shown(items: Iterable[Item], total: int, unit: str, *, hidden: bool = False) -> Iterable[Item]:
    """The same items, with a progress bar on the error stream."""
    interval = ON_SCREEN if sys.stderr.isatty() else IN_A_LOG
    return tqdm(items, total=total, unit=unit, mininterval=interval, disable=hidden)

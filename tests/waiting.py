"""Waiting for what another process, or a page, does."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

PATIENCE = 30
Found = TypeVar("Found")


def wait_for(look: Callable[[], Found], what: str, seconds: float = PATIENCE) -> Found:
    """What ``look`` answers once that is true; fails where it never is."""
    deadline = time.monotonic() + seconds
    while not (found := look()):
        assert time.monotonic() < deadline, f"waited {seconds} s in vain for {what}"
        time.sleep(0.02)
    return found

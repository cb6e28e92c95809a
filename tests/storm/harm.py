"""What breaks in a storm: database connections, and processes with a signal they can't catch."""

from __future__ import annotations

import os
import random
import signal
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Event

import psycopg

#: Seconds between two broken connections, and between two killed processes.
PACE, SLOW_PACE = 0.5, 15.0


def break_connections(owner_url: str, harm: Counter[str], over: Event) -> None:
    """End one of the product's own connections after the other, busy ones first."""
    chance = random.Random(1)
    with psycopg.connect(owner_url, autocommit=True) as server:
        while not over.wait(PACE * chance.uniform(0.5, 1.5)):
            row = server.execute(_ANY_OF_THE_APP).fetchone()
            harm["connections"] += bool(row and row[0])


_ANY_OF_THE_APP = """
    SELECT pg_terminate_backend(pid) FROM (
        SELECT pid FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()
            AND backend_type = 'client backend'
        ORDER BY (state = 'idle'), random() LIMIT 1
    ) victim
"""


def kill_children(
    parents: Callable[[], list[int]], name: str, harm: Counter[str], over: Event
) -> None:
    """Kill one child of these processes after the other; their parents start new ones."""
    chance = random.Random(2)
    while not over.wait(SLOW_PACE * chance.uniform(0.5, 1.5)):
        victims = [child for parent in parents() for child in children_of(parent)]
        if victims:
            with suppress(ProcessLookupError):
                os.kill(chance.choice(victims), signal.SIGKILL)
                harm[name] += 1


def children_of(pid: int) -> list[int]:
    """The processes that this one started and that still run."""
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return []
    return [int(child) for child in text.split()]

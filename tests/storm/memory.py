"""What a crowd keeps in mind: how far it has brought each note, and who brought it there."""

from __future__ import annotations

import random
from collections import defaultdict, deque
from dataclasses import dataclass
from threading import Lock
from typing import Literal

#: How far a note has come, as far as the crowd knows; somebody else may have been faster.
Stage = Literal["draft", "submitted", "endorsed", "approved", "awaits goods", "issued", "proposed"]
#: As many notes of a stage as the crowd keeps in mind; the oldest are forgotten.
REMEMBERED = 120
#: How often somebody acts on any note instead of one that fits, and how often on one that
#: a second person is about to act on as well.
MISFIT, SHARED = 0.15, 0.3


@dataclass(frozen=True)
class Known:
    """A note, and the session of whoever brought it where it is."""

    note: int
    by: str = ""
    awaits_goods: bool = False


class Memory:
    """Notes by stage, shared by all browsers."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._kept: dict[Stage, deque[Known]] = defaultdict(lambda: deque(maxlen=REMEMBERED))

    def keep(self, stage: Stage, known: Known) -> None:
        """Remember that the note has come so far."""
        with self._lock:
            self._kept[stage].append(known)

    def choose(
        self, stage: Stage, chance: random.Random, by: str | None = None, besides: str | None = None
    ) -> Known | None:
        """A note of that stage, now and then of another; ``by`` one person, or ``besides`` one."""
        with self._lock:
            if chance.random() < MISFIT:
                stage = chance.choice(sorted(self._kept) or [stage])
            fitting = [
                known
                for known in self._kept[stage]
                if known.by != besides and by in (None, known.by)
            ]
            if not fitting:
                return None
            chosen = chance.choice(fitting)
            if chance.random() > SHARED:
                self._kept[stage].remove(chosen)
            return chosen

"""The views of the queue as a page shows them: their tabs, and what each comes to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from approvals.figures import Load, loads_of
from approvals.queue import narrowing
from approvals.views.trail import Trail
from approvals.whose import Whose
from customers.models import User


@dataclass(frozen=True)
class Tab:
    """The way to one view of the queue, with how much is in it."""

    name: str
    label: Any
    url: str
    count: int
    is_current: bool


def loads_in(user: User, trail: Trail, moment: datetime) -> dict[Whose, Load]:
    """What each view comes to, and how much of it fits."""
    return loads_of(user, narrowing(trail.filters, moment), moment)


def tabs_of(trail: Trail, loads: Mapping[Whose, Load]) -> list[Tab]:
    """The tabs over the queue, the one looked at marked."""
    return [
        Tab(
            whose.value,
            whose.label,
            trail.all_in(whose),
            loads[whose].count,
            is_current=whose == trail.whose,
        )
        for whose in Whose
    ]

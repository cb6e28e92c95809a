"""Routing: which steps a credit takes. Pure: plain values in, an explainable plan out.

The chain is walked in order. The first stage at which somebody's limit covers the
amount decides, and only those people may; the stages before it endorse. Whoever
took part in the note is asked nowhere (rule 6).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Approver:
    """A person and the most they may finally approve, tax included; None is no limit."""

    user_id: int
    limit: Decimal | None

    def covers(self, amount: Decimal) -> bool:
        """Whether the limit reaches to ``amount``."""
        return self.limit is None or amount <= self.limit


@dataclass(frozen=True)
class Stage:
    """One step of a policy with the people whom it could ask today."""

    role: str
    hours: int
    approvers: Sequence[Approver]


@dataclass(frozen=True)
class PlannedStep:
    """A step to take: who may, whether it is the last, and why."""

    role: str
    hours: int
    user_ids: Sequence[int]
    is_final: bool
    why: str


@dataclass(frozen=True)
class Plan:
    """The steps to take, and the stages left out with the reason for it."""

    steps: Sequence[PlannedStep]
    skipped: Sequence[tuple[str, str]] = ()


class NobodyCan(ValueError):
    """Nobody on the chain has a limit that covers the amount."""


def plan(
    amount: Decimal, stages: Sequence[Stage], barred: Collection[int], decides: str = ""
) -> Plan:
    """The steps for a credit that counts as ``amount`` against the limits.

    ``barred`` are the people who took part in the note. ``decides`` is the only role that may
    decide, where the time limit of a tax has passed. Raises :class:`NobodyCan`.
    """
    steps: list[PlannedStep] = []
    skipped: list[tuple[str, str]] = []
    for stage in stages:
        asked = [person for person in stage.approvers if person.user_id not in barred]
        able = [person.user_id for person in asked if person.covers(amount)]
        if able and decides in ("", stage.role):
            steps.append(PlannedStep(stage.role, stage.hours, able, True, "limit covers"))
            return Plan(steps, skipped)
        if asked:
            everyone = [person.user_id for person in asked]
            why = "tax time limit passed" if able else "limit below amount"
            steps.append(PlannedStep(stage.role, stage.hours, everyone, False, why))
        else:
            skipped.append((stage.role, "took part" if stage.approvers else "nobody in this role"))
    raise NobodyCan

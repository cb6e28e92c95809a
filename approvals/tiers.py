"""One tier up: whom an appeal may ask. Pure, like :mod:`approvals.routing`.

Only those are asked whose limit reaches further than that of whoever said no; above somebody
without a limit are others without one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from approvals.routing import Approver, Stage, Superior


@dataclass(frozen=True)
class Above:
    """Whoever said no, by name, and the most they may finally approve; None is no limit."""

    name: str
    limit: Decimal | None

    def reaches(self, person: Approver) -> bool:
        """Whether the person's limit reaches further."""
        if person.endorses:
            return False
        return person.limit is None or (self.limit is not None and person.limit > self.limit)

    def stages(self, stages: Sequence[Stage]) -> list[Stage]:
        """The stages with those people alone."""
        return [self._narrowed(stage) for stage in stages]

    def _narrowed(self, stage: Stage) -> Stage:
        people = [person for person in stage.approvers if self.reaches(person)]
        is_below = bool(stage.approvers) and not people
        return replace(stage, approvers=people, left_out="not above" if is_below else "")

    def superiors(self, superiors: Mapping[int, Superior]) -> dict[int, Superior]:
        """The lines of management, on which those below decide nothing."""
        return {
            user_id: each
            if self.reaches(each.approver)
            else replace(each, approver=replace(each.approver, endorses=True))
            for user_id, each in superiors.items()
        }

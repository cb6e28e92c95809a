"""Routing: which steps a credit takes. Pure: plain values in, an explainable plan out.

The chain is walked in order. The first stage at which somebody's limit covers the
amount decides, and only those people may; the stages before it, and those asked together
with it, endorse. A stage that is asked in any case is never left out. Where no limit on
the chain reaches, the first superior whose limit does decides. Nobody is asked twice, and
whoever took part in the note nowhere (rule 6).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

#: The role of a superior who is asked because no limit on the chain covers the amount.
UP_THE_LINE = "management"
#: How long a superior has, in hours, where no stage says.
HOURS = 24
Times = tuple[int | None, int | None]
#: Neither reminded of nor escalated.
NO_TIMES: Times = (None, None)


@dataclass(frozen=True)
class Approver:
    """A person and the most they may finally approve, tax included; None is no limit.

    One who ``endorses`` only has no limit at all and finally approves nothing.
    """

    user_id: int
    limit: Decimal | None
    endorses: bool = False

    def covers(self, amount: Decimal) -> bool:
        """Whether the limit reaches to ``amount``."""
        return not self.endorses and (self.limit is None or amount <= self.limit)


@dataclass(frozen=True)
class Stage:
    """One step of a policy with the people whom it could ask today.

    It is asked after the one before it, or at once with it where it is ``alongside``.
    With ``needs_all`` each of its people is asked, else any one of them.
    """

    role: str
    hours: int
    approvers: Sequence[Approver]
    alongside: bool = False
    needs_all: bool = False
    is_required: bool = False
    pool: int | None = None
    #: When to remind and to escalate, in business hours before and after it is due.
    times: Times = NO_TIMES
    #: Why nobody of it is asked, where that is not for want of people.
    left_out: str = ""


@dataclass(frozen=True)
class PlannedStep:
    """A step to take: who may, whether it is the last, and why.

    Steps of one ``position`` are asked at once; the last step stands alone.
    """

    role: str
    hours: int
    user_ids: Sequence[int]
    is_final: bool
    why: str
    position: int = 1
    pool: int | None = None
    times: Times = NO_TIMES


@dataclass(frozen=True)
class Plan:
    """The steps to take, and the stages left out with the reason for it."""

    steps: Sequence[PlannedStep]
    skipped: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class Superior:
    """Whom somebody reports to, with the limit that counts for them up the line."""

    approver: Approver
    is_active: bool = True


class NobodyCan(ValueError):
    """Nobody on the chain has a limit that covers the amount."""


@dataclass(frozen=True)
class _Asked:
    """A stage with those of its people who took no part, in a group asked at once."""

    stage: Stage
    people: Sequence[Approver]
    group: int

    def able(self, amount: Decimal, decides: str) -> list[Approver]:
        """Those of them who may decide."""
        if decides not in ("", self.stage.role):
            return []
        return [person for person in self.people if person.covers(amount)]


def plan(
    amount: Decimal,
    stages: Sequence[Stage],
    barred: Collection[int],
    decides: str = "",
    superiors: Mapping[int, Superior] | None = None,
    line_from: Sequence[Stage] = (),
) -> Plan:
    """The steps for a credit that counts as ``amount`` against the limits.

    ``barred`` are the people who took part in the note. ``decides`` is the only role that may
    decide, where the time limit of a tax has passed. ``superiors`` says whom each person
    reports to, and ``line_from`` whose superiors are meant, where not those of the stages' people.
    Raises :class:`NobodyCan`.
    """
    grouped = list(_grouped(stages, barred))
    taken = _walked(amount, [each for each in grouped if each.people], decides)
    deciding = next((each for each in reversed(taken) if each.able(amount, decides)), None)
    last = _final(amount, deciding, decides) if deciding else None
    if last is None and not decides:
        last = _up_the_line(amount, line_from or stages, barred, superiors or {})
    if last is None:
        raise NobodyCan
    before = list(_endorsing(amount, taken, decides, deciding))
    steps, asked_later = _each_once(before, last)
    return Plan(steps, [*_skipped(grouped, deciding), *asked_later])


def _each_once(
    before: Sequence[PlannedStep], last: PlannedStep
) -> tuple[list[PlannedStep], list[tuple[str, str]]]:
    """The steps so that no person is asked twice, and those that are left out for it.

    Nobody says yes twice to one submission. Who may decide is kept for the last step, as
    long as somebody else is there to endorse, or somebody else to decide.
    """
    deciders, used = list(dict.fromkeys(last.user_ids)), set[int]()
    kept: list[PlannedStep] = []
    left_out = []
    for step in before:
        people = [pk for pk in step.user_ids if pk not in used and pk not in deciders]
        spare = [pk for pk in step.user_ids if pk in deciders][:1]
        if not people and spare and len(deciders) > 1:
            people = spare
            deciders.remove(spare[0])
        if people:
            kept.append(replace(step, user_ids=people))
        else:
            left_out.append((step.role, "asked in another step"))
        used.update(people)
    return _renumbered([*kept, replace(last, user_ids=deciders, position=0)]), left_out


def _renumbered(steps: Sequence[PlannedStep]) -> list[PlannedStep]:
    """The steps with positions from 1 without gaps; those of one position stay together."""
    numbers = {
        position: at for at, position in enumerate(dict.fromkeys(s.position for s in steps), 1)
    }
    return [replace(step, position=numbers[step.position]) for step in steps]


def _skipped(grouped: Sequence[_Asked], deciding: _Asked | None) -> list[tuple[str, str]]:
    """The stages with nobody left to ask, as far as the chain was walked."""
    return [
        (each.stage.role, each.stage.left_out or _why_empty(each.stage))
        for each in grouped
        if not each.people and (deciding is None or each.group <= deciding.group)
    ]


def _why_empty(stage: Stage) -> str:
    return "took part" if stage.approvers else "nobody in this role"


def _grouped(stages: Sequence[Stage], barred: Collection[int]) -> Iterator[_Asked]:
    group = 0
    for stage in stages:
        group += not stage.alongside
        people = [person for person in stage.approvers if person.user_id not in barred]
        yield _Asked(stage, people, group)


def _walked(amount: Decimal, asked: Sequence[_Asked], decides: str) -> list[_Asked]:
    """The chain as far as it must be walked: to whoever may decide, and past all required."""
    last = max((at for at, each in enumerate(asked) if each.stage.is_required), default=-1)
    taken: list[_Asked] = []
    is_enough = False
    for at, each in enumerate(asked):
        if is_enough and each.group != taken[-1].group:
            break
        taken.append(each)
        is_enough = is_enough or any(one.able(amount, decides) for one in taken)
        is_enough = is_enough and at >= last
    return taken


def _endorsing(
    amount: Decimal, taken: Sequence[_Asked], decides: str, deciding: _Asked | None
) -> Iterator[PlannedStep]:
    """The steps before the last, numbered by group; each person by themselves where all must."""
    position, group = 0, None
    for each in taken:
        people = list(each.people)
        if each is deciding:
            if not each.stage.needs_all:
                continue
            people.remove(_last_word(each, amount, decides))
            if not people:
                continue
        if each.group != group:
            position, group = position + 1, each.group
        why = _why_endorsed(each, amount, decides)
        yield from _steps(each.stage, people, position, why)


def _why_endorsed(each: _Asked, amount: Decimal, decides: str) -> str:
    if each.able(amount, decides):
        return "all are asked" if each.stage.needs_all else "asked in any case"
    by_limit = any(person.covers(amount) for person in each.people)
    return "tax time limit passed" if by_limit else "limit below amount"


def _steps(
    stage: Stage, people: Sequence[Approver], position: int, why: str
) -> Iterator[PlannedStep]:
    asked = [[person.user_id] for person in people]
    if not stage.needs_all:
        asked = [[person.user_id for person in people]]
    for user_ids in asked:
        yield PlannedStep(
            stage.role, stage.hours, user_ids, False, why, position, stage.pool, stage.times
        )


def _last_word(each: _Asked, amount: Decimal, decides: str) -> Approver:
    """Of all who must decide the one with the highest limit, who comes last."""
    able = each.able(amount, decides)
    unlimited = [person for person in able if person.limit is None]
    return unlimited[0] if unlimited else max(able, key=lambda person: person.limit or 0)


def _final(amount: Decimal, deciding: _Asked, decides: str) -> PlannedStep:
    stage, able = deciding.stage, deciding.able(amount, decides)
    if stage.needs_all:
        able = [_last_word(deciding, amount, decides)]
    ids = [person.user_id for person in able]
    return PlannedStep(
        stage.role, stage.hours, ids, True, "limit covers", pool=stage.pool, times=stage.times
    )


def _up_the_line(
    amount: Decimal,
    stages: Sequence[Stage],
    barred: Collection[int],
    superiors: Mapping[int, Superior],
) -> PlannedStep | None:
    """The nearest superior whose limit covers the amount: of the last asked, then of others."""
    for stage in reversed(stages):
        for person in stage.approvers:
            for superior in _line_of(person.user_id, superiors):
                able = superior.is_active and superior.approver.covers(amount)
                if able and superior.approver.user_id not in barred:
                    ids = [superior.approver.user_id]
                    hours = stage.hours or HOURS
                    return PlannedStep(
                        UP_THE_LINE, hours, ids, True, "up the line", times=stage.times
                    )
    return None


def _line_of(user_id: int, superiors: Mapping[int, Superior]) -> Iterator[Superior]:
    """Superior after superior; a circle ends where it closes."""
    seen = {user_id}
    while (superior := superiors.get(user_id)) and superior.approver.user_id not in seen:
        yield superior
        user_id = superior.approver.user_id
        seen.add(user_id)

"""Two managers decide on the same notes at the same moment: who decides, and who is told so?

    python bench/race.py [--notes 200]

A real web server, PostgreSQL, Redis and worker, and two processes, one for each manager, signed
in. For each note they open its decision page, wait for each other and press *Approve* together.
Each note must be decided once, and the other manager told by whom. Prints one JSON line; fails
where that does not hold. Runs on a database of its own, which it drops in the end.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from multiprocessing.synchronize import Barrier
from pathlib import Path
from statistics import median, quantiles
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from storm import own_database, start  # beside this file; the package would set Django up too soon

SEEN = re.compile(r'name="seen" value="(\w+)"')


class Answer(NamedTuple):
    """What one manager was answered on one note, and after how long."""

    status: int
    is_told_who: bool
    milliseconds: float


def main() -> int:
    """Race, count and print."""
    parser = argparse.ArgumentParser(prog="python bench/race.py")
    parser.add_argument("--notes", type=int, default=200)
    count = parser.parse_args().notes
    with own_database(), ExitStack() as processes:
        log = processes.enter_context(Path(os.environ["CREDITDESK_VAR"], "log").open("wb"))
        sessions, notes = _office(count)
        _hang_up()
        port, _web, _worker = start(processes, log)
        began = time.monotonic()
        answers = _race(port, sessions, notes)
        figures = _figures(notes, answers) | {"seconds": round(time.monotonic() - began, 1)}
        _hang_up()
        processes.close()
    print(json.dumps({"question": "two managers race", "notes": count} | figures))
    return 0 if figures["decided_once"] == figures["other_told"] == count else 1


def _office(count: int) -> tuple[list[str], list[int]]:
    """The sessions of two people whom each note asks, any one of them; and the notes."""
    from approvals.models import ApprovalLimit, Policy, PolicyStep, Role
    from tests import factories
    from tests.storm.world import session_of

    company = factories.company("race")
    department = factories.department(company, "Ottawa", "Manon Manager")
    people = [
        factories.person(name, "Finance", company, department)
        for name in ("Fiona Finance", "Farid Finance")
    ]
    rep = factories.person("Rita Rep", "Reps", company, department)
    policy = Policy.objects.create(company=company, name="Either of two")
    PolicyStep.objects.create(policy=policy, position=1, role=Role.FINANCE)
    ApprovalLimit.objects.create(company=company, role=Role.FINANCE, amount=None)
    customer = factories.customer(department, "C-1", "Érable Builders")
    notes = [
        factories.submitted_note(factories.invoice(customer, f"INV-{each}"), rep)
        for each in range(count)
    ]
    return [session_of(person) for person in people], [note.pk for note in notes]


def _race(port: int, sessions: Sequence[str], notes: Sequence[int]) -> list[list[Answer]]:
    """What each of the signed-in people was answered, note by note."""
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(len(sessions))
    with context.Manager() as manager:
        answers = manager.dict()
        racers = [
            context.Process(target=_decide_all, args=(port, session, notes, barrier, answers))
            for session in sessions
        ]
        for racer in racers:
            racer.start()
        for racer in racers:
            racer.join()
        return [answers[session] for session in sessions]


def _decide_all(
    port: int, session: str, notes: Sequence[int], barrier: Barrier, answers: Any
) -> None:
    """One manager: approves each note at the very moment at which the other does."""
    from tests.storm.crowd import Browser, Tally

    browser = Browser(port, session, Tally())
    told = []
    for note in notes:
        seen = SEEN.search(browser.get("open", f"/approvals/{note}/").body)
        data = {"seen": seen[1] if seen else "nothing was to be decided"}
        barrier.wait(timeout=60)
        began = time.monotonic()
        answer = browser.post("approve", f"/approvals/{note}/approve/", data)
        took = (time.monotonic() - began) * 1000
        told.append(Answer(answer.status, "has decided on" in answer.body, took))
    answers[session] = told


def _figures(notes: Sequence[int], answers: Sequence[Sequence[Answer]]) -> dict[str, Any]:
    from approvals.models import Decision

    verdicts = Decision.objects.values_list("note_id", "actor__full_name")
    decided = Counter(note for note, _who in verdicts)
    told = sum(
        sorted(each.status for each in pair) == [302, 409]
        and any(each.is_told_who for each in pair)
        for pair in zip(*answers, strict=True)
    )
    took = [each.milliseconds for person in answers for each in person]
    return {
        "decided_once": sum(decided[note] == 1 for note in notes),
        "other_told": told,
        "answers": dict(Counter(each.status for person in answers for each in person)),
        "decided_by": dict(Counter(who for _note, who in verdicts)),
        "p50_ms": round(median(took)),
        "p95_ms": round(quantiles(took, n=20)[-1]),
    }


def _hang_up() -> None:
    """Leave no connection of this process open: they are not shared, and the database goes."""
    from django.db import connections

    connections.close_all()


if __name__ == "__main__":
    sys.exit(main())

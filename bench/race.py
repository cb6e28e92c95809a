"""Two managers decide on the same notes at the same moment: who decides, and who is told so?

    python bench/race.py [--notes 200]

Two processes, one for each manager, open the queue's notes in the same order; for each they wait
for each other and then press *Approve* together, through the whole of the product but the
socket. Each note must be decided once, and the other manager told by whom. Prints one JSON line;
fails where that does not hold. Runs on the embedded servers and a database of its own, which it
drops in the end.
"""

from __future__ import annotations

import argparse
import json
import logging
import multiprocessing
import sys
import time
from collections import Counter
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from storm import own_database  # beside this file; the package itself would set Django up too soon

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def main() -> int:
    """Race, count and print."""
    parser = argparse.ArgumentParser(prog="python bench/race.py")
    parser.add_argument("--notes", type=int, default=200)
    count = parser.parse_args().notes
    with own_database():
        people, notes = _office(count)
        began = time.monotonic()
        answers = _race(people, notes)
        figures = _figures(notes, answers) | {"seconds": round(time.monotonic() - began, 1)}
        _hang_up()
    print(json.dumps({"question": "two managers race", "notes": count} | figures))
    return 0 if figures["decided_once"] == figures["other_told"] == count else 1


def _office(count: int) -> tuple[list[int], list[tuple[int, str]]]:
    """Two people whom each note asks, any one of them; and the notes with what they saw of them."""
    from approvals.models import ApprovalLimit, Policy, PolicyStep, Role
    from tests import factories

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
    return [person.pk for person in people], [(note.pk, note.content_hash) for note in notes]


def _race(people: list[int], notes: list[tuple[int, str]]) -> list[list[tuple[int, bool]]]:
    """What each person was answered, note by note: the status, and whether they were told who."""
    _hang_up()
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(len(people))
    with context.Manager() as manager:
        answers = manager.dict()
        racers = [
            context.Process(target=_decide_all, args=(person, notes, barrier, answers))
            for person in people
        ]
        for racer in racers:
            racer.start()
        for racer in racers:
            racer.join()
        return [answers[person] for person in people]


def _decide_all(person: int, notes: list[tuple[int, str]], barrier: Barrier, answers: Any) -> None:
    """One manager: approves each note at the very moment at which the other does."""
    import django

    django.setup()
    logging.disable(logging.WARNING)
    from django.test import Client

    from customers.models import User

    browser = Client(SERVER_NAME="127.0.0.1")
    browser.force_login(User.objects.get(pk=person), backend=BACKEND)
    told = []
    for note, seen in notes:
        barrier.wait(timeout=60)
        answer = browser.post(f"/approvals/{note}/approve/", {"seen": seen})
        who = b"has decided on" in answer.content
        told.append((answer.status_code, who))
    answers[person] = told


def _figures(notes: list[tuple[int, str]], answers: list[list[tuple[int, bool]]]) -> dict[str, Any]:
    from approvals.models import Decision

    verdicts = Decision.objects.values_list("note_id", "actor__full_name")
    decided = Counter(note for note, _who in verdicts)
    told = sum(
        sorted(status for status, _who in pair) == [302, 409] and any(who for _, who in pair)
        for pair in zip(*answers, strict=True)
    )
    return {
        "decided_once": sum(decided[note] == 1 for note, _seen in notes),
        "other_told": told,
        "answers": dict(Counter(status for each in answers for status, _who in each)),
        "decided_by": dict(Counter(who for _note, who in verdicts)),
    }


def _hang_up() -> None:
    """Leave no connection of this process open: they are not shared, and the database goes."""
    from django.db import connections

    connections.close_all()


if __name__ == "__main__":
    sys.exit(main())

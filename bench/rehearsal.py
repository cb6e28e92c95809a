"""How long a rehearsal of so many submissions takes, reading included; prints one JSON line.

Run as ``.venv/bin/python -m bench.rehearsal [notes] [rounds]``. The notes are written in bulk in
one transaction of the demo's database, with facts that vary as a distributor's do, and rolled
back. The rehearsal itself runs as a worker runs it, its progress and its result kept. Seven
policies are in force and the draft is an eighth. A plain loop before and after tells how noisy
the machine is.
"""

from __future__ import annotations

import json
import logging
import random
import statistics
import sys
import time
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from approvals import services
from approvals.models import Policy, RehearsalRun, Role, Routing
from creditnotes.models import CreditNote, Participant
from customers.models import Company, User
from tests import factories

PROVINCES = ("ON", "QC", "BC", "AB", "NS")


def main(notes: int, rounds: int) -> None:
    """Measure and print."""
    logging.disable(logging.INFO)
    with transaction.atomic():
        draft, admin = _company(notes)
        noise = [_noise()]
        figures = [_round(draft, admin) for _each in range(rounds)]
        noise.append(_noise())
        transaction.set_rollback(True)
    walls, cpus, statements, results = zip(*figures, strict=True)
    print(
        json.dumps(
            {
                "question": "rehearsal",
                "notes": notes,
                "noise_ms": noise,
                "seconds_p50": round(statistics.median(walls), 2),
                "seconds_worst": round(max(walls), 2),
                "cpu_seconds_best": round(min(cpus), 2),
                "statements": statements[0],
                "changes": results[0]["counts"],
            }
        )
    )


def _round(draft: Policy, admin: User) -> tuple[float, float, int, dict[str, Any]]:
    today = timezone.now().date()
    run = RehearsalRun.objects.create(
        policy=draft,
        since=today - timedelta(days=90),
        until=today,
        asked_by=admin,
        asked_at=timezone.now(),
    )
    wall, cpu = time.perf_counter(), time.process_time()
    with CaptureQueriesContext(connection) as queries:
        services.run_rehearsal(run.pk)
    taken = time.perf_counter() - wall, time.process_time() - cpu
    run.refresh_from_db()
    assert run.result
    return *taken, len(queries), run.result


def _noise() -> tuple[float, float]:
    """The same sum each time, in milliseconds of wall clock and of CPU."""
    wall, cpu = time.perf_counter(), time.process_time()
    sum(each * each for each in range(1_000_000))
    return round((time.perf_counter() - wall) * 1000, 1), round(
        (time.process_time() - cpu) * 1000, 1
    )


def _company(notes: int) -> tuple[Policy, User]:
    """A company with so many submissions of the last 90 days, and a draft to rehearse."""
    company = factories.company("bench")
    departments = [
        factories.department(company, f"Yard {each}", f"Manager {each}") for each in range(5)
    ]
    admin = factories.person("Adam Admin", "Admins", company)
    factories.person("Fiona Finance", "Finance", company)
    reps = [factories.person(f"Rep {each}", "Reps", company) for each in range(20)]
    customers = [
        factories.customer(departments[each % 5], f"C-{each}", f"Builder {each}")
        for each in range(100)
    ]
    standard = factories.policy(company)
    _further_policies(company)
    reason, now, chance = factories.reason(company), timezone.now(), random.Random(1)  # noqa: S311
    made = CreditNote.objects.bulk_create(
        CreditNote(
            company=company,
            customer=customers[each % 100],
            reason=reason,
            created_by=reps[each % 20],
            owner=reps[each % 20],
        )
        for each in range(notes)
    )
    Participant.objects.bulk_create(
        (Participant(note=note, user=note.created_by) for note in made), ignore_conflicts=True
    )
    Routing.objects.bulk_create(
        Routing(
            note=note,
            submission=1,
            policy=standard,
            routed_at=now - timedelta(minutes=each % 120_000),
            facts=_facts(chance, note),
            considered=[{"checks": [{"fact": "amount", "value": "1"}] * 6}],
            chain={"steps": [], "skipped": [], "decides": ""},
            names={},
        )
        for each, note in enumerate(made)
    )
    return _draft(company), admin


def _facts(chance: random.Random, note: CreditNote) -> dict[str, Any]:
    return {
        "amount": f"{chance.uniform(5, 3000):.2f}",
        "percent": f"{chance.uniform(1, 100):.2f}",
        "age": str(chance.randrange(200)),
        "credits": f"{chance.uniform(0, 5000):.2f}",
        "credit_count": str(chance.randrange(9)),
        "reason": [str(note.reason_id)],
        "tier": [chance.choice(["key", "standard"])],
        "province": [chance.choice(PROVINCES)],
        "department": [str(note.customer.department_id)],
        "category": ["lumber"],
        "basis": ["quantity"],
        "origin": [chance.choice(["rep", "portal"])],
        "offer": ["above"],
        "over_limit": chance.random() < 0.1,
        "past_due": chance.random() < 0.2,
        "loses": chance.random() < 0.1,
        "doubled": False,
    }


def _further_policies(company: Company) -> None:
    for place, province in enumerate(PROVINCES[2:] + PROVINCES[:2], start=1):
        conditions = [
            {"fact": "province", "among": [province]},
            {"fact": "amount", "from": "2000.00"},
        ]
        made = Policy.objects.create(
            company=company, name=f"Large, {province}", position=place, conditions=conditions
        )
        made.steps.create(position=1, role=Role.FINANCE)
    risky = Policy.objects.create(
        company=company, name="Risky", position=9, conditions=[{"fact": "loses", "is": True}]
    )
    risky.steps.create(position=1, role=Role.FINANCE)


def _draft(company: Company) -> Policy:
    """Up to 20 it passes at once; up to 1,500 finance decides."""
    draft = Policy.objects.create(
        company=company,
        name="Smaller ones",
        position=0,
        is_active=False,
        auto_approval_limit=Decimal(20),
        conditions=[{"fact": "amount", "to": "1500.00"}],
    )
    draft.steps.create(position=1, role=Role.FINANCE)
    return draft


if __name__ == "__main__":
    main(*(int(word) for word in [*sys.argv[1:], "10000", "3"][:2]))

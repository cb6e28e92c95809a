"""How long the review queue of 50 and a decision page take in process; prints one JSON line.

Run as ``.venv/bin/python -m bench.queue_page [rows] [rounds]``. Everything is made in one
transaction of the demo's database through the product's own services, and rolled back. A plain
loop before and after tells how noisy the machine is.
"""

from __future__ import annotations

import json
import logging
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests import factories

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


def main(rows: int, rounds: int) -> None:
    """Measure and print."""
    logging.disable(logging.INFO)
    with transaction.atomic():
        browser, note = _office(rows)
        noise = [_noise()]
        figures = {
            "queue": _measured(browser, "/approvals/", rounds),
            "decision": _measured(browser, f"/approvals/{note}/", rounds),
            "preview": _measured(browser, f"/approvals/{note}/preview/", rounds),
        }
        noise.append(_noise())
        transaction.set_rollback(True)
    print(json.dumps({"question": "queue page", "rows": rows, "noise_ms": noise} | figures))


def _office(rows: int) -> tuple[Client, int]:
    """A manager's browser, with so many notes waiting; and one of these, with five lines."""
    company = factories.company("bench")
    department = factories.department(company, "Ottawa", "Manon Manager")
    factories.person("Fiona Finance", "Finance", company, department)
    rep = factories.person("Rita Rep", "Reps", company, department)
    now = timezone.now()
    lines = [(f"Lumber 2×4×{each}", "10", "9.95", "goods") for each in range(5)]
    for each in range(rows):
        customer = factories.customer(department, f"C-{each}", f"Érable Builders {each}")
        invoice = factories.invoice(customer, f"INV-{each}", lines)
        claims = [factories.claim(invoice, line + 1) for line in range(5)]
        note = factories.submitted_note(invoice, rep, *claims, moment=now)
    browser = Client(SERVER_NAME="127.0.0.1")
    assert department.manager
    browser.force_login(department.manager, backend=BACKEND)
    return browser, note.pk


def _measured(browser: Client, address: str, rounds: int) -> dict[str, Any]:
    def get() -> None:
        answer = browser.get(address)
        assert answer.status_code == 200, answer.status_code

    for _warm in range(3):
        get()
    with CaptureQueriesContext(connection) as queries:
        get()
        statements = len(queries)
    wall, cpu = zip(*(_timed(get) for _round in range(rounds)), strict=True)
    return {
        "wall_p50_ms": round(statistics.median(wall), 1),
        "cpu_p50_ms": round(statistics.median(cpu), 1),
        "cpu_best_ms": round(min(cpu), 1),
        "statements": statements,
    }


def _timed(act: Callable[[], object]) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    act()
    return (time.perf_counter() - wall) * 1000, (time.process_time() - cpu) * 1000


def _noise() -> tuple[float, float]:
    """The same sum each time, in milliseconds of wall clock and of CPU."""
    wall, cpu = _timed(lambda: sum(each * each for each in range(1_000_000)))
    return round(wall, 1), round(cpu, 1)


if __name__ == "__main__":
    main(*(int(word) for word in [*sys.argv[1:], "50", "60"][:2]))

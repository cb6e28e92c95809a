"""How long the review queue of 50 and a decision page take in process; prints one JSON line.

    python bench/queue_page.py [--waiting 50] [--rounds 60] [--explain]

So many notes wait for one manager: fifty made by the product's own services, the rest their
copies, row by row. Each view of the queue, each order and a late page of it is opened; what is
told are the statements and the milliseconds, and with ``--explain`` how the database finds the
page. A plain loop before and after tells how noisy the machine is. Runs on a database of its
own, which it drops in the end.
"""

from __future__ import annotations

import argparse
import json
import logging
import re
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any, LiteralString

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from storm import own_database  # beside this file; the package would set Django up too soon

if TYPE_CHECKING:
    from django.test import Client
    from psycopg.sql import Composable

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
#: As many are made by the services themselves.
MADE = 50
QUEUE = "/approvals/"
NEXT = re.compile(r'rel="next"[^>]*href="([^"]+)"', re.DOTALL)
#: What is different in the copy numbered ``g``, by table; copies are 10,000 ids apart.
COPIED: Mapping[str, Mapping[str, LiteralString]] = {
    "creditnotes_creditnote": {
        "id": "t.id + 10000 * g",
        "start_token": "gen_random_uuid()",
        "submitted_at": "t.submitted_at - g * interval '1 minute'",
        "net": "t.net + g",
        "total": "t.total + g",
    },
    "approvals_step": {
        "id": "t.id + 10000 * g",
        "note_id": "t.note_id + 10000 * g",
        "due_at": "t.due_at + g * interval '1 minute'",
    },
    "approvals_assignment": {"id": "t.id + 10000 * g", "step_id": "t.step_id + 10000 * g"},
}


def main() -> None:
    """Measure and print."""
    options = _options()
    with own_database() as owner_url:
        logging.disable(logging.WARNING)
        browser, note = _office(min(options.waiting, MADE))
        _copy(owner_url, options.waiting // MADE - 1)
        noise = [_noise()]
        figures = {
            name: _measured(browser, address, options.rounds)
            for name, address in _addresses(browser, note).items()
        }
        noise.append(_noise())
        if options.explain:
            _explain()
        _hang_up()
    told = {"question": "queue page", "waiting": options.waiting, "noise_ms": noise}
    print(json.dumps(told | figures))


def _addresses(browser: Client, note: int) -> dict[str, str]:
    """What is measured, by its name."""
    second = NEXT.search(browser.get(QUEUE).content.decode())
    orders = ("total", "customer", "submitted")
    return {
        "queue": QUEUE,
        "team": f"{QUEUE}?whose=team",
        "delegated": f"{QUEUE}?whose=delegated",
        "all": f"{QUEUE}?whose=all",
        **{f"all by {order}": f"{QUEUE}?whose=all&sort=-{order}" for order in orders},
        "next page": QUEUE + unescape(second[1]) if second else QUEUE,
        "decision": f"{QUEUE}{note}/",
        "preview": f"{QUEUE}{note}/preview/",
    }


def _office(rows: int) -> tuple[Client, int]:
    """A manager's browser, with so many notes waiting; and one of these, with five lines."""
    from django.test import Client
    from django.utils import timezone

    from tests import factories

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


def _copy(owner_url: str, copies: int) -> None:
    """So many copies of each note that waits, with its step and whom it asks; no rule is asked."""
    import psycopg
    from psycopg import sql

    with psycopg.connect(owner_url, autocommit=True) as server:
        for name, changed in COPIED.items():
            table = sql.Identifier(name)
            found = server.execute(sql.SQL("SELECT * FROM {} LIMIT 0").format(table)).description
            columns = [column.name for column in found or ()]
            server.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(table))
            server.execute(
                sql.SQL("INSERT INTO {} ({}) SELECT {} FROM {} t, generate_series(1, %s) g").format(
                    table,
                    sql.SQL(", ").join(map(sql.Identifier, columns)),
                    sql.SQL(", ").join(_value(column, changed) for column in columns),
                    table,
                ),
                [copies],
            )
        server.execute("VACUUM ANALYZE")


def _value(column: str, changed: Mapping[str, LiteralString]) -> Composable:
    """What stands in a copy's column."""
    from psycopg import sql

    return sql.SQL(changed[column]) if column in changed else sql.Identifier("t", column)


def _explain() -> None:
    """Print to the error output how the database finds a page of *all* in each order."""
    from approvals.queue import ORDERS
    from approvals.whose import Whose, steps_of
    from customers.models import User

    manager = User.objects.get(full_name="Manon Manager")
    for name, order in ORDERS.items():
        page = steps_of(manager, Whose.ALL).with_notes().order_by(*order)[:51]
        print(f"-- {name}\n{page.explain(analyze=True)}\n", file=sys.stderr)


def _measured(browser: Client, address: str, rounds: int) -> dict[str, Any]:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

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


def _hang_up() -> None:
    """Leave no connection of this process open: the database goes."""
    from django.db import connections

    connections.close_all()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python bench/queue_page.py")
    parser.add_argument("--waiting", type=int, default=MADE)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--explain", action="store_true", help="say how pages are found")
    return parser.parse_args()


if __name__ == "__main__":
    main()

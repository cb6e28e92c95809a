"""Do the rules hold while many people credit the same invoices and things break?

    python bench/storm.py [--seconds 60] [--clients 32] [--calm]

Real gunicorn, PostgreSQL, Redis and worker; browsers signed in as reps, their manager and
finance compose, submit, recall, withdraw, approve, return, reject, issue, cancel and reverse
credit notes on the same few invoices, in two currencies, as fast as they are answered; beside
that they bill wrong invoices anew, take goods back, apply payments, credits and deposits, take
that back, refund, write off, recover. Meanwhile connections to
the database are ended at random, and web and task workers killed; ``--calm`` breaks nothing.
Afterwards the whole database is checked anew. Prints one JSON line; exits with 1 where a
rule was broken, an answer was a defect, or a deadlock reached anybody. A request whose
connection was cut is sent again; one that was cut each time is counted under ``gave_up``.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median, quantiles
from threading import Event, Thread
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ |= {"CREDITDESK_ENV": "test", "REDIS_PREFIX": f"bench:{os.getpid()}:"}
os.environ |= {"DJANGO_SETTINGS_MODULE": "config.settings", "EMAIL_URL": "mailbox:"}
os.environ |= {"SECRET_KEY": "a storm keeps no secrets", "LOG_LEVEL": "ERROR"}

WEB = ["--preload", "--workers=3", "--threads=8", "--log-level=critical", "--no-control-socket"]
WORKER = ["--app=config", "--quiet", "worker", "--concurrency=2", "--without-mingle"]
#: Those of a crowd of 32 who are not reps: the rest is.
MANAGERS, FINANCE = 6, 12
#: Seconds in which what is left to do must be done.
AFTERMATH = 120


def main() -> None:
    options = _options()
    with own_database() as owner_url, ExitStack() as processes:
        log = processes.enter_context(Path(os.environ["CREDITDESK_VAR"], "log").open("wb"))
        from django.db import connections

        from tests.storm.world import make_world

        world = make_world()
        connections.close_all()  # our own idle one would be broken too
        port, web, worker = start(processes, log)
        storm = Storm(options, port, world, owner_url)
        storm.blow(web, worker)
        left = settle()
        processes.close()
        report = (
            storm.report()
            | aftermath(owner_url)
            | {"dispatches_left": left, "worker_starts": worker.starts}
        )
        print(json.dumps(report))
        if options.log:
            options.log.write_bytes(Path(log.name).read_bytes())
    sys.exit(1 if is_faulty(report) else 0)


def is_faulty(report: dict[str, Any]) -> bool:
    """Whether anything happened that must not."""
    return bool(
        report["errors"]
        or report["findings"]
        or report["checks_failed"]
        or report["dispatches_left"]
        or not report["done_in_all"]
    )


class Storm:
    """The crowd and what harms it, for a while."""

    def __init__(self, options: argparse.Namespace, port: int, world: Any, owner_url: str) -> None:
        from tests.storm.crowd import Tally

        self.options, self.port, self.world, self.owner_url = options, port, world, owner_url
        self.tally, self.harm, self.over = Tally(), Counter[str](), Event()
        self.seconds = 0.0

    def blow(self, web: int, worker: Worker) -> None:
        """All at once until the time is up."""
        crowd = [self._person(number) for number in range(self.options.clients)]
        threads = [*crowd, *([] if self.options.calm else self._harm(web, worker))]
        began = time.monotonic()
        for thread in threads:
            thread.start()
        time.sleep(self.options.seconds)
        self.over.set()
        for thread in threads:
            thread.join()
        self.seconds = time.monotonic() - began

    def _person(self, number: int) -> Thread:
        from tests.storm import crowd, settling

        acts: Sequence[crowd.Act]
        if number < MANAGERS * self.options.clients // 32:
            acts, sessions = crowd.MANAGER, self.world.managers
        elif number < (MANAGERS + FINANCE) * self.options.clients // 32:
            acts, sessions = [*crowd.FINANCE, *settling.MONEY], self.world.finance
        else:
            acts, sessions = [*crowd.REP, settling.rebill], self.world.reps
        browser = crowd.Browser(self.port, sessions[number % len(sessions)], self.tally)
        arguments = (browser, acts, self.world.scene, self.over, number)
        return Thread(target=crowd.run, args=arguments)

    def _harm(self, web: int, worker: Worker) -> list[Thread]:
        from tests.storm import harm

        kill, counted, over = harm.kill_children, self.harm, self.over
        return [
            Thread(target=harm.break_connections, args=(self.owner_url, counted, over)),
            Thread(target=kill, args=(lambda: [web], "web_workers", counted, over)),
            Thread(target=kill, args=(lambda: [worker.process.pid], "task_workers", counted, over)),
        ]

    def report(self) -> dict[str, Any]:
        """What was tried and what came of it."""
        tally = self.tally
        times = tally.milliseconds
        return {
            "bench": "storm",
            "python": platform.python_version(),
            "clients": self.options.clients,
            "seconds": round(self.seconds, 1),
            "killed": dict(self.harm),
            "tried": tally.tried,
            "done_in_all": tally.done.total(),
            "refused_in_all": tally.refused.total(),
            "retried": tally.retried,
            "retried_after": dict(tally.bumps),
            "gave_up": dict(tally.gave_up),
            "errors": dict(tally.errors),
            "done": dict(sorted(tally.done.items())),
            "refused": dict(sorted(tally.refused.items())),
            "p50_ms": round(median(times), 1) if times else None,
            "p95_ms": round(quantiles(times, n=20)[-1], 1) if len(times) > 1 else None,
        }


# What it runs on ------------------------------------------------------------------------


def start(processes: ExitStack, log: Any) -> tuple[int, int, Worker]:
    """Web server and worker; answers the port, the web server's process id, and the worker."""
    from tests.e2e.processes import answers, free_port
    from tests.waiting import wait_for

    port = free_port()
    web = _process("gunicorn", *WEB, f"--bind=127.0.0.1:{port}", "config.wsgi", log=log)
    processes.callback(_end, web)
    worker = Worker(log)
    processes.callback(worker.end)
    wait_for(lambda: answers(f"http://127.0.0.1:{port}/health/"), "the web server")
    return port, web.pid, worker


class Worker:
    """The task worker, started anew where it gave up, as whatever supervises it does.

    Celery's own process ends when a child of it is killed before it was up.
    """

    def __init__(self, log: Any) -> None:
        self.log, self.starts, self.is_over = log, 0, Event()
        self.process = self._start()
        self.keeper = Thread(target=self._keep)
        self.keeper.start()

    def _start(self) -> subprocess.Popen[bytes]:
        self.starts += 1
        return _process("celery", *WORKER, log=self.log)

    def _keep(self) -> None:
        while not self.is_over.wait(0.5):
            if self.process.poll() is not None:
                self.process = self._start()

    def end(self) -> None:
        """Stop it for good."""
        self.is_over.set()
        self.keeper.join()
        _end(self.process)


def _process(program: str, *arguments: str, log: Any) -> subprocess.Popen[bytes]:
    environment = os.environ | {"CREDITDESK_DATABASE_ROLE": "app", "DATABASE_POOL": "yes"}
    path = Path(sys.executable).parent / program
    return subprocess.Popen(
        [str(path), *arguments], cwd=ROOT, env=environment, stdout=log, stderr=log
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def own_database() -> Iterator[str]:
    """A migrated database of the embedded server; its owner's address."""
    import tempfile

    import psycopg

    from config.embedded import DATABASE, servers

    embedded = servers("test")
    embedded.ensure()
    name = f"bench_creditdesk_{os.getpid()}"
    with (
        tempfile.TemporaryDirectory() as folder,
        psycopg.connect(embedded.owner_url, autocommit=True) as server,
    ):
        os.environ |= {"CREDITDESK_VAR": folder, "REDIS_URL": embedded.redis_url}
        os.environ["MEDIA_ROOT"] = f"{folder}/media"
        server.execute(f"CREATE DATABASE {name} TEMPLATE {_template()}")
        try:
            urls = {"DATABASE_URL": embedded.app_url, "DATABASE_OWNER_URL": embedded.owner_url}
            for variable, url in urls.items():
                os.environ[variable] = url.replace(f"/{DATABASE}?", f"/{name}?")
            subprocess.run(
                [sys.executable, "manage.py", "collectstatic", "--no-input", "-v0"],
                cwd=ROOT,
                check=True,
            )
            _set_up_django()
            yield os.environ["DATABASE_OWNER_URL"]
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")
            embedded.stop(only_if_idle=True)


def _template() -> str:
    """The database that the tests copy too: as the migrations of this tree make it."""
    code = (
        "from config.embedded import servers; from tests.plugin_database import migrated_template;"
        "print(migrated_template(servers('test')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout.split()[-1]


def _set_up_django() -> None:
    import django

    django.setup()


# What it leaves -------------------------------------------------------------------------


def settle() -> list[str]:
    """Let the worker do what is left, as beat does every minute; what stays undone, and why."""
    from creditnotes import tasks
    from creditnotes.models import Dispatch

    undone = Dispatch.objects.filter(done_at__isnull=True)
    deadline = time.monotonic() + AFTERMATH
    while undone.exists() and time.monotonic() < deadline:
        tasks.try_again(undone)
        time.sleep(2)
    return [f"{each.consumer}, {each.attempts} attempts: {each.last_error}" for each in undone]


def aftermath(owner_url: str) -> dict[str, Any]:
    """The whole database looked over anew."""
    import psycopg

    from creditnotes.auditing import CHECKS, audit
    from creditnotes.models import CreditNote

    with psycopg.connect(owner_url) as server:
        row = server.execute(
            "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        ).fetchone()
    states = Counter(CreditNote.objects.values_list("state", flat=True))
    return {
        "notes": dict(sorted(states.items())),
        "deadlocks_resolved": row[0] if row else None,
        "checks": len(CHECKS),
        "entries": _entries(),
        "findings": [str(finding) for finding in audit()],
        "checks_failed": [name for name in commands() if not passes(name)],
    }


def _entries() -> dict[str, int]:
    """How many entries of each kind the ledger has."""
    from customers.models import JournalEntry

    return dict(sorted(Counter(JournalEntry.objects.values_list("kind", flat=True)).items()))


def commands() -> list[str]:
    """The product's own commands that check the books."""
    from django.core.management import get_commands

    known = get_commands()
    return [name for name in ("check_books", "check_ledger", "check_numbers") if name in known]


def passes(command: str) -> bool:
    """Whether the command found nothing wrong."""
    done = subprocess.run(
        [sys.executable, "manage.py", command], cwd=ROOT, capture_output=True, check=False
    )
    sys.stderr.buffer.write(done.stderr if done.returncode else b"")
    return done.returncode == 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--log", type=Path, help="keep what the servers said there")
    parser.add_argument("--calm", action="store_true", help="break nothing")
    return parser.parse_args()


if __name__ == "__main__":
    main()

"""How soon do open pages hear of a change, while many listen?

    python bench/live_listeners.py [--listeners 1000] [--changes 200]

Each listener is a contact with a sign-in and a request of their own, on which their page is
open, all on one live process. Then a rep picks up one request after the other; the time runs
until the page is told, from the commit and from before the service was called.
Prints one JSON line. Runs on the embedded servers and a database of its own, which it drops
in the end. The clients are in this process, on the same cores.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import platform
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ |= {"CREDITDESK_ENV": "test", "REDIS_PREFIX": f"bench:{os.getpid()}:"}
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
os.environ["LOG_LEVEL"] = "WARNING"

PACE = 0.02
"""Seconds between two changes: 50 a second, more than any company's people make."""


def main() -> None:
    options = _options()
    _allow_many_connections()
    with own_database(), live_process() as (port, process):
        world = people_with_requests(options.listeners)
        print(json.dumps(asyncio.run(measure(options, port, process.pid, world))))


async def measure(
    options: argparse.Namespace, port: int, pid: int, world: list[tuple[str, Any]]
) -> dict[str, Any]:
    """Open all pages, let things happen, and see when each page is told."""
    began = time.monotonic()
    pages = await asyncio.gather(*(open_page(port, key, note.pk) for key, note in world))
    opened = time.monotonic() - began
    loop = asyncio.get_running_loop()
    cpu = cpu_seconds(pid)
    happened: dict[int, tuple[float, float]] = {}
    began = time.monotonic()
    await loop.run_in_executor(None, let_happen, world[: options.changes], happened)
    took = time.monotonic() - began
    told = await told_at(pages, world[: options.changes])
    heard = [(told[pk], *moments) for pk, moments in happened.items() if pk in told]
    since_call = [1000 * (moment - call) for moment, call, _commit in heard]
    since_commit = [1000 * (moment - commit) for moment, _call, commit in heard]
    busy = (cpu_seconds(pid) - cpu) / took
    resting = cpu_seconds(pid)
    await asyncio.sleep(30)
    resting = (cpu_seconds(pid) - resting) / 30
    for page in pages:
        page.writer.close()
    return {
        "bench": "live_listeners",
        "python": platform.python_version(),
        "listeners": len(pages),
        "seconds_to_open_all": round(opened, 1),
        "changes": len(happened),
        "changes_per_second": round(len(happened) / took, 1),
        "told": len(heard),
        "told_wrongly": sum(page.wrong for page in pages),
        "since_commit": summary(since_commit),
        "since_call": summary(since_call),
        "live_cpu_percent_busy": round(100 * busy),
        "live_cpu_percent_at_rest": round(100 * resting, 1),
        "live_memory_mib": memory_mib(pid),
    }


def summary(milliseconds: list[float]) -> dict[str, float]:
    """The middle, the nineteen of twenty, and the worst."""
    return {
        "p50_ms": round(median(milliseconds), 1),
        "p95_ms": round(quantiles(milliseconds, n=20)[-1], 1),
        "max_ms": round(max(milliseconds), 1),
    }


class Page:
    """One open page, reading."""

    def __init__(
        self, note: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.note, self.writer = note, writer
        self.told: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self.wrong = 0
        self._reading = asyncio.create_task(self._read(reader))

    async def _read(self, reader: asyncio.StreamReader) -> None:
        async for line in reader:
            if line.startswith(b"data: note") and not self.told.done():
                self.told.set_result(time.monotonic())
            self.wrong += line.startswith(b"data: note") and int(line.split()[-1]) != self.note


async def open_page(port: int, session: str, note: int) -> Page:
    """Connect as a browser does, and wait for the stream's first word."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    request = (
        f"GET /live/?note={note}&age=0 HTTP/1.1\r\nHost: localhost\r\nCookie: sessionid={session}"
    )
    writer.write(f"{request}\r\n\r\n".encode())
    status = await reader.readline()
    assert b"200" in status, status
    await reader.readuntil(b"data: hello")
    return Page(note, reader, writer)


async def told_at(pages: list[Page], world: list[tuple[str, Any]]) -> dict[int, float]:
    """When each page was told; those never told are left out."""
    expected = {note.pk for _key, note in world}
    waiting = [page for page in pages if page.note in expected]
    await asyncio.wait([page.told for page in waiting], timeout=10)
    return {page.note: page.told.result() for page in waiting if page.told.done()}


def let_happen(world: list[tuple[str, Any]], happened: dict[int, tuple[float, float]]) -> None:
    """A rep picks up one request after the other, through the service."""
    from django.db import transaction

    from creditnotes import services
    from customers.models import User
    from tests.factories import MOMENT

    rep = User.objects.get(full_name="Rita Rep")
    committed: list[float] = []
    for _key, note in world:
        began = time.monotonic()
        with transaction.atomic():
            transaction.on_commit(lambda: committed.append(time.monotonic()))
            services.pick_up(note, actor=rep, moment=MOMENT)
        happened[note.pk] = (began, committed[-1])
        time.sleep(max(0.0, PACE - (time.monotonic() - began)))


def people_with_requests(count: int) -> list[tuple[str, Any]]:
    """So many contacts, each with a session's key and a request of their own."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from creditnotes import services
    from customers.access import REPS
    from tests import factories

    company = factories.company()
    department = factories.department(company, "Ottawa", "Manon Manager")
    factories.person("Rita Rep", REPS, company, department)
    customer = factories.customer(department, "C-1", "Érable Builders")
    invoice = factories.invoice(customer)
    world = []
    for number in range(count):
        contact = factories.contact(customer, f"Contact {number}")
        note = factories.draft_note(invoice, contact, quiet=True)
        services.request(note, actor=contact, moment=factories.MOMENT)
        session = SessionStore()
        session[SESSION_KEY] = str(contact.pk)
        session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
        session[HASH_SESSION_KEY] = contact.get_session_auth_hash()
        session.save()
        world.append((str(session.session_key), note))
    return world


# What it runs on ------------------------------------------------------------------------


@contextmanager
def own_database() -> Iterator[None]:
    """A migrated database of the embedded server, known to this process and its children."""
    import psycopg

    from config.embedded import DATABASE, servers

    embedded = servers("test")
    embedded.ensure()
    name = f"bench_creditdesk_{os.getpid()}"
    with psycopg.connect(embedded.owner_url, autocommit=True) as server:
        server.execute(f"CREATE DATABASE {name}")
        try:
            urls = {"DATABASE_URL": embedded.app_url, "DATABASE_OWNER_URL": embedded.owner_url}
            for variable, url in urls.items():
                os.environ[variable] = url.replace(f"/{DATABASE}?", f"/{name}?")
            os.environ["REDIS_URL"] = embedded.redis_url
            subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, check=True)
            _set_up_django()
            yield
        finally:
            server.execute(f"DROP DATABASE {name} WITH (FORCE)")
            embedded.stop(only_if_idle=True)


def _set_up_django() -> None:
    import django

    django.setup()


@contextmanager
def live_process() -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """One live process on a free port."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-m", "config.live", f"--port={port}"], cwd=ROOT)
    try:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                time.sleep(0.1)
        yield port, process
    finally:
        process.terminate()
        process.wait(10)


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_mib(pid: int) -> int:
    """Resident memory."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) // 1024


def _allow_many_connections() -> None:
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listeners", type=int, default=1000)
    parser.add_argument("--changes", type=int, default=200)
    return parser.parse_args()


if __name__ == "__main__":
    main()

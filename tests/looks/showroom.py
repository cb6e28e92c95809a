"""The product as the pages are looked at: its own database, filled once, and a web server."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from config.embedded import APP, DATABASE, OWNER, ROOT, Embedded, servers
from tests.e2e.processes import free_port, live_server, web_server
from tests.plugin_database import drop_database, migrated_template

HOME = ROOT / "var" / "showroom"
#: What the furniture is made of; it is made anew when any of it changes, and every day.
MADE_OF = ("config", "customers", "creditnotes", "approvals", "tests/factories.py")
MADE_BY = ("worlds", "things", "furnishing")


@dataclass(frozen=True)
class Showroom:
    """Where the product runs, and what there is to see."""

    address: str
    inventory: dict[str, Any]
    database_url: str

    def speak(self, language: str) -> None:
        """Let everybody's pages be in that language from now on."""
        with psycopg.connect(self.database_url) as database:
            database.execute("UPDATE customers_user SET language = %s", [language])

    def session(self, state: str, role: str) -> str:
        """The key of the person's session."""
        return str(self.inventory[state]["sessions"][role])

    def thing(self, state: str, name: str) -> list[Any] | None:
        """What an address about that thing is made with; nothing if there is no such thing."""
        found: list[Any] | None = self.inventory[state]["things"].get(name)
        return found


@contextmanager
def showroom(*, production: bool = False) -> Iterator[Showroom]:
    """Everything that is needed, until the end of the block; ``production`` as on real servers."""
    embedded = servers("test")
    embedded.ensure()
    furnished = _furnished(embedded)
    room = HOME / str(os.getpid())
    name = f"showroom_{os.getpid()}"
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, room, ignore_errors=True)
        shutil.copytree(furnished, room)
        stack.enter_context(_copied(embedded, f"furnished_{furnished.name}", name))
        web, live = free_port(), free_port()
        environment = _environment(embedded, name, room, production) | {
            "SITE_URL": f"http://127.0.0.1:{web}",
            "LIVE_URL": f"http://{{host}}:{live}/live/",
        }
        _manage(environment, "collectstatic", "--no-input", "--verbosity=0")
        stack.enter_context(live_server(environment, live))
        address = stack.enter_context(web_server(environment, web, "--workers=2"))
        inventory = json.loads((room / "inventory.json").read_text())
        yield Showroom(address, inventory, environment["DATABASE_URL"])


def _furnished(embedded: Embedded) -> Path:
    """The folder beside the filled database ``furnished_<its name>``; both made when needed."""
    template = migrated_template(embedded)
    token = _fingerprint()
    HOME.mkdir(parents=True, exist_ok=True)
    with (HOME / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder = HOME / token
        if not folder.exists():
            _sweep(embedded)
            draft = HOME / "draft"
            shutil.rmtree(draft, ignore_errors=True)
            draft.mkdir()
            _create(embedded, f"furnished_{token}", template)
            environment = _environment(embedded, f"furnished_{token}", draft)
            _python(environment, "-m", "tests.looks", "furnish", str(draft / "inventory.json"))
            draft.rename(folder)
        return folder


def _fingerprint() -> str:
    paths = [path for each in MADE_OF for path in (ROOT / each, *(ROOT / each).rglob("*"))]
    paths += [Path(__file__).parent / f"{each}.py" for each in MADE_BY]
    files = sorted(path for path in paths if path.suffix in (".py", ".csv", ".jpg"))
    content = b"".join(path.read_bytes() for path in files) + str(date.today()).encode()  # noqa: DTZ011
    return sha256(content).hexdigest()[:12]


def _sweep(embedded: Embedded) -> None:
    """Drop what earlier days and killed runs have left behind."""
    for folder in HOME.iterdir():
        alive = folder.name.isdigit() and Path(f"/proc/{folder.name}").exists()
        if folder.is_dir() and not alive:
            shutil.rmtree(folder)
    with psycopg.connect(embedded.owner_url, autocommit=True) as server:
        for (name,) in server.execute("SELECT datname FROM pg_database").fetchall():
            kind, _, owner = name.partition("_")
            running = owner.isdigit() and Path(f"/proc/{owner}").exists()
            if kind == "furnished" or (kind == "showroom" and not running):
                drop_database(server, name)


@contextmanager
def _copied(embedded: Embedded, source: str, name: str) -> Iterator[None]:
    _create(embedded, name, source)
    try:
        yield
    finally:
        with psycopg.connect(embedded.owner_url, autocommit=True) as server:
            drop_database(server, name)


def _create(embedded: Embedded, name: str, template: str) -> None:
    with psycopg.connect(embedded.owner_url, autocommit=True) as server:
        drop_database(server, name)
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        server.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))


def _environment(
    embedded: Embedded, database: str, folder: Path, production: bool = False
) -> dict[str, str]:
    """The product on that database, with its files in that folder."""
    url = embedded.app_url.replace(f"/{DATABASE}?", f"/{database}?")
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "CREDITDESK_ENV": "production" if production else "demo",
        "CREDITDESK_DATABASE_ROLE": "app",
        "CREDITDESK_VAR": str(folder),
        "MEDIA_ROOT": str(folder / "media"),
        "DATABASE_URL": url,
        "DATABASE_OWNER_URL": url.replace(f"//{APP}@", f"//{OWNER}@"),
        "REDIS_URL": embedded.redis_url,
        "REDIS_PREFIX": f"{database}:",
        "SECRET_KEY": "the showroom keeps no secrets",
        "ALLOWED_HOSTS": "127.0.0.1",
        "HTTPS": "0",
        "EMAIL_URL": "mailbox:",
        "LOG_LEVEL": "CRITICAL",
    }


def _manage(environment: dict[str, str], *arguments: str) -> None:
    _python(environment, "manage.py", *arguments)


def _python(environment: dict[str, str], *arguments: str) -> None:
    subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        check=True,
    )

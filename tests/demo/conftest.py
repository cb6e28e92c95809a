"""The demo company in databases of its own, made by the real command, once a session.

Each is a copy of the migrated template, so that nothing of other tests is in its way.
Workers of one run share them.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from psycopg import sql
from pytest_django import DjangoDbBlocker

from config.embedded import DATABASE, Embedded
from tests.plugin_database import migrated_template

ANCHOR = "2026-06-30"
#: The process that all workers of this run descend from; at its end it cleans up.
RUN = os.getppid() if "PYTEST_XDIST_WORKER" in os.environ else os.getpid()


@dataclass(frozen=True)
class DemoDatabase:
    """A database with a demo company in it."""

    name: str
    url: str
    files: Path
    output: str

    @contextmanager
    def looked_at(self) -> Iterator[None]:
        """Let the models read this database within the block, as the app's role."""
        own = connection.settings_dict["NAME"]
        connection.close()
        connection.settings_dict["NAME"] = self.name
        try:
            yield
        finally:
            connection.close()
            connection.settings_dict["NAME"] = own


class Maker:
    """Makes demo databases, each once a run."""

    def __init__(self, servers: Embedded, files: Path) -> None:
        self.servers, self.files = servers, files

    def make(self, label: str, *arguments: str) -> DemoDatabase:
        """The database called ``label``, seeded with the command's ``arguments`` if there are."""
        name = f"test_creditdesk_{RUN}_demo_{label}"
        files = self.files / label
        with (self.servers.data / f"demo-{label}").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not self._exists(name):
                self._create(name, files, arguments)
        output = (files / "output.txt").read_text()
        return DemoDatabase(name, self._app_url(name), files, output)

    def _exists(self, name: str) -> bool:
        with psycopg.connect(self.servers.owner_url) as server:
            query = "SELECT FROM pg_database WHERE datname = %s"
            return server.execute(query, [name]).fetchone() is not None

    def _create(self, name: str, files: Path, arguments: tuple[str, ...]) -> None:
        template = migrated_template(self.servers)
        with psycopg.connect(self.servers.owner_url, autocommit=True) as server:
            statement = "CREATE DATABASE {} TEMPLATE {}"
            identifiers = map(sql.Identifier, (name, template))
            server.execute(sql.SQL(statement).format(*identifiers))
        files.mkdir(parents=True)
        output = self.seed(self._app_url(name), files, *arguments) if arguments else ""
        (files / "output.txt").write_text(output)

    def seed(self, url: str, files: Path, *arguments: str) -> str:
        """Run ``seed_demo`` on a database; answers what it said."""
        environment = {
            "CREDITDESK_ENV": "test",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "CREDITDESK_DATABASE_ROLE": "app",
            "DATABASE_URL": url,
            "REDIS_URL": settings.REDIS_URL,
            "REDIS_PREFIX": settings.REDIS_PREFIX,
            "MEDIA_ROOT": str(files / "media"),
        }
        command = [sys.executable, "manage.py", "seed_demo", *arguments]
        done = subprocess.run(
            command,
            cwd=settings.ROOT,
            env=os.environ | environment,
            text=True,
            capture_output=True,
            check=False,
        )
        assert not done.returncode, done.stderr
        return done.stdout

    def _app_url(self, name: str) -> str:
        return self.servers.app_url.replace(f"/{DATABASE}?", f"/{name}?")


@pytest.fixture(scope="session")
def maker(tmp_path_factory: pytest.TempPathFactory) -> Maker:
    """Makes demo databases on the embedded server of the tests."""
    if not settings.EMBEDDED_SERVERS:
        pytest.skip("the demo is made on the embedded server")
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    return Maker(settings.EMBEDDED_SERVERS, shared / "demo")


@pytest.fixture(scope="session")
def demo(maker: Maker) -> DemoDatabase:
    """The demo company of :data:`ANCHOR` and seed 1."""
    return maker.make("first", "--anchor", ANCHOR, "--seed", "1")


@pytest.fixture
def seen(
    demo: DemoDatabase, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[DemoDatabase]:
    """The demo company, read by the models."""
    with django_db_blocker.unblock(), demo.looked_at():
        yield demo

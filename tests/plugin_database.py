"""Tests run as the app's database role, on a migrated database of their own.

The owner creates and migrates the test database. From then on every connection
takes on the role that the product runs as, so a missing grant, or a right the app
should not have, shows in the first test that meets it. Emptying tables after a
transactional test is the owner's again.
"""

import fcntl
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any, LiteralString

import pgtrigger
import psycopg
import pytest
import redis
from django.conf import settings
from django.db import connection
from django.test import TransactionTestCase
from psycopg import sql

from config.embedded import DATABASE, Embedded


@contextmanager
def as_owner() -> Iterator[None]:
    """Act as the owner of the tables within the block, with every trigger still on."""
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE NONE")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET ROLE")


@pytest.fixture(scope="session")
def django_db_modify_db_settings_parallel_suffix() -> None:
    """Nothing: every process has a database name of its own already."""


@pytest.fixture(scope="session")
def django_db_modify_db_settings() -> None:
    """Copy each test database from one that is migrated already: ten seconds saved."""
    if settings.EMBEDDED_SERVERS:
        connection.settings_dict["TEST"]["TEMPLATE"] = migrated_template(settings.EMBEDDED_SERVERS)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Iterator[None]:
    """The test database, from then on seen through the app's role."""
    options = connection.settings_dict["OPTIONS"]
    empty_tables = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]

    def empty_tables_as_owner(test: TransactionTestCase) -> None:
        with as_owner(), pgtrigger.ignore():
            empty_tables(test)

    with pytest.MonkeyPatch.context() as patch:
        connection.close()
        patch.setitem(options, "options", f"-c role={settings.DATABASE_APP_ROLE}")
        patch.setattr(TransactionTestCase, "_fixture_teardown", empty_tables_as_owner)
        yield
        connection.close()


def migrated_template(servers: Embedded) -> str:
    """The name of a database as the migrations of this working tree make it.

    It stays until a migration, or a library that has some, changes.
    """
    sources = [*settings.ROOT.glob("*/migrations/*.py"), settings.ROOT / "requirements.lock"]
    content = b"".join(path.read_bytes() for path in sorted(sources))
    name = f"template_creditdesk_{sha256(content).hexdigest()[:16]}"
    with (servers.data / "template").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with psycopg.connect(servers.owner_url, autocommit=True) as server:
            if name not in _databases(server):
                for old in _databases(server):
                    if old.startswith("template_creditdesk_"):
                        drop_database(server, old)
                server.execute(_sql("CREATE DATABASE {}", "template_creditdesk_draft"))
                draft = servers.owner_url.replace(f"/{DATABASE}?", "/template_creditdesk_draft?")
                subprocess.run(
                    [sys.executable, "manage.py", "migrate", "--verbosity=0"],
                    cwd=settings.ROOT,
                    env=os.environ
                    | {"DJANGO_SETTINGS_MODULE": "config.settings"}
                    | {"DATABASE_URL": draft, "DATABASE_OWNER_URL": draft},
                    check=True,
                )
                server.execute(
                    _sql("ALTER DATABASE {} RENAME TO {}", "template_creditdesk_draft", name)
                )
    return name


@pytest.fixture
def process_environment(db: None) -> dict[str, str]:
    """The environment for a real process (a worker, a server) that shares this test's data.

    The process sees what was committed: use it in transactional tests.
    """
    database = connection.settings_dict
    url = "postgresql://{USER}:{PASSWORD}@/{NAME}?host={HOST}&port={PORT}".format_map(database)
    if database["USER"] != settings.DATABASE_APP_ROLE:
        url += f"&options=-c%20role%3D{settings.DATABASE_APP_ROLE}"
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "CREDITDESK_ENV": "test",
        "CREDITDESK_DATABASE_ROLE": "app",
        "DATABASE_URL": url,
        "REDIS_URL": settings.REDIS_URL,
        "REDIS_PREFIX": settings.REDIS_PREFIX,
        "MEDIA_ROOT": str(settings.MEDIA_ROOT),
    }


@pytest.fixture(autouse=True)
def _files_of_its_own(tmp_path: Path, settings: Any) -> None:
    """No test writes into, or finds, the files of another."""
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.DEMO_MAIL_ROOT = tmp_path / "mail"


def pytest_sessionstart(session: pytest.Session) -> None:
    """Drop the databases that killed runs have left behind."""
    if settings.EMBEDDED_SERVERS and not _is_worker(session.config):
        _drop_of_runs(settings.EMBEDDED_SERVERS, lambda run: not Path(f"/proc/{run}").exists())


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave no key in the broker, and no server running that nobody else uses."""
    with suppress(redis.RedisError), redis.Redis.from_url(settings.REDIS_URL) as broker:
        for key in broker.scan_iter(f"{settings.REDIS_PREFIX}*"):
            broker.delete(key)
    if settings.EMBEDDED_SERVERS and not _is_worker(config):
        _drop_of_runs(settings.EMBEDDED_SERVERS, lambda run: run == str(os.getpid()))
        settings.EMBEDDED_SERVERS.stop(only_if_idle=True)


def _drop_of_runs(servers: Embedded, is_over: Callable[[str], bool]) -> None:
    """Drop the databases of test runs, which carry their process's number, that are over."""
    with psycopg.connect(servers.owner_url, autocommit=True) as server:
        for name in _databases(server):
            run = re.fullmatch(r"test_creditdesk_(\d+)(_demo_\w+)?", name)
            if run and is_over(run[1]):
                drop_database(server, name)


def _databases(server: psycopg.Connection[Any]) -> set[str]:
    return {name for (name,) in server.execute("SELECT datname FROM pg_database")}


def drop_database(server: psycopg.Connection[Any], database: str) -> None:
    """End its sessions, then drop it: by force it fails where the server is cleaning it up."""
    server.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = %s AND backend_type = 'client backend'",
        [database],
    )
    server.execute(_sql("DROP DATABASE IF EXISTS {}", database))


def _sql(statement: LiteralString, *names: str) -> sql.Composed:
    return sql.SQL(statement).format(*map(sql.Identifier, names))


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")

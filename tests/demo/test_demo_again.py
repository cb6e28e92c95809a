"""The same seed and day make the same company, byte for byte; another seed another one."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from typing import Any

import psycopg
from django.db.models import Sum
from psycopg import sql
from pytest_django import DjangoDbBlocker

from config.demo.seed import seed
from customers.models import Company, InvoiceLine
from tests.demo.conftest import ANCHOR, DemoDatabase, Maker

#: What is not the company's content: when and under what name the machine wrote it.
VOLATILE = [
    *("transaction", "recorded_at", "date_joined", "last_login"),
    *("password", "file", "due_at", "stamp"),
]
OURS = ("customers_", "creditnotes_", "approvals_")


def content(database: DemoDatabase) -> dict[str, str]:
    """A checksum of each table's rows, without what is volatile."""
    with psycopg.connect(database.url) as connection:
        names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = sorted(name for (name,) in names if name.startswith(OURS))
        return {name: _checksum(connection, name) for name in tables}


def _checksum(connection: psycopg.Connection[Any], name: str) -> str:
    # A step's due date belongs to its content; a dispatch's is the clock's.
    volatile = [each for each in VOLATILE if (name, each) != ("approvals_step", "due_at")]
    query = sql.SQL(
        "SELECT md5(coalesce(string_agg(row, '' ORDER BY row), ''))"
        " FROM (SELECT (to_jsonb(t) - %s::text[])::text AS row FROM {} t) rows"
    ).format(sql.Identifier(name))
    found = connection.execute(query, [volatile]).fetchone()
    assert found
    return str(found[0])


def test_the_same_seed_and_day_make_the_same_company(demo: DemoDatabase, maker: Maker) -> None:
    again = maker.make("again", "--anchor", ANCHOR, "--seed", "1")
    first, second = content(demo), content(again)
    assert len(first) > 30
    assert {name for name in first if first[name] != second[name]} == set()


def test_it_is_made_once_and_tells_of_each_stage(demo: DemoDatabase, maker: Maker) -> None:
    assert "customers" in demo.output
    assert "Demo company made in" in demo.output
    before = content(demo)
    assert "already" in maker.seed(demo.url, demo.files, "--seed", "2")
    assert content(demo) == before


class EnoughSeenError(Exception):
    """The rest need not be made."""


def test_another_seed_makes_another_company(
    demo: DemoDatabase, maker: Maker, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> None:
    sums = []

    def look(stage: str) -> None:
        if "invoices" in stage:
            sums.append(InvoiceLine.objects.aggregate(sum=Sum("net"))["sum"])
            raise EnoughSeenError

    with django_db_blocker.unblock():
        with maker.make("other").looked_at(), suppress(EnoughSeenError):
            seed(date.fromisoformat(ANCHOR), 2, look)
        with maker.make("other").looked_at():
            assert not Company.objects.exists()  # all or nothing
        with demo.looked_at():
            sums.append(InvoiceLine.objects.aggregate(sum=Sum("net"))["sum"])
    assert len(set(sums)) == 2

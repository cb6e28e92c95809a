"""Saying in a test that something is refused, and by whom."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction


@contextmanager
def database_refuses(words: str) -> Iterator[None]:
    """The block fails in the database with these words, at the latest when it would commit."""
    with pytest.raises(DatabaseError, match=words), committed():
        yield


@contextmanager
def committed() -> Iterator[None]:
    """A savepoint at whose end the checks of a commit are made."""
    with transaction.atomic():
        yield
        connection.check_constraints()


def sql(statement: str, *parameters: Any) -> int:
    """Run a statement as the app's role, past all of the product's code; rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return int(cursor.rowcount)

"""Whether what a request had done when its database connection broke was surely undone.

A transaction whose connection breaks at one of its statements is rolled back by the database,
whole. One that breaks at its commit is another matter: nobody knows whether that arrived. So
what broke at a statement, with nothing committed before it, may be done again from the start.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db import InterfaceError, OperationalError
from django.db.backends.base.base import BaseDatabaseWrapper

Execute = Callable[[str, Any, bool, dict[str, Any]], Any]


class Watch:
    """Sees every statement of a request: for ``connection.execute_wrapper``."""

    def __init__(self) -> None:
        self._has_committed = False
        self._broke_with: BaseException | None = None

    def __call__(
        self, execute: Execute, sql: str, params: Any, many: bool, context: dict[str, Any]
    ) -> Any:
        is_undoable = self._is_undoable(context["connection"], sql)
        try:
            return execute(sql, params, many, context)
        except (OperationalError, InterfaceError) as error:
            self._broke_with = error if is_undoable else None
            raise

    def was_undone(self, error: BaseException) -> bool:
        """Whether nothing stays of what the request did until this error broke it off."""
        return error is self._broke_with and not self._has_committed

    def _is_undoable(self, connection: BaseDatabaseWrapper, sql: str) -> bool:
        """Whether the statement leaves nothing unless a commit follows, which is looked out for."""
        if connection.in_atomic_block:
            if not any(self._commits == entry[1] for entry in connection.run_on_commit):
                connection.on_commit(self._commits)
            return True
        is_reading = sql.lstrip().upper().startswith("SELECT")
        self._has_committed |= not is_reading
        return is_reading

    def _commits(self) -> None:
        self._has_committed = True

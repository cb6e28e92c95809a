"""Conditions on another table, put so that an index answers them."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

#: So few rows are named one by one, which an index answers at once.
FEW = 200


def named(rows: QuerySet[Any]) -> list[int] | QuerySet[Any]:
    """The ids where they are few; else the query itself, whose rows a list meets soon enough."""
    ids = list(rows.order_by().values_list("pk", flat=True)[: FEW + 1])
    return ids if len(ids) <= FEW else rows.order_by().values("pk")

"""Pages of a long list by the last row seen (keyset): the last page costs what the first does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import reduce
from typing import Any

from django.core.exceptions import ValidationError
from django.core.signing import BadSignature, Signer
from django.db.models import Model, Q, QuerySet

PAGE_SIZE = 50
_SIGNER = Signer(salt="customers.paging")


@dataclass(frozen=True)
class Page:
    """Some rows of a list. ``before`` and ``after`` lead to the neighbours, where there are any."""

    rows: Sequence[Any]
    before: str = ""
    after: str = ""

    def __bool__(self) -> bool:
        return bool(self.rows)


def page_of(
    queryset: QuerySet[Any], order: Sequence[str], query: Mapping[str, str], size: int = PAGE_SIZE
) -> Page:
    """The page that the address asks for by ``?after=`` or ``?before=``; else the first.

    ``order`` names columns that are never null, as ``order_by`` does, and ends in a
    unique one; a column of a related row (``note__total``) needs that row selected.
    An unreadable cursor shows the first page.
    """
    backwards = "before" in query
    cursor = _read(query.get("before") or query.get("after"), queryset, order)
    if cursor is None:
        backwards = False
    direction = [_flip(name) for name in order] if backwards else list(order)
    rows = queryset.order_by(*direction)
    if cursor is not None:
        rows = rows.filter(_beyond(direction, cursor))
    found = list(rows[: size + 1])
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    return _page(
        found, order, earlier=more if backwards else cursor is not None, later=backwards or more
    )


def _page(rows: list[Any], order: Sequence[str], *, earlier: bool, later: bool) -> Page:
    if not rows:
        return Page(rows)
    return Page(
        rows,
        before=_write(rows[0], order) if earlier else "",
        after=_write(rows[-1], order) if later else "",
    )


def _beyond(direction: Sequence[str], cursor: Sequence[Any]) -> Q:
    """Rows that come after the cursor: the first column further, or equal and the next further."""
    beyond, same = Q(), Q()
    for name, value in zip(direction, cursor, strict=True):
        column = name.lstrip("-")
        further = "lt" if name.startswith("-") else "gt"
        beyond |= same & Q(**{f"{column}__{further}": value})
        same &= Q(**{column: value})
    first = direction[0]
    within = "lte" if first.startswith("-") else "gte"
    # Says the same as the disjunction, in the one form for which an index is entered at once.
    return Q(**{f"{first.lstrip('-')}__{within}": cursor[0]}) & beyond


def _flip(name: str) -> str:
    return name.removeprefix("-") if name.startswith("-") else f"-{name}"


def _write(row: Model, order: Sequence[str]) -> str:
    return _SIGNER.sign_object([_as_text(_value(row, name)) for name in order])


def _value(row: Model, name: str) -> Any:
    return reduce(getattr, name.lstrip("-").split("__"), row)


def _as_text(value: Any) -> str | int:
    """The value to the last digit: rows that differ by a microsecond are told apart."""
    if isinstance(value, int | str):
        return value
    return value.isoformat() if isinstance(value, date) else str(value)


def _read(cursor: str | None, queryset: QuerySet[Any], order: Sequence[str]) -> list[Any] | None:
    """The values in a cursor that we wrote, for this order; None for anything else."""
    if not cursor:
        return None
    try:
        values = _SIGNER.unsign_object(cursor)
        if None in values or any("\0" in str(value) for value in values):
            return None
        fields = [_field(queryset.model, name) for name in order]
        return [field.to_python(value) for field, value in zip(fields, values, strict=True)]
    except (BadSignature, TypeError, ValueError, OverflowError, ValidationError):
        return None


def _field(model: type[Model], name: str) -> Any:
    """The field that a column's name leads to, through the related models it names."""
    *relations, column = name.lstrip("-").split("__")
    for relation in relations:
        model = model._meta.get_field(relation).related_model  # type: ignore[assignment]  # noqa: SLF001
    return model._meta.get_field("id" if column == "pk" else column)  # noqa: SLF001

"""Pages of a long list by the last row seen (keyset): the last page costs what the first does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from babel.numbers import format_decimal
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.core.signing import BadSignature, Signer
from django.db.models import Field, Model, Q, QuerySet
from django.utils.translation import get_language, to_locale
from django.utils.translation import gettext as _

PAGE_SIZE = 50
#: As far as a list is counted; to count a million rows would cost more than to show them.
MOST_COUNTED = 10_000
_SIGNER = Signer(salt="customers.paging")


@dataclass(frozen=True)
class Page:
    """Some rows of a list. ``before`` and ``after`` lead to the neighbours, where there are any.

    ``start`` is the place of the first row in the list, from 1; rows added meanwhile shift it.
    """

    rows: Sequence[Any]
    before: str = ""
    after: str = ""
    start: int = 1

    def __bool__(self) -> bool:
        return bool(self.rows)


@dataclass(frozen=True)
class _Cursor:
    values: Sequence[Any]
    start: int


def both_ways(**columns: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Orders by the columns, up as ``name`` and down as ``-name``, each made unique by the id."""
    orders = {}
    for name, given in columns.items():
        orders[name] = (*given, "pk")
        orders[f"-{name}"] = tuple(_flip(column) for column in orders[name])
    return orders


def page_of(
    queryset: QuerySet[Any], order: Sequence[str], query: Mapping[str, str], size: int = PAGE_SIZE
) -> Page:
    """The page that the address asks for by ``?after=`` or ``?before=``; else the first.

    ``order`` names columns, annotations or columns of related rows that are never null,
    as ``order_by`` does, and ends in a unique one; a column of a related row
    (``note__total``) needs that row selected. An unreadable cursor shows the first page.
    """
    backwards = "before" in query
    cursor = _read(query.get("before") or query.get("after"), queryset, order)
    if cursor is None:
        backwards = False
    direction = [_flip(name) for name in order] if backwards else list(order)
    rows = queryset.order_by(*direction)
    if cursor is not None:
        rows = rows.filter(_beyond(direction, cursor.values))
    found = list(rows[: size + 1])
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    earlier = more if backwards else cursor is not None
    start = _start(cursor, len(found), backwards=backwards) if earlier else 1
    return _page(found, order, start, earlier=earlier, later=backwards or more)


def extent_of(page: Page, queryset: QuerySet[Any] | None) -> str:
    """Which rows of how many these are, such as ``51–100 of 312``; nothing of an empty page.

    Counts no further than :data:`MOST_COUNTED`, and not at all without a ``queryset``.
    """
    if not page.rows:
        return ""
    last = page.start + len(page.rows) - 1
    count = last
    if page.after and queryset is None:
        return f"{_written(page.start)}–{_written(last)}"
    if page.after and queryset is not None:
        count = max(last, queryset.order_by().values("pk")[: MOST_COUNTED + 1].count())
    words = {"first": _written(page.start), "last": _written(last), "count": _rounded(count)}
    return _("%(first)s–%(last)s of %(count)s") % words


def _rounded(count: int) -> str:
    return f"{_written(MOST_COUNTED)}+" if count > MOST_COUNTED else _written(count)


def _written(number: int) -> str:
    return str(format_decimal(number, locale=to_locale(get_language() or "en")))


def _start(cursor: _Cursor | None, found: int, *, backwards: bool) -> int:
    if cursor is None:
        return 1
    return max(1, cursor.start - found) if backwards else cursor.start


def _page(rows: list[Any], order: Sequence[str], start: int, *, earlier: bool, later: bool) -> Page:
    if not rows:
        return Page(rows)
    return Page(
        rows,
        before=_write(rows[0], order, start) if earlier else "",
        after=_write(rows[-1], order, start + len(rows)) if later else "",
        start=start,
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


def _write(row: Model, order: Sequence[str], start: int) -> str:
    values = [_as_text(_value(row, name.lstrip("-"))) for name in order]
    return _SIGNER.sign_object([*values, start])


def _value(row: Any, path: str) -> Any:
    for name in path.split("__"):
        row = getattr(row, name)
    return row


def _as_text(value: Any) -> str | int:
    """The value to the last digit: rows that differ by a microsecond are told apart."""
    if isinstance(value, int | str):
        return value
    return value.isoformat() if isinstance(value, date) else str(value)


def _read(cursor: str | None, queryset: QuerySet[Any], order: Sequence[str]) -> _Cursor | None:
    """What a cursor that we wrote for this order says; None for anything else."""
    if not cursor:
        return None
    try:
        *values, start = _SIGNER.unsign_object(cursor)
        if None in values or any("\0" in str(value) for value in values):
            return None
        fields = [_field(queryset, name.lstrip("-")) for name in order]
        read = [field.to_python(value) for field, value in zip(fields, values, strict=True)]
        return _Cursor(read, int(start))
    except (BadSignature, TypeError, ValueError, OverflowError, ValidationError):
        return None


def _field(queryset: QuerySet[Any], path: str) -> Field[Any, Any]:
    """The field behind a column's name; of an annotation, the one it answers."""
    if annotation := queryset.query.annotations.get(path):
        return annotation.output_field
    model: Any = queryset.model
    *relations, column = path.split("__")
    for name in relations:
        model = model._meta.get_field(name).related_model  # noqa: SLF001 - Django's documented name
    try:
        found: Field[Any, Any] = model._meta.get_field("id" if column == "pk" else column)  # noqa: SLF001
    except FieldDoesNotExist:  # a mistake of ours in naming an order
        raise LookupError(path) from None
    return found

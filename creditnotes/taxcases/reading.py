"""Reading a file of tax cases: what is wrong with it is said row by row, all at once."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from customers.models import PROVINCES, TaxKind, TaxRounding
from customers.money import ZERO

KINDS: Sequence[str] = [kind.value for kind in TaxKind]
#: The amounts that a row expects, each a column.
AMOUNTS = ("net", *KINDS, "tax_total", "grand_total")
REQUIRED = (
    "case_id",
    "group",
    "province",
    "tax_date",
    "lines_json",
    "exempt_taxes_per_line_json",
    "rounding_level",
    *AMOUNTS,
)
#: A number as people write it: no exponent, no separators, and not infinite.
NUMBER = re.compile(r"[+-]?(\d{1,12}(\.\d{0,10})?|\.\d{1,10})", re.ASCII)
#: ``tax_rounding`` of a row that charges a tax in two parts, each rounded by itself.
TWO_PARTS = re.compile(r"(\w+) as \w+ part ([\d.]+) and provincial part ([\d.]+)", re.IGNORECASE)
#: So many faults of a file are said; the rest is counted.
MANY = 20


class Unusable(Exception):
    """The file is not one of tax cases; says why, row by row."""


class _Wrong(ValueError):
    """A row that makes no sense, in words."""


@dataclass(frozen=True)
class Line:
    """A line of a case: what it charges or credits, and the kinds of tax it does not bear."""

    description: str
    quantity: Decimal
    unit_price: Decimal
    net: Decimal
    exempt: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Case:
    """A row of the file. Amounts are in dollars; ``rates`` in percent, where the row tells them."""

    row: int
    case_id: str
    category: str
    group: str
    province: str
    day: date
    lines: Sequence[Line]
    rounding: str
    expected: Mapping[str, Decimal]
    rates: Mapping[str, Decimal]
    #: A tax charged in two parts: its kind, and the rate of each.
    split: tuple[str, Decimal, Decimal] | None = None

    @property
    def is_credit(self) -> bool:
        """Whether it says of itself that it credits an invoice."""
        return "credit" in self.category.lower()


def read(path: Path) -> list[Case]:
    """The cases of a file, in its order. Raises :class:`Unusable`, which says what is wrong."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            return _cases(csv.DictReader(file, strict=True))
    except OSError as error:
        raise Unusable(f"{path}: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise Unusable(_("%(file)s is not a text file in UTF-8.") % {"file": path}) from error
    except csv.Error as error:
        raise Unusable(_("%(file)s is not CSV: %(why)s") % {"file": path, "why": error}) from error


def _cases(rows: csv.DictReader[str]) -> list[Case]:
    missing = [name for name in REQUIRED if name not in (rows.fieldnames or ())]
    if missing:
        raise Unusable(_("These columns are missing: %(names)s.") % {"names": ", ".join(missing)})
    cases, faults = [], []
    for row in rows:
        try:
            cases.append(_case(rows.line_num, row))
        except _Wrong as wrong:
            name = row["case_id"] or "?"
            where = _("line %(line)s, case %(case)s") % {"line": rows.line_num, "case": name}
            faults.append(f"{where}: {wrong}")
    faults += _group_faults(cases)
    if faults:
        raise Unusable("\n".join(_shortened(faults)))
    if not cases:
        raise Unusable(_("The file holds no cases."))
    return cases


def _shortened(faults: Sequence[str]) -> Iterator[str]:
    yield from faults[:MANY]
    if len(faults) > MANY:
        yield _("… and %(count)s more.") % {"count": len(faults) - MANY}


def _group_faults(cases: Sequence[Case]) -> Iterator[str]:
    """Groups without an invoice: there is nothing that their credits could credit."""
    groups = dict.fromkeys(case.group for case in cases if case.group)
    charged = {case.group for case in cases if not case.is_credit}
    for group in groups:
        if group not in charged:
            yield _("group %(group)s: there are credits and no invoice.") % {"group": group}


def _case(number: int, row: dict[str, Any]) -> Case:
    if None in row or None in row.values():
        raise _Wrong(_("has not as many columns as the header."))
    cells: dict[str, str] = {name: value.strip() for name, value in row.items()}
    return Case(
        row=number,
        case_id=cells["case_id"],
        category=cells.get("category", ""),
        group=cells["group"],
        province=_province(cells["province"]),
        day=_day(cells["tax_date"]),
        lines=_lines(cells["lines_json"], cells["exempt_taxes_per_line_json"]),
        rounding=_rounding(cells["rounding_level"]),
        expected={name: _number(cells[name], name) for name in AMOUNTS},
        rates={
            kind: _number(cells[f"{kind}_pct"], f"{kind}_pct")
            for kind in KINDS
            if cells.get(f"{kind}_pct")
        },
        split=_split(cells.get("tax_rounding", "")),
    )


def _province(code: str) -> str:
    known = [known for known, _name in PROVINCES]
    if code.upper() not in known:
        words = _("“%(code)s” is no province; known are %(known)s.")
        raise _Wrong(words % {"code": code, "known": ", ".join(known)})
    return code.upper()


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        words = _("tax_date “%(text)s” is no date such as 2026-06-15.")
        raise _Wrong(words % {"text": text}) from None


def _rounding(text: str) -> str:
    if text.lower() not in TaxRounding.values:
        words = _("rounding_level “%(text)s” is neither total nor line.")
        raise _Wrong(words % {"text": text})
    return text.lower()


def _number(text: object, name: str) -> Decimal:
    if isinstance(text, bool) or not NUMBER.fullmatch(f"{text}".strip()):
        raise _Wrong(_("%(name)s “%(text)s” is not a number.") % {"name": name, "text": text})
    return Decimal(f"{text}".strip())


def _split(text: str) -> tuple[str, Decimal, Decimal] | None:
    found = TWO_PARTS.search(text)
    if not found:
        return None
    kind = found[1].lower()
    if kind not in KINDS:
        raise _Wrong(_("tax_rounding names no tax that is known: %(text)s") % {"text": text})
    return kind, _number(found[2], "tax_rounding"), _number(found[3], "tax_rounding")


def _lines(lines: str, exempt: str) -> list[Line]:
    rows, exempted = _list(lines, "lines_json"), _list(exempt, "exempt_taxes_per_line_json")
    if not rows:
        raise _Wrong(_("lines_json holds no line."))
    if len(rows) != len(exempted):
        raise _Wrong(_("lines_json and exempt_taxes_per_line_json differ in length."))
    return [_line(row, _kinds(free)) for row, free in zip(rows, exempted, strict=True)]


def _list(text: str, name: str) -> list[Any]:
    try:
        found = json.loads(text, parse_float=Decimal, parse_int=Decimal, parse_constant=str)
    except (ValueError, RecursionError):
        raise _Wrong(_("%(name)s is not JSON.") % {"name": name}) from None
    if not isinstance(found, list):
        raise _Wrong(_("%(name)s is not a list.") % {"name": name})
    return found


def _line(row: Any, exempt: frozenset[str]) -> Line:
    if not isinstance(row, list) or len(row) != 4:
        raise _Wrong(_("a line of lines_json is [description, quantity, unit price, net]."))
    names = ("quantity", "unit price", "net")
    quantity, price, net = (_number(cell, name) for cell, name in zip(row[1:], names, strict=True))
    if net != net.quantize(ZERO):
        raise _Wrong(_("the net of a line has no more than two decimals."))
    return Line(str(row[0]), quantity, price, net.quantize(ZERO), exempt)


def _kinds(free: Any) -> frozenset[str]:
    if not isinstance(free, list):
        raise _Wrong(_("exempt_taxes_per_line_json is a list of lists."))
    kinds = frozenset(str(kind).strip().lower() for kind in free)
    if unknown := kinds - set(KINDS):
        words = _("exempt_taxes_per_line_json names taxes that are not known: %(names)s.")
        raise _Wrong(words % {"names": ", ".join(sorted(unknown))})
    return kinds

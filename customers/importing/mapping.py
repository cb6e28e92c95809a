"""How to read somebody's export: the columns and their format, kept as data.

Another company's export is another TOML file, not other code. docs/importing.md
explains the keys; ``online_retail.toml`` beside this module is an example.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from customers.errors import Refusal

ONLINE_RETAIL = Path(__file__).with_name("online_retail.toml")

#: The word for a date as ISO 8601 writes it; anything else is a pattern of ``strptime``.
ISO = "iso"


class Unusable(Refusal):
    """The file, or its mapping, can't be read at all; nothing was imported."""


@dataclass(frozen=True)
class Supplier:
    """The company whose books the file fills. It is made on first use and then left alone."""

    code: str
    legal_name: str
    address: str
    country: str
    currency: str
    time_zone: str
    email: str
    department: str


@dataclass(frozen=True)
class Columns:
    """The header of each column; the last two may be left out."""

    invoice: str
    product: str
    description: str
    quantity: str
    date: str
    unit_price: str
    customer: str
    country: str = ""
    customer_name: str = ""


@dataclass(frozen=True)
class Format:
    """How the file writes text, numbers and dates; dates are in the company's time zone."""

    encoding: str = "utf-8-sig"
    delimiter: str = ","
    decimal_mark: str = "."
    thousands_mark: str = ""
    date: str = ISO


@dataclass(frozen=True)
class Meaning:
    """Which documents are credits, and which product codes are charges and not goods."""

    credit_number: str = ""
    charges: tuple[str, ...] = ()


@dataclass(frozen=True)
class Mapping:
    """Everything that tells one company's export from another's."""

    company: Supplier
    columns: Columns
    format: Format = Format()
    meaning: Meaning = Meaning()

    def is_credit(self, number: str) -> bool:
        """Whether a document of that number gives back instead of charging."""
        pattern = self.meaning.credit_number
        return bool(pattern) and re.fullmatch(pattern, number) is not None

    def is_charge(self, product: str) -> bool:
        """Whether that code is postage, a fee or a manual entry; upper and lower case alike."""
        return product.upper() in self.meaning.charges


Part = TypeVar("Part", Supplier, Columns, Format, Meaning)


def load(path: Path = ONLINE_RETAIL) -> Mapping:
    """The mapping in a TOML file; raises :class:`Unusable`, naming what is wrong with it."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
        return _mapping(tables)
    except (OSError, ValueError, TypeError, LookupError, re.error) as error:
        raise Unusable(
            _("The mapping %(path)s can't be used: %(error)s") % {"path": path, "error": error}
        ) from error


def _mapping(tables: dict[str, Any]) -> Mapping:
    unknown = tables.keys() - {"company", "columns", "format", "meaning"}
    if unknown:
        raise ValueError(f"unknown table {', '.join(sorted(unknown))}")
    meaning = dict(tables.get("meaning", {}))
    meaning["charges"] = tuple(code.upper() for code in meaning.get("charges", []))
    re.compile(meaning.get("credit_number", ""))
    supplier = _part(Supplier, tables["company"])
    ZoneInfo(supplier.time_zone)
    return Mapping(
        company=supplier,
        columns=_part(Columns, tables["columns"]),
        format=_part(Format, tables.get("format", {})),
        meaning=_part(Meaning, meaning),
    )


def _part(kind: type[Part], table: dict[str, Any]) -> Part:
    wrong = [key for key, value in table.items() if not isinstance(value, str | tuple)]
    if wrong:
        raise ValueError(f"{', '.join(wrong)} must be text")
    return kind(**table)

"""Reading a sales export line by line: every line becomes a sale, or is refused with a reason.

Nothing here knows the database. A line is judged by itself, so that one that makes
no sense refuses only itself.
"""

from __future__ import annotations

import csv
import gzip
import io
import lzma
import re
import zlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import IO
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from customers.importing.lines import Reason, Refused, Row, Sale
from customers.importing.mapping import ISO, Mapping, Unusable

XZ, GZIP = b"\xfd7zXZ\x00", b"\x1f\x8b"
#: What the columns of the database hold; longer codes would be cut and then collide.
LONGEST_CODE, LONGEST_CUSTOMER = 40, 30
#: Quantities and prices have ten digits before the point, amounts twelve.
LARGEST, LARGEST_NET = Decimal(10) ** 10, Decimal(10) ** 12
DECIMALS = 4
YEARS = range(1900, 2200)

_NUMBER = re.compile(r"[-+]?[0-9]*\.?[0-9]+")


class _No(Exception):
    def __init__(self, reason: Reason) -> None:
        self.reason = reason


class SalesFile:
    """A sales export: CSV, plain or compressed by gzip or xz, told apart by content.

    Raises :class:`~customers.importing.mapping.Unusable` when it is no such file, or
    lacks a column that the mapping names.
    """

    def __init__(self, path: Path, mapping: Mapping) -> None:
        self.path = path
        self.mapping = mapping
        with _opened(path, mapping) as text:
            self.header = _next(csv.reader(text, delimiter=mapping.format.delimiter)) or []
        self._places = _places(self.header, mapping)
        self._zone = ZoneInfo(mapping.company.time_zone)

    def rows(self) -> Iterator[Row]:
        """Every record below the header, one at a time."""
        with _opened(self.path, self.mapping) as text:
            reader = csv.reader(text, delimiter=self.mapping.format.delimiter)
            _next(reader)
            line = reader.line_num + 1
            while (values := _next(reader)) is not None:
                yield Row(line, values)
                line = reader.line_num + 1

    def number_of(self, row: Row) -> str:
        """The document that the record names; empty where it has no such column."""
        place = self._places["invoice"]
        return row.values[place].strip() if place < len(row.values) else ""

    def lines(self) -> Iterator[Sale | Refused]:
        """Every record, read or refused."""
        return map(self.read, self.rows())

    def read(self, row: Row) -> Sale | Refused:
        """What one record says."""
        try:
            return self._sale(row)
        except _No as no:
            return Refused(row, no.reason, self.number_of(row))

    def _sale(self, row: Row) -> Sale:
        _require(len(row.values) == len(self.header), Reason.COLUMNS)
        _require(all(map(_readable, row.values)), Reason.TEXT)
        text = {name: row.values[place].strip() for name, place in self._places.items()}
        number, product, customer = text["invoice"], text["product"], text["customer"]
        _require(number, Reason.NO_NUMBER)
        _require(product, Reason.NO_PRODUCT)
        _require(max(len(number), len(product)) <= LONGEST_CODE, Reason.TOO_LONG)
        _require(len(customer) <= LONGEST_CUSTOMER, Reason.TOO_LONG)
        sale = Sale(
            row=row,
            number=number,
            is_credit=self.mapping.is_credit(number),
            customer=customer,
            customer_name=text.get("customer_name", ""),
            country=text.get("country", ""),
            product=product,
            is_charge=self.mapping.is_charge(product),
            description=text["description"] or product,
            quantity=self._number(text["quantity"], Reason.QUANTITY),
            unit_price=self._number(text["unit_price"], Reason.PRICE),
            moment=self._moment(text["date"]),
        )
        _require(abs(sale.net) < LARGEST_NET, Reason.AMOUNT)
        return sale

    def _number(self, text: str, reason: Reason) -> Decimal:
        written = self.mapping.format
        if written.thousands_mark:
            text = text.replace(written.thousands_mark, "")
        plain = text.replace(written.decimal_mark, ".")
        _require(_NUMBER.fullmatch(plain), reason)
        number = Decimal(plain)
        _require(abs(number) < LARGEST and round(number, DECIMALS) == number, reason)
        return number

    def _moment(self, text: str) -> datetime:
        pattern = self.mapping.format.date
        try:
            moment = (
                datetime.fromisoformat(text) if pattern == ISO else datetime.strptime(text, pattern)  # noqa: DTZ007 - the zone follows
            )
        except ValueError as error:
            raise _No(Reason.DATE) from error
        _require(moment.year in YEARS, Reason.DATE)
        return moment if moment.tzinfo else moment.replace(tzinfo=self._zone)


def _require(condition: object, reason: Reason) -> None:
    if not condition:
        raise _No(reason)


def _readable(text: str) -> bool:
    """Whether the text was decoded in full, and the database can hold it."""
    if "\x00" in text:
        return False
    return text.isascii() or not any("\ud800" <= mark <= "\udfff" for mark in text)


def _next(reader: Iterator[list[str]]) -> list[str] | None:
    """The next record; one that is no CSV comes without any columns, and so is refused."""
    try:
        return next(reader, None)
    except csv.Error:
        return []
    except (EOFError, OSError, lzma.LZMAError, zlib.error, UnicodeError) as error:
        raise Unusable(_("The file is damaged: %(error)s") % {"error": error}) from error


def _places(header: Sequence[str], mapping: Mapping) -> dict[str, int]:
    wanted = {name: column for name, column in vars(mapping.columns).items() if column}
    missing = [column for column in wanted.values() if column not in header]
    if missing:
        raise Unusable(
            _("The file has no column %(missing)s; it has %(header)s.")
            % {"missing": ", ".join(missing), "header": ", ".join(header)}
        )
    return {name: header.index(column) for name, column in wanted.items()}


def _opened(path: Path, mapping: Mapping) -> io.TextIOWrapper:
    """The file's text. What the encoding can't read is kept, marked, for the lines to refuse."""
    try:
        return io.TextIOWrapper(
            _decompressed(path),
            encoding=mapping.format.encoding,
            errors="surrogateescape",
            newline="",
        )
    except (OSError, LookupError) as error:
        raise Unusable(
            _("%(path)s can't be opened: %(error)s") % {"path": path, "error": error}
        ) from error


def _decompressed(path: Path) -> IO[bytes] | gzip.GzipFile | lzma.LZMAFile:
    with path.open("rb") as raw:
        beginning = raw.read(len(XZ))
    if beginning == XZ:
        return lzma.open(path)
    return gzip.open(path) if beginning.startswith(GZIP) else path.open("rb")

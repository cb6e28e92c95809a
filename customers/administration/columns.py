"""Columns and values of the admin site, written as everywhere in the product."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString

from customers.templatetags import display


class Column:
    """A column of a list, or a value on a page: how what stands at ``path`` is written.

    Django's admin takes it for a function of the row, in lists and as a page's attribute.
    """

    def __init__(
        self,
        path: str,
        label: Any,
        write: Callable[[Any, Any], SafeString],
        *,
        sorts: bool = True,
        is_number: bool = False,
    ) -> None:
        self.path, self.write, self.is_number = path, write, is_number
        self.__name__ = path
        self.short_description = label
        self.admin_order_field = path if sorts else None

    def __call__(self, row: Any) -> SafeString:
        return self.write(_follow(row, self.path), row)


def money_of(path: str, label: Any, currency: str = "", *, sorts: bool = True) -> Column:
    """An amount; ``currency`` is the path to its currency's code, empty where it is said nearby."""

    def write(amount: Any, row: Any) -> SafeString:
        code = str(_follow(row, currency)) if currency else ""
        return _number(display.money(amount, code))

    return Column(path, label, write, sorts=sorts, is_number=True)


def money_in_words(amount: Any, currency: str) -> str:
    """An amount within a sentence, with its currency's sign."""
    return display.money(amount, currency)


def number_of(path: str, label: Any) -> Column:
    """A quantity, a price or a count."""
    return Column(path, label, lambda number, _row: _number(display.plain(number)), is_number=True)


def price_of(path: str, label: Any) -> Column:
    """A price for one unit."""
    return Column(path, label, lambda price, _row: _number(display.price(price)), is_number=True)


def rate_of(path: str, label: Any) -> Column:
    """A percentage."""
    return Column(path, label, lambda percent, _row: _number(display.rate(percent)), is_number=True)


def day_of(path: str, label: Any) -> Column:
    """A day, as ``2026-11-22``."""
    return Column(path, label, lambda day, _row: _code(display.day(day)))


def moment_of(path: str, label: Any) -> Column:
    """A moment, as ``2026-11-22 14:05``."""
    return Column(path, label, lambda moment, _row: _code(display.moment(moment)))


def data_of(path: str, label: Any) -> Column:
    """Data kept as JSON, laid out to be read."""

    def write(data: Any, _row: Any) -> SafeString:
        laid_out = json.dumps(data, indent=2, ensure_ascii=False, default=str)
        return format_html('<pre class="admin-data" tabindex="0">{}</pre>', laid_out)

    return Column(path, label, write, sorts=False)


def _follow(row: Any, path: str) -> Any:
    for name in path.split("__"):
        row = getattr(row, name, None)
    return row


def _number(words: str) -> SafeString:
    return format_html('<span class="number">{}</span>', words)


def _code(words: str) -> SafeString:
    return format_html('<span class="number-left">{}</span>', words)

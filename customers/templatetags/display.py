"""How amounts, quantities, rates and moments are written on every page.

Amounts and numbers follow the active language as Canadians write it
(``$1,234.50``, ``1 234,50 $``); days and times are ISO 8601, which both
languages' users read alike and which lines up in a column.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache

from babel import Locale
from babel.numbers import format_currency, format_decimal
from django import template
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from lucide.templatetags.lucide import lucide as draw

register = template.Library()

NOTHING = "–"


@register.filter
def money(amount: Decimal | None, currency: str = "") -> str:
    """``amount`` with two decimals, and with its currency's sign where one is given."""
    if amount is None or amount == "":
        return NOTHING
    if currency:
        return format_currency(amount, currency, locale=_locale())
    return format_decimal(amount, "#,##0.00", locale=_locale())


@register.filter
def plain(number: Decimal | None) -> str:
    """A quantity or price as people write it, without trailing zeros."""
    if number is None or number == "":
        return NOTHING
    return format_decimal(number, "#,##0.####", locale=_locale())


@register.filter
def rate(percent: Decimal | None) -> str:
    """A percentage such as ``9.975 %``; ten per cent is 10."""
    return NOTHING if percent is None else f"{plain(percent)}\N{NO-BREAK SPACE}%"


@register.filter
def day(value: date | datetime | None) -> str:
    """A day as ``2026-11-22``; of a moment, the day in the active time zone."""
    if not value:
        return NOTHING
    if isinstance(value, datetime):
        value = timezone.localtime(value)
    return f"{value:%Y-%m-%d}"


@register.filter
def moment(value: datetime | None) -> str:
    """A moment as ``2026-11-22 14:05`` in the active time zone."""
    return f"{timezone.localtime(value):%Y-%m-%d %H:%M}" if value else NOTHING


@register.simple_tag
def icon(name: str, size: int | str = 20) -> SafeString:
    """A Lucide icon, drawn in the colour of the text and silent to screen readers."""
    return _icon(str(name), int(size))


@lru_cache
def _icon(name: str, size: int) -> SafeString:
    drawing = draw(name, size=size, **{"class": "icon"}, aria_hidden="true", focusable="false")
    return SafeString(drawing)


def _locale() -> Locale:
    return _locale_of(get_language() or "en")


@lru_cache
def _locale_of(language: str) -> Locale:
    return Locale("fr" if language.startswith("fr") else "en", "CA")

"""How amounts, quantities, rates and moments are written on every page.

Amounts and numbers follow the active language as Canadians write it
(``$1,234.50``, ``1 234,50 $``); days and times are ISO 8601, which both
languages' users read alike and which lines up in a column.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any

from babel import Locale
from babel.numbers import get_currency_symbol
from django import template
from django.utils import timezone
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from lucide.templatetags.lucide import lucide as draw

from customers import units
from customers.models import InvoiceLine

register = template.Library()

NOTHING = "–"


@register.filter
def magnitude(amount: Decimal) -> Decimal:
    """The amount without its sign, where words say which side it is on."""
    return abs(amount)


@register.filter
def money(amount: Decimal | None, currency: str = "") -> str:
    """``amount`` with two decimals, and with its currency's sign where one is given."""
    if amount is None or amount == "":
        return NOTHING
    return _written(amount, currency, 2)


@register.filter
def plain(number: Decimal | None) -> str:
    """A quantity or price as people write it, without trailing zeros."""
    if number is None or number == "":
        return NOTHING
    return f"{Decimal(number).normalize():,f}".translate(_writing(get_language() or "en").marks)


@register.filter
def unit(name: str, quantity: Decimal | None = None) -> str:
    """A unit of measure in the reader's language, as it stands beside ``quantity``."""
    return units.written(name, 1 if quantity is None else quantity)


@register.filter
def price(amount: Decimal | None, currency: str = "") -> str:
    """A unit price: with as many decimals as it has, but two at least and four at most."""
    if amount is None or amount == "":
        return NOTHING
    decimals = min(max(2, -int(Decimal(amount).normalize().as_tuple().exponent)), 4)
    return _written(amount, currency, decimals)


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


@register.filter
def when(value: datetime | None, now: datetime) -> str:
    """A moment at a glance, seen from ``now``: today the time, else the day."""
    if not value:
        return NOTHING
    local = timezone.localtime(value)
    return f"{local:%H:%M}" if local.date() == timezone.localtime(now).date() else day(value)


@register.filter
def of_line(attachments: Iterable[Any], line: InvoiceLine) -> list[Any]:
    """Of the photos and documents of a whole, the photos that show this line."""
    return [each for each in attachments if each.invoice_line_id == line.pk and each.is_photo]


#: A document's number: letters, a hyphen, and digits that may have hyphens of their own.
_DOCUMENT = re.compile(r"\b[A-Z]{2,5}-\d[\d-]*")


@register.filter
def unbroken(text: object) -> SafeString:
    """``text`` with the numbers of documents in it kept on one line, as they are read and said."""
    kept = r'<span class="text-nowrap">\g<0></span>'
    escaped = conditional_escape(text if isinstance(text, str) else str(text))
    return SafeString(_DOCUMENT.sub(kept, escaped))


@register.filter
def initials(name: object) -> str:
    """The first letters of a person's first two names."""
    return "".join(word[0] for word in str(name).split())[:2].upper()


@register.simple_tag
def share(part: Decimal | None, whole: Decimal | None) -> int:
    """How many whole percent ``part`` is of ``whole``, at least 0 and at most 100."""
    if not part or not whole or whole < 0:
        return 100 if part and part > 0 else 0
    return max(0, min(100, int(part * 100 / whole)))


@register.simple_tag
def icon(name: str, size: int | str = 20) -> SafeString:
    """A Lucide icon, drawn in the colour of the text and silent to screen readers."""
    return _icon(str(name), int(size))


@lru_cache
def _icon(name: str, size: int) -> SafeString:
    drawing = draw(name, size=size, **{"class": "icon"}, aria_hidden="true", focusable="false")
    return SafeString(drawing)


def _written(amount: Decimal, currency: str, decimals: int) -> str:
    writing = _writing(get_language() or "en", currency)
    number = f"{abs(amount):,.{decimals}f}".translate(writing.marks)
    sign = "-" if amount < 0 else ""
    return f"{sign}{writing.before}{number}{writing.after}"


@dataclass(frozen=True)
class _Writing:
    """How a language writes numbers; asked of Babel once, since a page writes hundreds."""

    marks: dict[int, str]
    before: str = ""
    after: str = ""


@lru_cache
def _writing(language: str, currency: str = "") -> _Writing:
    locale = Locale("fr" if language.startswith("fr") else "en", "CA")
    symbols = locale.number_symbols["latn"]
    marks = str.maketrans({",": symbols["group"], ".": symbols["decimal"]})
    if not currency:
        return _Writing(marks)
    pattern = locale.currency_formats["standard"].pattern.split(";")[0]
    sign = get_currency_symbol(currency, locale)
    before, after = pattern.split("#", 1)[0], pattern.rsplit("0", 1)[1]
    return _Writing(marks, before.replace("¤", sign), after.replace("¤", sign))

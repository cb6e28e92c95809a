"""What the admin site's templates need beyond Django's: its lists and values in our words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from django import template
from django.contrib.admin.templatetags.admin_list import result_headers, result_hidden_fields
from django.contrib.admin.templatetags.admin_list import results as cells_of_rows
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from customers.templatetags.display import icon

register = template.Library()

#: Names of fields that stand nowhere but in the code, most of those that lead to another model.
CODE_NAMES = (
    gettext_noop("parent"),
    gettext_noop("author"),
    gettext_noop("owner"),
    gettext_noop("payer"),
    gettext_noop("actor"),
    gettext_noop("on behalf of"),
    gettext_noop("created by"),
    gettext_noop("added by"),
    gettext_noop("applied by"),
    gettext_noop("issued by"),
    gettext_noop("undoes"),
    gettext_noop("since"),
    gettext_noop("period"),
    gettext_noop("entry"),
    gettext_noop("series"),
    gettext_noop("creditable"),
    gettext_noop("content type"),
    gettext_noop("content hash"),
    gettext_noop("format"),
)

_DJANGOS_ICON = re.compile(r'<img src="[^"]*/icon-(yes|no|unknown)[^"]*" alt="[^"]*">')
_CONTROL = re.compile(r'<(input|select)\b(?! type="hidden")')
_NUMBER = 'class="number"'


@dataclass(frozen=True)
class Row:
    """The cells of one row of a list, and what is wrong with what was typed into them."""

    cells: list[SafeString]
    form: Any


@register.simple_tag
def admin_rows(cl: Any) -> dict[str, Any]:
    """The list of a changelist: ``headers``, ``rows`` and ``hidden`` fields."""
    headers = list(result_headers(cl))
    for head in headers:
        head["text"] = named(head["text"])
    rows = [
        Row([_labelled(cell, head) for cell, head in zip(row, headers, strict=True)], row.form)
        for row in map(_as_list, cells_of_rows(cl))
    ]
    for head, cell in zip(headers, rows[0].cells if rows else [], strict=False):
        head["is_number"] = _NUMBER in cell
    return {"headers": headers, "rows": rows, "hidden": list(result_hidden_fields(cl))}


def _as_list(row: Any) -> Any:
    row.form = getattr(row, "form", None)
    return row


def _labelled(cell: str, head: dict[str, Any]) -> SafeString:
    """The cell with the name of its column, for phones, and with icons of ours."""
    if "action-checkbox" in cell:
        return SafeString(cell)
    name = escape(capfirst(str(head["text"])))
    cell = re.sub(r"^<(td|th)\b", rf'<\1 data-label="{name}"', cell, count=1)
    return own_icons(_CONTROL.sub(rf'<\1 aria-label="{name}"', cell))


@register.filter
def named(label: object) -> str:
    """A field's name in the reader's language, also where only the code gives it one."""
    words = str(label)
    if isinstance(label, SafeString) or not words.strip():
        return words
    return capfirst(_(words[0].lower() + words[1:]))


@register.filter
def own_icons(value: object) -> SafeString:
    """Django's pictures of yes and no as our icons, with words for those who hear them.

    ``value`` is HTML that Django's admin has made safe.
    """
    return SafeString(_DJANGOS_ICON.sub(lambda found: _answer(found[1]), str(value)))


def _answer(name: str) -> str:
    words, picture = {
        "yes": (_("Yes"), "check"),
        "no": (_("No"), "minus"),
        "unknown": (_("Unknown"), "circle-question-mark"),
    }[name]
    return format_html(
        '<span class="answer answer-{}">{}<span class="visually-hidden">{}</span></span>',
        name,
        icon(picture, 16),
        words,
    )


@register.filter
def is_number(name: str, options: Any) -> bool:
    """Whether a column of an inline, so named among its options, holds numbers."""
    return bool(getattr(getattr(options, name, None), "is_number", False))


@register.filter
def chosen(spec: Any, cl: Any) -> str:
    """What a filter of a list is set to; nothing where it lets everything through."""
    choices = list(spec.choices(cl))
    found = next((each for each in choices[1:] if each["selected"]), None)
    return str(found["display"]) if found else ""


@register.filter
def choices_of(spec: Any, cl: Any) -> list[dict[str, Any]]:
    """The choices of a filter of a list, each with its address."""
    return list(spec.choices(cl))

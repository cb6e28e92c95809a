"""All that is wrong with what was typed, for the summary on top of the composer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from creditnotes.views.composer import Composer

#: Hidden fields of the page's own: wrong only where somebody tampered, or the page is broken.
_HIDDEN = ("token", "version")


@dataclass(frozen=True)
class Mistake:
    """One thing that is wrong: the id of its field, how that is called, and what is wrong."""

    target: str
    label: str
    message: str


def mistakes_in(composer: Composer) -> list[Mistake]:
    """What is marked on the page, from top to bottom."""
    return [*_head(composer, "reason"), *_lines(composer), *_head(composer)]


def _head(composer: Composer, *names: str) -> Iterator[Mistake]:
    if not composer.head.is_bound:
        return
    for bound in composer.head:
        if bound.name in _HIDDEN or (bound.name == "reason") != ("reason" in names):
            continue
        for error in bound.errors:
            yield Mistake(str(bound.id_for_label), str(bound.label), str(error))


def _lines(composer: Composer) -> Iterator[Mistake]:
    if composer.lines_problem:
        yield Mistake("lines", "", composer.lines_problem)
    for row in composer.asked:
        for name, errors in row.form.errors.items():
            for error in errors:
                yield Mistake(f"id_{row.key}-{name}", row.name, str(error))
    if composer.percent_problem:
        yield Mistake("same-percent", _("All picked lines"), composer.percent_problem)
    if composer.add_problem:
        yield Mistake("add-number", _("Another invoice"), composer.add_problem)

"""Words for people, where several parts of the product need the same."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import ngettext


def first_of(things: Sequence[object], most: int) -> str:
    """The first ``most`` of them by name, and how many more there are."""
    names, more = ", ".join(map(str, things[:most])), len(things) - most
    if more < 1:
        return names
    words = ngettext("%(names)s and one more", "%(names)s and %(count)d more", more)
    return words % {"names": names, "count": more}

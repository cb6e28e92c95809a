"""Words for people, where several parts of the product need the same."""

from __future__ import annotations

import re
from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

#: What a mail's reader makes a link of: an address of the web or of mail, with or without a scheme.
_LINKED = re.compile(r"[/\\@<>]|\w\.\w{2,}", re.UNICODE)


def why_no_name(name: str) -> str:
    """Why no person is called so in our mails, in words; empty for a name.

    Somebody's name stands in mails that others get: it must not lead anywhere.
    """
    if not _LINKED.search(name):
        return ""
    return _("Write the name alone, without a web or mail address; after a dot, leave a space.")


def first_of(things: Sequence[object], most: int) -> str:
    """The first ``most`` of them by name, and how many more there are."""
    names, more = ", ".join(map(str, things[:most])), len(things) - most
    if more < 1:
        return names
    words = ngettext("%(names)s and one more", "%(names)s and %(count)d more", more)
    return words % {"names": names, "count": more}

"""The way through the queue, carried in the address from one note to the next.

Whoever narrowed or sorted the queue goes on through it just so, and is told how far they are.
Nothing of it is kept on the server, so that two windows do not disturb each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse

from approvals.forms import QueueFilter
from approvals.queue import DEFAULT_ORDER, ORDERS
from approvals.views.finding import signed_in
from approvals.whose import Whose
from customers.text import number_in

#: What the address carries beside the number of decisions.
NAMES = ("whose", "q", "reason", "due", "offer", "sort")
#: What of it leaves nothing out.
WIDE = ("whose", "sort")


@dataclass(frozen=True)
class Trail:
    """How the queue is narrowed and sorted, and how many notes were ``done`` on the way."""

    form: QueueFilter
    carried: Sequence[tuple[str, str]]
    done: int = 0

    @property
    def filters(self) -> Mapping[str, Any]:
        """How the queue is narrowed."""
        return self.form.cleaned_data

    @property
    def whose(self) -> Whose:
        """Which view of the queue it is."""
        return Whose(self.filters.get("whose") or Whose.MINE)

    @property
    def sort(self) -> str:
        """The name of the order."""
        return self.filters.get("sort") or DEFAULT_ORDER

    @property
    def order(self) -> Sequence[str]:
        """The columns of the order."""
        return ORDERS[self.sort]

    @property
    def is_narrowed(self) -> bool:
        """Whether some of the queue is left out."""
        return any(name not in WIDE for name, _value in self.carried)

    @property
    def query(self) -> str:
        """What follows an address, with its question mark; empty at the start of a plain queue."""
        done = [("done", str(self.done))] if self.done else []
        pairs = [*self.carried, *done]
        return f"?{urlencode(pairs)}" if pairs else ""

    @property
    def kept(self) -> str:
        """The way without how far one is on it: what is kept under a name."""
        return urlencode(self.carried)

    def all_in(self, whose: Whose) -> str:
        """The address of that view, with nothing left out of it, sorted as this one is."""
        kept = [(name, value) for name, value in self.carried if name == "sort"]
        view = [("whose", whose.value)] if whose != Whose.MINE else []
        query = urlencode([*view, *kept])
        return reverse("approvals:review_queue") + (f"?{query}" if query else "")

    @property
    def to_all(self) -> str:
        """The address of this view of the queue with nothing left out of it."""
        return self.all_in(self.whose)

    def further(self) -> Trail:
        """The same way, one decision on."""
        return replace(self, done=self.done + 1)

    def to(self, note: int | None) -> str:
        """The address of a note's decision page on this way; nothing for none."""
        return reverse("approvals:decide", args=[note]) + self.query if note else ""

    def to_queue(self) -> str:
        """The address of the queue as it was left."""
        return reverse("approvals:review_queue") + replace(self, done=0).query


def trail_of(request: HttpRequest) -> Trail:
    """The way that the address tells of; what is wrong in it is left out."""
    form = QueueFilter(request.GET, user=signed_in(request))
    form.is_valid()
    sound = [name for name in NAMES if form.cleaned_data.get(name)]
    return Trail(
        form,
        [(name, request.GET[name]) for name in sound],
        number_in(request.GET.get("done", "")) or 0,
    )

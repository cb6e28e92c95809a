"""Recording what happened, and handing it to those who act on it.

:func:`record` writes the event and one dispatch per consumer in the transaction
of the change itself. After the commit each dispatch is offered to a worker; what
the broker loses, the sweep finds (rule 8). Consumers register by decorator and
must be idempotent. Open pages are told too, as far as they can be reached.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime
from typing import Any

from django.db import transaction

from creditnotes.models import CreditNote, Dispatch, Event
from creditnotes.telling import is_seen
from customers import outbox
from customers.live import Change, announce
from customers.models import User

Consumer = Callable[[Event], None]

#: The task that delivers one dispatch, by name: it stands above this module.
DELIVER = "creditnotes.tasks.deliver"

_consumers: dict[str, dict[str, Consumer]] = defaultdict(dict)
_quietly: ContextVar[bool] = ContextVar("quietly", default=False)


@contextmanager
def quietly() -> Iterator[None]:
    """Within the block, whatever verb is called, events are recorded and nobody is told.

    For history that is told anew; see ``quiet`` of :func:`record`.
    """
    token = _quietly.set(True)
    try:
        yield
    finally:
        _quietly.reset(token)


def consumer(name: str, *kinds: str) -> Callable[[Consumer], Consumer]:
    """Register a function that acts on events of ``kinds``, under a name that stays."""

    def register(function: Consumer) -> Consumer:
        for kind in kinds:
            _consumers[kind][name] = function
        return function

    return register


def consumer_of(dispatch: Dispatch) -> Consumer:
    """The function that acts on the dispatch; raises ``KeyError`` for a name long gone."""
    return _consumers[dispatch.event.kind][dispatch.consumer]


def record(
    note: CreditNote,
    kind: str,
    *,
    actor: User | None,
    moment: datetime,
    old_state: str = "",
    on_behalf_of: User | None = None,
    comment: str = "",
    payload: dict[str, Any] | None = None,
    quiet: bool = False,
) -> Event:
    """Write what happened to ``note``, and what is to be done about it.

    Call it inside the transaction of the change. ``quiet`` records without
    telling anybody, for history that is replayed.
    """
    event = Event.objects.create(
        note=note,
        kind=kind,
        actor=actor,
        on_behalf_of=on_behalf_of,
        old_state=old_state,
        new_state=note.state,
        comment=comment,
        payload=payload or {},
        happened_at=moment,
    )
    if not (quiet or _quietly.get()):
        _dispatch(event)
        announce(Change(note=note.pk, staff_only=not is_seen(event)))
    return event


def _dispatch(event: Event) -> None:
    rows = Dispatch.objects.bulk_create(
        Dispatch(event=event, consumer=name) for name in _consumers[event.kind]
    )
    if rows:
        transaction.on_commit(lambda: offer(row.pk for row in rows), robust=True)


def offer(dispatch_ids: Iterable[int]) -> None:
    """Offer dispatches to the workers; where the broker is down the sweep will find them."""
    outbox.offer(DELIVER, dispatch_ids)

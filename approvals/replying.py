"""Reply templates, filled in for a credit note in its customer's language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from approvals.clock import due_after
from approvals.expected import hours_to_decide
from approvals.models import ReplyTemplate
from creditnotes.models import CreditNote, Event, Origin

#: What a text may have filled in.
PLACES = ("customer", "contact", "reference", "expected")
_PLACE = re.compile(r"\{(\w*)\}")


@dataclass(frozen=True)
class Reply:
    """A template as it reads for one credit note."""

    pk: int
    name: str
    text: str


@dataclass(frozen=True)
class Replies:
    """The replies to choose from, by what they are for."""

    no: list[Reply] = field(default_factory=list)
    ask: list[Reply] = field(default_factory=list)
    changes: list[Reply] = field(default_factory=list)

    @property
    def written(self) -> list[Reply]:
        """Those that go with a decision."""
        return [*self.no, *self.changes]

    def text_of(self, pk: str | None) -> str:
        """The words of the reply that the address asks for; none where there is no such."""
        return next(
            (each.text for each in (*self.no, *self.ask, *self.changes) if str(each.pk) == pk), ""
        )


def replies_on(note: CreditNote) -> Replies:
    """The company's templates, filled in for a customer's request; none for what we began."""
    replies = Replies()
    if note.origin != Origin.PORTAL:
        return replies
    templates = list(ReplyTemplate.objects.filter(company=note.company_id, is_active=True))
    values = _values(note) if templates else {}
    is_french = note.language.startswith("fr")
    for each in templates:
        text = each.text_fr if is_french else each.text_en
        reply = Reply(each.pk, each.name, filled(text, values))
        getattr(replies, each.used_for).append(reply)
    return replies


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with each known place filled in; what is not known stays as it was written."""
    return _PLACE.sub(lambda found: values.get(found[1], found[0]), text)


def unknown_places(text: str) -> list[str]:
    """Places in the text that nothing fills in."""
    return [name for name in _PLACE.findall(text) if name not in PLACES]


def _values(note: CreditNote) -> dict[str, str]:
    return {
        "customer": note.customer.name,
        "contact": str(note.created_by),
        "reference": note.reference,
        "expected": _expected(note),
    }


def _expected(note: CreditNote) -> str:
    """The day by which the customer was told to expect an answer."""
    requested = note.events.filter(kind=Event.Kind.REQUESTED).last()
    hours = hours_to_decide(note.company)
    if requested is None or not hours:
        return "…"
    return note.company.day_of(due_after(note, hours, requested.happened_at)).isoformat()

"""What was typed on the request page, right or wrong: read from a form, kept, and shown again."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from django.http import QueryDict

#: What is asked beside the lines.
HEAD = ("reason", "comment", "customer_reference")
#: More of one field than anybody types; the form says so where it counts.
LONGEST = 5_000
LONGEST_VALUE = 60

_LINE = re.compile(r"line-(\d{1,18})-value")


@dataclass(frozen=True)
class Typed:
    """The words as they were typed: of the head by field, of each line its value and basis.

    ``invoices`` are those on the page; ``delivery`` is the one that it began from.
    """

    invoices: tuple[int, ...] = ()
    delivery: int | None = None
    head: Mapping[str, str] = field(default_factory=dict)
    lines: Mapping[int, tuple[str, str]] = field(default_factory=dict)

    @classmethod
    def sent(cls, post: QueryDict, invoices: Iterable[int], delivery: int | None = None) -> Self:
        """What a form brought; ``invoices`` are those that it may be about."""
        numbers = [int(found[1]) for name in post if (found := _LINE.fullmatch(name))]
        lines = {
            pk: (_short(post, f"line-{pk}-value"), _short(post, f"line-{pk}-basis"))
            for pk in sorted(numbers)
        }
        return cls(
            tuple(invoices),
            delivery,
            {name: post.get(name, "").replace("\0", "")[:LONGEST] for name in HEAD},
            {pk: said for pk, said in lines.items() if said[0]},
        )

    @classmethod
    def kept(cls, typed: Mapping[str, Any]) -> Self:
        """What was kept of it."""
        return cls(
            tuple(typed.get("invoices", [])),
            typed.get("delivery"),
            typed.get("head", {}),
            {int(pk): (value, basis) for pk, (value, basis) in typed.get("lines", {}).items()},
        )

    def to_keep(self) -> dict[str, Any]:
        """The same as JSON."""
        return {
            "invoices": list(self.invoices),
            "delivery": self.delivery,
            "head": dict(self.head),
            "lines": {str(pk): list(said) for pk, said in self.lines.items()},
        }

    @property
    def is_blank(self) -> bool:
        """Whether nothing was typed that is worth keeping."""
        return not (self.lines or any(word.strip() for word in self.head.values()))

    def of_line(self, pk: int) -> dict[str, str]:
        """What was typed for an invoice line, as its form's fields."""
        value, basis = self.lines.get(pk, ("", ""))
        return {"value": value} | ({"basis": basis} if basis else {})

    def with_invoices(self, invoices: Iterable[int]) -> Self:
        """The same about these invoices."""
        return replace(self, invoices=tuple(invoices))

    def with_lines(self, lines: Mapping[int, tuple[str, str]]) -> Self:
        """The same, with these lines typed as well, or instead."""
        return replace(self, lines={**self.lines, **lines})

    def with_new_lines(self, lines: Mapping[int, tuple[str, str]]) -> Self:
        """The same, with these lines as well where nothing was typed for them yet."""
        return replace(self, lines={**lines, **self.lines})

    def without_lines(self, pks: Iterable[int]) -> Self:
        """The same without what was typed for these invoice lines."""
        gone = set(pks)
        left = {pk: said for pk, said in self.lines.items() if pk not in gone}
        return replace(self, lines=left)


def _short(post: QueryDict, name: str) -> str:
    return post.get(name, "").replace("\0", "").strip()[:LONGEST_VALUE]

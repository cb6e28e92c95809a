"""What one can ask for on the composer's page: a piece of it with fields, that makes one claim."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any

from django import forms

from creditnotes.availability import Holding
from creditnotes.creditable import Claim, QuotedLine
from creditnotes.models import Basis
from customers.errors import Refusal


@dataclass
class Asked:
    """Something that may be credited; ``key`` is its name on the page, ``data`` all that was sent.

    ``net`` is what it comes to before tax once computed, and ``taken`` is who took what a
    refusal speaks of.
    """

    key: str
    data: Mapping[str, Any] | None

    #: The field beside which a refusal stands that names none of the fields.
    main = "value"
    net: Decimal | None = field(default=None, kw_only=True)
    taken: Sequence[Holding] = field(default=(), kw_only=True)

    @cached_property
    def form(self) -> forms.Form:
        """The fields; of hundreds of rows, only those that are filled in need them."""
        raise NotImplementedError

    @property
    def name(self) -> str:
        """What it is called where several are told of."""
        raise NotImplementedError

    @property
    def claim(self) -> Claim:
        """What is asked for, once it is sound."""
        raise NotImplementedError

    def sent(self, name: str) -> str:
        """What was typed into the field of that name."""
        return str((self.data or {}).get(f"{self.key}-{name}") or "").strip()

    @property
    def value(self) -> str:
        """How much, as it was typed."""
        return self.sent("value")

    @property
    def is_picked(self) -> bool:
        """Whether it is to be credited: ticked, or given a value."""
        return bool(self.sent("pick") or self.value)

    @property
    def lacks_value(self) -> bool:
        """Whether it is in shape but for how much."""
        return self.form.cleaned_data.get("value") is None

    @property
    def is_sound(self) -> bool:
        """Whether it is picked, says how much, and was found to be in shape."""
        in_shape = self.is_picked and self.form.is_bound and not self.form.errors
        return in_shape and not self.lacks_value

    @property
    def basis(self) -> str:
        """By what it is credited."""
        return str(Basis.QUANTITY)

    @property
    def errors(self) -> list[str]:
        """What is wrong with it, for a person to read."""
        if not self.is_picked:
            return []
        return [str(error) for errors in self.form.errors.values() for error in errors]

    def refuse(self, refusal: Refusal) -> None:
        """Say a refusal at the field that it belongs to."""
        name = {"fee_percent": "fee"}.get(refusal.field or "", refusal.field or "")
        self.form.add_error(name if name in self.form.fields else self.main, str(refusal))

    def take(self, line: QuotedLine) -> None:
        """Learn what it comes to."""
        self.net = line.net

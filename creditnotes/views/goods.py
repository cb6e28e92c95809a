"""The form of what came back: two quantities a line, on the shelf and scrapped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from creditnotes.fields import NumberField
from creditnotes.models import GoodsReceiptLine
from creditnotes.restocking import Expected
from creditnotes.services import Came
from customers.errors import Refusal

CONDITIONS = (GoodsReceiptLine.Condition.RESTOCK, GoodsReceiptLine.Condition.SCRAP)


@dataclass(frozen=True)
class Quantity:
    """How many came back in one condition: the field, and the condition in words."""

    bound: forms.BoundField
    short: str


@dataclass(frozen=True)
class Row:
    """One line with its two fields."""

    expected: Expected
    fields: Sequence[Quantity]


class GoodsForm(forms.Form):
    """What came back of each expected line; at first all that is missing, on the shelf."""

    token = forms.UUIDField(widget=forms.HiddenInput)
    comment = forms.CharField(
        label=_("Comment"), required=False, max_length=2000, widget=forms.Textarea({"rows": 2})
    )

    def __init__(self, data: Any = None, *, expected: Sequence[Expected]) -> None:
        initial = {"token": uuid4()} | {
            _name(each, GoodsReceiptLine.Condition.RESTOCK): f"{each.missing.normalize():f}"
            for each in expected
            if each.missing
        }
        super().__init__(data, initial=initial)
        self.expected = expected
        for each in expected:
            for condition in CONDITIONS:
                label = f"{condition.label}: {each.charged}"
                self.fields[_name(each, condition)] = NumberField(label=label, required=False)

    def rows(self) -> Iterator[Row]:
        """The lines that something may still come back of."""
        for each in self.expected:
            if each.missing:
                yield Row(each, [self._quantity(each, condition) for condition in CONDITIONS])

    def _quantity(self, each: Expected, condition: GoodsReceiptLine.Condition) -> Quantity:
        return Quantity(self[_name(each, condition)], str(condition.label))

    def came(self) -> list[Came]:
        """What a valid form says came back, line by line, each condition by itself."""
        return [
            Came(each.line.pk, self.cleaned_data[_name(each, condition)] or Decimal(0), condition)
            for each in self.expected
            for condition in CONDITIONS
        ]

    def refuse(self, refusal: Refusal) -> None:
        """Say the refusal beside the field that it is about."""
        names = [_name(each, condition) for each in self.expected for condition in CONDITIONS]
        self.add_error(names[refusal.line] if refusal.line is not None else None, str(refusal))


def _name(expected: Expected, condition: str) -> str:
    return f"{condition}-{expected.line.pk}"

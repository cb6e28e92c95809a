"""What is credited without an invoice line: the tax of an invoice alone, and goodwill."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

from creditnotes import creditable
from creditnotes.availability import Holding
from creditnotes.creditable import Claim, Counters, QuotedLine
from creditnotes.forms import GoodwillForm, TaxForm
from creditnotes.models import Basis
from creditnotes.views.asking import Asked
from customers.models import Invoice, TaxKind
from customers.money import ZERO

#: So many goodwill lines a page takes.
MOST = 20
_GOODWILL = re.compile(r"goodwill-(\d{1,3})-(?:description|value)")


@dataclass
class TaxRow(Asked):
    """One tax of an invoice, to be given back without any net; ``left`` is what can be."""

    invoice: Invoice
    kind: str
    left: Decimal
    charged_net: Decimal
    given: Decimal | None = None
    holdings: Sequence[Holding] = ()

    @cached_property
    def form(self) -> TaxForm:
        return TaxForm(self.data, prefix=self.key)

    @property
    def name(self) -> str:
        return f"{TaxKind(self.kind).label}, {self.invoice}"

    @property
    def is_reserved(self) -> bool:
        """Whether a note that is not issued yet holds some of it."""
        return any(not held.is_issued for held in self.holdings)

    @property
    def label(self) -> str:
        """The tax as people call it."""
        return str(TaxKind(self.kind).label)

    @property
    def basis(self) -> str:
        return str(Basis.TAX)

    @property
    def lacks_value(self) -> bool:
        return False  # without one, all that is left

    @property
    def claim(self) -> Claim:
        amount = self.form.cleaned_data["value"]
        return Claim(basis=Basis.TAX, invoice_id=self.invoice.pk, tax_kind=self.kind, amount=amount)

    def take(self, line: QuotedLine) -> None:
        self.given = line.tax

    def picked(self) -> dict[str, str]:
        """The fields that give back all that is left."""
        return {f"{self.key}-pick": "on", f"{self.key}-value": ""}


@dataclass
class GoodwillRow(Asked):
    """A sum for what no invoice charged, and what it is for; untaxed."""

    @cached_property
    def form(self) -> GoodwillForm:
        return GoodwillForm(self.data, prefix=self.key)

    @property
    def name(self) -> str:
        return self.description

    @property
    def description(self) -> str:
        """What it is for, as it was typed."""
        return self.sent("description")

    @property
    def is_picked(self) -> bool:
        return bool(self.value or self.description)

    @property
    def basis(self) -> str:
        return str(Basis.GOODWILL)

    @property
    def claim(self) -> Claim:
        given = self.form.cleaned_data
        return Claim(basis=Basis.GOODWILL, amount=given["value"], description=given["description"])


def tax_key(invoice_id: int, kind: str) -> str:
    """The name on the page of an invoice's tax."""
    return f"tax-{invoice_id}-{kind}"


def tax_rows(
    invoice: Invoice,
    counters: Counters,
    data: Mapping[str, Any] | None,
    holdings: Mapping[tuple[int, str], Sequence[Holding]],
) -> list[TaxRow]:
    """The taxes of the invoice: what can still be given back, is reserved or is asked for."""
    charged: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for tax in counters.taxes.values():
        if tax.invoice_id == invoice.pk:
            charged[tax.kind] += tax.charged_amount
    rows = [
        TaxRow(
            tax_key(invoice.pk, kind),
            data,
            invoice,
            kind,
            left,
            charged[kind],
            holdings=holdings.get((invoice.pk, kind), ()),
        )
        for kind, left in sorted(creditable.tax_left(counters, invoice.pk).items())
    ]
    return [row for row in rows if row.left or row.is_picked or row.is_reserved]


def goodwill_key(number: int) -> str:
    """The name on the page of the goodwill line of that number."""
    return f"goodwill-{number}"


def goodwill_rows(data: Mapping[str, Any] | None) -> Sequence[GoodwillRow]:
    """The goodwill lines that are filled in, and an empty one for the next."""
    numbers = {int(found[1]) for name in data or () if (found := _GOODWILL.fullmatch(name))}
    rows = [GoodwillRow(goodwill_key(number), data) for number in sorted(numbers)[:MOST]]
    filled = [row for row in rows if row.is_picked]
    return [*filled, GoodwillRow(goodwill_key(max(numbers, default=0) + 1), data)]

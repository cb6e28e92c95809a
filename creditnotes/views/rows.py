"""The composer's rows: one for every invoice line, with what is left of it and what is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import QueryDict
from django.utils.translation import get_language

from creditnotes import availability
from creditnotes.availability import Holding
from creditnotes.content import claims_of
from creditnotes.creditable import Claim, Counters, plain
from creditnotes.forms import LineForm
from creditnotes.models import Basis, CreditableLine, CreditNote
from creditnotes.views.totals import InvoiceTotals
from customers.models import Invoice, InvoiceLine, User


@dataclass
class Row:
    """One invoice line on the page; ``net`` is what the credit takes of it, once computed."""

    line: InvoiceLine
    form: LineForm
    left: CreditableLine
    holdings: Sequence[Holding] = ()
    net: Decimal | None = None

    @property
    def key(self) -> str:
        """The row's name on the page."""
        return str(self.form.prefix)

    @property
    def is_used_up(self) -> bool:
        """Whether nothing of the line can be credited any more."""
        return not (self.left.quantity_left or self.left.net_left)

    @property
    def is_picked(self) -> bool:
        """Whether the person wants this line credited."""
        return self.form.is_picked

    @property
    def is_sound(self) -> bool:
        """Whether the row is picked, says how much, and was found to be in shape."""
        in_shape = self.is_picked and self.form.is_bound and not self.form.errors
        return in_shape and self.form.cleaned_data["value"] is not None

    @property
    def claim(self) -> Claim:
        """What a sound row asks for."""
        return self.form.claim_on(self.line.pk)


@dataclass
class Section:
    """One invoice with its rows, and what it comes to before and after."""

    invoice: Invoice
    rows: list[Row]
    totals: InvoiceTotals | None = None


def sections_of(
    invoices: Sequence[Invoice],
    counters: Counters,
    user: User,
    note: CreditNote | None,
    data: Mapping[str, Any] | None,
) -> list[Section]:
    """The invoices with their rows, filled with ``data``."""
    times = Counter(line.creditable_id for line in note.lines.all()) if note else Counter()
    holdings = availability.holdings_of(counters.lines, user, besides=note)
    return [
        Section(
            invoice,
            [
                Row(line, LineForm(data, prefix=prefix), counters.lines[line.pk], held)
                for line in invoice.lines.all()
                for prefix in _prefixes(line.pk, max(times[line.pk], 1))
                for held in [holdings.get(line.pk, ())]
            ],
        )
        for invoice in invoices
    ]


def _prefixes(line_id: int, times: int) -> list[str]:
    """The names of a line's rows: one, or as many as the note credits the line times."""
    return [f"line-{line_id}", *(f"line-{line_id}-{number}" for number in range(2, times + 1))]


def data_of(note: CreditNote) -> QueryDict:
    """The note's content as if it had just been typed."""
    data = QueryDict(mutable=True)
    data["version"] = str(note.version)
    data["reason"] = str(note.reason_id or "")
    for name in ("customer_reference", "explanation", "internal_note"):
        data[name] = getattr(note, name)
    times: Counter[int] = Counter()
    for claim in claims_of(note):
        times[claim.invoice_line_id] += 1
        prefix = _prefixes(claim.invoice_line_id, times[claim.invoice_line_id])[-1]
        data[f"{prefix}-pick"] = "on"
        data[f"{prefix}-basis"] = claim.basis
        data[f"{prefix}-value"] = typed(getattr(claim, claim.basis))
        if claim.basis == Basis.QUANTITY and claim.unit_price is not None:
            data[f"{prefix}-agreed"] = typed(claim.unit_price)
    return data


def typed(number: Decimal) -> str:
    """A number as the person would type it in their language."""
    mark = "," if (get_language() or "en").startswith("fr") else "."
    return plain(number).replace(".", mark)

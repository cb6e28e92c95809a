"""The composer's rows: one for every invoice line, with what is left of it and what is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.http import QueryDict
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from creditnotes import amounts
from creditnotes.amounts import LineLeft
from creditnotes.availability import Holding
from creditnotes.content import claims_of
from creditnotes.creditable import Claim, Counters, plain
from creditnotes.deliveries import Arrival
from creditnotes.forms import LineForm
from creditnotes.models import MEASURED, Basis, CreditableLine, CreditNote
from creditnotes.views.totals import InvoiceTotals
from customers import units
from customers.models import Invoice, InvoiceLine

#: From this many lines on, the chosen ones are shown first and the others can be filtered.
MANY = 12


@dataclass
class Row:
    """One invoice line on the page; what the credit takes and leaves of it, once computed."""

    line: InvoiceLine
    form: LineForm
    left: CreditableLine
    holdings: Sequence[Holding] = ()
    arrival: Arrival | None = None
    net: Decimal | None = None
    rest: LineLeft | None = None

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

    @property
    def lowered_price(self) -> Decimal | None:
        """What a piece still counts, where earlier credits took something off its price."""
        left = LineLeft(self.left.quantity_left, self.left.net_left)
        charged = LineLeft(self.left.charged_quantity, self.left.charged_net)
        if not left.quantity or left.quantity < 1 or charged.quantity < 1:
            return None
        now, before = (amounts.by_quantity(each, Decimal(1)).net for each in (left, charged))
        return now if now < before - Decimal("0.01") else None

    @property
    def missing(self) -> Decimal | None:
        """How much was invoiced and never delivered, where that is known."""
        return self.arrival.missing if self.arrival and self.arrival.missing else None

    def everything(self, bases: Iterable[str]) -> dict[str, str]:
        """The fields that credit all that is left, by the first basis that can say so."""
        left = self.left
        ways = [
            (Basis.QUANTITY, left.quantity_left),
            (Basis.PERCENT, Decimal(100) if left.net_left else Decimal(0)),
            (Basis.AMOUNT, left.net_left),
        ]
        return next((self.filled(way, value) for way, value in ways if way in bases and value), {})

    def filled(self, basis: str, value: Decimal) -> dict[str, str]:
        """The fields that pick the row and credit ``value`` by ``basis``."""
        return {
            f"{self.key}-pick": "on",
            f"{self.key}-basis": str(basis),
            f"{self.key}-value": typed(value),
        }

    @property
    def typed_left(self) -> str:
        """The quantity left as it would be typed, for the page's *all* button."""
        return typed(self.left.quantity_left) if self.left.quantity_left else ""

    @property
    def typed_missing(self) -> str:
        """The quantity missing as it would be typed, for the page's *short* button."""
        return typed(self.missing) if self.missing else ""

    @property
    def units(self) -> dict[str, str]:
        """What the value is counted in, by basis."""
        currency, unit = self.line.invoice.currency, self.line.unit
        each = _("%(currency)s per %(unit)s") % {"currency": currency, "unit": units.written(unit)}
        return {
            Basis.QUANTITY: units.written(unit, units.SEVERAL),
            Basis.PERCENT: "%",
            Basis.AMOUNT: currency,
            Basis.UNIT_PRICE: each,
        }

    @property
    def unit(self) -> str:
        """What the value is counted in, by the basis chosen."""
        return self.units.get(self.form["basis"].value() or Basis.QUANTITY, "")


@dataclass
class Section:
    """One invoice with its rows, and what it comes to before and after."""

    invoice: Invoice
    rows: list[Row]
    totals: InvoiceTotals | None = None
    arranged: list[Row] = field(init=False)

    def __post_init__(self) -> None:
        first = (lambda row: not row.is_picked) if self.has_many else (lambda _row: 0)
        self.arranged = sorted(self.rows, key=first)

    @property
    def has_many(self) -> bool:
        """Whether the lines are so many that one looks for them."""
        return len(self.rows) > MANY

    @property
    def has_missing(self) -> bool:
        """Whether anything invoiced here never arrived."""
        return any(row.missing for row in self.rows)

    @property
    def has_left(self) -> bool:
        """Whether anything can still be credited."""
        return any(not row.is_used_up for row in self.rows)


def sections_of(
    invoices: Sequence[Invoice],
    counters: Counters,
    holdings: Mapping[int, Sequence[Holding]],
    note: CreditNote | None,
    data: Mapping[str, Any] | None,
    *,
    only_filled: bool = False,
) -> list[Section]:
    """The invoices with their rows, filled with ``data``; or with those rows only that are."""
    times = Counter(line.creditable_id for line in note.lines.all()) if note else Counter()
    return [
        Section(
            invoice,
            [
                Row(
                    line,
                    LineForm(data, prefix=prefix),
                    counters.lines[line.pk],
                    holdings.get(line.pk, ()),
                )
                for line in invoice.lines.all()
                for prefix in _prefixes(line.pk, max(times[line.pk], 1))
                if not only_filled or _is_filled(prefix, data or {})
            ],
        )
        for invoice in invoices
    ]


def _is_filled(prefix: str, data: Mapping[str, Any]) -> bool:
    return bool(data.get(f"{prefix}-pick") or data.get(f"{prefix}-value", "").strip())


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
        if claim.basis not in MEASURED:
            continue
        times[claim.line_id] += 1
        prefix = _prefixes(claim.line_id, times[claim.line_id])[-1]
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

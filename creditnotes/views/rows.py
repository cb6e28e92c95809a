"""The composer's rows: one for every invoice line, with what is left of it and what is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Any

from django.http import QueryDict
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
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
#: Of more lines than this, the page's script shows so many until all are asked for.
SHORT = 40


@dataclass
class Row:
    """One invoice line on the page; what the credit takes and leaves of it, once computed.

    ``key`` is the row's name on the page, ``data`` what was sent for the whole page.
    ``taken`` is who took what a refusal speaks of.
    """

    line: InvoiceLine
    key: str
    left: CreditableLine
    data: Mapping[str, Any] | None = None
    holdings: Sequence[Holding] = ()
    arrival: Arrival | None = None
    net: Decimal | None = None
    rest: LineLeft | None = None
    taken: Sequence[Holding] = ()

    @cached_property
    def form(self) -> LineForm:
        """The row's fields; of hundreds of rows, only those that are filled in need them."""
        return LineForm(self.data, prefix=self.key)

    def sent(self, name: str) -> str:
        """What was typed into the row's field of that name."""
        return str((self.data or {}).get(f"{self.key}-{name}") or "").strip()

    @property
    def basis(self) -> str:
        """The basis chosen so far."""
        return self.sent("basis") or str(Basis.QUANTITY)

    @property
    def options(self) -> SafeString:
        """The bases to choose from, the one chosen marked."""
        return _options(self.basis, get_language() or "")

    @property
    def value(self) -> str:
        """How much, as it was typed."""
        return self.sent("value")

    @property
    def agreed(self) -> str:
        """The price agreed for a piece, as it was typed."""
        return self.sent("agreed")

    @property
    def errors(self) -> list[str]:
        """What is wrong with the row, for a person to read."""
        if not self.is_picked:
            return []
        return [str(error) for errors in self.form.errors.values() for error in errors]

    @property
    def is_used_up(self) -> bool:
        """Whether nothing of the line can be credited any more."""
        return not (self.left.quantity_left or self.left.net_left)

    @property
    def is_picked(self) -> bool:
        """Whether the line is to be credited: ticked, or given a value."""
        return bool(self.sent("pick") or self.value)

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
    def is_whole(self) -> bool:
        """Whether nothing of the line is credited or reserved."""
        left, charged = self.left, (self.left.charged_quantity, self.left.charged_net)
        return (left.quantity_left, left.net_left) == charged

    @property
    def lowered_price(self) -> Decimal | None:
        """What a piece still counts, where earlier credits took something off its price."""
        left = LineLeft(self.left.quantity_left, self.left.net_left)
        charged = LineLeft(self.left.charged_quantity, self.left.charged_net)
        if self.is_whole or left.quantity < 1 or charged.quantity < 1:
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

    @cached_property
    def units(self) -> str:
        """What a quantity of the line is counted in."""
        return units.written(self.line.unit, units.SEVERAL)

    @cached_property
    def each(self) -> str:
        """What a price of the line is counted in."""
        names = {"currency": self.line.invoice.currency, "unit": units.written(self.line.unit)}
        return _("%(currency)s per %(unit)s") % names

    @property
    def unit(self) -> str:
        """What the value is counted in, by the basis chosen."""
        match self.basis:
            case Basis.QUANTITY:
                return self.units
            case Basis.UNIT_PRICE:
                return self.each
            case Basis.PERCENT:
                return "%"
        return self.line.invoice.currency


@lru_cache(maxsize=64)
def _options(chosen: str, _language: str) -> SafeString:
    """Written once in each language: a page may have hundreds of rows."""
    marked = [(basis, " selected" if basis == chosen else "", basis.label) for basis in MEASURED]
    return format_html_join("", '<option value="{}"{}>{}</option>', marked)


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
    def is_short(self) -> bool:
        """Whether the page shows the first lines only, until all are asked for."""
        return len(self.rows) > SHORT

    @property
    def is_untouched(self) -> bool:
        """Whether nothing was credited or reserved of the invoice by others."""
        return not any(row.holdings for row in self.rows)

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
                    prefix,
                    counters.lines[line.pk],
                    data,
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

"""The composer's rows: one for every invoice line, with what is left of it and what is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import Any

from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from creditnotes import amounts
from creditnotes.amounts import LineLeft
from creditnotes.availability import Holding
from creditnotes.creditable import Claim, Counters, QuotedLine
from creditnotes.deliveries import Arrival
from creditnotes.forms import ON_LINE, PRICE_ONLY, LineForm
from creditnotes.models import Basis, CreditableLine, CreditNote
from creditnotes.views.asking import Asked
from creditnotes.views.totals import InvoiceTotals
from creditnotes.views.typed import line_key, typed
from creditnotes.views.unlined import TaxRow, tax_rows
from customers import units
from customers.models import Invoice, InvoiceLine

#: From this many lines on, the chosen ones are shown first and the others can be filtered.
MANY = 12
#: Of more lines than this, the page's script shows so many until all are asked for.
SHORT = 40


@dataclass
class Row(Asked):
    """One invoice line on the page; what the credit takes and leaves of it, once computed.

    ``fee`` is what of the net is kept back as a restocking fee of ``fee_percent``.
    """

    line: InvoiceLine
    left: CreditableLine
    holdings: Sequence[Holding] = ()
    arrival: Arrival | None = None
    rest: LineLeft | None = None
    fee: Decimal | None = None
    fee_percent: Decimal | None = None

    @cached_property
    def form(self) -> LineForm:
        return LineForm(self.data, prefix=self.key, default=self._default)

    @property
    def name(self) -> str:
        return self.line.description

    @property
    def basis(self) -> str:
        """The basis chosen so far."""
        return self.sent("basis") or self._default

    @property
    def _default(self) -> str:
        freight = self.line.kind == InvoiceLine.Kind.FREIGHT
        return str(Basis.FREIGHT if freight else Basis.QUANTITY)

    @property
    def options(self) -> SafeString:
        """The bases to choose from, the one chosen marked."""
        return _options(self.line.kind, self.basis, get_language() or "")

    @property
    def agreed(self) -> str:
        """The price agreed for a piece, as it was typed."""
        return self.sent("agreed")

    @property
    def is_price_only(self) -> bool:
        """Whether the line says so itself."""
        return bool(self.sent("price_only"))

    @property
    def fee_typed(self) -> str:
        """The restocking fee in percent, where another one than the reason's was typed."""
        return self.sent("fee")

    @property
    def fee_words(self) -> str:
        """Why the fee is lowered, as it was typed."""
        return self.sent("fee_words")

    @property
    def is_used_up(self) -> bool:
        """Whether nothing of the line can be credited any more."""
        return not (self.left.quantity_left or self.left.net_left)

    @property
    def lacks_value(self) -> bool:
        may_lack = self.form.basis_meant in (Basis.WHOLE, Basis.FREIGHT)
        return not may_lack and super().lacks_value

    @property
    def claim(self) -> Claim:
        price_only = (self.data or {}).get("tax") == PRICE_ONLY
        return self.form.claim_on(self.line.pk, price_only=price_only)

    def take(self, line: QuotedLine) -> None:
        super().take(line)
        self.fee, self.fee_percent = line.taken.fee, line.fee_percent

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
            (Basis.WHOLE, None),
            (Basis.QUANTITY, left.quantity_left),
            (Basis.PERCENT, Decimal(100) if left.net_left else Decimal(0)),
            (Basis.AMOUNT, left.net_left),
        ]
        fits = ((way, value) for way, value in ways if way in bases and value != 0)
        return next((self.filled(way, value) for way, value in fits), {})

    def filled(self, basis: str, value: Decimal | None) -> dict[str, str]:
        """The fields that pick the row and credit ``value`` by ``basis``; None for all."""
        return {
            f"{self.key}-pick": "on",
            f"{self.key}-basis": str(basis),
            f"{self.key}-value": "" if value is None else typed(value),
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
            case Basis.WHOLE:
                return ""
        return self.line.invoice.currency


@lru_cache(maxsize=128)
def _options(kind: str, chosen: str, _language: str) -> SafeString:
    """Written once in each language: a page may have hundreds of rows."""
    bases = [Basis(value) for value, _label in ON_LINE]
    if kind != InvoiceLine.Kind.FREIGHT and chosen != Basis.FREIGHT:
        bases.remove(Basis.FREIGHT)
    marked = [(basis, " selected" if basis == chosen else "", basis.label) for basis in bases]
    return format_html_join("", '<option value="{}"{}>{}</option>', marked)


@dataclass
class Section:
    """One invoice with its rows, and what it comes to before and after."""

    invoice: Invoice
    rows: list[Row]
    taxes: Sequence[TaxRow] = ()
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
    def asks_for_tax(self) -> bool:
        """Whether a tax alone is to be given back."""
        return any(row.is_picked for row in self.taxes)

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
    tax_holdings: Mapping[tuple[int, str], Sequence[Holding]],
    only_filled: bool = False,
) -> list[Section]:
    """The invoices with their rows, filled with ``data``; or with those rows only that are."""
    times = Counter(line.creditable_id for line in note.lines.all()) if note else Counter()
    return [
        Section(
            invoice,
            [
                Row(
                    prefix,
                    data,
                    line=line,
                    left=counters.lines[line.pk],
                    holdings=holdings.get(line.pk, ()),
                )
                for line in invoice.lines.all()
                for prefix in _prefixes(line.pk, times[line.pk])
                if not only_filled or _is_filled(prefix, data or {})
            ],
            tax_rows(invoice, counters, data, tax_holdings),
        )
        for invoice in invoices
    ]


def _is_filled(prefix: str, data: Mapping[str, Any]) -> bool:
    return bool(data.get(f"{prefix}-pick") or data.get(f"{prefix}-value", "").strip())


def _prefixes(line_id: int, times: int) -> list[str]:
    """The names of a line's rows: one, or as many as the note credits the line times."""
    return [line_key(line_id, time) for time in range(1, max(times, 1) + 1)]

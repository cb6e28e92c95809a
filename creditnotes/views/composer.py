"""The composer: what was typed about one customer's invoices, and what it comes to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

from django.http import QueryDict
from django.utils import timezone
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _

from approvals.offering import why_no_offer
from approvals.offers import Offer
from approvals.tendering import offer_in_composer
from creditnotes import availability, creditable, deliveries
from creditnotes.amounts import LineLeft
from creditnotes.availability import Holding
from creditnotes.content import Content
from creditnotes.creditable import Quote
from creditnotes.forms import EACH_LINE, HeadForm
from creditnotes.models import Attachment, Basis, CreditNote, Event, Reason, State
from creditnotes.services.guards import missing
from creditnotes.telling import words_in
from creditnotes.timelimits import Passed, limits_passed
from creditnotes.views.asking import Asked
from creditnotes.views.rows import Row, Section, sections_of
from creditnotes.views.totals import TaxSum, tax_sums, totals_of
from creditnotes.views.unlined import TaxRow, goodwill_rows
from customers.errors import Incomplete, Refusal
from customers.models import Customer, Invoice, User


@dataclass
class Composer:
    """What a person typed, new or on an existing note.

    First :meth:`check`, last :meth:`settle`; a change of the input makes a new composer.
    A ``brief`` one has only the rows that are filled in and does not know who holds
    the rest: enough to compute.
    """

    user: User
    customer: Customer
    invoices: Sequence[Invoice]
    note: CreditNote | None = None
    data: QueryDict | None = None
    files: MultiValueDict[str, Any] | None = None
    problems: list[str] = field(default_factory=list)
    lines_problem: str = ""
    add_problem: str = ""
    percent_problem: str = ""
    added: Invoice | None = None
    brief: bool = False
    quote: Quote = field(default_factory=Quote, init=False)
    taxes: list[TaxSum] = field(default_factory=list, init=False)
    late: list[Passed] = field(default_factory=list, init=False)
    offer: Offer | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.head = HeadForm(
            self.data,
            self.files,
            company=self.customer.company,
            reason=self.note.reason if self.note else None,
            initial={"token": uuid4()},
        )
        lines = (line.pk for invoice in self.invoices for line in invoice.lines.all())
        self.counters = availability.look(lines, besides=self.note)
        held = [] if self.brief else availability.held_lines(self.counters)
        self.holdings = availability.holdings_of(held, self.user, besides=self.note)
        taxed = () if self.brief else availability.held_taxes(self.counters)
        self.sections: list[Section] = sections_of(
            self.invoices,
            self.counters,
            self.holdings,
            self.note,
            self.data,
            tax_holdings=availability.tax_holdings_of(taxed, self.user, besides=self.note),
            only_filled=self.brief,
        )
        self.goodwill = goodwill_rows(self.data)

    def look_at_deliveries(self) -> None:
        """Tell each row how much of it arrived."""
        lines = [line for invoice in self.invoices for line in invoice.lines.all()]
        arrivals = deliveries.arrivals_of(lines, self.counters)
        for row in self.rows:
            row.arrival = arrivals.get(row.line.pk)

    @property
    def currency(self) -> str:
        """What the credit is in: its invoices' currency."""
        return self.invoices[0].currency if self.invoices else self.customer.currency

    def typed(self, name: str) -> str:
        """What was typed into one of the page's own fields, which are no part of the note."""
        return str(self.data.get(name, "")).strip() if self.data else ""

    @property
    def rows(self) -> Iterable[Row]:
        """The rows of all invoices."""
        return (row for section in self.sections for row in section.rows)

    @property
    def picked(self) -> list[Row]:
        """The invoice lines to be credited."""
        return [row for row in self.rows if row.is_picked]

    @property
    def taxes_alone(self) -> list[TaxRow]:
        """The taxes that can be given back without net."""
        return [row for section in self.sections for row in section.taxes]

    @property
    def asked(self) -> list[Asked]:
        """All that is to be credited: invoice lines, taxes alone, goodwill."""
        others = [*self.taxes_alone, *self.goodwill]
        return [*self.picked, *(row for row in others if row.is_picked)]

    @property
    def attachments(self) -> Iterable[Attachment]:
        """The files kept on the note so far."""
        return self.note.attachments.all() if self.note else ()

    @property
    def under_way(self) -> list[CreditNote]:
        """What others are about to credit of the same invoices."""
        return availability.under_way_on(self.invoices, self.user, besides=self.note)

    @property
    def returned(self) -> Event | None:
        """What an approver asked to be changed, where the note was returned for that."""
        if self.note is None or self.note.state != State.RETURNED:
            return None
        returns = self.note.events.filter(kind=Event.Kind.RETURNED).select_related("actor")
        return returns.last()

    @property
    def customers_words(self) -> str:
        """What the customer told us with their request."""
        return words_in(self.note.events.all()) if self.note else ""

    @property
    def _sound(self) -> list[Asked]:
        return [row for row in self.asked if row.is_sound]

    @property
    def reason(self) -> Reason | None:
        """The reason chosen so far."""
        if not self.head.is_bound:
            return self.note.reason if self.note else None
        chosen: Reason | None = self.head.cleaned_data.get("reason")
        return chosen

    def allows(self, basis: str) -> bool:
        """Whether the reason chosen is credited so; where none is yet, anything may be."""
        return self.reason is None or basis in self.reason.bases

    @property
    def allows_tax(self) -> bool:
        """Whether the reason chosen gives tax back alone."""
        return self.allows(Basis.TAX)

    @property
    def has_goodwill(self) -> bool:
        """Whether goodwill has its place on the page: it is asked for, or can be."""
        wanted = not self.invoices or any(row.is_picked for row in self.goodwill)
        return wanted or (self.reason is not None and self.allows(Basis.GOODWILL))

    @property
    def says_each_line(self) -> bool:
        """Whether each line says by itself if its tax is given back."""
        return self.typed("tax") == EACH_LINE

    def check(self) -> None:
        """Say beside each field that was filled in if it has not its shape."""
        self.head.is_valid()
        for row in self.asked:
            if row.form.is_valid() and not self.allows(row.basis):
                names = {"reason": self.reason, "basis": Basis(row.basis).label.lower()}
                message = _("%(reason)s is not credited by %(basis)s.") % names
                row.refuse(Refusal(message, field="basis"))

    def is_whole(self) -> bool:
        """Whether a checked composer can be saved; a line that was picked says how much."""
        for row in self.asked:
            if not row.form.errors and not row.is_sound:
                row.refuse(Refusal(_("How much?")))
        return not self.head.errors and not any(row.form.errors for row in self.asked)

    @property
    def content(self) -> Content:
        """What a valid composer says the credit note shall be."""
        head = self.head.cleaned_data
        return Content(
            reason=head["reason"],
            claims=tuple(row.claim for row in self._sound),
            explanation=head["explanation"],
            internal_note=head["internal_note"],
            customer_reference=head["customer_reference"],
        )

    def refuse(self, refusal: Refusal) -> None:
        """Show a refusal of :attr:`content` at the field that it belongs to."""
        if refusal.line is not None:
            self._sound[refusal.line].refuse(refusal)
        elif refusal.field == "lines":
            self.lines_problem = str(refusal)
        elif refusal.field in self.head.fields:
            self.head.add_error(refusal.field, str(refusal))
        elif str(refusal) not in self.problems:
            self.problems.append(str(refusal))

    @property
    def gaps(self) -> list[Incomplete]:
        """All that keeps the note from being submitted because it is missing."""
        return missing(self.reason, lines=bool(self._sound), photos=bool(list(self.attachments)))

    def settle(self) -> None:
        """Compute what the lines come to as far as they can be met, and what is offered."""
        rows = self._sound
        claims = [row.claim for row in rows]
        self.quote = creditable.quote(claims, self.counters, self.reason)
        refused = {refusal.line: refusal for refusal in self.quote.refusals}
        met = [row for position, row in enumerate(rows) if position not in refused]
        for row, line in zip(met, self.quote.lines, strict=True):
            row.take(line)
        self._tell_what_is_left(met)
        for position, row in enumerate(rows):
            if refusal := refused.get(position):
                row.refuse(refusal)
        self._tell_who_took([row for position, row in enumerate(rows) if position in refused])
        self.taxes = tax_sums(self.quote)
        company = self.customer.company
        self.late = limits_passed(company, claims, company.day_of(timezone.now()))
        for section in self.sections:
            held = self._holdings_on(section.invoice)
            section.totals = totals_of(section.invoice, self.counters, self.quote, held)
        self.offer = self.offer_now()

    def _tell_what_is_left(self, met: Sequence[Asked]) -> None:
        """Say beside each line what it leaves of its invoice line, one after the other."""
        rest: dict[int, LineLeft] = {}
        for row, line in zip(met, self.quote.lines, strict=True):
            if isinstance(row, Row):
                left = LineLeft(row.left.quantity_left, row.left.net_left)
                row.rest = rest.get(row.line.pk, left).less(line.taken)
                rest[row.line.pk] = row.rest

    def _tell_who_took(self, refused: Sequence[Asked]) -> None:
        """Say beside each of these rows, which ask for too much, who holds the rest."""
        rows = [row for row in refused if isinstance(row, Row)]
        if self.brief:
            held = {row.line.pk for row in rows} & set(availability.held_lines(self.counters))
            holdings = availability.holdings_of(held, self.user, besides=self.note)
            for row in rows:
                row.holdings = holdings.get(row.line.pk, ())
        for row in rows:
            row.taken = row.holdings

    def _holdings_on(self, invoice: Invoice) -> list[Holding]:
        return [held for line in invoice.lines.all() for held in self.holdings.get(line.pk, ())]

    def offer_now(self) -> Offer | None:
        """What policy offers on the lines picked; None without lines, terms or percent basis."""
        lefts = {row.line.pk: row.left.net_left for row in self.picked}
        percent_allowed = self.reason is None or Basis.PERCENT in self.reason.bases
        if not (percent_allowed and any(lefts.values())):
            return None
        return offer_in_composer(self.note, self.customer, self.reason, lefts, timezone.now())

    def why_no_offer(self) -> str:
        """That the customer took the offer often enough, where that is why there is none."""
        if self.offer or not self.picked:
            return ""
        return why_no_offer(self.customer, self.reason, timezone.now())

    def with_fields(self, fields: dict[str, str]) -> Composer:
        """The composer with these fields filled in, as if the person had typed them."""
        data = self.data.copy() if self.data is not None else QueryDict(mutable=True)
        data.update(fields)
        return self._again(data=data)

    def with_invoice(self, invoice: Invoice) -> Composer:
        """The composer with one more invoice of the same customer."""
        if invoice in self.invoices:
            return self
        return self._again(invoices=[*self.invoices, invoice], added=invoice)

    def without_invoice(self, pk: int | None) -> Composer:
        """The composer without this invoice and what was asked for of it; one stays at least."""
        kept = [invoice for invoice in self.invoices if invoice.pk != pk]
        return self._again(invoices=kept) if kept else self

    def anew(self) -> Composer:
        """The composer with what was typed, and with what is left by now."""
        return self._again()

    def on(self, note: CreditNote, **changes: Any) -> Composer:
        """The composer with what was typed, going on with ``note`` as it is now."""
        data = self.data.copy() if self.data is not None else None
        if data is not None:
            data["version"] = str(note.version)
        return self._again(note=note, data=data, **changes)

    def _again(self, **changes: Any) -> Composer:
        """A fresh composer, checked if this one was filled in."""
        fresh = replace(self, **changes)
        if fresh.data is not None:
            fresh.check()
        return fresh

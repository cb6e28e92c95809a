"""Whether a credit comes too late to give tax back: what the composer and the approver are told.

A credit beyond a limit is no mistake of arithmetic: it may be issued with its tax by finance,
or as *price only*, which gives no tax back and to which no limit applies. Tax given back
without net is tax charged in error; with net, the price was reduced or goods came back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from creditnotes.creditable import Claim
from creditnotes.models import Basis, CreditNote, CreditTax
from customers.models import Company, InvoiceLineTax, InvoiceTax
from customers.timelimits import Ground, TimeLimit, all_time_limits, limits_among


@dataclass(frozen=True)
class Passed:
    """A time limit that has passed for a tax of an invoice that is to be credited."""

    invoice_number: str
    invoiced_on: date
    limit: TimeLimit

    def as_record(self) -> dict[str, str]:
        """As it is kept with the approval's steps."""
        return {
            "invoice": self.invoice_number,
            "tax": self.limit.name,
            "last_day": self.limit.last_day.isoformat(),
            "law": self.limit.law,
        }


@dataclass(frozen=True, order=True)
class _Taxed:
    """A tax of an invoice, and why it is given back in the law's eyes."""

    invoiced_on: date
    invoice_number: str
    kind: str
    province: str
    ground: str


def limits_passed(company: Company, claims: Sequence[Claim], today: date) -> list[Passed]:
    """The time limits that have passed on ``today`` for what ``claims`` would give back.

    For the composer, which warns with them; empty where all is in time. ``today`` is the
    company's own day (``company.day_of(timezone.now())``). A price-only claim gives no tax
    back and is never late. At most three queries.
    """
    taxed = [claim.invoice_line_id for claim in claims if not claim.price_only]
    on_lines = InvoiceLineTax.objects.filter(line__in=[pk for pk in taxed if pk]).values_list(
        "line__invoice__issued_on", "line__invoice__number", "kind", "province"
    )
    found = {_Taxed(*row, Ground.REDUCTION) for row in on_lines}
    alone = {(c.invoice_id, c.tax_kind) for c in claims if c.basis == Basis.TAX}
    if alone:
        wanted = InvoiceTax.objects.filter(invoice__in={pk for pk, _ in alone}).values_list(
            "invoice", "invoice__issued_on", "invoice__number", "kind", "province"
        )
        found |= {_Taxed(*row[1:], Ground.ERROR) for row in wanted if (row[0], row[3]) in alone}
    return _passed(company, found, today)


def limits_passed_by(note: CreditNote, today: date) -> list[Passed]:
    """The same for a note whose content is at hand; none where it gives no tax back."""
    given_back = [tax for tax in note.taxes.all() if tax.amount > 0]
    found = {taxed for tax in given_back for taxed in _taxed(tax)}
    return _passed(note.company, found, today) if found else []


def _taxed(tax: CreditTax) -> Iterator[_Taxed]:
    counter, invoice = tax.creditable, tax.invoice
    for ground, given in (
        (Ground.REDUCTION, tax.base),
        (Ground.ERROR, tax.adjusted + tax.recovered),
    ):
        if given:
            yield _Taxed(invoice.issued_on, invoice.number, counter.kind, counter.province, ground)


def _passed(company: Company, taxes: Iterable[_Taxed], today: date) -> list[Passed]:
    known = all_time_limits(company)
    found = (
        Passed(tax.invoice_number, tax.invoiced_on, limit)
        for tax in sorted(taxes)
        for limit in limits_among(known, tax.invoiced_on, tax.ground, [(tax.kind, tax.province)])
    )
    return list(dict.fromkeys(passed for passed in found if passed.limit.passed_on(today)))

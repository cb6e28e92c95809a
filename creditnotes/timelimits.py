"""Whether a credit comes too late to give tax back: what the composer and the approver are told.

A credit beyond a limit is no mistake of arithmetic: it may be issued with its tax by finance,
or as *price only*, which gives no tax back and to which no limit applies.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import F

from creditnotes.creditable import Claim
from creditnotes.models import CreditNote
from customers.models import InvoiceLineTax, TaxTimeLimit
from customers.timelimits import Ground, TimeLimit, limits_among

#: The basis that gives back tax alone: tax that should not have been charged.
TAX_ONLY = "tax"
_TAX = ("line__invoice__issued_on", "line__invoice__number", "kind", "province")


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
    """A tax of an invoice, and the basis by which a line that bears it is credited."""

    invoiced_on: date
    invoice_number: str
    kind: str
    province: str
    basis: str


def limits_passed(claims: Iterable[Claim], today: date) -> list[Passed]:
    """The time limits that have passed on ``today`` for what ``claims`` would give back.

    For the composer, which warns with them; empty where all is in time. ``today`` is the
    company's own day (``company.day_of(timezone.now())``). Call it with the claims whose tax
    is adjusted: a price-only credit gives no tax back and is never late. Two queries.
    """
    bases: dict[int, set[str]] = defaultdict(set)
    for claim in claims:
        if claim.invoice_line_id is not None and not claim.price_only:
            bases[claim.invoice_line_id].add(claim.basis)
    rows = InvoiceLineTax.objects.filter(line__in=bases).values_list("line", *_TAX)
    taxes = {
        _Taxed(day, number, kind, province, basis)
        for line, day, number, kind, province in rows
        for basis in bases[line]
    }
    return _passed(taxes, today)


def limits_passed_by(note: CreditNote, today: date) -> list[Passed]:
    """The same for a note as it is written; none where it gives no tax back."""
    if not note.tax_total:
        return []
    rows = (
        InvoiceLineTax.objects.filter(line__creditable__credit_lines__note=note)
        .values_list(*_TAX)
        .annotate(basis=F("line__creditable__credit_lines__basis"))
        .distinct()
    )
    return _passed({_Taxed(*row) for row in rows}, today)


def ground_of(basis: str) -> str:
    """Why a line's tax is given back, in the law's eyes."""
    return Ground.ERROR if basis == TAX_ONLY else Ground.REDUCTION


def _passed(taxes: Iterable[_Taxed], today: date) -> list[Passed]:
    taxes = sorted(taxes)
    known = list(TaxTimeLimit.objects.all()) if taxes else []
    found = (
        Passed(tax.invoice_number, tax.invoiced_on, limit)
        for tax in taxes
        for limit in limits_among(
            known, tax.invoiced_on, ground_of(tax.basis), [(tax.kind, tax.province)]
        )
    )
    return list(dict.fromkeys(passed for passed in found if passed.limit.passed_on(today)))

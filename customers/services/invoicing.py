"""Posting invoices: document, frozen taxes, entry and open item, in one transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from customers import ledger
from customers.currencies import converted, rate_for
from customers.errors import Refusal
from customers.ledger import NewEntry, Posting
from customers.models import (
    Company,
    Customer,
    Handover,
    Invoice,
    InvoiceLine,
    InvoiceLineTax,
    InvoiceTax,
    JournalEntry,
    OpenItem,
    TaxRounding,
)
from customers.money import ZERO
from customers.pricing import DiscountTooLarge, shares_of_discount
from customers.services.new_invoices import NewInvoice, NewLine
from customers.taxes import Law, Levy, Taxed, place_of_supply, tax_lines


def post_invoice(
    customer: Customer,
    number: str,
    moment: datetime,
    lines: Sequence[NewLine],
    *,
    due_on: date | None = None,
    tax_rounding: str = TaxRounding.TOTAL,
    discount: Decimal = ZERO,
    **details: Any,
) -> Invoice:
    """Invoice ``lines`` to the customer: document, frozen taxes, posting and open item.

    The arguments are those of :class:`NewInvoice`.
    """
    new = NewInvoice(customer, number, moment, lines, due_on, tax_rounding, details, discount)
    return post_invoices(customer.company, [new])[0]


@transaction.atomic
def post_invoices(company: Company, new: Sequence[NewInvoice]) -> list[Invoice]:
    """Post many invoices, as :func:`post_invoice` posts one, in a handful of statements.

    Raises :class:`~customers.errors.Refusal` where a discount is more than what is charged.
    """
    law = Law()
    drafts = [_draft(company, each, law) for each in new]
    _post_entries(company, [draft for draft in drafts if draft.invoice.total])
    Invoice.objects.bulk_create(draft.invoice for draft in drafts)
    _write_lines(drafts)
    return [draft.invoice for draft in drafts]


@dataclass(frozen=True)
class _Draft:
    """An invoice on its way into the books: its row, its lines and their taxes."""

    invoice: Invoice
    lines: Sequence[NewLine]
    taxes: Sequence[Taxed]


def _draft(company: Company, new: NewInvoice, law: Law) -> _Draft:
    day = company.day_of(new.moment)
    customer = new.customer
    details = {"province": _place_of(company, new), **new.details}
    lines = _discounted(new)
    levies = [_levies(line, new, day, details["province"], law) for line in lines]
    nets = [line.net_charged() for line in lines]
    taxes = tax_lines(list(zip(nets, levies, strict=True)), new.tax_rounding)
    net = sum(nets, ZERO)
    tax_total = sum((tax.amount for tax in taxes), ZERO)
    row = {
        "due_on": new.due_on or date.fromordinal(day.toordinal() + customer.payment_terms_days),
        "currency": customer.currency,
        **details,
    }
    if "rate" not in row:
        row["rate"] = rate_for(company, row["currency"], day)
    invoice = Invoice(
        company=company,
        customer=customer,
        number=new.number,
        issued_on=day,
        issued_at=new.moment,
        tax_rounding=new.tax_rounding,
        net=net,
        tax_total=tax_total,
        total=net + tax_total,
        **row,
    )
    return _Draft(invoice, lines, taxes)


def _place_of(company: Company, new: NewInvoice) -> str:
    """Where the law sees it supplied: see :func:`customers.taxes.place_of_supply`."""
    place = new.details.get("site") or new.customer
    handover = new.details.get("handover", Handover.DELIVERED)
    return place_of_supply(handover, place.province, place.country, company.province)


def _levies(line: NewLine, new: NewInvoice, day: date, province: str, law: Law) -> Sequence[Levy]:
    if line.is_deposit:
        return ()
    if line.levies is not None:
        return line.levies
    of_product = line.product.exempt_taxes if line.product else ()
    return law.levies(new.customer, day, province, {*line.exempt, *of_product})


def _discounted(new: NewInvoice) -> list[NewLine]:
    """The lines, each with its share of the invoice's discount; deposits have none."""
    try:
        nets = [ZERO if line.is_deposit else line.net_charged() for line in new.lines]
        shares = shares_of_discount(new.discount, nets)
    except DiscountTooLarge as error:
        raise Refusal(_("A discount is at most what is charged."), field="discount") from error
    return [replace(line, share=share) for line, share in zip(new.lines, shares, strict=True)]


def _post_entries(company: Company, drafts: Sequence[_Draft]) -> None:
    chart = ledger.Chart(company)
    entries = ledger.post_all(company, [_entry(draft, chart) for draft in drafts])
    for draft, entry in zip(drafts, entries, strict=True):
        draft.invoice.entry = entry
    OpenItem.objects.bulk_create(_open_item(draft.invoice) for draft in drafts)


def _entry(draft: _Draft, chart: ledger.Chart) -> NewEntry:
    invoice = draft.invoice
    receivable = chart.account(ledger.RECEIVABLE)
    postings = [Posting(receivable, debit=invoice.total, customer=invoice.customer)]
    postings += [
        Posting(chart.account(code), credit=amount)
        for code, amount in sorted(_by_account(draft.lines).items())
    ]
    postings += [
        Posting(chart.tax_account(tax.levy.kind, tax.levy.province), credit=tax.amount)
        for tax in draft.taxes
    ]
    in_base = converted(postings, invoice.rate)
    return NewEntry(JournalEntry.Kind.INVOICE, invoice.number, invoice.issued_on, in_base)


def _by_account(lines: Iterable[NewLine]) -> dict[str, Decimal]:
    """The nets by the code of the account that they are credited to."""
    sums: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for line in lines:
        sums[ledger.ACCOUNT_OF_KIND.get(line.kind, ledger.SALES)] += line.net_charged()
    return sums


def _open_item(invoice: Invoice) -> OpenItem:
    return OpenItem(
        entry=invoice.entry,
        customer=invoice.customer,
        side=OpenItem.Side.OWES,
        amount=invoice.total,
        currency=invoice.currency,
        due_on=invoice.due_on,
    )


def _write_lines(drafts: Sequence[_Draft]) -> None:
    rows_of = [_line_rows(draft) for draft in drafts]
    InvoiceLine.objects.bulk_create(row for rows in rows_of for row in rows)
    InvoiceLineTax.objects.bulk_create(
        row
        for draft, rows in zip(drafts, rows_of, strict=True)
        for row in _line_tax_rows(draft, rows)
    )
    InvoiceTax.objects.bulk_create(
        InvoiceTax(
            invoice=draft.invoice,
            kind=tax.levy.kind,
            province=tax.levy.province,
            rate=tax.levy.rate,
            base=tax.base,
            amount=tax.amount,
        )
        for draft in drafts
        for tax in draft.taxes
    )


def _line_rows(draft: _Draft) -> list[InvoiceLine]:
    return [
        InvoiceLine(
            invoice=draft.invoice,
            product=line.product,
            order_line=line.order_line,
            position=position,
            kind=line.kind,
            description=line.description,
            quantity=line.quantity,
            unit=line.unit,
            unit_price=line.unit_price,
            net=line.net_charged(),
            invoice_discount=line.share,
            regular_price=line.regular_price,
            promotion=line.promotion,
        )
        for position, line in enumerate(draft.lines, start=1)
    ]


def _line_tax_rows(draft: _Draft, rows: Sequence[InvoiceLine]) -> Iterator[InvoiceLineTax]:
    by_line = draft.invoice.tax_rounding == TaxRounding.LINE
    for tax in draft.taxes:
        for index, amount in tax.by_line.items():
            yield InvoiceLineTax(
                line=rows[index],
                kind=tax.levy.kind,
                province=tax.levy.province,
                rate=tax.levy.rate,
                amount=amount if by_line else None,
            )

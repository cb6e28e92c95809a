"""The ground's verbs: post an invoice, receive a payment, apply it, write a note."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from customers import ledger
from customers.errors import Refusal
from customers.ledger import NewEntry, Posting
from customers.models import (
    Application,
    Company,
    Customer,
    CustomerNote,
    Invoice,
    InvoiceLine,
    InvoiceLineTax,
    InvoiceTax,
    JournalEntry,
    OpenItem,
    OrderLine,
    Payment,
    Product,
    TaxRounding,
    User,
)
from customers.money import ZERO, extend
from customers.receipts import NewReceipt, receive_payments
from customers.taxes import Levy, Taxed, tax_lines


@dataclass(frozen=True)
class NewLine:
    """A line to invoice: ``net`` is quantity × price unless a discount made it less."""

    quantity: Decimal
    unit_price: Decimal
    description: str
    product: Product | None = None
    order_line: OrderLine | None = None
    unit: str = "ea"
    kind: str = InvoiceLine.Kind.GOODS
    net: Decimal | None = None
    levies: Sequence[Levy] = field(default_factory=tuple)

    def net_charged(self) -> Decimal:
        """What the line comes to before tax."""
        return extend(self.quantity, self.unit_price) if self.net is None else self.net


@dataclass(frozen=True)
class NewInvoice:
    """An invoice to post; due by the customer's terms unless ``due_on`` says otherwise.

    ``details`` are further fields of :class:`~customers.models.Invoice`, such as
    ``order``, ``site``, ``province``, ``customer_reference``.
    """

    customer: Customer
    number: str
    moment: datetime
    lines: Sequence[NewLine]
    due_on: date | None = None
    tax_rounding: str = TaxRounding.TOTAL
    details: Mapping[str, Any] = field(default_factory=dict)


def post_invoice(
    customer: Customer,
    number: str,
    moment: datetime,
    lines: Sequence[NewLine],
    *,
    due_on: date | None = None,
    tax_rounding: str = TaxRounding.TOTAL,
    **details: Any,
) -> Invoice:
    """Invoice ``lines`` to the customer: document, frozen taxes, posting and open item.

    The arguments are those of :class:`NewInvoice`.
    """
    new = NewInvoice(customer, number, moment, lines, due_on, tax_rounding, details)
    return post_invoices(customer.company, [new])[0]


@transaction.atomic
def post_invoices(company: Company, new: Sequence[NewInvoice]) -> list[Invoice]:
    """Post many invoices, as :func:`post_invoice` posts one, in a handful of statements."""
    drafts = [_draft(company, each) for each in new]
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


def _draft(company: Company, new: NewInvoice) -> _Draft:
    day = company.day_of(new.moment)
    customer = new.customer
    taxes = tax_lines([(line.net_charged(), line.levies) for line in new.lines], new.tax_rounding)
    net = sum((line.net_charged() for line in new.lines), ZERO)
    tax_total = sum((tax.amount for tax in taxes), ZERO)
    row = {
        "due_on": new.due_on or date.fromordinal(day.toordinal() + customer.payment_terms_days),
        "currency": customer.currency,
        **new.details,
    }
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
    return _Draft(invoice, new.lines, taxes)


def _post_entries(company: Company, drafts: Sequence[_Draft]) -> None:
    chart = ledger.Chart(company)
    entries = ledger.post_all(company, [_entry(draft, chart) for draft in drafts])
    for draft, entry in zip(drafts, entries, strict=True):
        draft.invoice.entry = entry
    OpenItem.objects.bulk_create(_open_item(draft.invoice) for draft in drafts)


def _entry(draft: _Draft, chart: ledger.Chart) -> NewEntry:
    invoice = draft.invoice
    receivable, sales = chart.account(ledger.RECEIVABLE), chart.account(ledger.SALES)
    postings = [
        Posting(receivable, debit=invoice.total, customer=invoice.customer),
        Posting(sales, credit=invoice.net),
    ]
    postings += [
        Posting(chart.tax_account(tax.levy.kind, tax.levy.province), credit=tax.amount)
        for tax in draft.taxes
    ]
    return NewEntry(JournalEntry.Kind.INVOICE, invoice.number, invoice.issued_on, postings)


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


def receive_payment(
    customer: Customer, number: str, received_on: date, amount: Decimal, method: str = ""
) -> Payment:
    """Record money received; it stays on account until it is applied."""
    new = NewReceipt(customer, number, received_on, amount, method)
    return receive_payments(customer.company, [new])[0]


@transaction.atomic
def apply(
    payer: OpenItem, invoice: OpenItem, amount: Decimal, day: date, by: User | None = None
) -> Application:
    """Settle ``amount`` of the invoice's item from the payer's; both are locked in id order.

    Raises :class:`~customers.errors.Refusal` when either has less than that left.
    """
    locked = {
        item.pk: item
        for item in OpenItem.objects.select_for_update()
        .filter(pk__in=[payer.pk, invoice.pk])
        .order_by("pk")
    }
    left = min(item.amount - item.applied for item in locked.values())
    if not ZERO < amount <= left:
        raise Refusal(_("Only %(left)s can be applied.") % {"left": left}, field="amount")
    return Application.objects.create(
        payer=payer, invoice=invoice, amount=amount, applied_on=day, applied_by=by
    )


def write_note(customer: Customer, text: str, *, author: User, moment: datetime) -> CustomerNote:
    """Keep what a colleague should know about the customer."""
    return CustomerNote.objects.create(
        customer=customer, author=author, text=text, written_at=moment
    )

"""The ground's verbs: post an invoice, receive a payment, apply what pays to what owes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from customers import ledger
from customers.errors import Refusal
from customers.ledger import Posting
from customers.models import (
    Application,
    Customer,
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


@transaction.atomic
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

    ``details`` are further fields of :class:`~customers.models.Invoice`, such as
    ``order``, ``site``, ``province``, ``customer_reference``.
    """
    company = customer.company
    day = company.day_of(moment)
    taxes = tax_lines([(line.net_charged(), line.levies) for line in lines], tax_rounding)
    net = sum((line.net_charged() for line in lines), ZERO)
    tax_total = sum((tax.amount for tax in taxes), ZERO)
    due_on = due_on or date.fromordinal(day.toordinal() + customer.payment_terms_days)
    invoice = Invoice(
        company=company,
        customer=customer,
        number=number,
        issued_on=day,
        issued_at=moment,
        due_on=due_on,
        currency=details.pop("currency", customer.currency),
        tax_rounding=tax_rounding,
        net=net,
        tax_total=tax_total,
        total=net + tax_total,
        **details,
    )
    invoice.entry = _post_invoice_entry(invoice, taxes) if invoice.total else None
    invoice.save(force_insert=True)
    _write_lines(invoice, lines, taxes)
    return invoice


def _post_invoice_entry(invoice: Invoice, taxes: Sequence[Taxed]) -> JournalEntry:
    company, customer = invoice.company, invoice.customer
    postings = [
        Posting(ledger.account(company, ledger.RECEIVABLE), debit=invoice.total, customer=customer),
        Posting(ledger.account(company, ledger.SALES), credit=invoice.net),
    ]
    postings += [
        Posting(ledger.tax_account(company, tax.levy.kind, tax.levy.province), credit=tax.amount)
        for tax in taxes
    ]
    entry = ledger.post(
        company, JournalEntry.Kind.INVOICE, invoice.number, invoice.issued_on, postings
    )
    ledger.open_item(
        entry, customer, OpenItem.Side.OWES, invoice.total, invoice.currency, invoice.due_on
    )
    return entry


def _write_lines(invoice: Invoice, lines: Sequence[NewLine], taxes: Sequence[Taxed]) -> None:
    rows = InvoiceLine.objects.bulk_create(
        InvoiceLine(
            invoice=invoice,
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
        for position, line in enumerate(lines, start=1)
    )
    by_line = invoice.tax_rounding == TaxRounding.LINE
    InvoiceLineTax.objects.bulk_create(
        InvoiceLineTax(
            line=rows[index],
            kind=tax.levy.kind,
            province=tax.levy.province,
            rate=tax.levy.rate,
            amount=amount if by_line else None,
        )
        for tax in taxes
        for index, amount in tax.by_line.items()
    )
    InvoiceTax.objects.bulk_create(
        InvoiceTax(
            invoice=invoice,
            kind=tax.levy.kind,
            province=tax.levy.province,
            rate=tax.levy.rate,
            base=tax.base,
            amount=tax.amount,
        )
        for tax in taxes
    )


@transaction.atomic
def receive_payment(
    customer: Customer, number: str, received_on: date, amount: Decimal, method: str = ""
) -> Payment:
    """Record money received; it stays on account until it is applied."""
    company = customer.company
    entry = ledger.post(
        company,
        JournalEntry.Kind.PAYMENT,
        number,
        received_on,
        [
            Posting(ledger.account(company, ledger.BANK), debit=amount),
            Posting(ledger.account(company, ledger.RECEIVABLE), credit=amount, customer=customer),
        ],
    )
    ledger.open_item(entry, customer, OpenItem.Side.PAYS, amount, customer.currency)
    return Payment.objects.create(
        company=company,
        customer=customer,
        entry=entry,
        number=number,
        received_on=received_on,
        currency=customer.currency,
        amount=amount,
        method=method,
    )


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

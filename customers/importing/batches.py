"""Whole invoices into the books, a batch in a transaction.

An invoice is posted by :func:`customers.services.post_invoices`, as every other is;
one that is there already is compared and left alone.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.db import DatabaseError, OperationalError, ProgrammingError, transaction
from django.db.models import Count

from customers.importing.lines import Reason, Refused, Sale
from customers.models import (
    Company,
    Customer,
    Department,
    Invoice,
    InvoiceLine,
    Order,
    OrderLine,
    Product,
)
from customers.money import ZERO
from customers.services import NewInvoice, NewLine, post_invoices
from customers.text import sort_key

DESCRIPTION_LENGTH, NAME_LENGTH, COUNTRY_LENGTH = 250, 200, 60


@dataclass(frozen=True)
class WholeInvoice:
    """All lines of one invoice that make sense, in the order of the file; never none."""

    number: str
    sales: Sequence[Sale]

    @property
    def customer(self) -> str:
        """The customer's number."""
        return self.sales[0].customer

    @property
    def moment(self) -> datetime:
        """When it was issued: the time of its earliest line."""
        return min(sale.moment for sale in self.sales)

    @property
    def net(self) -> Decimal:
        """What it comes to."""
        return sum((sale.net for sale in self.sales), ZERO)

    @property
    def content(self) -> tuple[str, int, Decimal]:
        """What must agree for it to be the same invoice: customer, lines and net."""
        return self.customer, len(self.sales), self.net

    def refused(self, reason: Reason, detail: str = "") -> Iterator[Refused]:
        """Its lines, all refused for the same reason."""
        return (Refused(sale.row, reason, self.number, detail) for sale in self.sales)


@dataclass
class Outcome:
    """What became of a batch."""

    posted: list[WholeInvoice] = field(default_factory=list)
    known: list[WholeInvoice] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    made: Counter[str] = field(default_factory=Counter)


def post_batch(department: Department, invoices: Sequence[WholeInvoice]) -> Outcome:
    """Post the invoices in one transaction: all of them are in the books afterwards, or none.

    Where the database refuses one, the others are posted without it.
    """
    try:
        return _post(department, invoices)
    except (OperationalError, ProgrammingError):
        raise  # not about this content
    except DatabaseError as error:
        if len(invoices) > 1:
            return _merged(post_batch(department, [invoice]) for invoice in invoices)
        refused = invoices[0].refused(Reason.DATABASE, str(error).strip())
        return Outcome(refused=list(refused))


def _merged(outcomes: Iterable[Outcome]) -> Outcome:
    merged = Outcome()
    for outcome in outcomes:
        merged.posted += outcome.posted
        merged.known += outcome.known
        merged.refused += outcome.refused
        merged.made += outcome.made
    return merged


@transaction.atomic
def _post(department: Department, invoices: Sequence[WholeInvoice]) -> Outcome:
    # Two imports at once take turns, so that the second sees what the first has posted.
    company = Company.objects.select_for_update(no_key=True).get(pk=department.company_id)
    outcome = _compared(company, invoices)
    sales = [sale for invoice in outcome.posted for sale in invoice.sales]
    if not sales:
        return outcome
    customers = _customers(department, company, sales, outcome.made)
    products = _products(company, sales, outcome.made)
    lines = _ordered(company, outcome.posted, customers, products)
    posted = post_invoices(
        company,
        [
            NewInvoice(
                customer=customers[invoice.customer],
                number=invoice.number,
                moment=invoice.moment,
                lines=[_line(sale, row) for sale, row in zip(invoice.sales, rows, strict=True)],
                details={"order": rows[0].order},
            )
            for invoice, rows in zip(outcome.posted, lines, strict=True)
        ],
    )
    outcome.made += Counter(orders=len(posted), invoices=len(posted))
    return outcome


def _compared(company: Company, invoices: Sequence[WholeInvoice]) -> Outcome:
    """Sort the invoices into new, known, and known with other content."""
    rows = (
        Invoice.objects.filter(company=company, number__in=[each.number for each in invoices])
        .annotate(lines_count=Count("lines"))
        .values_list("number", "customer__number", "lines_count", "net")
    )
    known = {number: content for number, *content in rows}
    outcome = Outcome()
    for invoice in invoices:
        if invoice.number not in known:
            outcome.posted.append(invoice)
        elif tuple(known[invoice.number]) == invoice.content:
            outcome.known.append(invoice)
        else:
            outcome.refused += invoice.refused(Reason.CHANGED)
    return outcome


def _customers(
    department: Department, company: Company, sales: Sequence[Sale], made: Counter[str]
) -> dict[str, Customer]:
    wanted = {sale.customer: sale for sale in reversed(sales)}
    rows = {row.number: row for row in Customer.objects.filter(company=company, number__in=wanted)}
    new = [
        _customer(department, company, sale)
        for number, sale in sorted(wanted.items())
        if number not in rows
    ]
    made["customers"] += len(new)
    for row in Customer.objects.bulk_create(new):
        rows[row.number] = row
    for row in rows.values():
        row.company = company
    return rows


def _customer(department: Department, company: Company, sale: Sale) -> Customer:
    name = (sale.customer_name or f"Customer {sale.customer}")[:NAME_LENGTH]
    return Customer(
        company=company,
        department=department,
        number=sale.customer,
        name=name,
        sort_name=sort_key(name)[:NAME_LENGTH],
        country=(sale.country or company.country)[:COUNTRY_LENGTH],
        currency=company.base_currency,
    )


def _products(company: Company, sales: Sequence[Sale], made: Counter[str]) -> dict[str, Product]:
    wanted = {sale.product: sale for sale in reversed(sales)}
    rows = {row.sku: row for row in Product.objects.filter(company=company, sku__in=wanted)}
    new = [
        Product(
            company=company,
            sku=sku,
            name=sale.description[:NAME_LENGTH],
            is_charge=sale.is_charge,
        )
        for sku, sale in sorted(wanted.items())
        if sku not in rows
    ]
    made["products"] += len(new)
    for row in Product.objects.bulk_create(new):
        rows[row.sku] = row
    return rows


def _ordered(
    company: Company,
    invoices: Sequence[WholeInvoice],
    customers: dict[str, Customer],
    products: dict[str, Product],
) -> list[list[OrderLine]]:
    """An order for each invoice, under its number: what was invoiced had been ordered so."""
    orders = Order.objects.bulk_create(
        Order(
            company=company,
            customer=customers[invoice.customer],
            number=invoice.number,
            ordered_on=company.day_of(invoice.moment),
        )
        for invoice in invoices
    )
    lines = [
        [
            OrderLine(
                order=order,
                product=products[sale.product],
                position=position,
                quantity=sale.quantity,
                unit_price=sale.unit_price,
            )
            for position, sale in enumerate(invoice.sales, start=1)
        ]
        for order, invoice in zip(orders, invoices, strict=True)
    ]
    OrderLine.objects.bulk_create(line for of_order in lines for line in of_order)
    return lines


def _line(sale: Sale, ordered: OrderLine) -> NewLine:
    return NewLine(
        quantity=sale.quantity,
        unit_price=sale.unit_price,
        description=sale.description[:DESCRIPTION_LENGTH],
        product=ordered.product,
        order_line=ordered,
        unit=ordered.product.unit,
        kind=InvoiceLine.Kind.CHARGE if sale.is_charge else InvoiceLine.Kind.GOODS,
        levies=(),  # the export tells none, and its totals are without
    )

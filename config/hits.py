"""Results of the search as they are shown: each kind's rows written out, the words marked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from config.marking import Marker
from creditnotes.models import CreditNote
from customers.models import Contact, Customer, Invoice, InvoiceLine, Order
from customers.templatetags.display import day, money, plain, price, unit


@dataclass(frozen=True)
class Hit:
    """One result: where it leads, its name or number, and what tells it apart."""

    url: str
    title: SafeString
    sub: SafeString
    end: str = ""
    end_sub: str = ""
    note: CreditNote | None = None


@dataclass(frozen=True)
class Kind:
    """A kind of thing to find: how it is called and drawn, where all of it is, how it is told."""

    name: str
    label: Any
    icon: str
    write: Callable[[Any, Marker], Hit]
    address: str = ""
    parameter: str = "q"

    def list_url(self, words: str) -> str:
        """The list that looks for the same words, where there is one."""
        return (
            f"{reverse(self.address)}?{urlencode({self.parameter: words})}" if self.address else ""
        )


@dataclass(frozen=True)
class Group:
    """What was found of one kind. Where there is more, ``more_url`` leads to it, if a list does."""

    kind: Kind
    rows: Sequence[Any]
    hits: Sequence[Hit]
    has_more: bool
    more_url: str
    is_exact: bool = False
    is_guess: bool = False


def _joined(*parts: Any) -> str:
    return " · ".join(str(part) for part in parts if part)


def _customer(row: Customer, mark: Marker) -> Hit:
    url = reverse("customers:customer", args=[row.pk])
    return Hit(url, mark(row.name), mark(_joined(row.number, row.department.name)))


def _contact(row: Contact, mark: Marker) -> Hit:
    url = f"{reverse('customers:customer', args=[row.customer_id])}#contacts"
    sub = mark(_joined(row.phone, row.email))
    return Hit(url, mark(_joined(row.name, row.customer.name)), sub)


def _invoice(row: Invoice, mark: Marker) -> Hit:
    return Hit(
        reverse("customers:invoice", args=[row.pk]),
        mark(row.number),
        mark(_joined(row.customer.name, row.customer_reference)),
        money(row.total, row.currency),
        day(row.issued_on),
    )


def _order(row: Order, mark: Marker) -> Hit:
    return Hit(
        reverse("customers:order", args=[row.pk]),
        mark(row.number),
        mark(_joined(row.customer.name, row.customer_reference)),
        day(row.ordered_on),
    )


def _line(row: InvoiceLine, mark: Marker) -> Hit:
    currency = row.invoice.currency
    return Hit(
        reverse("customers:invoice", args=[row.invoice_id]),
        mark(_joined(row.invoice.number, row.description)),
        mark(_joined(row.product.sku if row.product else "", row.invoice.customer.name)),
        f"{plain(row.quantity)} {unit(row.unit, row.quantity)} × {price(row.unit_price, currency)}",
        day(row.invoice.issued_on),
    )


def _credit_note(row: CreditNote, mark: Marker) -> Hit:
    number = row.document.number if hasattr(row, "document") else ""
    return Hit(
        reverse("creditnotes:credit_note", args=[row.pk]),
        mark(_joined(row.reference, number)),
        mark(_joined(row.customer.name, row.reason, row.customer_reference)),
        money(row.total, row.currency),
        note=row,
    )


CUSTOMERS = Kind("customers", _("Customers"), "building-2", _customer, "customers:customers")
CONTACTS = Kind("contacts", _("People"), "user-round", _contact)
CREDIT_NOTES = Kind(
    "credit_notes", _("Credit notes"), "file-minus", _credit_note, "creditnotes:credit_notes"
)
INVOICES = Kind("invoices", _("Invoices"), "receipt-text", _invoice, "customers:invoices")
ORDERS = Kind("orders", _("Orders"), "truck", _order, "customers:orders")
PRODUCTS = Kind(
    "products", _("Invoices with this product"), "package", _line, "customers:invoices", "product"
)

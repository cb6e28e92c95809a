"""Invoices, orders and credit notes as rows of a short list: one line each, opened by a click."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from creditnotes.models import CreditNote
from customers.browsing import OrderFacts
from customers.forms import ORDER_STATES
from customers.templatetags.display import day, money
from customers.views.orders import problems_of


@dataclass(frozen=True)
class DocumentRow:
    """A document by its number, with what else tells it apart, and an amount or a state."""

    url: str
    title: str
    sub: str = ""
    end: str = ""
    end_sub: str = ""
    tone: str = ""
    warning: str = ""
    note: CreditNote | None = None


def invoice_rows(invoices: Iterable[Any], today: date) -> list[DocumentRow]:
    """Invoices of the list of invoices, with what is left to pay of each."""
    return [_invoice(invoice, today) for invoice in invoices]


def _invoice(invoice: Any, today: date) -> DocumentRow:
    left, tone = _("settled"), ""
    if invoice.left_to_pay:
        is_late = invoice.due_on < today
        tone = "bad" if is_late else ""
        words = _("%(amount)s past due since %(day)s") if is_late else _("%(amount)s due %(day)s")
        left = words % {
            "amount": money(invoice.left_to_pay, invoice.currency),
            "day": day(invoice.due_on),
        }
    return DocumentRow(
        reverse("customers:invoice", args=[invoice.pk]),
        invoice.number,
        _joined(day(invoice.issued_on), invoice.customer_reference),
        money(invoice.total, invoice.currency),
        left,
        tone,
    )


def order_rows(orders: Sequence[Any], facts_of: Mapping[int, OrderFacts]) -> list[DocumentRow]:
    """Orders of the list of orders, with their state and what was wrong."""
    return [_order(order, facts_of[order.pk]) for order in orders]


def _order(order: Any, facts: OrderFacts) -> DocumentRow:
    return DocumentRow(
        reverse("customers:order", args=[order.pk]),
        order.number,
        _joined(day(order.ordered_on), order.customer_reference),
        money(facts.value, order.customer.currency),
        str(ORDER_STATES[facts.state]),
        warning=problems_of(facts),
    )


def credit_note_rows(notes: Iterable[CreditNote]) -> list[DocumentRow]:
    """Credit notes of a query ``with_parties``."""
    return [
        DocumentRow(
            reverse("creditnotes:credit_note", args=[note.pk]),
            _joined(note.reference, note.document.number if hasattr(note, "document") else ""),
            _joined(day(note.created_at), note.reason, note.owner),
            money(note.total, note.currency),
            note=note,
        )
        for note in notes
    ]


def _joined(*parts: Any) -> str:
    return " · ".join(str(part) for part in parts if part)

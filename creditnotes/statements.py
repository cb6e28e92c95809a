"""Statements of account as people read them: documents by their names, and where to find them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from celery import current_app
from django.core.cache import cache
from django.db import transaction
from kombu.exceptions import OperationalError

from creditnotes.models import IssuedDocument, StatementFile
from customers.models import Invoice, OpenItem
from customers.statement import BUCKETS, Row, Section, Statement

#: The task that renders a statement, by name: it stands above this module.
RENDER = "creditnotes.tasks.render_statement"
#: Seconds for which a statement that was asked for is not asked for again.
PATIENCE = 10


@dataclass(frozen=True)
class Names:
    """What leads from the ledger's entries (by id) to their documents."""

    invoices: Mapping[int, int]
    notes: Mapping[int, tuple[int, str]]
    payers: Mapping[int, int]

    def title(self, entry_id: int, reference: str) -> str:
        """The document's own name: of a credit note also its legal number."""
        number = self.notes.get(entry_id, (0, ""))[1]
        return f"{number} · {reference}" if number else reference


def names_of(sections: Iterable[Section]) -> Names:
    """The documents of these sections' lines, in three queries."""
    entries = set(_entries(sections))
    invoices = Invoice.objects.filter(entry__in=entries).values_list("entry", "pk")
    notes = IssuedDocument.objects.filter(entry__in=entries).values_list("entry", "note", "number")
    payers = OpenItem.objects.filter(entry__in=entries, side=OpenItem.Side.PAYS)
    return Names(
        dict(invoices),
        {entry: (note, number) for entry, note, number in notes},
        dict(payers.values_list("entry", "pk")),
    )


def _entries(sections: Iterable[Section]) -> Iterable[int]:
    for section in sections:
        yield from (entry.row.entry_id for entry in section.entries)
        for each in section.applications:
            yield from (each.payer_entry_id, each.invoice_entry_id)


# On paper -------------------------------------------------------------------------


def snapshot_of(statement: Statement) -> dict[str, Any]:
    """All that the printed statement shows, as JSON; amounts with two decimals as strings."""
    customer, names = statement.customer, names_of(statement.sections)
    company = customer.company
    return {
        "language": customer.language,
        "since": statement.since.isoformat(),
        "until": statement.until.isoformat(),
        "site": statement.site.name if statement.site else "",
        "supplier": {
            "legal_name": company.legal_name,
            "address": company.address,
            "email": company.email,
            "phone": company.phone,
        },
        "customer": {
            "number": customer.number,
            "name": customer.name,
            "address": customer.billing_address,
        },
        "base_currency": company.base_currency,
        "base_closing": str(statement.base_closing) if statement.names_base else "",
        "sections": [_section(section, names) for section in statement.sections],
    }


def _section(section: Section, names: Names) -> dict[str, Any]:
    aged = section.aged
    return {
        "currency": section.currency,
        "opening": str(section.opening),
        "charges": str(section.charges),
        "payments": str(section.payments),
        "closing": str(section.closing),
        "rows": [
            {**_row(entry.row, names), "balance": str(entry.balance)} for entry in section.entries
        ],
        "applications": [
            {
                "on": each.on.isoformat(),
                "payer": names.title(each.payer_entry_id, each.payer),
                "invoice": names.title(each.invoice_entry_id, each.invoice),
                "amount": str(-each.amount if each.is_taken_back else each.amount),
            }
            for each in section.applications
        ],
        "aged": [str(amount) for amount in (aged.not_due, *aged.past_due)],
        "on_account": str(aged.on_account),
    }


def _row(row: Row, names: Names) -> dict[str, Any]:
    return {
        "on": row.on.isoformat(),
        "kind": row.kind,
        "document": names.title(row.entry_id, row.reference),
        "due_on": row.due_on.isoformat() if row.due_on else "",
        "amount": str(row.amount),
    }


def file_name(statement: Statement) -> str:
    """What a download of it is called, without an ending."""
    return f"statement-{statement.customer.number}-{statement.until.isoformat()}"


def digest_of(snapshot: Mapping[str, Any]) -> str:
    """What tells one statement from every other: as long as nothing changes, it is the same."""
    canonical = json.dumps(snapshot, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def kept_pdf(statement: Statement) -> StatementFile | None:
    """The file of exactly this statement; None until a worker made it."""
    digest = digest_of(snapshot_of(statement))
    return StatementFile.objects.filter(customer=statement.customer, digest=digest).first()


def ask_for_pdf(statement: Statement) -> None:
    """Have a worker render it. Whoever waits asks again, so a lost broker only delays it."""
    site = statement.site.pk if statement.site else None
    days = (statement.since.isoformat(), statement.until.isoformat())
    arguments = [statement.customer.pk, *days, site]
    if cache.add(_asked(arguments), 1, PATIENCE):
        transaction.on_commit(lambda: _send(arguments), robust=True)


def _send(arguments: list[Any]) -> None:
    try:
        current_app.send_task(RENDER, args=arguments)
    except OperationalError:  # the waiting page asks again
        cache.delete(_asked(arguments))


def _asked(arguments: list[Any]) -> str:
    return ":".join(["statement", *map(str, arguments)])


# As a table -----------------------------------------------------------------------

CSV_HEADER = ("currency", "date", "document", "kind", "due", "charge", "payment", "balance")


def table_of(statement: Statement) -> Iterable[list[Any]]:
    """The statement for a spreadsheet: per currency opening, documents, closing and ages."""
    names = names_of(statement.sections)
    for section in statement.sections:
        yield _line(section, statement.since, "opening", section.opening)
        for entry in section.entries:
            row = entry.row
            yield [
                section.currency,
                row.on.isoformat(),
                names.title(row.entry_id, row.reference),
                row.kind,
                row.due_on.isoformat() if row.due_on else "",
                entry.charge or "",
                entry.payment or "",
                entry.balance,
            ]
        yield _line(section, statement.until, "closing", section.closing)
        for name, amount in _ages(section):
            yield _line(section, statement.until, name, amount)


def _line(section: Section, on: date, name: str, balance: Decimal) -> list[Any]:
    return [section.currency, on.isoformat(), "", name, "", "", "", balance]


def _ages(section: Section) -> Iterable[tuple[str, Decimal]]:
    starts = (1, *(end + 1 for end in BUCKETS))
    ends = (*(str(end) for end in BUCKETS), "")
    yield "not due", section.aged.not_due
    for start, end, amount in zip(starts, ends, section.aged.past_due, strict=True):
        yield f"past due {start}-{end} days" if end else f"past due {start}+ days", amount
    yield "on account", -section.aged.on_account

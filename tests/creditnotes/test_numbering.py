"""Legal numbers: one after the other, none missing, none twice (rule 3)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.db import transaction

from creditnotes import services
from creditnotes.models import CreditNote, IssuedDocument
from customers.models import Company, Customer, Invoice, NumberSeries, User
from customers.numbering import LegalNumber, take_number
from tests import factories
from tests.factories import MOMENT
from tests.refusing import database_refuses, sql

pytestmark = pytest.mark.usefixtures("policy")

DAY = date(2026, 3, 10)


@pytest.fixture
def series(company: Company) -> NumberSeries:
    """A series that nobody has taken a number from."""
    return NumberSeries.objects.create(company=company, prefix="CN", fiscal_year=2026)


def numbers() -> list[str]:
    return list(IssuedDocument.objects.order_by("pk").values_list("number", flat=True))


def test_numbers_count_from_one_without_a_gap(invoice: Invoice, rep: User) -> None:
    for _ in range(3):
        factories.issued_note(invoice, rep)
    assert numbers() == ["CN-2026-000001", "CN-2026-000002", "CN-2026-000003"]


def test_each_fiscal_year_starts_anew_by_the_companys_own_calendar(
    invoice: Invoice, rep: User
) -> None:
    """The fiscal year that starts in April 2026 is named after the year in which it ends."""
    company = invoice.company
    company.fiscal_year_start_month = 4
    company.save()
    invoice.refresh_from_db()
    for moment in (datetime(2026, 3, 31, 16, tzinfo=UTC), datetime(2026, 4, 1, 16, tzinfo=UTC)):
        factories.issued_note(invoice, rep, moment=moment)
    assert numbers() == ["CN-2026-000001", "CN-2027-000001"]


def test_the_day_is_the_companys_own(invoice: Invoice, rep: User) -> None:
    """Three in the morning in London is still last year in Toronto."""
    moment = datetime(2027, 1, 1, 3, tzinfo=UTC)
    note = factories.issued_note(invoice, rep, moment=moment)
    assert note.document.number == "CN-2026-000001"
    assert note.document.issued_on == date(2026, 12, 31)


def test_companies_count_apart(
    invoice: Invoice,
    rep: User,
    foreign_invoice: Invoice,
    foreign_rep: User,
    foreign_finance: User,
) -> None:
    factories.issued_note(invoice, rep)
    factories.issued_note(foreign_invoice, foreign_rep)
    assert numbers() == ["CN-2026-000001"] * 2


def test_a_number_taken_in_a_transaction_that_fails_was_never_taken(
    invoice: Invoice, rep: User
) -> None:
    note = factories.approved_note(invoice, rep)
    with transaction.atomic():
        services.issue(note, actor=None, moment=MOMENT)
        transaction.set_rollback(True)
    assert numbers() == []
    services.issue(CreditNote.objects.get(), actor=None, moment=MOMENT)
    assert numbers() == ["CN-2026-000001"]


# What the database refuses ----------------------------------------------------


def test_a_number_taken_and_not_used(company: Company) -> None:
    with database_refuses("was taken and not used"):
        take_number(IssuedDocument, company, MOMENT)


@pytest.mark.parametrize("change", ["last_sequence + 2", "last_sequence - 1", "0"])
def test_a_series_that_jumps(invoice: Invoice, rep: User, change: str) -> None:
    factories.issued_note(invoice, rep)
    with database_refuses("counts by one"):
        sql(f"UPDATE customers_numberseries SET last_sequence = {change}")  # noqa: S608


def test_a_series_that_becomes_another(series: NumberSeries) -> None:
    with database_refuses("counts by one"):
        sql("UPDATE customers_numberseries SET prefix = 'XX', last_sequence = 1")


def test_a_series_that_starts_later(company: Company) -> None:
    made = NumberSeries.objects.create(
        company=company, prefix="CN", fiscal_year=2026, last_sequence=500
    )
    made.refresh_from_db()
    assert made.last_sequence == 0


def test_a_second_series_of_the_same_year(series: NumberSeries, company: Company) -> None:
    with database_refuses("series_once"):
        NumberSeries.objects.create(company=company, prefix="CN", fiscal_year=2026)


def test_a_series_deleted(series: NumberSeries) -> None:
    with database_refuses("Cannot delete"):
        sql("DELETE FROM customers_numberseries")


def next_number(company: Company) -> LegalNumber:
    return take_number(IssuedDocument, company, MOMENT)


def document(note: CreditNote, series: NumberSeries, **fields: object) -> IssuedDocument:
    """A document past the service."""
    facts: dict[str, object] = {
        "note": note,
        "company": note.company,
        "series": series,
        "sequence": series.last_sequence,
        "number": f"CN-2026-{series.last_sequence:06d}",
        "issued_on": DAY,
        "issued_at": MOMENT,
        "content_hash": note.content_hash,
        "snapshot": {},
    }
    return IssuedDocument.objects.create(**facts | fields)


def test_a_document_numbered_out_of_turn(invoice: Invoice, rep: User) -> None:
    factories.issued_note(invoice, rep)
    waiting = factories.approved_note(invoice, rep)
    series = NumberSeries.objects.get()
    for sequence in (0, 3, 99):
        with database_refuses("is not the next"):
            document(waiting, series, sequence=sequence)


def test_the_same_number_twice(invoice: Invoice, rep: User) -> None:
    factories.issued_note(invoice, rep)
    waiting = factories.approved_note(invoice, rep)
    with database_refuses("is not the next"):
        document(waiting, NumberSeries.objects.get())


def test_a_number_that_is_not_that_of_its_series(invoice: Invoice, rep: User) -> None:
    waiting = factories.approved_note(invoice, rep)
    with database_refuses("is not the next"):
        series = next_number(invoice.company).series
        document(waiting, series, sequence=1, number="CN-2026-900001")


def test_a_number_of_another_kind(invoice: Invoice, rep: User, series: NumberSeries) -> None:
    """What counts debit notes gives no number to a credit note."""
    other = NumberSeries.objects.create(company=series.company, prefix="DN", fiscal_year=2026)
    waiting = factories.approved_note(invoice, rep)
    with database_refuses("is not the next"):
        sql("UPDATE customers_numberseries SET last_sequence = 1 WHERE id = %s", other.pk)
        document(waiting, other, sequence=1, number="DN-2026-000001")


@pytest.mark.parametrize("day", [date(2026, 3, 9), date(2026, 3, 11), date(2025, 3, 10)])
def test_a_document_of_another_day(invoice: Invoice, rep: User, day: date) -> None:
    """The date is the day of issue, never chosen."""
    waiting = factories.approved_note(invoice, rep)
    with database_refuses("is of another day"):
        number = next_number(invoice.company)
        document(waiting, number.series, sequence=number.sequence, issued_on=day)


def test_a_document_of_another_fiscal_year(invoice: Invoice, rep: User) -> None:
    waiting = factories.approved_note(invoice, rep)
    last_year = NumberSeries.objects.create(company=invoice.company, prefix="CN", fiscal_year=2025)
    with database_refuses("is of another day"):
        sql("UPDATE customers_numberseries SET last_sequence = 1 WHERE id = %s", last_year.pk)
        document(waiting, last_year, sequence=1, number="CN-2025-000001")


def test_a_second_number_before_the_first_is_used(company: Company) -> None:
    with database_refuses("was taken and not used"):
        take_number(IssuedDocument, company, MOMENT)
        take_number(IssuedDocument, company, MOMENT)


def test_a_number_said_to_be_used(series: NumberSeries) -> None:
    with database_refuses("counts by one"):
        sql("UPDATE customers_numberseries SET last_sequence = 1, used_sequence = 1")


def test_a_document_of_what_was_not_approved(invoice: Invoice, rep: User) -> None:
    waiting = factories.submitted_note(invoice, rep)
    with database_refuses("not what was approved"):
        number = next_number(invoice.company)
        document(waiting, number.series, sequence=number.sequence)


def test_a_document_of_other_content(invoice: Invoice, rep: User) -> None:
    approved = factories.approved_note(invoice, rep)
    with database_refuses("not what was approved"):
        number = next_number(invoice.company)
        document(approved, number.series, sequence=number.sequence, content_hash="0" * 64)


def test_a_second_document_of_a_note(invoice: Invoice, rep: User) -> None:
    issued = factories.issued_note(invoice, rep)
    with database_refuses("duplicate key"):
        number = next_number(invoice.company)
        document(issued, number.series, sequence=number.sequence)


def test_a_document_without_money_posts_nothing(customer: Customer, rep: User) -> None:
    free = factories.invoice(customer, "INV-0", [("Sample", "2", "0", "goods")])
    note = factories.issued_note(free, rep)
    assert note.total == Decimal(0)
    assert note.document.entry is None
    assert note.document.number == "CN-2026-000001"

"""``check_ledger``: sound books differ nowhere, and whatever is broken is named."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command

from creditnotes.models import Reason
from customers import ledger, periods, write_offs
from customers.books.checking import check
from customers.books.expected import Lines
from customers.ledger import Posting
from customers.models import (
    Account,
    Department,
    FiscalPeriod,
    Invoice,
    JournalEntry,
    NumberSeries,
    User,
)
from customers.services import receive_payment
from tests import factories
from tests.creditnotes.test_auditing import unguarded
from tests.factories import MOMENT
from tests.refusing import sql

LATER = MOMENT + timedelta(days=60)


@pytest.fixture
def books(
    invoice: Invoice, quebec_invoice: Invoice, department: Department, rep: User, finance: User
) -> None:
    """Invoices, payments, credits, a bad debt of which some came back, reversed by a credit."""
    second = factories.person("Sven Second", "Finance", department.company, department)
    receive_payment(invoice.customer, "P-1", MOMENT.date(), Decimal("50.00"))
    factories.issued_note(invoice, rep)
    proposal = write_offs.propose_bad_debt(
        quebec_invoice,
        Decimal(300),
        write_offs.Evidence("Bankrupt."),
        by=finance,
        moment=LATER,
    )
    done = write_offs.confirm_bad_debt(proposal, by=second, moment=LATER)
    write_offs.recover(done, Decimal(100), by=finance, moment=LATER)
    write_offs.reverse_all_of([quebec_invoice.pk], by=finance, moment=LATER)


@pytest.mark.usefixtures("books")
def test_sound_books_differ_nowhere(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("check_ledger")
    assert "7 documents, 0 differ" in capsys.readouterr().out


def test_empty_books_differ_nowhere(db: None) -> None:
    assert check().differences == []


#: What is broken → the words in which it is told.
BROKEN = {
    "UPDATE customers_journalline SET debit = debit + 0.01 WHERE debit > 400": "account 1200 has",
    "UPDATE customers_journalentry SET document_date = document_date + 1 WHERE kind = 'payment'": (
        "payment P-1: dated 2026-03-11"
    ),
    "UPDATE customers_journalentry SET reference = 'X' WHERE kind = 'payment'": (
        "payment P-1: is not posted"
    ),
    "UPDATE customers_openitem SET amount = amount + 1 WHERE side = 'pays'": "open item is",
    "UPDATE customers_writeofftax SET amount = amount + 1": "write-off WO-2026-000001",
    "UPDATE customers_invoicetax SET amount = amount + 1": "22-HST-ON",
    "UPDATE creditnotes_credittax SET amount = amount + 1": "CN-2026-000001",
    "DELETE FROM customers_payment": "no document accounts for it",
    "DELETE FROM customers_application WHERE applied_on > '2026-04-01'": (
        "customer C-200: CAD statement of 2026-03-31: closes at 469.45, "
    ),
}


@pytest.mark.usefixtures("books")
@pytest.mark.parametrize(("damage", "told"), BROKEN.items())
def test_what_is_broken_is_named(
    damage: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with unguarded():
        assert sql(damage) > 0
    with pytest.raises(CommandError):
        call_command("check_ledger")
    answer = capsys.readouterr()
    assert told in answer.err
    assert ", 0 differ" not in answer.out


@pytest.mark.usefixtures("books")
def test_a_reason_that_posts_elsewhere_from_now_on_changes_nothing_of_the_past() -> None:
    sales = Account.objects.get(code=ledger.SALES)
    Reason.objects.update(account=sales)
    assert check().differences == []


def test_an_entry_without_a_document_is_named_with_its_customer(
    invoice: Invoice, finance: User
) -> None:
    company = invoice.company
    postings = [
        Posting(ledger.account(company, ledger.BANK), debit=Decimal(1)),
        Posting(
            ledger.account(company, ledger.RECEIVABLE),
            credit=Decimal(1),
            customer=invoice.customer,
        ),
    ]
    ledger.post(company, JournalEntry.Kind.REFUND, "R-1", MOMENT.date(), postings)
    found = check()
    assert found.differing == 2
    assert "refund R-1" in found.differences[0]
    assert "customer C-100: owes 460.38 by the ledger, 461.38" in found.differences[1]


@pytest.mark.parametrize("table", ["customers_invoice", "creditnotes_issueddocument"])
def test_a_period_with_something_unposted_is_not_closed(
    invoice: Invoice, rep: User, table: str
) -> None:
    factories.issued_note(invoice, rep)
    period = FiscalPeriod.objects.get()
    assert periods.hindrances(period, LATER) == []
    with unguarded():
        sql(f"UPDATE {table} SET entry_id = NULL")  # noqa: S608 - ours
    assert periods.hindrances(period, LATER) == ["1 documents of the period are not posted."]


def test_cents_left_over_by_a_rate_go_to_the_largest_line() -> None:
    lines = Lines()
    lines.debit("1200", Decimal("113.00"), 7)
    lines.credit("4000", Decimal("100.00"))
    lines.credit("22-HST-ON", Decimal("13.00"))
    assert lines.in_base(Decimal("1.3333")) == {
        ("1200", 7): Decimal("150.66"),
        ("4000", None): Decimal("-133.33"),
        ("22-HST-ON", None): Decimal("-17.33"),
    }
    assert sum(lines.in_base(Decimal("1.36275")).values()) == 0


# Numbers ----------------------------------------------------------------------


@pytest.mark.usefixtures("books")
def test_sound_series_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("check_numbers")
    said = capsys.readouterr().out
    assert "north CN-2026: 1 numbers, no gap, no double" in said
    assert "north WO-2026: 3 numbers, no gap, no double" in said
    assert "2 series, 4 numbers, 0 not sound" in said


@pytest.mark.usefixtures("books")
@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (
            "UPDATE customers_numberseries SET last_sequence = 5 WHERE prefix = 'WO'",
            "north WO-2026: missing: 4, 5",
        ),
        (
            "UPDATE customers_writeoff SET number = number || 'X' WHERE sequence = 2",
            "not of this series: WO-2026-000002X",
        ),
        ("UPDATE creditnotes_issueddocument SET sequence = 9", "not of this series"),
    ],
)
def test_gaps_and_strangers_are_listed(
    damage: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with unguarded():
        assert sql(damage) > 0
    with pytest.raises(CommandError):
        call_command("check_numbers")
    assert told in capsys.readouterr().err


@pytest.mark.usefixtures("books")
def test_a_number_on_two_documents_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """A credit note that says it is of the write-offs' series bears a number of theirs."""
    series = NumberSeries.objects.get(prefix="WO")
    with unguarded():
        sql(
            "UPDATE creditnotes_issueddocument SET series_id = %s, number = 'WO-2026-000001'",
            series.pk,
        )
    with pytest.raises(CommandError):
        call_command("check_numbers")
    assert "north WO-2026: twice: 1" in capsys.readouterr().err

"""Replaying an export's credits through the services: what they do, and what a rerun does."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from approvals import services as approval_services
from approvals.models import ApprovalLimit, Decision, Step
from approvals.replay import Document, Report, replay_credits
from approvals.replay.placement import Shortfall
from creditnotes import services as creditnote_services
from creditnotes.auditing import audit
from creditnotes.content import Content
from creditnotes.models import (
    CreditNote,
    Dispatch,
    DocumentFile,
    Event,
    IssuedDocument,
    News,
    State,
)
from customers.access import REPS
from customers.importing import SalesFile, import_sales, load
from customers.importing.company import person
from customers.ledger import receivable_of
from customers.models import Company, Customer, Invoice, JournalEntry
from tests import factories

SAMPLE = Path(__file__).parents[1] / "data/sales_sample.csv"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def imported(db: None) -> Company:
    """The sample's invoices are in the books."""
    import_sales(SalesFile(SAMPLE, load()))
    return Company.objects.get()


def replay(**options: Any) -> Report:
    return replay_credits(SalesFile(SAMPLE, load()), **options)


def note_of(number: str) -> CreditNote:
    note: CreditNote = CreditNote.objects.get(customer_reference=number)
    return note


def lines_of(number: str) -> list[tuple[str, str, str, str]]:
    rows = note_of(number).lines.values_list(
        "creditable__invoice__number", "creditable__invoice_line__product__sku", "quantity", "net"
    )
    return [(*row[:2], f"{row[2].normalize():f}", str(row[3])) for row in rows]


def everything() -> list[Any]:
    """All that a replay writes, as it stands."""
    return [
        list(CreditNote.objects.order_by("pk").values_list()),
        list(IssuedDocument.objects.order_by("pk").values_list()),
        list(Event.objects.order_by("pk").values_list()),
        list(Step.objects.order_by("pk").values_list()),
        list(JournalEntry.objects.order_by("pk").values_list()),
    ]


# What it does ---------------------------------------------------------------------------


def test_lines_are_placed_on_what_was_invoiced_before() -> None:
    replay()
    assert lines_of("C700010") == [
        ("700001", "P100", "8", "20.00"),
        ("700001", "POST", "1", "18.00"),
    ]


def test_what_is_not_left_is_not_credited() -> None:
    """Nine are sent back; two are left at their price, six at another."""
    replay()
    assert lines_of("C700011") == [
        ("700001", "P100", "2", "5.00"),
        ("700002", "P100", "6", "15.00"),
    ]


def test_no_line_is_credited_beyond_its_net_and_the_cap_is_listed() -> None:
    report = replay()
    assert lines_of("C700013") == [
        ("700007", "P500", "4", "2.31"),
        ("700007", "P600", "2999", "29.99"),
        ("700007", "P600", "0", "0.01"),
    ]
    assert [
        (capped.sale.number, capped.share.invoice, str(capped.share.net), str(capped.excess))
        for capped in report.capped
    ] == [
        ("C700013", "700007", "2.31", "1.29"),
        ("C700013", "700007", "30.00", "29.98"),
        ("C700016", "700003", "80.00", "620.00"),
    ]


def test_the_report_counts_documents_and_lines() -> None:
    report = replay()
    assert report.figures(1.4) == {
        "documents": 7,
        "documents_whole": 4,
        "whole": 6,
        "partly": 1,
        "none": 3,
        "no_customer": 1,
        "value_whole_cents": 20_00 + 18_00 + 3_60 + 59_98 + 700_00 + 600_00,
        "value_credited_cents": 20_00 + 18_00 + 20_00 + 2_31 + 30_00 + 80_00 + 600_00,
        "seconds": 1,
    }
    assert report.shortfalls == {
        "too_little": 1,
        "never_invoiced": 1,
        "only_later": 1,
        "used_up": 1,
    }


def test_each_note_lives_at_its_own_date() -> None:
    replay()
    note = note_of("C700010")
    assert note.state == State.ISSUED
    assert [event.kind for event in note.events.all()] == [
        "started",
        "submitted",
        "approved",
        "issued",
    ]
    assert {event.happened_at.isoformat() for event in note.events.all()} == {
        "2021-03-05T09:30:00+00:00"
    }
    assert note.document.issued_on == date(2021, 3, 5)
    assert note.document.entry is not None
    assert note.document.entry.posted_on == date(2021, 3, 5)


def test_documents_are_numbered_in_date_order() -> None:
    replay()
    numbers = IssuedDocument.objects.order_by("sequence").values_list(
        "note__customer_reference", "number"
    )
    assert [row[0] for row in numbers] == ["C700010", "C700011", "C700013", "C700016", "C700023"]
    assert numbers[0][1] == "CN-2021-000001"


def test_a_small_credit_is_the_managers_and_a_large_one_goes_on_to_finance() -> None:
    replay()
    verdicts = Decision.objects.order_by("pk").values_list("actor__email", "verdict")
    small = verdicts.filter(note=note_of("C700010"))
    large = verdicts.filter(note=note_of("C700023"))
    assert list(small) == [("manager@retail.test", "approve")]
    assert list(large) == [("manager@retail.test", "endorse"), ("finance@retail.test", "approve")]


def test_nobody_is_told_and_nothing_is_rendered() -> None:
    replay()
    assert not Dispatch.objects.exists()
    assert not News.objects.exists()
    assert not DocumentFile.objects.exists()


def test_the_customers_balance_goes_down_by_what_was_credited() -> None:
    customer = Customer.objects.get(number="9001")
    before = receivable_of(customer)
    replay()
    credited = sum(note.total for note in CreditNote.objects.filter(customer=customer))
    assert receivable_of(customer) == before - credited == before - Decimal("690.31")


def test_the_books_are_sound_afterwards() -> None:
    replay()
    assert audit() == []


# Running it again, and being interrupted ------------------------------------------------


def test_a_second_run_changes_nothing_and_reports_the_same() -> None:
    first = replay()
    before = everything()
    second = replay()
    assert everything() == before
    assert second == first


def test_an_interrupted_replay_is_completed_by_the_next() -> None:
    def interrupted(documents: Sequence[Document]) -> Iterator[Document]:
        yield from documents[:3]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replay(progress=interrupted)
    partial = CreditNote.objects.count()
    assert partial == 2
    report = replay()
    assert report.whole == 6
    assert CreditNote.objects.count() == 5
    assert not CreditNote.objects.exclude(state=State.ISSUED).exists()


def test_a_document_that_a_rule_refuses_leaves_nothing_and_can_be_done_later() -> None:
    replay(progress=lambda documents: documents[:0])  # makes reason, policy and limits
    unlimited = ApprovalLimit.objects.filter(role="finance")
    unlimited.update(amount=599)
    rows: list[Sequence[str]] = []
    report = replay(write=rows.extend)
    assert report.shortfalls[Shortfall.REFUSED] == 1
    assert list(rows[-1][:2]) == ["34", "refused"]
    assert "600" in rows[-1][2]  # the services' own words
    assert not CreditNote.objects.filter(customer_reference="C700023").exists()
    unlimited.update(amount=None)
    assert replay().shortfalls[Shortfall.REFUSED] == 0
    assert note_of("C700023").state == State.ISSUED


def test_what_somebody_else_credited_meanwhile_is_not_credited_again(imported: Company) -> None:
    replay(progress=lambda documents: documents[:0])
    invoice = Invoice.objects.get(number="700020")
    reason = factories.reason(imported)
    rep = person(imported, REPS)
    note = creditnote_services.start(
        invoice.customer,
        Content(reason=reason, claims=[factories.claim(invoice, quantity="2")]),
        actor=rep,
        moment=factories.MOMENT,
    )
    approval_services.submit(note, actor=rep, moment=factories.MOMENT)
    report = replay()
    assert report.shortfalls[Shortfall.USED_UP] == 2
    assert not CreditNote.objects.filter(customer_reference="C700023").exists()


# The command ------------------------------------------------------------------------------


def test_the_last_line_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("replay_credits", SAMPLE, json=True)
    printed = capsys.readouterr()
    figures = json.loads(printed.out.splitlines()[-1])
    assert all(type(value) is int for value in figures.values())
    assert list(figures) == [
        "documents", "documents_whole", "whole", "partly", "none", "no_customer",
        "value_whole_cents", "value_credited_cents", "seconds",
    ]  # fmt: skip
    assert "The books are sound" in printed.out
    assert "MB of memory" in printed.out
    assert "C700013 line 20: 4 × P500 at 0.90, credited 2.31 on invoice 700007" in printed.out
    assert "7/7" in printed.err


def test_what_was_not_placed_whole_is_written_with_its_reason(tmp_path: Path) -> None:
    errors = tmp_path / "left.csv"
    call_command("replay_credits", SAMPLE, errors=errors, verbosity=0)
    with errors.open(encoding="utf-8", newline="") as file:
        rows = {
            (row["line"], row["reason"], row["placed"]): row["StockCode"]
            for row in csv.DictReader(file)
        }
    assert rows == {
        ("17", "too_little", "8"): "P100",
        ("18", "never_invoiced", "0"): "P999",
        ("19", "only_later", "0"): "P300",
        ("22", "used_up", "0"): "P100",
        ("23", "no_customer", "0"): "P200",
    }


def test_without_an_import_it_says_what_to_do(tmp_path: Path) -> None:
    mapping = tmp_path / "other.toml"
    text = (Path(__file__).parents[2] / "customers/importing/online_retail.toml").read_text()
    mapping.write_text(text.replace('code = "retail"', 'code = "nobody"'))
    with pytest.raises(CommandError, match="import_sales first"):
        call_command("replay_credits", SAMPLE, mapping=mapping, verbosity=0)

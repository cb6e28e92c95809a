"""Importing a sales export: what gets in, what stays out, and what a crash leaves behind."""

from __future__ import annotations

import csv
import gzip
import lzma
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Count, Model, Sum

from creditnotes.auditing import audit
from customers.access import SERVE_DEPARTMENT
from customers.importing import Report, Row, SalesFile, Unusable, import_sales, load
from customers.models import (
    Company,
    Customer,
    Invoice,
    InvoiceLine,
    JournalEntry,
    JournalLine,
    OpenItem,
    Order,
    OrderLine,
    Product,
    User,
)
from customers.services import NewLine, post_invoice
from tests import factories
from tests.racing import at_once

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "tests/data/sales_sample.csv"
HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"

pytestmark = pytest.mark.django_db


def run(path: Path = SAMPLE, **options: Any) -> Report:
    return import_sales(SalesFile(path, load()), **options)


def of_lines(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "sales.csv"
    path.write_text("\n".join([HEADER, *lines, ""]), encoding="utf-8")
    return path


def rows_of_everything() -> dict[str, int]:
    models: list[type[Model]] = [
        Company, User, Customer, Product, Order, OrderLine,
        Invoice, InvoiceLine, JournalEntry, JournalLine, OpenItem,
    ]  # fmt: skip
    return {model.__name__: model._default_manager.count() for model in models}


# What gets in ---------------------------------------------------------------------------


def test_every_line_is_accounted_for() -> None:
    report = run()
    assert (report.read, report.imported, report.known) == (33, 12, 0)
    assert report.refused == {
        "credit": 11,
        "no_customer": 3,
        "columns": 2,
        "price": 1,
        "date": 1,
        "not_positive": 1,
        "negative_price": 1,
        "other_customer": 1,
    }
    assert report.complete


def test_invoices_have_the_lines_of_the_file() -> None:
    run()
    lines = InvoiceLine.objects.order_by("invoice__number", "position").values_list(
        "invoice__number", "product__sku", "description", "quantity", "unit_price", "net", "kind"
    )
    assert [(*line[:3], *map(str, line[3:6]), line[6]) for line in lines][:5] == [
        ("700001", "P100", "LANTERN, BRASS", "10.0000", "2.5000", "25.00", "goods"),
        ("700001", "P200", "CANDLE BOX", "4.0000", "1.2500", "5.00", "goods"),
        ("700001", "POST", "POSTAGE", "1.0000", "18.0000", "18.00", "charge"),
        ("700002", "P100", "LANTERN, BRASS", "6.0000", "2.7500", "16.50", "goods"),
        ("700002", "P400", "RIBBON", "3.0000", "0.0000", "0.00", "goods"),
    ]


def test_an_invoice_whose_lines_are_spread_is_one_and_has_its_earliest_time() -> None:
    run()
    invoice = Invoice.objects.get(number="700002")
    assert invoice.lines.count() == 2
    assert invoice.issued_at.isoformat() == "2021-03-02T10:15:00+00:00"


def test_charges_are_not_goods_in_upper_or_lower_case() -> None:
    run()
    charges = Product.objects.filter(is_charge=True).order_by("sku")
    assert list(charges.values_list("sku", flat=True)) == ["POST", "m"]
    assert InvoiceLine.objects.get(product__sku="m").kind == InvoiceLine.Kind.CHARGE


def test_half_a_cent_goes_up() -> None:
    run()
    assert InvoiceLine.objects.get(product__sku="m").net == Decimal("5.34")


def test_an_invoice_of_nothing_is_not_posted() -> None:
    run()
    invoice = Invoice.objects.get(number="700009")
    assert invoice.total == 0
    assert invoice.entry is None


def test_customers_and_orders_are_those_of_the_file() -> None:
    run()
    customers = Customer.objects.order_by("number").values_list("number", "name", "country")
    assert list(customers) == [
        ("9001", "Customer 9001", "United Kingdom"),
        ("9002", "Customer 9002", "France"),
    ]
    for invoice in Invoice.objects.select_related("order"):
        assert invoice.order is not None
        assert (invoice.order.number, invoice.order.customer_id) == (
            invoice.number,
            invoice.customer_id,
        )
    assert not InvoiceLine.objects.filter(order_line=None).exists()


def test_the_company_is_its_own_and_nobody_can_sign_in_there() -> None:
    run()
    company = Company.objects.get()
    assert (company.code, company.base_currency, company.time_zone) == (
        "retail",
        "GBP",
        "Europe/London",
    )
    people = User.objects.filter(company=company)
    assert sorted(people.values_list("email", "groups__name")) == [
        ("finance@retail.test", "Finance"),
        ("manager@retail.test", "Managers"),
        ("rep@retail.test", "Reps"),
    ]
    assert not any(person.has_usable_password() for person in people)
    for person in people:
        assert person.departmentusergrant_set.get().permission.codename == SERVE_DEPARTMENT
        assert Customer.objects.visible_to(person).count() == 2


def posted(invoice: Invoice) -> dict[str, Any]:
    """Everything of an invoice but its keys and what names its company."""
    assert invoice.entry is not None
    names = ["number", "issued_on", "issued_at", "due_on", "currency", "province"]
    names += ["customer_reference", "tax_rounding", "net", "tax_total", "total"]
    return {
        "invoice": [getattr(invoice, name) for name in names],
        "lines": list(
            invoice.lines.values_list(
                "position", "kind", "description", "quantity", "unit", "unit_price", "net"
            )
        ),
        "taxes": invoice.taxes.count(),
        "entry": [invoice.entry.kind, invoice.entry.reference, invoice.entry.posted_on],
        "period": [invoice.entry.period.starts_on, invoice.entry.period.ends_on],
        "journal": sorted(
            invoice.entry.lines.values_list("account__code", "customer__number", "debit", "credit"),
            key=str,
        ),
        "item": list(
            OpenItem.objects.filter(entry=invoice.entry).values_list(
                "customer__number", "side", "currency", "due_on", "amount", "applied"
            )
        ),
    }


def test_an_imported_invoice_is_what_the_service_would_have_posted() -> None:
    run()
    imported = Invoice.objects.get(number="700001")
    company = factories.company("other", base_currency="GBP")
    department = factories.department(company, "Other", "Otto Other")
    customer = factories.customer(department, "9001", "Somebody", province="", currency="GBP")
    by_hand = post_invoice(
        customer,
        "700001",
        imported.issued_at,
        [
            NewLine(Decimal(10), Decimal("2.50"), "LANTERN, BRASS"),
            NewLine(Decimal(4), Decimal("1.25"), "CANDLE BOX"),
            NewLine(Decimal(1), Decimal("18.00"), "POSTAGE", kind=InvoiceLine.Kind.CHARGE),
        ],
    )
    assert posted(imported) == posted(by_hand)


def test_the_books_are_sound_afterwards() -> None:
    run()
    assert audit() == []


@pytest.mark.parametrize("packed", [lzma.compress, gzip.compress], ids=["xz", "gz"])
def test_compressed_files_are_known_by_their_content(tmp_path: Path, packed: Any) -> None:
    path = tmp_path / "export"
    path.write_bytes(packed(SAMPLE.read_bytes()))
    assert run(path).imported == 12


# What stays out -------------------------------------------------------------------------


def test_refused_lines_are_written_with_their_number_and_reason(tmp_path: Path) -> None:
    errors = tmp_path / "errors.csv"
    call_command("import_sales", SAMPLE, errors=errors, verbosity=0)
    with errors.open(encoding="utf-8", newline="") as file:
        rows = {int(row["line"]): row for row in csv.DictReader(file)}
    assert rows[25]["reason"] == "price"
    assert rows[25]["UnitPrice"] == "n/a"
    assert {line: rows[line]["reason"] for line in (9, 15, 27, 28, 29, 30, 31, 33)} == {
        9: "no_customer",
        15: "credit",
        27: "date",
        28: "columns",
        29: "columns",
        30: "not_positive",
        31: "negative_price",
        33: "other_customer",
    }
    file_lines = SAMPLE.read_text(encoding="utf-8").splitlines()
    for number, row in rows.items():
        assert (row["InvoiceNo"] or "") == file_lines[number - 1].split(",")[0]


def test_a_refused_line_refuses_only_itself() -> None:
    run()
    assert list(Invoice.objects.get(number="700020").lines.values_list("net")) == [
        (Decimal("1200.00"),)
    ]


BAD = "1,P1,A,{quantity},2021-03-01T09:00:00,{price},9001,UK"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (BAD.format(quantity="1e3", price="1"), "quantity"),
        (BAD.format(quantity="NaN", price="1"), "quantity"),
        (BAD.format(quantity="1_0", price="1"), "quantity"),
        (BAD.format(quantity="1.00001", price="1"), "quantity"),
        (BAD.format(quantity="1", price="0.00001"), "price"),
        (BAD.format(quantity="1", price="1,5"), "columns"),
        (BAD.format(quantity="99999999999", price="1"), "quantity"),
        (BAD.format(quantity="9999999999", price="9999999999"), "amount"),
        ("1,P1,A,1,2021-02-30T09:00:00,1,9001,UK", "date"),
        ("1,P1,A,1,9999-12-31T09:00:00,1,9001,UK", "date"),
        (",P1,A,1,2021-03-01T09:00:00,1,9001,UK", "no_number"),
        ("1,,A,1,2021-03-01T09:00:00,1,9001,UK", "no_product"),
        (f"{'1' * 41},P1,A,1,2021-03-01T09:00:00,1,9001,UK", "too_long"),
        (f"1,P1,A,1,2021-03-01T09:00:00,1,{'9' * 31},UK", "too_long"),
        ("1,P1,A\x00B,1,2021-03-01T09:00:00,1,9001,UK", "text"),
    ],
)
def test_a_line_that_makes_no_sense_is_refused(tmp_path: Path, line: str, reason: str) -> None:
    report = run(of_lines(tmp_path, line, "2,P1,A,1,2021-03-01T09:00:00,1,9001,UK"))
    assert (report.imported, dict(report.refused)) == (1, {reason: 1})


def test_bytes_that_are_no_text_refuse_their_line(tmp_path: Path) -> None:
    path = of_lines(tmp_path, "2,P1,A,1,2021-03-01T09:00:00,1,9001,UK")
    with path.open("ab") as file:
        file.write(b"1,P1,caf\xe9,1,2021-03-01T09:00:00,1,9001,UK\n")
    report = run(path)
    assert (report.imported, dict(report.refused)) == (1, {"text": 1})


def test_long_descriptions_are_cut_and_not_refused(tmp_path: Path) -> None:
    run(of_lines(tmp_path, f"1,P1,{'long ' * 100},1,2021-03-01T09:00:00,1,9001,UK"))
    assert len(InvoiceLine.objects.get().description) == 250


def test_what_the_database_refuses_refuses_only_its_invoice(tmp_path: Path) -> None:
    largest = "1,P1,A,1000,2021-03-01T09:00:00,999999999,9001,UK"
    report = run(of_lines(tmp_path, largest, largest, "2,P1,A,1,2021-03-01T09:00:00,1,9001,UK"))
    assert (report.imported, dict(report.refused)) == (1, {"database": 2})
    assert Invoice.objects.get().number == "2"


# Running it again -----------------------------------------------------------------------


def test_a_second_run_doubles_nothing() -> None:
    first = run()
    before = rows_of_everything()
    second = run()
    assert rows_of_everything() == before
    assert (second.imported, second.known) == (0, first.imported)
    assert second.refused == first.refused
    assert second.complete


def test_an_invoice_that_changed_meanwhile_is_left_alone(tmp_path: Path) -> None:
    run(of_lines(tmp_path, "1,P1,A,1,2021-03-01T09:00:00,1.00,9001,UK"))
    report = run(of_lines(tmp_path, "1,P1,A,2,2021-03-01T09:00:00,1.00,9001,UK"))
    assert dict(report.refused) == {"changed": 1}
    assert Invoice.objects.get().total == 1


def test_new_invoices_of_a_longer_file_are_added(tmp_path: Path) -> None:
    first = "1,P1,A,1,2021-03-01T09:00:00,1.00,9001,UK"
    run(of_lines(tmp_path, first))
    report = run(of_lines(tmp_path, first, "2,P1,A,1,2021-03-02T09:00:00,1.00,9001,UK"))
    assert (report.known, report.imported) == (1, 1)
    assert Product.objects.count() == Customer.objects.count() == 1


def assert_whole(path: Path) -> None:
    """Every invoice in the books has all of its lines, and was posted with its total."""
    with path.open(encoding="utf-8", newline="") as file:
        due = Counter(row["InvoiceNo"] for row in csv.DictReader(file))
    rows = Invoice.objects.annotate(count=Count("lines"), sum=Sum("lines__net"))
    for number, count, total, lines in rows.values_list("number", "count", "total", "sum"):
        assert (count, lines) == (due[number], total)
    assert Order.objects.count() == OpenItem.objects.count() == rows.count()
    assert audit() == []


def test_an_interruption_leaves_whole_invoices_and_the_next_run_completes_them() -> None:
    def interrupted(rows: Iterable[Row], total: int) -> Iterator[Row]:
        for row in rows:
            if row.line == 11:
                raise KeyboardInterrupt
            yield row

    with pytest.raises(KeyboardInterrupt):
        run(progress=interrupted, lines_in_a_batch=3)
    assert sorted(Invoice.objects.values_list("number", flat=True)) == [
        "700001",
        "700002",
        "700003",
    ]
    report = run()
    assert (report.known, report.imported) == (7, 5)
    assert audit() == []


MANY_INVOICES, LINES_EACH = 3000, 3


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """Enough invoices for a process to be caught at it."""
    return of_lines(
        tmp_path,
        *(
            f"{number},P{line},PRODUCT {line},{line},2021-03-01T09:00:00,1.50,{number % 50},UK"
            for number in range(1, MANY_INVOICES + 1)
            for line in range(1, LINES_EACH + 1)
        ),
    )


@pytest.mark.django_db(transaction=True)
def test_a_killed_import_leaves_no_half_invoice(
    many: Path, process_environment: dict[str, str]
) -> None:
    command = [sys.executable, "manage.py", "import_sales", str(many), "-v0"]
    process = subprocess.Popen(command, cwd=ROOT, env=process_environment)
    try:
        deadline = time.monotonic() + 120
        while not Invoice.objects.exists():
            assert process.poll() is None, "it ended before it could be killed"
            assert time.monotonic() < deadline
            time.sleep(0.01)
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    survived = Invoice.objects.count()
    assert 0 < survived < MANY_INVOICES
    assert_whole(many)
    report = run(many)
    assert report.known == survived * LINES_EACH
    assert report.imported == (MANY_INVOICES - survived) * LINES_EACH
    assert Invoice.objects.count() == MANY_INVOICES
    assert_whole(many)


@pytest.mark.django_db(transaction=True)
def test_two_imports_at_once_double_nothing(many: Path) -> None:
    run()  # the company is there
    first, second = at_once(
        lambda: run(many, lines_in_a_batch=600), lambda: run(many, lines_in_a_batch=600)
    )
    assert first.imported + second.imported == MANY_INVOICES * LINES_EACH
    assert first.complete
    assert second.complete
    assert Invoice.objects.count() == MANY_INVOICES + 7


# Other exports --------------------------------------------------------------------------

OTHER = """
[company]
code = "nord"
legal_name = "Nord Baustoffe"
address = "Kai 1"
country = "DE"
currency = "EUR"
time_zone = "Europe/Berlin"
email = "post@nord.test"
department = "Handel"

[columns]
invoice = "Rechnung"
product = "Artikel"
description = "Text"
quantity = "Menge"
date = "Datum"
unit_price = "Preis"
customer = "Kunde"
customer_name = "Firma"

[format]
encoding = "latin-1"
delimiter = ";"
decimal_mark = ","
thousands_mark = "."
date = "%d.%m.%Y"

[meaning]
credit_number = "GS.*"
charges = ["fracht"]
"""


def test_another_export_needs_only_another_mapping(tmp_path: Path) -> None:
    mapping, export = tmp_path / "nord.toml", tmp_path / "nord.csv"
    mapping.write_text(OTHER, encoding="utf-8")
    export.write_text(
        "Kunde;Firma;Rechnung;Datum;Artikel;Text;Menge;Preis\n"
        "7;Müller & Söhne;R1;31.07.2021;B1;Bretter;1.200,5;2,40\n"
        "7;Müller & Söhne;R1;31.07.2021;FRACHT;Fracht;1;80,00\n"
        "7;Müller & Söhne;GS1;01.08.2021;B1;Bretter;-1;2,40\n",
        encoding="latin-1",
    )
    report = import_sales(SalesFile(export, load(mapping)))
    assert (report.imported, dict(report.refused)) == (2, {"credit": 1})
    invoice = Invoice.objects.select_related("company", "customer").get()
    assert (invoice.company.code, invoice.currency, invoice.total) == (
        "nord",
        "EUR",
        Decimal("2961.20"),
    )
    assert (invoice.customer.name, invoice.customer.country) == ("Müller & Söhne", "DE")
    assert str(invoice.issued_on) == "2021-07-31"
    assert Product.objects.get(sku="FRACHT").is_charge


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        ("[company", "mapping"),
        (OTHER.replace('department = "Handel"', ""), "department"),
        (OTHER.replace("[format]", "[format]\ncolour = 'red'"), "colour"),
        (OTHER.replace("Europe/Berlin", "Europe/Nowhere"), "Nowhere"),
        (OTHER.replace("GS.*", "GS("), "mapping"),
        (OTHER.replace("[meaning]", "[purpose]"), "purpose"),
    ],
)
def test_a_mapping_that_is_wrong_says_where(tmp_path: Path, broken: str, says: str) -> None:
    mapping = tmp_path / "broken.toml"
    mapping.write_text(broken, encoding="utf-8")
    with pytest.raises(Unusable, match=says):
        load(mapping)


def test_a_file_without_a_column_says_which(tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("InvoiceNo,StockCode\n1,2\n")
    with pytest.raises(CommandError, match=r"no column Description.*it has InvoiceNo, StockCode"):
        call_command("import_sales", path, verbosity=0)
    assert not Company.objects.exists()


def test_a_damaged_file_imports_nothing(tmp_path: Path) -> None:
    path = tmp_path / "cut.xz"
    path.write_bytes(lzma.compress(SAMPLE.read_bytes() * 100)[:-40])
    with pytest.raises(CommandError, match="damaged"):
        call_command("import_sales", path, verbosity=0)
    assert not Company.objects.exists()


def test_a_company_with_books_in_another_currency_is_refused() -> None:
    factories.company("retail")
    with pytest.raises(Unusable, match="CAD"):
        run()
    assert not Invoice.objects.exists()


def test_the_command_prints_what_became_of_the_file(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("import_sales", SAMPLE)
    printed = capsys.readouterr()
    for fact in ("33 lines read", "12 imported", "11 a credit", "7 invoices", "MB of memory"):
        assert fact in printed.out
    assert "33/33" in printed.err

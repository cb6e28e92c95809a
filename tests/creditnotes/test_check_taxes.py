"""``manage.py check_taxes``: any file of tax cases, through the product's own rules."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from creditnotes.taxcases import Unusable, read, run
from customers.models import TaxRate
from customers.money import CENT
from customers.taxdata import load_tax_rates, standard_rates_on

CASES = Path(__file__).parent.parent / "data" / "ca_tax_cases.csv"
COLUMNS = [
    *("case_id", "category", "group", "province", "tax_date", "lines_json"),
    *("exempt_taxes_per_line_json", "tax_rounding", "net", "rounding_level"),
    *("gst", "hst", "pst", "qst", "tax_total", "grand_total"),
]
D = Decimal
Line = tuple[str, str, str, str]


def case(*lines: Line, **told: Any) -> dict[str, str]:
    """A row: taxes, net and totals not told are nothing, or add up."""
    exempt = told.pop("exempt", [[] for _ in lines])
    net = told.setdefault("net", str(sum((D(line[3]) for line in lines), D("0.00"))))
    taxes = {kind: told.pop(kind, "0.00") for kind in ("gst", "hst", "pst", "qst")}
    tax = sum(map(D, taxes.values()), D("0.00"))
    values = {
        "case_id": "X1",
        "province": "ON",
        "tax_date": "2026-06-15",
        "lines_json": json.dumps(lines),
        "exempt_taxes_per_line_json": json.dumps(exempt),
        "rounding_level": "total",
        "tax_total": str(tax),
        "grand_total": str(D(net) + tax),
        **taxes,
        **told,
    }
    return {name: values.get(name, "") for name in COLUMNS}


def written(folder: Path, *rows: dict[str, str], columns: Sequence[str] = COLUMNS) -> Path:
    path = folder / "cases.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, columns, extrasaction="ignore")
        table.writeheader()
        table.writerows(rows)
    return path


def differing(folder: Path, *rows: dict[str, str]) -> list[str]:
    results = run(read(written(folder, *rows)), standard_rates_on)
    return [str(result) for result in results if result.differs]


def one(net: str, name: str = "item", quantity: str = "1") -> Line:
    price = (D(net) / D(quantity)).quantize(D("0.000001"))
    return (name, quantity, f"{price.normalize():f}", net)


# Rows that come out as they say -----------------------------------------------


def test_a_rate_of_another_day(tmp_path: Path) -> None:
    """Nova Scotia before and from 1 April 2025."""
    before = case(one("999.99"), province="NS", tax_date="2025-03-31", hst="150.00")
    after = case(one("999.99"), province="NS", tax_date="2025-04-01", hst="140.00")
    assert differing(tmp_path, before, after) == []


def test_a_credit_takes_the_rate_of_its_invoice_whatever_its_own_day(tmp_path: Path) -> None:
    group = {"group": "G", "province": "NS"}
    rows = [
        case(one("100.00"), **group, tax_date="2025-03-15", hst="15.00"),
        case(one("40.00"), **group, category="partial-credit", tax_date="2025-05-02", hst="6.00"),
        case(one("60.00"), **group, category="partial-credit", tax_date="2025-06-02", hst="9.00"),
    ]
    assert differing(tmp_path, *rows) == []


def test_rounded_by_line(tmp_path: Path) -> None:
    lines = [one("0.35", f"l{at}") for at in range(10)]
    assert differing(tmp_path, case(*lines, rounding_level="line", hst="0.50")) == []
    assert differing(tmp_path, case(*lines, rounding_level="total", hst="0.46")) == []


def test_credits_of_an_invoice_rounded_by_line(tmp_path: Path) -> None:
    """Each line gives its own tax back, whichever credit asks, in whatever order."""
    group = {"group": "G", "rounding_level": "line"}
    rows = [
        case(one("0.35", "a"), one("0.35", "b"), **group, hst="0.10"),
        case(one("0.20", "b"), **group, hst="0.03"),
        case(one("0.35", "a"), **group, hst="0.05"),
        case(one("0.15", "b"), **group, hst="0.02"),
    ]
    assert differing(tmp_path, *rows) == []


def test_the_invoice_of_a_group_may_stand_anywhere(tmp_path: Path) -> None:
    rows = [
        case(one("33.33"), group="G", category="partial-credit", hst="4.33"),
        case(one("100.00"), group="G", category="partial-invoice", hst="13.00"),
        case(one("66.67"), group="G", category="partial-credit", hst="8.67"),
    ]
    assert differing(tmp_path, *rows) == []


def test_discounts_are_what_was_charged(tmp_path: Path) -> None:
    """A line at less than quantity × price, and a discount as a line of its own."""
    less = ("boards", "10", "30.75", "292.13")
    minus = ("discount", "1", "-10.00", "-10.00")
    rows = [
        case(less, hst="37.98"),
        case(one("100.00"), minus, group="G", hst="11.70"),
        case(one("45.00"), group="G", hst="5.85"),
        case(one("45.00"), group="G", hst="5.85"),
    ]
    assert differing(tmp_path, *rows) == []


def test_credits_written_below_zero(tmp_path: Path) -> None:
    invoice = case(one("70.13", "a"), group="G", hst="9.12")
    credit = case(("a", "1", "-70.13", "-70.13"), group="G", hst="-9.12")
    alone = case(("a", "-1", "0.10", "-0.10"), province="AB", gst="-0.01")
    assert differing(tmp_path, invoice, credit, alone) == []


def test_one_credit_of_several_lines_taxed_differently(tmp_path: Path) -> None:
    """PST on the second line only; the credit names neither line as the invoice does."""
    group = {"group": "G", "province": "SK"}
    rows = [
        case(
            one("222.20", "resold"),
            one("99.95", "own use"),
            **group,
            exempt=[["pst"], []],
            gst="16.11",
            pst="6.00",
        ),
        case(
            one("50.00", "x"),
            one("50.00", "y"),
            **group,
            exempt=[["pst"], []],
            gst="5.00",
            pst="3.00",
        ),
        case(one("172.20", "x"), **group, exempt=[["pst"]], gst="8.61"),
        case(one("49.95", "x"), **group, exempt=[[]], gst="2.50", pst="3.00"),
    ]
    assert differing(tmp_path, *rows) == []


def test_a_tax_in_two_parts(tmp_path: Path) -> None:
    told = "HST as GST part 5 and provincial part 8, each rounded"
    assert differing(tmp_path, case(one("31.95"), tax_rounding=told, hst="4.16")) == []


def test_every_half_cent_of_the_qst(tmp_path: Path) -> None:
    rows = [
        case(one("20.00"), province="qc", gst="1.00", qst="2.00"),  # 1.995
        case(one("60.00"), province="QC", gst="3.00", qst="5.99"),  # 5.985
    ]
    assert differing(tmp_path, *rows) == []


# Rows that do not -------------------------------------------------------------


def test_a_wrong_amount_is_told_with_what_it_should_be(tmp_path: Path) -> None:
    wrong = case(one("100.00"), case_id="Q7", hst="12.99")
    (told,) = differing(tmp_path, wrong)
    assert told == (
        "Q7 (line 2, ON, 2026-06-15): hst expected 12.99, got 13.00; "
        "tax_total expected 12.99, got 13.00; grand_total expected 112.99, got 113.00"
    )


def test_a_net_above_quantity_times_price_is_wrong(tmp_path: Path) -> None:
    (told,) = differing(tmp_path, case(("rebar", "12.345", "3.10", "38.28"), hst="4.98"))
    assert "net expected 38.28, got 38.27" in told


def test_more_than_the_invoice_is_refused(tmp_path: Path) -> None:
    rows = [
        case(one("20.00", "a"), group="G", hst="2.60"),
        case(one("15.00", "a"), group="G", hst="1.95"),
        case(one("5.01", "a"), group="G", hst="0.65"),
        case(one("5.00", "a"), group="G", hst="0.65"),
    ]
    (told,) = differing(tmp_path, *rows)
    assert "line 4" in told
    assert "refused: at most 5.00 can still be credited" in told


# The command ------------------------------------------------------------------


def test_the_command_on_the_files_own_cases(
    db: None, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    load_tax_rates()
    call_command("check_taxes", CASES)
    assert capsys.readouterr().out == "49 rows, 0 differ\n"


def test_the_command_on_cases_of_our_own(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    """Worked out apart from the product, in exact fractions: rates' first and last days, half
    cents, exemptions, lines against totals, and 26 invoices credited to the last cent."""
    load_tax_rates()
    call_command("check_taxes", CASES.with_name("more_tax_cases.csv"))
    assert capsys.readouterr().out == "205 rows, 0 differ\n"


def test_the_command_fails_where_a_row_differs(
    db: None, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = written(tmp_path, case(one("1.00"), hst="0.12"), case(one("1.00"), hst="0.13"))
    with pytest.raises(SystemExit) as ended:
        call_command("check_taxes", path, "--standard")
    assert ended.value.code == 1
    out = capsys.readouterr().out.splitlines()
    assert len(out) == 2
    assert out[-1] == "2 rows, 1 differ"


def test_a_coming_rate_is_tried_before_it_counts(
    db: None, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    load_tax_rates()
    day = date(2031, 1, 1)
    TaxRate.objects.filter(province="ON").update(valid_to=date(2030, 12, 31))
    TaxRate.objects.create(province="ON", kind="hst", rate=D(12), valid_from=day)
    path = written(
        tmp_path,
        case(one("100.00"), tax_date="2030-12-31", hst="13.00"),
        case(one("100.00"), tax_date="2031-01-01", hst="12.00"),
    )
    call_command("check_taxes", path)
    assert capsys.readouterr().out == "2 rows, 0 differ\n"
    with pytest.raises(SystemExit):
        call_command("check_taxes", path, standard=True)


def test_an_empty_database_says_that_it_takes_the_standard_rates(
    db: None, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    call_command("check_taxes", written(tmp_path, case(one("1.00"), hst="0.13")))
    assert "standard ones" in capsys.readouterr().err


# Files that make no sense -----------------------------------------------------


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"province": "XX"}, "“XX” is no province"),
        ({"province": ""}, "“” is no province"),
        ({"tax_date": "15/06/2026"}, "is no date"),
        ({"rounding_level": "cash"}, "neither total nor line"),
        ({"hst": "thirteen"}, "hst “thirteen” is not a number"),
        ({"net": "NaN"}, "net “NaN” is not a number"),
        ({"grand_total": "1e400"}, "is not a number"),
        ({"gst": ""}, "gst “” is not a number"),
        ({"lines_json": "[["}, "lines_json is not JSON"),
        ({"lines_json": "[" * 100_000}, "lines_json is not JSON"),
        ({"lines_json": "{}"}, "lines_json is not a list"),
        ({"lines_json": "[]", "exempt_taxes_per_line_json": "[]"}, "holds no line"),
        ({"lines_json": '[["a", "1", "2.00"]]'}, "[description, quantity, unit price, net]"),
        ({"lines_json": '[["a", "1", "x", "2.00"]]'}, "unit price “x” is not a number"),
        ({"lines_json": '[["a", true, "2", "2.00"]]'}, "quantity “True” is not a number"),
        ({"lines_json": '[["a", NaN, "2", "2.00"]]'}, "quantity “NaN” is not a number"),
        ({"lines_json": '[["a", "1", "2", "2.001"]]'}, "no more than two decimals"),
        ({"exempt_taxes_per_line_json": "[[], []]"}, "differ in length"),
        ({"exempt_taxes_per_line_json": '[["vat"]]'}, "not known: vat"),
        ({"exempt_taxes_per_line_json": '["pst"]'}, "list of lists"),
        ({"group": "G", "category": "partial-credit"}, "there are credits and no invoice"),
    ],
)
def test_a_wrong_row_is_told_by_its_place(tmp_path: Path, told: dict[str, str], words: str) -> None:
    path = written(tmp_path, case(one("1.00"), hst="0.13"), case(one("1.00")) | told)
    with pytest.raises(CommandError) as error:
        call_command("check_taxes", path, "--standard")
    assert words in str(error.value)
    assert "line 3" in str(error.value) or "group G" in str(error.value)


def test_missing_columns_are_named(tmp_path: Path) -> None:
    path = written(tmp_path, case(one("1.00")), columns=COLUMNS[:-3] + COLUMNS[-2:])
    with pytest.raises(CommandError, match=r"columns are missing: qst"):
        call_command("check_taxes", path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "columns are missing"),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"a;b\n1;2\n", "columns are missing"),
        (",".join(COLUMNS).encode() + b"\n", "holds no cases"),
        (",".join(COLUMNS).encode() + b"\na,b\n", "not as many columns"),
        (",".join(COLUMNS).encode() + b'\n"a', "not CSV"),
        (",".join(COLUMNS).encode() + b"\n" + b"x" * 200_000, "not CSV"),
    ],
)
def test_a_file_of_something_else(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "cases.csv"
    path.write_bytes(content)
    with pytest.raises(CommandError, match=words):
        call_command("check_taxes", path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(CommandError, match=str(path)):
            call_command("check_taxes", path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_no_file_ends_in_a_traceback(tmp_path: Path, data: st.DataObject) -> None:
    """Any cell of a good row replaced by anything: answered, or refused in words."""
    row = case(one("1.00"), group=data.draw(st.sampled_from(["", "G"])), hst="0.13")
    name = data.draw(st.sampled_from(COLUMNS))
    text = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40)
    row[name] = data.draw(text | st.sampled_from(["[]", "[[]]", "-1", "1e9", "Infinity", "٣"]))
    with suppress(Unusable):
        results = run(read(written(tmp_path, row, row)), standard_rates_on)
        assert all(str(result) for result in results)


# Any invoice, taken back in any pieces ----------------------------------------


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    nets=st.lists(st.integers(1, 50_000), min_size=1, max_size=4),
    cuts=st.lists(st.integers(0, 100), max_size=5),
    province=st.sampled_from(["ON", "QC", "BC", "SK", "AB", "NS"]),
    rounding=st.sampled_from(["total", "line"]),
)
def test_pieces_add_up_to_the_invoice(
    tmp_path: Path, nets: list[int], cuts: list[int], province: str, rounding: str
) -> None:
    lines = [one(f"{net * CENT}", f"line {at}") for at, net in enumerate(nets)]
    told = {"group": "G", "province": province, "rounding_level": rounding}
    rows = [case(*lines, **told)]
    for at, net in enumerate(nets):
        marks = sorted({0, net, *(net * cut // 100 for cut in cuts)})
        pieces = [after - before for before, after in pairwise(marks)]
        rows += [case(one(f"{piece * CENT}", f"line {at}"), **told) for piece in pieces]
    invoice, *credits_of = run(read(written(tmp_path, *rows)), standard_rates_on)
    for name, charged in invoice.got.items():
        assert sum(credit.got[name] for credit in credits_of) == charged

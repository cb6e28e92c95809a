"""Canadian sales tax, to the cent: every row of the tax cases, and the laws they rest on."""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creditnotes import taxcases
from customers.models import PROVINCES, TaxRate, TaxRounding
from customers.money import CENT, ZERO, extend
from customers.taxdata import load_tax_rates, rates_in, standard_rates_on
from customers.taxes import Levy, rates_on, tax_lines
from tests.refusing import database_refuses

DATA = Path(__file__).parent.parent / "data"
KINDS = ("gst", "hst", "pst", "qst")
Row = dict[str, str]


def cases(name: str) -> list[Row]:
    with (DATA / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


CASES = taxcases.read(DATA / "ca_tax_cases.csv")
RESULTS = taxcases.run(CASES, standard_rates_on)


@pytest.mark.parametrize("result", RESULTS, ids=lambda result: result.case.case_id)
def test_case(result: taxcases.Result) -> None:
    """Every row of the file, and for those of a group after the ones before it."""
    assert dict(result.got) == result.case.expected, str(result)
    assert not result.differs
    for line in result.case.lines:
        assert extend(line.quantity, line.unit_price) == line.net


def test_no_case_is_left_out() -> None:
    written = [row["case_id"] for row in cases("ca_tax_cases.csv")]
    assert [result.case.case_id for result in RESULTS] == written
    assert len(written) == 49


@pytest.mark.parametrize("group", sorted({case.group for case in CASES} - {""}))
def test_the_credits_of_a_group_add_up_to_its_invoice(group: str) -> None:
    """Amount by amount, as far as the file takes the invoice back: here always in full."""
    invoice, *credits_of = [result for result in RESULTS if result.case.group == group]
    for name, charged in invoice.got.items():
        assert sum(credit.got[name] for credit in credits_of) == charged, name


@pytest.mark.parametrize("case", cases("ca_rates.csv"), ids=lambda case: case["province"])
def test_the_rates_of_today_are_those_that_three_sources_agree_on(case: Row) -> None:
    now = {
        rate.kind: rate.rate
        for rate in rates_in()
        if rate.province == case["province"] and rate.valid_to is None
    }
    expected = {kind: Decimal(case[f"{kind}_pct"]) for kind in KINDS}
    assert now == {kind: rate for kind, rate in expected.items() if rate}


# What holds for any invoice ---------------------------------------------------

levies = st.sampled_from([Levy(rate.kind, rate.province, rate.rate) for rate in rates_in()])
lines = st.lists(
    st.tuples(st.decimals(0, 10**5, places=2), st.frozensets(levies, max_size=2)), max_size=15
)


@given(lines)
def test_on_the_total_each_tax_is_within_half_a_cent_of_exact(
    lines: list[tuple[Decimal, frozenset[Levy]]],
) -> None:
    for tax in tax_lines(lines, TaxRounding.TOTAL):
        base = sum((net for net, levies in lines if tax.levy in levies), ZERO)
        assert tax.base == base
        assert abs(tax.amount - base * tax.levy.rate / 100) <= CENT / 2


@given(lines)
def test_by_line_the_document_is_the_sum_of_its_lines(
    lines: list[tuple[Decimal, frozenset[Levy]]],
) -> None:
    for tax in tax_lines(lines, TaxRounding.LINE):
        assert tax.amount == sum(tax.by_line.values(), ZERO)
        for index, amount in tax.by_line.items():
            assert abs(amount - lines[index][0] * tax.levy.rate / 100) <= CENT / 2


def test_the_two_modes_differ_where_the_law_lets_them() -> None:
    ten = [(Decimal("0.35"), [Levy("hst", "ON", Decimal(13))])] * 10
    assert tax_lines(ten, TaxRounding.TOTAL)[0].amount == Decimal("0.46")
    assert tax_lines(ten, TaxRounding.LINE)[0].amount == Decimal("0.50")


def test_qst_is_charged_on_the_price_without_gst() -> None:
    levies = [Levy("gst", "QC", Decimal(5)), Levy("qst", "QC", Decimal("9.975"))]
    assert [tax.base for tax in tax_lines([(Decimal(100), levies)])] == [Decimal(100)] * 2


# Rates by date, in the database -----------------------------------------------


@pytest.mark.parametrize(
    ("day", "province", "expected"),
    [
        (date(2025, 3, 31), "NS", [("hst", 15)]),
        (date(2025, 4, 1), "NS", [("hst", 14)]),
        (date(2016, 6, 30), "NB", [("hst", 13)]),
        (date(2017, 3, 22), "SK", [("gst", 5), ("pst", 5)]),
        (date(2017, 3, 23), "SK", [("gst", 5), ("pst", 6)]),
        (date(2019, 6, 30), "MB", [("gst", 5), ("pst", 8)]),
        (date(2026, 3, 10), "QC", [("gst", 5), ("qst", Decimal("9.975"))]),
        (date(2007, 12, 31), "AB", []),
        (date(2026, 3, 10), "", []),
    ],
)
def test_rates_by_place_and_day(
    db: None, day: date, province: str, expected: list[tuple[str, Decimal]]
) -> None:
    load_tax_rates()
    assert [(levy.kind, levy.rate) for levy in rates_on(day, province)] == expected
    assert standard_rates_on(day, province) == rates_on(day, province)


def test_every_province_has_rates_and_loading_twice_adds_nothing(db: None) -> None:
    load_tax_rates()
    load_tax_rates()
    assert TaxRate.objects.count() == len(rates_in())
    assert {rate.province for rate in rates_in()} == {code for code, _ in PROVINCES}


def test_two_rates_of_one_tax_cannot_be_in_force_on_one_day(db: None) -> None:
    load_tax_rates()
    with database_refuses("tax_rate_no_overlap"):
        TaxRate.objects.create(
            kind="hst", province="ON", rate=Decimal(15), valid_from=date(2026, 1, 1)
        )

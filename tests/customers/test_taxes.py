"""Canadian sales tax, to the cent: every row of the tax cases, and the laws they rest on."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creditnotes.amounts import TaxSoFar, tax_on
from customers.models import PROVINCES, TaxRate, TaxRounding
from customers.money import CENT, ZERO, extend
from customers.taxdata import load_tax_rates, rates_in
from customers.taxes import Levy, Taxed, rates_on, tax_lines
from tests.refusing import database_refuses

DATA = Path(__file__).parent.parent / "data"
KINDS = ("gst", "hst", "pst", "qst")
Case = dict[str, str]


def cases(name: str) -> list[Case]:
    with (DATA / name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


CASES = cases("ca_tax_cases.csv")
HISTORIES = {case["group"] for case in CASES if case["group"]}
CREDITS = [case for case in CASES if case["category"] == "partial-credit"]
INVOICES = [case for case in CASES if case not in CREDITS]


def levies_of(case: Case) -> list[Levy]:
    """The levies in force by our own data; split in two where the case says so."""
    day = date.fromisoformat(case["tax_date"])
    in_force = [
        Levy(rate.kind, rate.province, rate.rate)
        for rate in rates_in()
        if rate.province == case["province"]
        and rate.valid_from <= day <= (rate.valid_to or date.max)
    ]
    if "part 5 and provincial part 8" in case["tax_rounding"]:
        return [Levy("hst", "ON", Decimal(5)), Levy("hst", "ON", Decimal(8))]
    return in_force


def taxed(case: Case) -> list[Taxed]:
    exempt = json.loads(case["exempt_taxes_per_line_json"])
    lines = [
        (Decimal(net), [levy for levy in levies_of(case) if levy.kind not in free])
        for (_, _, _, net), free in zip(json.loads(case["lines_json"]), exempt, strict=True)
    ]
    return tax_lines(lines, case["rounding_level"])


def by_kind(taxes: list[Taxed]) -> dict[str, Decimal]:
    sums = dict.fromkeys(KINDS, ZERO)
    for tax in taxes:
        sums[tax.levy.kind] += tax.amount
    return sums


@pytest.mark.parametrize("case", INVOICES, ids=lambda case: case["case_id"])
def test_case(case: Case) -> None:
    assert by_kind(taxed(case)) == {kind: Decimal(case[kind]) for kind in KINDS}
    for _, quantity, price, net in json.loads(case["lines_json"]):
        assert extend(Decimal(quantity), Decimal(price)) == Decimal(net)


@pytest.mark.parametrize("case", cases("ca_rates.csv"), ids=lambda case: case["province"])
def test_the_rates_of_today_are_those_that_three_sources_agree_on(case: Case) -> None:
    now = {
        rate.kind: rate.rate
        for rate in rates_in()
        if rate.province == case["province"] and rate.valid_to is None
    }
    expected = {kind: Decimal(case[f"{kind}_pct"]) for kind in KINDS}
    assert now == {kind: rate for kind, rate in expected.items() if rate}


@pytest.mark.parametrize("group", sorted(HISTORIES))
def test_credits_one_after_the_other(group: str) -> None:
    """Each credit's tax, kind by kind, and nothing left over at the end."""
    history = [case for case in CASES if case["group"] == group]
    invoice, *successive = history
    charged_base = Decimal(invoice["net"])
    used: dict[str, list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
    for credit in successive:
        for tax in taxed(invoice):
            base, amount = used[tax.levy.kind]
            so_far = TaxSoFar(tax.levy.rate, charged_base, tax.amount, base, amount)
            given_back = tax_on(so_far, Decimal(credit["net"]))
            assert given_back == Decimal(credit[tax.levy.kind]), credit["case_id"]
            used[tax.levy.kind] = [base + Decimal(credit["net"]), amount + given_back]
    for tax in taxed(invoice):
        assert used[tax.levy.kind] == [charged_base, tax.amount]


def test_no_case_is_left_out() -> None:
    assert len(CASES) == len(INVOICES) + len(CREDITS) == 49
    assert all(case["group"] in HISTORIES for case in CREDITS)


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

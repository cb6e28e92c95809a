"""How long a tax may be given back: dated data, and what it says of an invoice."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.core.management import call_command

from creditnotes.creditable import Claim
from creditnotes.timelimits import limits_passed
from customers.models import Customer, TaxTimeLimit
from customers.taxdata import load_time_limits, rates_in, time_limits_in
from customers.taxes import Levy
from customers.timelimits import Ground, counted, limits_among
from tests import factories
from tests.refusing import database_refuses

DAY = date(2026, 3, 10)
BC = [Levy("gst", "BC", Decimal(5)), Levy("pst", "BC", Decimal(7))]


@pytest.mark.parametrize(
    ("tax", "ground", "last_day"),
    [
        (("gst", "AB"), Ground.ERROR, date(2028, 3, 10)),
        (("gst", "AB"), Ground.REDUCTION, date(2030, 3, 10)),
        (("hst", "ON"), Ground.ERROR, date(2028, 3, 10)),
        (("qst", "QC"), Ground.REDUCTION, date(2030, 3, 10)),
        (("pst", "BC"), Ground.ERROR, date(2026, 9, 6)),
        (("pst", "BC"), Ground.REDUCTION, date(2026, 9, 6)),
    ],
)
def test_the_laws_of_today(tax: tuple[str, str], ground: str, last_day: date) -> None:
    (limit,) = limits_among(time_limits_in(), DAY, ground, [tax])
    assert limit.last_day == last_day
    assert limit.law
    assert not limit.passed_on(last_day)
    assert limit.passed_on(date.fromordinal(last_day.toordinal() + 1))


def test_a_tax_without_a_known_limit_has_none() -> None:
    assert limits_among(time_limits_in(), DAY, Ground.ERROR, [("pst", "SK")]) == []


def test_a_year_after_the_29th_of_february_is_the_28th() -> None:
    assert counted(date(2024, 2, 29), 2, "years") == date(2026, 2, 28)
    assert counted(date(2024, 2, 29), 4, "years") == date(2028, 2, 29)


def test_a_provinces_own_limit_wins_and_the_invoices_day_counts(db: None) -> None:
    load_time_limits()
    load_time_limits()
    TaxTimeLimit.objects.create(
        kind="gst",
        province="AB",
        ground=Ground.ERROR,
        length=30,
        unit="days",
        law="Invented Act",
        valid_from=DAY,
    )
    known = list(TaxTimeLimit.objects.all())
    both = [("gst", "AB"), ("gst", "SK")]
    laws = {limit.province: limit.law for limit in limits_among(known, DAY, Ground.ERROR, both)}
    assert laws == {"AB": "Invented Act", "": "Excise Tax Act, s. 232(1)"}
    before = limits_among(known, date(2026, 3, 9), Ground.ERROR, [("gst", "AB")])
    assert [limit.law for limit in before] == ["Excise Tax Act, s. 232(1)"]


def test_two_limits_of_one_tax_cannot_be_in_force_on_one_day(db: None) -> None:
    load_time_limits()
    with database_refuses("tax_time_limit_no_overlap"):
        TaxTimeLimit.objects.create(
            kind="pst", province="BC", ground=Ground.ERROR, length=1, law="x", valid_from=DAY
        )


def test_what_the_composer_is_told(customer: Customer) -> None:
    load_time_limits()
    customer.company.refresh_from_db()  # its stamp is another one since
    invoice = factories.invoice(customer, levies=BC)
    claims = [factories.claim(invoice), factories.claim(invoice, 2, None, basis="percent")]
    assert limits_passed(customer.company, claims, date(2026, 9, 6)) == []
    (passed,) = limits_passed(customer.company, claims, date(2026, 9, 7))
    assert passed.as_record() == {
        "invoice": "INV-1",
        "tax": "PST BC",
        "last_day": "2026-09-06",
        "law": "BC Bulletin PST 400, PST refunds",
    }
    for kind, names in (("gst", ["GST"]), ("pst", ["PST BC"]), ("hst", [])):
        tax_only = [Claim(basis="tax", invoice_id=invoice.pk, tax_kind=kind)]
        late = limits_passed(customer.company, tax_only, date(2028, 3, 11))
        assert [each.limit.name for each in late] == names
    price_only = [factories.claim(invoice, price_only=True), Claim(basis="goodwill")]
    assert limits_passed(customer.company, price_only, date(2040, 1, 1)) == []
    assert limits_passed(customer.company, [], DAY) == []


def test_a_real_installation_loads_rates_and_limits(
    db: None, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        call_command("load_taxes")
    rates, limits = len(rates_in()), len(time_limits_in())
    told = f"{rates} tax rates, {limits} time limits"
    assert capsys.readouterr().out.splitlines() == [told, told]

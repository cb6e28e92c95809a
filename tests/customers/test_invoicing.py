"""Invoicing: place of supply, certificates, exempt lines, discounts and deposits."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers import ledger
from customers.errors import Refusal
from customers.models import (
    Customer,
    Handover,
    Invoice,
    InvoiceLine,
    InvoiceLineTax,
    JournalEntry,
    Product,
    Site,
    TaxExemption,
    TaxRounding,
    User,
)
from customers.money import CENT, ZERO
from customers.pricing import DiscountTooLarge, net_of_line, shares_of_discount
from customers.services import NewLine, post_invoice
from customers.taxdata import load_tax_rates
from customers.taxes import place_of_supply
from tests import factories
from tests.factories import HST_ON, MOMENT, claim
from tests.refusing import database_refuses

D = Decimal
SUMMER = datetime(2026, 7, 2, 15, 0, tzinfo=UTC)


def goods(price: str, quantity: str = "1", **more: object) -> NewLine:
    return NewLine(D(quantity), D(price), "Goods", **more)  # type: ignore[arg-type]


def pallets(count: str = "4") -> NewLine:
    return NewLine(D(count), D("25.00"), "Pallet", kind=InvoiceLine.Kind.CONTAINER)


def taxes(invoice: Invoice) -> dict[str, Decimal]:
    return {f"{tax.kind} {tax.province}": tax.amount for tax in invoice.taxes.order_by("kind")}


def posted(entry: JournalEntry | None) -> dict[str, Decimal]:
    """What each account was credited (or, below zero, debited)."""
    assert entry
    return {line.account.code: line.credit - line.debit for line in entry.lines.all()}


@pytest.fixture
def rates(db: None) -> None:
    load_tax_rates()


# Where it is supplied ---------------------------------------------------------


@pytest.mark.parametrize(
    ("handover", "province", "country", "place"),
    [
        (Handover.DELIVERED, "QC", "CA", "QC"),
        (Handover.DELIVERED, "", "US", ""),
        (Handover.BUYERS_CARRIER, "QC", "CA", "ON"),
        (Handover.COLLECTED, "QC", "CA", "ON"),
        (Handover.COLLECTED, "", "US", "ON"),
    ],
)
def test_the_place_of_supply(handover: str, province: str, country: str, place: str) -> None:
    assert place_of_supply(handover, province, country, "ON") == place


@pytest.mark.usefixtures("rates")
def test_taxes_follow_the_site_or_who_carries(customer: Customer) -> None:
    site = Site.objects.create(customer=customer, name="Gatineau", address="1", province="QC")
    lines = [goods("100.00")]
    to_site = post_invoice(customer, "I-1", MOMENT, lines, site=site)
    assert (to_site.province, taxes(to_site)) == ("QC", {"gst QC": D(5), "qst QC": D("9.98")})
    picked_up = post_invoice(customer, "I-2", MOMENT, lines, site=site, handover=Handover.COLLECTED)
    assert (picked_up.province, taxes(picked_up)) == ("ON", {"hst ON": D(13)})
    abroad = Site.objects.create(customer=customer, name="Buffalo", address="2", country="US")
    export = post_invoice(customer, "I-3", MOMENT, lines, site=abroad)
    assert (export.province, export.tax_total) == ("", ZERO)


# Who is exempt of what --------------------------------------------------------


@pytest.fixture
def certified(customer: Customer) -> Customer:
    """Relieved of BC's PST, from March to June 2026."""
    customer.province = "BC"
    customer.save()
    TaxExemption.objects.create(
        customer=customer,
        certificate="PST-1012-3456",
        kinds=["pst"],
        province="BC",
        valid_from=date(2026, 3, 1),
        valid_to=date(2026, 6, 30),
    )
    return customer


@pytest.mark.usefixtures("rates")
def test_a_certificate_relieves_while_it_is_valid(certified: Customer) -> None:
    during = post_invoice(certified, "I-1", MOMENT, [goods("100.00")])
    assert taxes(during) == {"gst BC": D(5)}
    after = post_invoice(certified, "I-2", SUMMER, [goods("100.00")])
    assert taxes(after) == {"gst BC": D(5), "pst BC": D(7)}


@pytest.mark.usefixtures("rates")
def test_a_certificate_counts_in_its_province(certified: Customer) -> None:
    site = Site.objects.create(customer=certified, name="Brandon", address="1", province="MB")
    invoice = post_invoice(certified, "I-1", MOMENT, [goods("100.00")], site=site)
    assert taxes(invoice) == {"gst MB": D(5), "pst MB": D(7)}


@pytest.mark.usefixtures("rates")
def test_a_product_and_a_line_may_be_exempt_of_a_single_tax(customer: Customer) -> None:
    """As freight in Saskatchewan, shown apart: GST applies, PST does not (case F04)."""
    customer.province = "SK"
    customer.save()
    sample = Product.objects.create(
        company=customer.company, sku="S", name="Sample", exempt_taxes=["gst", "pst"]
    )
    invoice = post_invoice(
        customer,
        "I-1",
        MOMENT,
        [
            goods("41.30", "12"),
            goods("150.00", exempt=["pst"], kind=InvoiceLine.Kind.FREIGHT),
            goods("10.00", product=sample),
        ],
    )
    assert taxes(invoice) == {"gst SK": D("32.28"), "pst SK": D("29.74")}
    borne = InvoiceLineTax.objects.filter(line__invoice=invoice).values_list("line__position")
    assert sorted(borne) == [(1,), (1,), (2,)]


def test_a_certificate_relieves_of_something_and_has_days(customer: Customer) -> None:
    values = {"customer": customer, "certificate": "X", "valid_from": date(2026, 3, 1)}
    with database_refuses("tax_exemption_of_something"):
        TaxExemption.objects.create(kinds=[], **values)
    with database_refuses("tax_exemption_has_days"):
        TaxExemption.objects.create(kinds=["gst"], valid_to=date(2026, 2, 1), **values)


# Discounts and promotions -----------------------------------------------------


def test_a_line_discount_is_what_was_charged(customer: Customer) -> None:
    line = goods("30.75", "10", discount_percent=D(5), levies=[HST_ON])
    invoice = post_invoice(customer, "I-1", MOMENT, [line])
    row = invoice.lines.get()
    assert (row.net, row.discount, row.line_discount) == (D("292.12"), D("15.38"), D("15.38"))
    assert taxes(invoice) == {"hst ON": D("37.98")}


def test_an_invoice_discount_is_spread_over_its_lines(customer: Customer) -> None:
    """10.00 off 100.00, 50.00 and 0.01: by largest remainder, never from the pallets."""
    lines = [goods("100.00"), goods("50.00"), pallets(), goods("0.01")]
    invoice = post_invoice(customer, "I-1", MOMENT, lines, discount=D("10.00"))
    rows = list(invoice.lines.all())
    assert [row.invoice_discount for row in rows] == [D("6.67"), D("3.33"), ZERO, ZERO]
    assert [row.net for row in rows] == [D("93.33"), D("46.67"), D("100.00"), D("0.01")]
    assert [row.discount for row in rows] == [row.invoice_discount for row in rows]
    assert invoice.net == D("240.01")


@pytest.mark.parametrize("discount", ["150.02", "-1"])
def test_no_more_is_taken_off_than_is_charged(customer: Customer, discount: str) -> None:
    with pytest.raises(Refusal, match="at most"):
        post_invoice(customer, "I-1", MOMENT, [goods("150.01"), pallets()], discount=D(discount))
    for line in (goods("10", discount=D("10.01")), goods("10", discount_percent=D(101))):
        with pytest.raises(Refusal, match="at most"):
            post_invoice(customer, "I-1", MOMENT, [line])


@pytest.mark.usefixtures("policy", "finance")
def test_what_was_charged_is_what_can_be_credited(customer: Customer, rep: User) -> None:
    """A promotion and both discounts: credited in thirds, they add up to what was charged."""
    promoted = goods(
        "9.99", "3", regular_price=D("12.49"), promotion="Spring", discount=D("1"), levies=[HST_ON]
    )
    other = goods("5.00", levies=[HST_ON])
    invoice = post_invoice(customer, "I-1", MOMENT, [promoted, other], discount=D("2.00"))
    assert [line.net for line in invoice.lines.all()] == [D("27.26"), D("4.71")]
    nets = [factories.issued_note(invoice, rep, claim(invoice, 1, "1")).net for _ in range(3)]
    assert nets == [D("9.09"), D("9.09"), D("9.08")]
    factories.issued_note(invoice, rep, claim(invoice, 2, "1"))
    assert ledger.receivable_of(customer) == ZERO


nets = st.lists(st.decimals(0, 10**4, places=2), min_size=1, max_size=12)


@given(nets, st.decimals(0, 1, places=4))
def test_shares_add_up_and_none_exceeds_its_line(nets: list[Decimal], part: Decimal) -> None:
    discount = (sum(nets, ZERO) * part).quantize(CENT)
    shares = shares_of_discount(discount, nets)
    assert sum(shares, ZERO) == discount
    for share, net in zip(shares, nets, strict=True):
        assert ZERO <= share <= net
        assert not discount or abs(share - discount * net / sum(nets)) < CENT


@given(
    st.decimals(0, 1000, places=3), st.decimals(0, 1000, places=4), st.decimals(0, 100, places=2)
)
def test_a_line_never_comes_to_less_than_nothing(
    quantity: Decimal, price: Decimal, percent: Decimal
) -> None:
    net = net_of_line(quantity, price, percent=percent)
    assert ZERO <= net <= (quantity * price).quantize(CENT) + CENT
    with pytest.raises(DiscountTooLarge):
        net_of_line(quantity, price, percent=percent, amount=net + CENT)


# Container deposits -----------------------------------------------------------


@pytest.mark.usefixtures("rates")
@pytest.mark.parametrize("rounding", list(TaxRounding))
def test_a_container_deposit_is_a_liability_without_tax(customer: Customer, rounding: str) -> None:
    invoice = post_invoice(
        customer, "I-1", MOMENT, [goods("200.00"), pallets()], tax_rounding=rounding
    )
    assert (invoice.net, invoice.tax_total) == (D(300), D(26))
    assert posted(invoice.entry) == {
        ledger.RECEIVABLE: D(-326),
        ledger.SALES: D(200),
        ledger.CONTAINER_DEPOSITS: D(100),
        "22-HST-ON": D(26),
    }


def test_the_database_refuses_tax_on_a_container_deposit(customer: Customer) -> None:
    with database_refuses("bears no tax"):
        invoice = post_invoice(customer, "I-1", MOMENT, [pallets()])
        InvoiceLineTax.objects.create(line=invoice.lines.get(), kind="gst", rate=D(5))


@pytest.mark.usefixtures("policy", "finance")
def test_containers_that_come_back_are_credited_from_their_own_account(
    customer: Customer, rep: User
) -> None:
    """Three of four pallets; the goods' tax is untouched, and goes back whole with them."""
    lines = [goods("33.33", "3", levies=[HST_ON]), pallets()]
    invoice = post_invoice(customer, "I-1", MOMENT, lines)
    back = factories.issued_note(invoice, rep, claim(invoice, 2, "3"))
    assert (back.net, back.tax_total) == (D(75), ZERO)
    assert posted(back.document.entry) == {
        ledger.CONTAINER_DEPOSITS: D(-75),
        ledger.RECEIVABLE: D(75),
    }
    rest = factories.issued_note(invoice, rep, claim(invoice, 1, "3"), claim(invoice, 2, "1"))
    assert (rest.net, rest.tax_total) == (D("124.99"), D("13.00"))
    assert ledger.receivable_of(customer) == ZERO
    account = ledger.account(customer.company, ledger.CONTAINER_DEPOSITS)
    assert sum(line.debit - line.credit for line in account.lines.all()) == ZERO

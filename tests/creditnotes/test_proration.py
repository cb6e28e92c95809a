"""Histories that broke other systems; each is told here and comes out right.

The cases, with the threads they come from, are in ``tests/data/proration_cases.csv``.
"""

from __future__ import annotations

import csv
import re
from decimal import Decimal
from pathlib import Path

import pytest
from django.db.models import Sum

from approvals import services as approvals
from creditnotes.models import CreditableTax, CreditNote
from customers import ledger
from customers.errors import OverCredit
from customers.models import Customer, Invoice, OpenItem, TaxRounding, User
from customers.money import to_cent
from customers.services import NewLine, post_invoice, receive_payment
from customers.settling import apply
from customers.taxes import Levy
from tests import factories
from tests.factories import HST_ON, MOMENT, claim

pytestmark = pytest.mark.usefixtures("policy", "finance")

D = Decimal
TWENTY = Levy("gst", "ON", D(20))
FIFTEEN = Levy("hst", "NB", D(15))


def invoiced(of: Customer, *lines: NewLine, rounding: str = TaxRounding.TOTAL) -> Invoice:
    return post_invoice(of, "INV-P", MOMENT, lines, tax_rounding=rounding, province="ON")


def goods(quantity: str, price: str, *levies: Levy, net: str | None = None) -> NewLine:
    return NewLine(D(quantity), D(price), "Goods", levies=levies, net=D(net) if net else None)


def credited(invoice: Invoice, rep: User, line: int, quantity: str) -> CreditNote:
    return factories.issued_note(invoice, rep, claim(invoice, line, quantity))


def total_credited() -> Decimal:
    total: Decimal = CreditNote.objects.aggregate(sum=Sum("total"))["sum"]
    return total


def test_p01_notes_add_up_to_the_invoice(customer: Customer, rep: User) -> None:
    nets = ("68.33", "68.33", "57.50", "85.00")
    invoice = invoiced(customer, *[goods("1", net, TWENTY) for net in nets])
    totals = [credited(invoice, rep, line, "1").total for line in (1, 3, 4, 2)]
    assert invoice.total == sum(totals) == D("334.99")
    assert totals[-1] == D("81.99")


def test_p03_rounding_is_symmetric() -> None:
    assert to_cent(D("12.345")) == -to_cent(D("-12.345")) == D("12.35")


def test_p05_a_third_return_of_two_is_refused(customer: Customer, rep: User) -> None:
    invoice = invoiced(customer, goods("2", "19.99"))
    for _ in range(2):
        credited(invoice, rep, 1, "1")
    with pytest.raises(OverCredit, match="Only 0"):
        credited(invoice, rep, 1, "1")


def test_p07_cents_only(customer: Customer, rep: User) -> None:
    invoice = invoiced(customer, goods("1", "0.884956", HST_ON))
    assert invoice.total == credited(invoice, rep, 1, "1").total
    assert (invoice.net, invoice.tax_total) == (D("0.88"), D("0.11"))


def test_p09_a_discount_comes_back_in_proportion(customer: Customer, rep: User) -> None:
    invoice = invoiced(customer, goods("3", "100", net="270.00"))
    assert [credited(invoice, rep, 1, n).net for n in ("2", "1")] == [D("180.00"), D("90.00")]


def test_p11_the_mode_is_the_invoices_own(customer: Customer, rep: User) -> None:
    invoice = invoiced(
        customer,
        goods("10", "30.75", FIFTEEN, net="292.13"),
        goods("1", "70.00", FIFTEEN, net="66.50"),
        rounding=TaxRounding.LINE,
    )
    note = factories.issued_note(invoice, rep, claim(invoice, 1, "10"), claim(invoice, 2, "1"))
    assert (note.net, note.tax_total, note.total) == (D("358.63"), D("53.80"), D("412.43"))
    assert ledger.receivable_of(customer) == 0


def test_p13_a_discount_is_not_taken_twice(customer: Customer, rep: User) -> None:
    """Three at 20.00, one of them at half price: 50.00 paid."""
    invoice = invoiced(customer, goods("3", "20", net="50.00"))
    nets = [credited(invoice, rep, 1, n).net for n in ("2", "1")]
    assert nets == [D("33.33"), D("16.67")]


def test_p15_there_is_no_tolerance_of_a_cent(customer: Customer, rep: User) -> None:
    invoice = invoiced(customer, goods("1", "10.00"))
    draft = factories.draft_note(
        invoice, rep, claim(invoice, 1, None, basis="amount", amount=D("10.00"))
    )
    factories.issued_note(invoice, rep, claim(invoice, 1, None, basis="amount", amount=D("0.01")))
    with pytest.raises(OverCredit, match=r"9\.99"):
        approvals.submit(draft, actor=rep, moment=MOMENT)


def test_p17_a_credit_larger_than_what_is_open_goes_on_account(
    customer: Customer, rep: User
) -> None:
    invoice = invoiced(customer, goods("1", "100.00"))
    owed = OpenItem.objects.get(entry__invoice=invoice)
    paid = receive_payment(customer, "P-1", invoice.issued_on, D("70.00"))
    apply(paid.entry.open_item, owed, D("70.00"), invoice.issued_on)
    credited(invoice, rep, 1, "1")
    items = {item.pk: item.amount - item.applied for item in OpenItem.objects.all()}
    assert items.pop(owed.pk) == 0
    assert sorted(items.values()) == [D("0.00"), D("70.00")]
    assert ledger.receivable_of(customer) == D("-70.00")


def test_p19_a_line_is_its_quantity_times_its_price(customer: Customer, rep: User) -> None:
    six = Levy("gst", "ON", D(6))
    invoice = invoiced(
        customer, goods("1", "90.30"), goods("0.45", "2.54", six), goods("0.28", "6.87", six)
    )
    assert [line.net for line in invoice.lines.all()] == [D("90.30"), D("1.14"), D("1.92")]
    note = factories.issued_note(
        invoice, rep, *[claim(invoice, n, q) for n, q in ((1, "1"), (2, "0.45"), (3, "0.28"))]
    )
    assert (note.total, total_credited()) == (invoice.total, invoice.total)
    assert CreditableTax.objects.get().issued_amount == D("0.18")


def test_every_case_has_its_test() -> None:
    path = Path(__file__).parent.parent / "data" / "proration_cases.csv"
    with path.open(newline="", encoding="utf-8") as file:
        cases = {row["case_id"].lower() for row in csv.DictReader(file)}
    told = {match[1] for name in globals() if (match := re.match(r"test_(p\d\d)_", name))}
    assert told == cases

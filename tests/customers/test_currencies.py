"""Other currencies: a document keeps its rate, and the books stay in the company's own."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db.models import Sum
from hypothesis import given
from hypothesis import strategies as st

from approvals import services as approvals
from approvals.models import Step
from creditnotes.auditing import audit
from creditnotes.models import Basis, CreditTax
from creditnotes.shares import shares_of
from customers import ledger
from customers.currencies import converted, part_of, rate_for
from customers.errors import Refusal
from customers.ledger import Posting, receivable_of
from customers.models import (
    Account,
    Application,
    Company,
    Customer,
    Department,
    ExchangeRate,
    Invoice,
    JournalEntry,
    OpenItem,
    TaxRounding,
    User,
)
from customers.money import CENT, ZERO
from customers.services import receive_payment
from customers.settling import apply, unapply
from tests import factories
from tests.refusing import database_refuses

DAY = date(2026, 3, 12)


@pytest.fixture
def rates(company: Company) -> None:
    """1.3333 in March, 1.4100 from the 12th on."""
    factories.rate(company, "1.3333", day=date(2026, 3, 1))
    factories.rate(company, "1.41", day=DAY)


@pytest.fixture
def american(department: Department, rates: None) -> Customer:
    return factories.customer(
        department, "C-300", "Vermont Decks", province="", country="US", currency="USD"
    )


@pytest.fixture
def owed(american: Customer) -> Invoice:
    """100.01 US dollars at 1.3333: 133.34 Canadian ones."""
    lines = [("Lumber", "1", "60.01", "goods"), ("Freight", "1", "40.00", "freight")]
    return factories.invoice(american, "INV-US", lines, levies=[])


def item(of: Invoice) -> OpenItem:
    return OpenItem.objects.get(entry__invoice=of)


def balance_of(account: str) -> Decimal:
    """Debits less credits."""
    lines = Account.objects.get(code=account).lines.all()
    return sum((line.debit - line.credit for line in lines), ZERO)


def test_a_day_without_a_rate_takes_the_last_one_before(company: Company, rates: None) -> None:
    assert rate_for(company, "USD", date(2026, 3, 11)) == Decimal("1.3333")
    assert rate_for(company, "USD", date(2026, 4, 1)) == Decimal("1.41")
    assert rate_for(company, "CAD", date(1999, 1, 1)) == 1


def test_without_any_rate_it_is_said_which_is_missing(company: Company, rates: None) -> None:
    with pytest.raises(Refusal, match="USD is known for 2026-02-28") as refusal:
        rate_for(company, "USD", date(2026, 2, 28))
    assert refusal.value.field == "currency"


def test_an_invoice_keeps_the_rate_of_its_day(owed: Invoice) -> None:
    assert (owed.currency, owed.rate, owed.total) == ("USD", Decimal("1.3333"), Decimal("100.01"))
    assert (item(owed).amount, item(owed).base_amount) == (Decimal("100.01"), Decimal("133.34"))
    ExchangeRate.objects.update(rate=9)
    assert receivable_of(owed.customer) == Decimal("133.34")


def test_the_database_refuses_another_amount_than_the_rate_makes(
    american: Customer, invoice: Invoice
) -> None:
    with database_refuses("of what was posted"):
        factories.invoice(american, "INV-X", currency="CAD", rate=Decimal("1.2"))


def test_a_payment_at_another_rate_realises_the_difference(owed: Invoice) -> None:
    payment = receive_payment(owed.customer, "P-US", DAY, Decimal("100.01"))
    assert payment.rate == Decimal("1.41")
    apply(payment.entry.open_item, item(owed), Decimal("100.01"), DAY)
    assert receivable_of(owed.customer) == 0
    assert balance_of(ledger.EXCHANGE) == Decimal("-7.67")  # 141.01 came for 133.34
    assert audit() == []


def half_up(exact: Fraction) -> Decimal:
    """To the cent, worked out apart from the product."""
    return Decimal((exact * 200 + 1) // 2) / 100


#: What a customer who pays in US dollars is charged where the goods go: levies and how they
#: are rounded; two lines of 7 × 19.99 and 3 × 0.15, and freight of 45.05.
IN_DOLLARS = {
    "ON, on the total": ([factories.HST_ON], TaxRounding.TOTAL),
    "ON, by line": ([factories.HST_ON], TaxRounding.LINE),
    "QC, on the total": ([factories.GST, factories.QST], TaxRounding.TOTAL),
    "QC, by line": ([factories.GST, factories.QST], TaxRounding.LINE),
}


@pytest.mark.parametrize("case", IN_DOLLARS)
def test_taxes_in_us_dollars_are_exact_however_they_are_credited(
    american: Customer, rep: User, case: str
) -> None:
    levies, rounding = IN_DOLLARS[case]
    nets = [Fraction("139.93"), Fraction("0.45"), Fraction("45.05")]
    taxed = nets if rounding == TaxRounding.LINE else [sum(nets, Fraction(0))]
    expected = {
        levy.kind: sum((half_up(net * Fraction(levy.rate) / 100) for net in taxed), ZERO)
        for levy in levies
    }
    lines = [("Lumber", "7", "19.99", "goods"), ("Nails", "3", "0.15", "goods")]
    lines.append(("Freight", "1", "45.05", "freight"))
    owed = factories.invoice(
        american, "INV-CA", lines, levies=levies, province=case[:2], tax_rounding=rounding
    )
    assert (owed.currency, owed.rate) == ("USD", Decimal("1.3333"))
    assert dict(owed.taxes.values_list("kind").annotate(Sum("amount"))) == expected

    pieces = [
        [factories.claim(owed, 1, "2"), factories.claim(owed, 2, "1")],
        [factories.claim(owed, 1, None, basis=Basis.PERCENT, percent=Decimal("33.3"))],
        [factories.claim(owed, 3, None, basis=Basis.AMOUNT, amount=Decimal("11.11"))],
        [factories.claim(owed, line, None, basis=Basis.WHOLE) for line in (1, 2, 3)],
    ]
    notes = [factories.issued_note(owed, rep, *claims) for claims in pieces]
    taxes = CreditTax.objects.filter(invoice=owed).values_list("creditable__kind")
    assert dict(taxes.annotate(Sum("amount"))) == expected
    assert sum((note.total for note in notes), ZERO) == owed.total
    assert (item(owed).open, item(owed).base_open, receivable_of(american)) == (ZERO, ZERO, ZERO)
    assert audit() == []


def test_taking_it_back_takes_the_difference_back(owed: Invoice, finance: User) -> None:
    payment = receive_payment(owed.customer, "P-US", DAY, Decimal("50.00"))
    application = apply(payment.entry.open_item, item(owed), Decimal("50.00"), DAY)
    assert balance_of(ledger.EXCHANGE) != 0
    unapply(application, by=finance, day=DAY, reason="Wrong invoice.")
    assert balance_of(ledger.EXCHANGE) == 0
    assert (item(owed).applied, item(owed).base_applied) == (ZERO, ZERO)
    assert audit() == []


def test_a_credit_uses_its_invoices_own_rate(owed: Invoice, rep: User) -> None:
    """In two pieces, the pieces add up to what was posted, without any difference."""
    for line in (1, 2):
        factories.issued_note(owed, rep, factories.claim(owed, line))
    assert receivable_of(owed.customer) == 0
    assert not JournalEntry.objects.filter(kind=JournalEntry.Kind.EXCHANGE).exists()
    assert audit() == []


def test_a_note_on_invoices_of_two_rates_gives_each_its_own(
    american: Customer, owed: Invoice, rep: User
) -> None:
    later = factories.invoice(
        american, "INV-US2", levies=[factories.HST_ON], moment=factories.MOMENT.replace(day=13)
    )
    note = factories.issued_note(
        owed,
        rep,
        factories.claim(owed, 1),
        factories.claim(later, 1, "3"),
        moment=factories.MOMENT.replace(day=14),
    )
    shares = shares_of(note)
    assert shares[owed.pk].base == Decimal("80.01")  # 60.01 × 1.3333
    assert shares[later.pk].base == Decimal("159.32")  # 112.99 × 1.41
    assert note.document.entry is not None
    assert note.document.entry.open_item.base_amount == Decimal("239.33")
    assert not JournalEntry.objects.filter(kind=JournalEntry.Kind.EXCHANGE).exists()
    assert audit() == []


def test_limits_compare_in_base_currency(american: Customer, rep: User, finance: User) -> None:
    """800 US dollars are more than the manager's 1,000 Canadian ones."""
    dear = factories.invoice(american, "INV-D", [("Trusses", "1", "800.00", "goods")], levies=[])
    note = factories.submitted_note(dear, rep)
    steps = list(note.steps.order_by("position"))
    assert [step.is_final for step in steps] == [False, True]
    assert {step.amount_counted for step in steps} == {Decimal("1066.64")}
    manager = User.objects.get(managed_departments=american.department_id)
    approvals.endorse(note, actor=manager, moment=factories.MOMENT)
    approvals.approve(note, actor=finance, moment=factories.MOMENT)
    assert note.steps.filter(status=Step.Status.DONE).count() == 2


def test_what_was_credited_before_counts_in_base_currency_too(owed: Invoice, rep: User) -> None:
    factories.submitted_note(owed, rep, factories.claim(owed, 1))
    second = factories.submitted_note(owed, rep, factories.claim(owed, 2))
    assert second.steps.get().amount_counted == Decimal("133.34")


def test_the_database_refuses_a_difference_that_is_not_posted(owed: Invoice) -> None:
    payment = receive_payment(owed.customer, "P-US", DAY, Decimal("50.00"))
    with database_refuses("exchange difference is posted"):
        Application.objects.create(
            payer=payment.entry.open_item,
            invoice=item(owed),
            amount=Decimal("50.00"),
            payer_base=Decimal("70.50"),
            invoice_base=Decimal("66.66"),
            applied_on=DAY,
        )


def test_the_last_of_an_item_takes_all_of_its_base_amount(owed: Invoice) -> None:
    payment = receive_payment(owed.customer, "P-US", DAY, Decimal("100.01"), rate=Decimal("1.3333"))
    with database_refuses("settled_in_both"):
        Application.objects.create(
            payer=payment.entry.open_item,
            invoice=item(owed),
            amount=Decimal("100.01"),
            payer_base=Decimal("133.33"),
            invoice_base=Decimal("133.33"),
            applied_on=DAY,
        )


def test_other_currencies_do_not_settle_each_other(owed: Invoice) -> None:
    payment = receive_payment(owed.customer, "P-CA", DAY, Decimal("50.00"), currency="CAD")
    with pytest.raises(Refusal, match="CAD"):
        apply(payment.entry.open_item, item(owed), Decimal("50.00"), DAY)


# Pure ---------------------------------------------------------------------------

cents = st.integers(1, 10_000_000).map(lambda n: n * CENT)
rate_values = st.integers(1, 999_000_000).map(lambda n: Decimal(n) / 1_000_000)


@given(st.lists(cents, min_size=1, max_size=6), rate_values)
def test_converted_entries_balance_and_keep_their_receivable(
    amounts: list[Decimal], rate: Decimal
) -> None:
    account, customer = Account(), Customer()
    total = sum(amounts, ZERO)
    lines = converted(
        [
            Posting(account, debit=total, customer=customer),
            *(Posting(account, credit=amount) for amount in amounts),
        ],
        rate,
    )
    assert sum((line.debit - line.credit for line in lines), ZERO) == 0
    assert abs(lines[0].debit - total * rate) <= CENT / 2


@given(st.lists(cents, min_size=1, max_size=6), cents)
def test_parts_of_a_base_amount_add_up_whatever_the_pieces(
    pieces: list[Decimal], base: Decimal
) -> None:
    left, whole, taken = sum(pieces, ZERO), base, ZERO
    for piece in pieces:
        part = part_of(base, piece, left)
        assert ZERO <= part <= base
        taken, base, left = taken + part, base - part, left - piece
    assert taken == whole


# Importing ----------------------------------------------------------------------


def test_the_banks_file_is_read_once(company: Company, tmp_path: Path) -> None:
    path = tmp_path / "rates.csv"
    path.write_text(
        '"TERMS AND CONDITIONS"\n"https://www.bankofcanada.ca/terms/"\n\n"OBSERVATIONS"\n'
        '"date","FXUSDCAD","FXEURCAD","FXCADUSD"\n'
        '"2026-03-10","1.3925","1.5012","0.7181"\n"2026-03-11","","1.5020",""\n'
    )
    for _again in range(2):
        call_command("import_rates", str(path), company=company.code, verbosity=0)
    assert sorted(map(str, ExchangeRate.objects.all())) == [
        "EUR 2026-03-10 1.5012",
        "EUR 2026-03-11 1.502",
        "USD 2026-03-10 1.3925",
    ]


@pytest.mark.parametrize("line", ["2026-03-10,-1", "2026-03-10,dear", "yesterday,1.3"])
def test_what_is_no_rate_is_refused_whole(company: Company, tmp_path: Path, line: str) -> None:
    path = tmp_path / "rates.csv"
    path.write_text(f"date,FXUSDCAD\n2026-03-09,1.39\n{line}\n")
    with pytest.raises(CommandError, match="Line 3"):
        call_command("import_rates", str(path), company=company.code)
    assert not ExchangeRate.objects.exists()

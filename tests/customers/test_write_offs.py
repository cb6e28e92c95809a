"""Small balances and bad debts: never more than is open, taxes by the law, by two people."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from creditnotes import services
from creditnotes.auditing import audit
from customers import ledger, write_offs
from customers.errors import Incomplete, NotAllowed, Refusal, WrongState
from customers.models import (
    BadDebtProposal,
    BadDebtRefusal,
    Company,
    Customer,
    Department,
    Invoice,
    JournalEntry,
    JournalLine,
    OpenItem,
    User,
    WriteOff,
    WriteOffLimit,
    WriteOffTax,
)
from customers.money import ZERO
from customers.numbering import count_series, numbered, take_number
from customers.relief import Charged, relief, repaid
from customers.services import receive_payment
from customers.settling import apply, unapply
from customers.write_offs import Evidence
from tests import factories
from tests.factories import MOMENT
from tests.racing import at_once, refusals
from tests.refusing import database_refuses, sql

LATER = MOMENT + timedelta(days=60)
SHOWN = Evidence("The trustee's letter of 4 May says that nothing is left.")


@pytest.fixture
def second(department: Department) -> User:
    """Another person in finance."""
    return factories.person("Sven Second", "Finance", department.company, department)


@pytest.fixture
def limit(company: Company) -> WriteOffLimit:
    """Everybody in finance may write off up to ten alone."""
    return WriteOffLimit.objects.create(company=company, amount=10)


def pay(invoice: Invoice, amount: str, number: str = "P-1") -> None:
    payment = receive_payment(invoice.customer, number, MOMENT.date(), Decimal(amount))
    apply(payment.entry.open_item, item_of(invoice), Decimal(amount), MOMENT.date())


def item_of(invoice: Invoice) -> OpenItem:
    return OpenItem.objects.get(entry=invoice.entry_id)


def lines_of(entry: JournalEntry) -> set[tuple[str, Decimal]]:
    """Account → debit less credit."""
    rows = JournalLine.objects.filter(entry=entry).values_list("account__code", "debit", "credit")
    return {(code, debit - credit) for code, debit, credit in rows}


def proposed(invoice: Invoice, by: User, amount: str = "461.38") -> BadDebtProposal:
    return write_offs.propose_bad_debt(invoice, Decimal(amount), SHOWN, by=by, moment=LATER)


def bad_debt(invoice: Invoice, by: User, second: User, amount: str = "461.38") -> WriteOff:
    return write_offs.confirm_bad_debt(proposed(invoice, by, amount), by=second, moment=LATER)


# Small balances ---------------------------------------------------------------


@pytest.mark.usefixtures("limit")
def test_a_small_balance_closes_the_invoice_without_giving_tax_back(
    invoice: Invoice, finance: User
) -> None:
    pay(invoice, "456.38")
    done = write_offs.write_off_small_balance(invoice, by=finance, moment=LATER, why="Bank fee")
    assert (done.number, done.amount, done.tax_total) == ("WO-2026-000001", Decimal(5), ZERO)
    assert lines_of(done.entry) == {("5910", Decimal(5)), ("1200", Decimal(-5))}
    assert done.entry.kind == JournalEntry.Kind.WRITE_OFF
    assert item_of(invoice).open == ZERO
    assert ledger.receivable_of(invoice.customer) == ZERO
    assert audit() == []


@pytest.mark.usefixtures("limit")
def test_more_than_the_limit_is_refused_and_ones_own_limit_wins(
    invoice: Invoice, finance: User, second: User
) -> None:
    pay(invoice, "450.00")
    with pytest.raises(Refusal, match=r"limit for small balances is 10\.00; 11\.38 is open"):
        write_offs.write_off_small_balance(invoice, by=finance, moment=LATER)
    WriteOffLimit.objects.create(company=invoice.company, user=second, amount=20)
    assert write_offs.write_off_small_balance(invoice, by=second, moment=LATER).amount == Decimal(
        "11.38"
    )


def test_without_a_limit_nothing_is_written_off_alone(invoice: Invoice, finance: User) -> None:
    pay(invoice, "461.37")
    with pytest.raises(Refusal, match=r"is 0\.00"):
        write_offs.write_off_small_balance(invoice, by=finance, moment=LATER)


@pytest.mark.usefixtures("limit")
def test_nothing_open_is_nothing_to_write_off(invoice: Invoice, finance: User) -> None:
    pay(invoice, "461.38")
    with pytest.raises(WrongState):
        write_offs.write_off_small_balance(invoice, by=finance, moment=LATER)


@pytest.mark.usefixtures("limit")
@pytest.mark.parametrize("who", ["rep", "manager", "admin", "foreign_finance"])
def test_only_the_companys_finance_writes_off(
    invoice: Invoice, request: pytest.FixtureRequest, who: str
) -> None:
    somebody = request.getfixturevalue(who)
    with pytest.raises(NotAllowed):
        write_offs.write_off_small_balance(invoice, by=somebody, moment=LATER)
    with pytest.raises(NotAllowed):
        proposed(invoice, somebody)


@pytest.mark.django_db(transaction=True)
def test_the_same_balance_twice_at_once_is_written_off_once(
    invoice: Invoice, finance: User, limit: WriteOffLimit
) -> None:
    pay(invoice, "456.38")
    write_off = lambda: write_offs.write_off_small_balance(  # noqa: E731
        invoice, by=finance, moment=LATER
    )
    assert len(refusals(at_once(write_off, write_off, write_off))) == 2
    assert WriteOff.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_thirty_two_at_once_of_whom_some_fail_leave_no_gap(
    customer: Customer, finance: User, limit: WriteOffLimit
) -> None:
    invoices = [
        factories.invoice(customer, f"S-{number}", [("Nails", "1", "1.00", "goods")])
        for number in range(32)
    ]

    def write_off(number: int) -> None:
        with transaction.atomic():
            write_offs.write_off_small_balance(invoices[number], by=finance, moment=LATER)
            transaction.set_rollback(number % 4 == 0)

    outcomes = at_once(*[partial(write_off, number) for number in range(32)])
    assert not refusals(outcomes)
    sequences = WriteOff.objects.order_by("sequence").values_list("sequence", flat=True)
    assert list(sequences) == list(range(1, 25))
    assert [counted.is_sound for counted in count_series()] == [True]


# Bad debts --------------------------------------------------------------------


def test_a_bad_debt_gives_the_tax_back_by_the_laws_formula(
    quebec_invoice: Invoice, finance: User, second: User
) -> None:
    """GST 20.42 × 300 ÷ 469.45 = 13.05; QST 40.73 × 300 ÷ 469.45 = 26.03."""
    done = bad_debt(quebec_invoice, finance, second, "300.00")
    assert (done.issued_by, done.tax_total) == (second, Decimal("39.08"))
    assert lines_of(done.entry) == {
        ("5900", Decimal("260.92")),
        ("22-GST-QC", Decimal("13.05")),
        ("22-QST-QC", Decimal("26.03")),
        ("1200", Decimal("-300.00")),
    }
    assert item_of(quebec_invoice).open == Decimal("169.45")
    assert audit() == []


def test_a_debt_written_off_in_pieces_gives_back_exactly_the_invoices_tax(
    quebec_invoice: Invoice, finance: User, second: User
) -> None:
    for amount in ("100.00", "200.00", "169.45"):
        bad_debt(quebec_invoice, finance, second, amount)
    taxes = WriteOffTax.objects.values_list("kind", "amount")
    assert sum(amount for kind, amount in taxes if kind == "gst") == Decimal("20.42")
    assert sum(amount for kind, amount in taxes if kind == "qst") == Decimal("40.73")


def test_what_was_credited_counts_neither_as_tax_nor_as_total(
    invoice: Invoice, rep: User, finance: User, second: User
) -> None:
    """Three pieces of ten are credited: 99.99 and 13.00 of tax; 348.39 with 40.08 stand."""
    factories.issued_note(invoice, rep, factories.claim(invoice, quantity="3"))
    done = bad_debt(invoice, finance, second, "348.39")
    assert done.tax_total == Decimal("40.08")


def test_nobody_confirms_their_own_bad_debt(invoice: Invoice, finance: User) -> None:
    with pytest.raises(NotAllowed, match="two people"):
        write_offs.confirm_bad_debt(proposed(invoice, finance), by=finance, moment=LATER)


@pytest.mark.parametrize("amount", ["461.39", "0", "-1"])
def test_never_more_than_is_open(invoice: Invoice, finance: User, amount: str) -> None:
    with pytest.raises(Refusal, match=r"Only 461\.38 is open"):
        proposed(invoice, finance, amount)


def test_what_was_paid_meanwhile_is_not_written_off(
    invoice: Invoice, finance: User, second: User
) -> None:
    proposal = proposed(invoice, finance)
    pay(invoice, "0.01")
    with pytest.raises(Refusal, match=r"Only 461\.37 is open"):
        write_offs.confirm_bad_debt(proposal, by=second, moment=LATER)


def test_it_needs_evidence(invoice: Invoice, finance: User) -> None:
    with pytest.raises(Incomplete):
        write_offs.propose_bad_debt(invoice, Decimal(1), Evidence("  "), by=finance, moment=LATER)


def test_a_proposal_is_answered_once(invoice: Invoice, finance: User, second: User) -> None:
    proposal = proposed(invoice, finance)
    with pytest.raises(WrongState, match="waits"):
        proposed(invoice, second)
    write_offs.refuse_bad_debt(proposal, by=second, moment=LATER, why="They paid on Friday.")
    with pytest.raises(WrongState):
        write_offs.confirm_bad_debt(proposal, by=second, moment=LATER)
    assert write_offs.open_proposal(invoice) is None


# Recovery ---------------------------------------------------------------------


def test_a_recovery_repays_the_tax_by_the_same_formula(
    quebec_invoice: Invoice, finance: User, second: User
) -> None:
    done = bad_debt(quebec_invoice, finance, second, "300.00")
    paid = receive_payment(quebec_invoice.customer, "P-9", LATER.date(), Decimal(100))
    again = write_offs.recover(
        done, Decimal(100), by=finance, moment=LATER, paid_by=paid.entry.open_item
    )
    assert lines_of(again.entry) == {
        ("5900", Decimal("-86.97")),
        ("22-GST-QC", Decimal("-4.35")),
        ("22-QST-QC", Decimal("-8.68")),
        ("1200", Decimal("100.00")),
    }
    assert OpenItem.objects.get(entry=again.entry).open == ZERO
    assert audit() == []


def test_the_last_of_a_recovery_takes_what_is_left(
    quebec_invoice: Invoice, finance: User, second: User
) -> None:
    done = bad_debt(quebec_invoice, finance, second, "300.00")
    made = [
        write_offs.recover(done, Decimal(amount), by=finance, moment=LATER)
        for amount in ("0.05", "199.95", "100.00")
    ]
    assert sum(each.tax_total for each in made) == done.tax_total
    with pytest.raises(Refusal, match=r"Only 0\.00"):
        write_offs.recover(done, Decimal("0.01"), by=finance, moment=LATER)


@pytest.mark.usefixtures("limit")
def test_a_small_balance_is_not_recovered(invoice: Invoice, finance: User) -> None:
    pay(invoice, "461.00")
    done = write_offs.write_off_small_balance(invoice, by=finance, moment=LATER)
    with pytest.raises(WrongState):
        write_offs.recover(done, Decimal("0.01"), by=finance, moment=LATER)


@pytest.mark.usefixtures("limit")
def test_what_a_write_off_settled_is_not_taken_back_by_itself(
    invoice: Invoice, quebec_invoice: Invoice, finance: User, second: User
) -> None:
    """A write-off is undone by its recovery or reversal, with its tax, never by unapplying."""
    pay(invoice, "456.38")
    small = write_offs.write_off_small_balance(invoice, by=finance, moment=LATER)
    bad = bad_debt(quebec_invoice, finance, second)
    for done in (small, bad):
        application = done.entry.open_item.applications.get()
        with pytest.raises(WrongState, match="stands with its document"):
            unapply(application, by=finance, day=LATER.date(), reason="Mistaken.")


def test_what_paid_a_recovery_is_taken_back_like_any_payment(
    quebec_invoice: Invoice, finance: User, second: User
) -> None:
    done = bad_debt(quebec_invoice, finance, second, "300.00")
    paid = receive_payment(quebec_invoice.customer, "P-9", LATER.date(), Decimal(100))
    again = write_offs.recover(
        done, Decimal(100), by=finance, moment=LATER, paid_by=paid.entry.open_item
    )
    owed = again.entry.open_item
    unapply(owed.settlements.get(), by=finance, day=LATER.date(), reason="The cheque bounced.")
    assert OpenItem.objects.get(pk=owed.pk).open == Decimal(100)
    assert audit() == []


# Crediting what was written off -----------------------------------------------


@pytest.mark.usefixtures("limit")
def test_crediting_a_written_off_invoice_reverses_the_write_off_first(
    invoice: Invoice, rep: User, finance: User
) -> None:
    pay(invoice, "456.38")
    done = write_offs.write_off_small_balance(invoice, by=finance, moment=LATER)
    note = factories.issued_note(invoice, rep, moment=LATER)
    reversal = WriteOff.objects.get(kind=WriteOff.Kind.REVERSAL)
    assert (reversal.undoes, reversal.amount) == (done, Decimal(5))
    assert lines_of(reversal.entry) == {("5910", Decimal(-5)), ("1200", Decimal(5))}
    assert item_of(invoice).open == ZERO  # 5.00 of the credit settles it
    assert OpenItem.objects.get(entry=note.document.entry_id).open == note.total - 5
    assert ledger.receivable_of(invoice.customer) == Decimal(5) - note.total
    assert audit() == []


def test_a_bad_debt_recovered_in_part_is_reversed_for_the_rest(
    invoice: Invoice, rep: User, finance: User, second: User
) -> None:
    done = bad_debt(invoice, finance, second)
    write_offs.recover(done, Decimal("161.38"), by=finance, moment=LATER)
    factories.issued_note(invoice, rep, moment=LATER)
    reversal = WriteOff.objects.get(kind=WriteOff.Kind.REVERSAL)
    assert reversal.amount == Decimal("300.00")
    assert reversal.tax_total == done.tax_total - Decimal("18.57")
    assert item_of(invoice).open == Decimal("300.00") - Decimal("37.66")
    factories.issued_note(invoice, rep, moment=LATER)
    assert WriteOff.objects.filter(kind=WriteOff.Kind.REVERSAL).count() == 1
    assert audit() == []


def test_a_credit_that_is_not_issued_reverses_nothing(
    invoice: Invoice, rep: User, finance: User, second: User
) -> None:
    bad_debt(invoice, finance, second)
    note = factories.approved_note(invoice, rep, moment=LATER)
    services.cancel(note, actor=finance, moment=LATER, comment="Mistaken.")
    assert not WriteOff.objects.filter(kind=WriteOff.Kind.REVERSAL).exists()


# The formula, whatever is written off and recovered in whatever pieces ---------

CENTS = st.integers(1, 10_000_00).map(lambda cents: Decimal(cents) / 100)
PIECES = st.lists(st.integers(1, 1000), min_size=1, max_size=12)


@given(net=CENTS, rate=st.sampled_from(["5", "13", "14.975"]), pieces=PIECES)
def test_pieces_add_up_to_the_whole(net: Decimal, rate: str, pieces: list[int]) -> None:
    tax = (net * Decimal(rate) / 100).quantize(Decimal("0.01"))
    charged = Charged(net + tax, {("gst", "ON"): tax} if tax else {})
    written_off, given_back, parts = ZERO, ZERO, []
    for amount in in_pieces(charged.total, pieces):
        got = sum(relief(charged, written_off, {("gst", "ON"): given_back}, amount).values(), ZERO)
        assert ZERO <= got <= amount
        written_off, given_back = written_off + amount, given_back + got
        parts.append(amount)
    assert (written_off, given_back) == (charged.total, tax)
    recovered, taken = ZERO, ZERO
    given_taxes = {("gst", "ON"): given_back}
    for amount in reversed(parts):
        taken_taxes = {("gst", "ON"): taken}
        got = sum(repaid(written_off, given_taxes, recovered, taken_taxes, amount).values(), ZERO)
        recovered, taken = recovered + amount, taken + got
        assert taken <= given_back
    assert taken == tax


def in_pieces(total: Decimal, weights: list[int]) -> list[Decimal]:
    """The total in that many pieces of a cent at least, as many as it has cents for."""
    pieces, left = [], total
    for weight in weights[:-1]:
        piece = min(left, max(Decimal("0.01"), (total * weight / 10_000).quantize(Decimal("0.01"))))
        if piece:
            pieces.append(piece)
            left -= piece
    return [*pieces, left] if left else pieces


# What the database refuses ----------------------------------------------------


def test_a_bad_debt_by_one_person(invoice: Invoice, finance: User) -> None:
    proposal = proposed(invoice, finance)
    with database_refuses("takes two people"):
        forged(proposal, finance)


def test_a_bad_debt_that_was_refused(invoice: Invoice, finance: User, second: User) -> None:
    proposal = proposed(invoice, finance)
    write_offs.refuse_bad_debt(proposal, by=second, moment=LATER)
    with database_refuses("was refused"):
        forged(proposal, second)


def test_more_than_was_proposed(invoice: Invoice, finance: User, second: User) -> None:
    proposal = proposed(invoice, finance, "100.00")
    with database_refuses("not what was proposed"):
        forged(proposal, second, amount=Decimal(101))


def test_a_refusal_of_what_is_written_off(invoice: Invoice, finance: User, second: User) -> None:
    done = bad_debt(invoice, finance, second)
    assert done.proposal
    with database_refuses("is written off"):
        BadDebtRefusal.objects.create(proposal=done.proposal, refused_by=second, refused_at=LATER)


def test_more_undone_than_was_written_off(invoice: Invoice, finance: User, second: User) -> None:
    done = bad_debt(invoice, finance, second)
    assert done.proposal
    with database_refuses("more is undone"):
        forged(done.proposal, second, amount=Decimal(462), kind="recovery", undoes=done)


def test_a_write_off_that_nobody_posted(invoice: Invoice, finance: User, second: User) -> None:
    with database_refuses("not posted"):
        forged(proposed(invoice, finance), second)


def test_a_change_of_a_write_off(invoice: Invoice, finance: User, second: User) -> None:
    bad_debt(invoice, finance, second)
    for statement in (
        "UPDATE customers_writeoff SET amount = 1",
        "DELETE FROM customers_writeofftax",
        "DELETE FROM customers_baddebtproposal",
    ):
        with database_refuses("permission denied|history is immutable"):
            sql(statement)


def forged(proposal: BadDebtProposal, by: User, **fields: object) -> WriteOff:
    """A write-off past the service, on the entry of the invoice itself."""
    invoice = proposal.invoice
    number = take_number(WriteOff, invoice.company, LATER)
    facts: dict[str, object] = {
        **numbered(invoice.company, number, LATER),
        "issued_by": by,
        "kind": "bad_debt",
        "customer": invoice.customer,
        "invoice": invoice,
        "proposal": None if "undoes" in fields else proposal,
        "entry": invoice.entry,
        "currency": invoice.currency,
        "amount": proposal.amount,
    }
    return WriteOff.objects.create(**facts | fields)

"""Real concurrent transactions: somebody wins, the others are told, and the rules hold."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import date
from decimal import Decimal
from threading import Barrier, BrokenBarrierError
from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError, transaction
from django.db.models import F

from approvals import services as approvals
from approvals.models import Decision, Step
from approvals.planning import amount_counted
from approvals.services import submitting
from creditnotes import services as creditnotes
from creditnotes.content import Content
from creditnotes.models import (
    CreditableLine,
    CreditableTax,
    CreditNote,
    Hold,
    IssuedDocument,
    State,
)
from customers.errors import OverCredit, Refusal, WrongState
from customers.models import (
    Application,
    Customer,
    FiscalPeriod,
    Invoice,
    NumberSeries,
    OpenItem,
    TaxRounding,
    User,
)
from customers.periods import period_for
from customers.services import receive_payment
from customers.settling import apply
from tests import factories
from tests.factories import MOMENT, claim
from tests.racing import at_once, refusals
from tests.refusing import sql

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("policy")]


def drafts(invoice: Invoice, rep: User, count: int, quantity: str) -> list[CreditNote]:
    return [
        factories.draft_note(invoice, rep, claim(invoice, quantity=quantity)) for _ in range(count)
    ]


def submit(note: CreditNote, actor: User) -> Callable[[], CreditNote]:
    return lambda: approvals.submit(note, actor=actor, moment=MOMENT)


def assert_within_what_was_charged() -> None:
    for line in CreditableLine.objects.all():
        assert line.reserved_quantity + line.issued_quantity <= line.charged_quantity
        assert line.reserved_net + line.issued_net <= line.charged_net
    for tax in CreditableTax.objects.all():
        assert tax.reserved_amount + tax.issued_amount <= tax.charged_amount


# Over-credit (rule 1) ---------------------------------------------------------


def test_the_database_alone_refuses_over_credit(invoice: Invoice, rep: User) -> None:
    """Six of ten pieces twice, by raw SQL: no service, no lock, no look at what is left."""
    notes = drafts(invoice, rep, 2, "6")

    def reserve(note: CreditNote) -> Callable[[], int]:
        return lambda: sql(
            "UPDATE creditnotes_creditnote SET state = 'submitted', hold = 'reserved'"
            " WHERE id = %s",
            note.pk,
        )

    outcomes = at_once(*[reserve(note) for note in notes])
    (refused,) = refusals(outcomes)
    assert isinstance(refused, DatabaseError)
    assert "never_over_credit" in str(refused)
    assert CreditNote.objects.filter(hold=Hold.RESERVED).count() == 1
    assert_within_what_was_charged()


def test_the_database_refuses_it_through_the_models_too(invoice: Invoice, rep: User) -> None:
    def reserve(note: CreditNote) -> None:
        note.submit()
        note.save()

    calls = [lambda note=note: reserve(note) for note in drafts(invoice, rep, 4, "4")]
    outcomes = at_once(*calls)
    assert len(refusals(outcomes)) == 2
    counter = CreditableLine.objects.get(charged_net=Decimal("333.30"))
    assert counter.reserved_quantity == Decimal(8)


def test_through_the_services_the_second_is_told_what_is_left(invoice: Invoice, rep: User) -> None:
    notes = drafts(invoice, rep, 2, "6")
    outcomes = at_once(*[submit(note, rep) for note in notes])
    (refused,) = refusals(outcomes)
    assert isinstance(refused, OverCredit)
    assert "Only 4" in str(refused)
    assert sorted(CreditNote.objects.values_list("state", flat=True)) == ["draft", "submitted"]
    assert_within_what_was_charged()


def test_the_first_credits_of_an_invoice_make_its_counters_once(
    invoice: Invoice, rep: User, colleague: User
) -> None:
    def start(actor: User) -> Callable[[], CreditNote]:
        return lambda: factories.draft_note(invoice, actor)

    factories.reason(invoice.company)
    outcomes = at_once(*[start(actor) for actor in (rep, colleague) * 4])
    assert not refusals(outcomes)
    assert CreditableLine.objects.count() == 3
    assert CreditableTax.objects.count() == 1


def test_notes_over_the_same_invoices_in_another_order_do_not_lock_each_other_out(
    invoice: Invoice, large_invoice: Invoice, rep: User
) -> None:
    one, two = (invoice, large_invoice), (large_invoice, invoice)
    notes = [
        factories.draft_note(invoice, rep, *[claim(each) for each in order])
        for order in (one, two) * 4
    ]
    assert not refusals(at_once(*[submit(note, rep) for note in notes]))
    assert_within_what_was_charged()


def returned_with_lines(invoice: Invoice, rep: User, manager: User, *lines: int) -> CreditNote:
    """A returned note that still reserves a piece of each of these lines."""
    note = factories.submitted_note(invoice, rep, *[claim(invoice, line) for line in lines])
    return approvals.return_for_changes(note, actor=manager, moment=MOMENT, comment="Look again.")


def edit(note: CreditNote, actor: User, *lines: int) -> Callable[[], CreditNote]:
    claims = [claim(note.lines.all()[0].counter.invoice, line) for line in lines]
    content = Content(note.reason, claims)
    return lambda: creditnotes.edit(note, content, actor=actor, moment=MOMENT)


@pytest.fixture
def rounded_by_line(customer: Customer) -> Invoice:
    return factories.invoice(customer, "INV-L", tax_rounding=TaxRounding.LINE)


def test_edits_that_exchange_what_is_reserved_do_not_lock_each_other_out(
    rounded_by_line: Invoice, rep: User, colleague: User, manager: User
) -> None:
    one = returned_with_lines(rounded_by_line, rep, manager, 1)
    two = returned_with_lines(rounded_by_line, rep, manager, 2)
    for _ in range(5):
        assert not refusals(at_once(edit(one, rep, 2), edit(two, colleague, 1)))
        assert not refusals(at_once(edit(one, rep, 1), edit(two, colleague, 2)))
    assert_within_what_was_charged()


def test_an_edit_and_submissions_do_not_lock_each_other_out(
    rounded_by_line: Invoice, rep: User, colleague: User, manager: User
) -> None:
    """A returned note is submitted anew: it lets go and takes again, as an edit does."""
    one = returned_with_lines(rounded_by_line, rep, manager, 1)
    two = returned_with_lines(rounded_by_line, rep, manager, 2)
    for _ in range(10):
        assert not refusals(at_once(edit(one, rep, 2), submit(two, colleague)))
        two = approvals.return_for_changes(two, actor=manager, moment=MOMENT, comment="Again.")
        assert not refusals(at_once(edit(one, rep, 1), submit(two, colleague)))
        two = approvals.return_for_changes(two, actor=manager, moment=MOMENT, comment="Again.")
    assert_within_what_was_charged()


# Limits (rule 6) --------------------------------------------------------------


def test_a_large_credit_is_not_split_by_submitting_both_halves_at_once(
    customer: Customer, rep: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two lines, no tax: the halves share no counter. Still one of them counts the other."""
    lines = [("Beams", "9", "100", "goods"), ("Trusses", "9", "100", "goods")]
    invoice = factories.invoice(customer, "INV-U", lines, levies=[])
    notes = [factories.draft_note(invoice, rep, claim(invoice, line, "9")) for line in (1, 2)]
    meeting = Barrier(2)
    counted = amount_counted

    def both_count_before_either_commits(*args: Any) -> Decimal:
        amount = counted(*args)
        with suppress(BrokenBarrierError):
            meeting.wait(timeout=1.5)
        return amount

    monkeypatch.setattr(submitting, "amount_counted", both_count_before_either_commits)
    assert not refusals(at_once(*[submit(note, rep) for note in notes]))
    amounts = Step.objects.filter(position=1).values_list("amount_counted", flat=True)
    assert sorted(amounts) == [Decimal(900), Decimal(1800)]


# Double clicks and crossing decisions -----------------------------------------


def test_one_note_submitted_twice_at_once(invoice: Invoice, rep: User, colleague: User) -> None:
    (note,) = drafts(invoice, rep, 1, "2")
    outcomes = at_once(submit(note, rep), submit(note, colleague))
    (refused,) = refusals(outcomes)
    assert isinstance(refused, WrongState)
    assert note.steps.count() == 1


def test_one_start_clicked_twice_at_once(invoice: Invoice, rep: User) -> None:
    token = UUID(int=7)
    outcomes = at_once(
        *[
            lambda: creditnotes.start(
                invoice.customer, Content(), actor=rep, moment=MOMENT, token=token
            )
        ]
        * 4
    )
    assert not refusals(outcomes)
    assert CreditNote.objects.count() == 1
    assert len({note.pk for note in outcomes}) == 1


def test_approved_twice_at_once(invoice: Invoice, rep: User, manager: User) -> None:
    note = factories.submitted_note(invoice, rep)
    approve = lambda: approvals.approve(note, actor=manager, moment=MOMENT)  # noqa: E731
    outcomes = at_once(approve, approve)
    (refused,) = refusals(outcomes)
    assert isinstance(refused, WrongState)
    assert "You have decided" in str(refused)
    assert Decision.objects.count() == 1


def test_approved_and_recalled_at_once(invoice: Invoice, rep: User, manager: User) -> None:
    note = factories.submitted_note(invoice, rep)
    outcomes = at_once(
        lambda: approvals.approve(note, actor=manager, moment=MOMENT),
        lambda: approvals.recall(note, actor=rep, moment=MOMENT),
    )
    (refused,) = refusals(outcomes)
    assert isinstance(refused, WrongState)
    note.refresh_from_db()
    assert (note.state == State.APPROVED) == Decision.objects.exists()


def test_issued_twice_at_once(invoice: Invoice, rep: User) -> None:
    note = factories.approved_note(invoice, rep)
    issue = lambda: creditnotes.issue(note, actor=None, moment=MOMENT)  # noqa: E731
    assert not refusals(at_once(issue, issue, issue))
    assert IssuedDocument.objects.count() == 1


def test_issued_and_cancelled_at_once(invoice: Invoice, rep: User, finance: User) -> None:
    note = factories.approved_note(invoice, rep)
    outcomes = at_once(
        lambda: creditnotes.issue(note, actor=None, moment=MOMENT),
        lambda: creditnotes.cancel(note, actor=finance, moment=MOMENT, comment="Stop."),
    )
    (refused,) = refusals(outcomes)
    assert isinstance(refused, WrongState)
    note.refresh_from_db()
    assert (note.state == State.ISSUED) == IssuedDocument.objects.exists()


# Numbers (rule 3) -------------------------------------------------------------


class Crash(Exception):
    """The process dies before its transaction commits."""


def test_sixteen_at_once_leave_no_gap_though_some_fail(large_invoice: Invoice, rep: User) -> None:
    notes = [factories.approved_note(large_invoice, rep) for _ in range(16)]

    def issue(note: CreditNote, crash: bool) -> None:
        with transaction.atomic():
            creditnotes.issue(note, actor=None, moment=MOMENT)
            if crash:
                raise Crash

    calls = [
        lambda note=note, crash=index % 4 == 3: issue(note, crash)
        for index, note in enumerate(notes)
    ]
    outcomes = at_once(*calls)
    failed = refusals(outcomes)
    assert [type(error) for error in failed] == [Crash] * 4
    issued = IssuedDocument.objects.order_by("sequence")
    assert [document.sequence for document in issued] == list(range(1, 13))
    assert [document.number for document in issued] == [
        f"CN-2026-{sequence:06d}" for sequence in range(1, 13)
    ]
    assert NumberSeries.objects.get().last_sequence == 12
    assert CreditNote.objects.filter(state=State.APPROVED).count() == 4
    assert not OpenItem.objects.exclude(applied__lte=F("amount")).exists()


# Money ------------------------------------------------------------------------


def test_one_payment_applied_twice_at_once(invoice: Invoice) -> None:
    paid = receive_payment(invoice.customer, "P-1", date(2026, 3, 11), Decimal(300))
    owed = OpenItem.objects.get(entry__invoice=invoice)
    pay = lambda: apply(  # noqa: E731
        paid.entry.open_item, owed, Decimal(200), date(2026, 3, 11)
    )
    (refused,) = refusals(at_once(pay, pay))
    assert isinstance(refused, Refusal)
    assert Application.objects.count() == 1


def test_a_month_is_laid_out_once(customer: Customer) -> None:
    company = customer.company
    outcomes = at_once(*[lambda: period_for(company, date(2026, 7, 4))] * 4)
    assert not refusals(outcomes)
    assert FiscalPeriod.objects.filter(company=company).count() == 1

"""What the database itself refuses of credit notes, whatever code asks it.

Everything here goes past the services: by the ORM, or by SQL as the app's role.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import F

from approvals import services as approvals
from approvals.models import Decision, Policy, Step
from approvals.roster import limits_of
from creditnotes import services as creditnotes
from creditnotes.content import Content
from creditnotes.models import (
    TRANSITIONS,
    CreditableLine,
    CreditableTax,
    CreditLine,
    CreditNote,
    CreditTax,
    Hold,
    Participant,
    State,
)
from customers.access import FINANCE
from customers.models import Company, Customer, Invoice, User
from tests import factories
from tests.factories import MOMENT, claim
from tests.refusing import database_refuses, sql

pytestmark = pytest.mark.usefixtures("policy")


@pytest.fixture
def submitted(invoice: Invoice, rep: User) -> CreditNote:
    return factories.submitted_note(invoice, rep)


@pytest.fixture
def approved(invoice: Invoice, rep: User) -> CreditNote:
    return factories.approved_note(invoice, rep)


@pytest.fixture
def issued(invoice: Invoice, rep: User) -> CreditNote:
    return factories.issued_note(invoice, rep)


def returned(invoice: Invoice, rep: User) -> CreditNote:
    note = factories.submitted_note(invoice, rep)
    manager = User.objects.get(assignments__step__note=note)
    return approvals.return_for_changes(note, actor=manager, moment=MOMENT, comment="Why?")


def requested(invoice: Invoice, rep: User) -> CreditNote:
    contact = factories.contact(invoice.customer, "Rosa Requester")
    note = factories.draft_note(invoice, contact)
    return creditnotes.request(note, actor=contact, moment=MOMENT)


def rejected(invoice: Invoice, rep: User) -> CreditNote:
    note = factories.submitted_note(invoice, rep)
    manager = User.objects.get(assignments__step__note=note)
    return approvals.reject(note, actor=manager, moment=MOMENT)


def withdrawn(invoice: Invoice, rep: User) -> CreditNote:
    note = factories.draft_note(invoice, rep)
    return creditnotes.withdraw(note, actor=rep, moment=MOMENT)


def cancelled(invoice: Invoice, rep: User) -> CreditNote:
    note = factories.approved_note(invoice, rep)
    finance = User.objects.get(groups__name="Finance", company=note.company)
    return creditnotes.cancel(note, actor=finance, moment=MOMENT, comment="Not due.")


def reversed_(invoice: Invoice, rep: User) -> CreditNote:
    of, department = invoice.company, invoice.customer.department
    one, two = (factories.person(name, FINANCE, of, department) for name in ("One", "Two"))
    note = factories.note_to_reverse(invoice, rep, one)
    return creditnotes.confirm_reversal(note, actor=two, moment=MOMENT)


IN_STATE: dict[str, Callable[[Invoice, User], CreditNote]] = {
    State.DRAFT: factories.draft_note,
    State.REQUESTED: requested,
    State.SUBMITTED: factories.submitted_note,
    State.RETURNED: returned,
    State.APPROVED: factories.approved_note,
    State.ISSUED: factories.issued_note,
    State.REJECTED: rejected,
    State.WITHDRAWN: withdrawn,
    State.CANCELLED: cancelled,
    State.REVERSED: reversed_,
}


# States -----------------------------------------------------------------------


@pytest.mark.parametrize("state", [state for state in State if state != State.DRAFT])
def test_a_note_starts_as_a_draft(customer: Customer, rep: User, state: str) -> None:
    with database_refuses("starts as a draft"):
        CreditNote.objects.create(
            company=customer.company,
            customer=customer,
            created_by=rep,
            currency="CAD",
            state=state,
            reason=factories.reason(customer.company),
        )


def test_a_note_starts_with_nothing_reserved(customer: Customer, rep: User) -> None:
    with database_refuses("starts as a draft"):
        CreditNote.objects.create(
            company=customer.company,
            customer=customer,
            created_by=rep,
            currency="CAD",
            hold=Hold.RESERVED,
        )


@pytest.mark.parametrize("state", State)
def test_no_way_but_those_of_the_lifecycle(invoice: Invoice, rep: User, state: str) -> None:
    note = IN_STATE[state](invoice, rep)
    assert note.state == state
    for target in State:
        if target != state and (state, target) not in TRANSITIONS:
            with database_refuses("Invalid transition|lifecycle"):
                sql("UPDATE creditnotes_creditnote SET state = %s WHERE id = %s", target, note.pk)
            with database_refuses("Invalid transition|lifecycle"):
                CreditNote.objects.filter(pk=note.pk).update(state=target)


def test_the_model_and_the_database_know_the_same_ways() -> None:
    field = CreditNote._meta.get_field("state")
    ways = {(way.source, way.target) for way in field.get_all_transitions(CreditNote)}
    assert ways == set(TRANSITIONS)


def test_a_note_is_never_deleted(invoice: Invoice, rep: User) -> None:
    note = factories.draft_note(invoice, rep)
    with database_refuses("Cannot delete"):
        sql("DELETE FROM creditnotes_creditnote WHERE id = %s", note.pk)


def test_a_state_and_what_it_holds_go_together(submitted: CreditNote) -> None:
    with database_refuses("credit_note_hold_fits_state"):
        CreditNote.objects.filter(pk=submitted.pk).update(hold=Hold.NONE)
    with database_refuses("credit_note_hold_fits_state"):
        CreditNote.objects.filter(pk=submitted.pk).update(state=State.REJECTED)


def test_totals_add_up(invoice: Invoice, rep: User) -> None:
    note = factories.draft_note(invoice, rep)
    with database_refuses("credit_note_total_adds_up"):
        CreditNote.objects.filter(pk=note.pk).update(total=F("total") + 1)


# What was submitted is frozen (rule 5) ----------------------------------------


@pytest.mark.parametrize("state", [State.SUBMITTED, State.RETURNED, State.APPROVED, State.ISSUED])
def test_lines_and_taxes_are_frozen_while_anything_is_held(
    invoice: Invoice, rep: User, state: str
) -> None:
    note = IN_STATE[state](invoice, rep)
    line, tax = note.lines.get(), note.taxes.get()
    changes: list[Callable[[], Any]] = [
        lambda: CreditLine.objects.filter(pk=line.pk).update(net=1),
        lambda: sql("DELETE FROM creditnotes_creditline WHERE id = %s", line.pk),
        lambda: CreditTax.objects.filter(pk=tax.pk).update(amount=0),
        lambda: sql("DELETE FROM creditnotes_credittax WHERE id = %s", tax.pk),
        lambda: CreditLine.objects.create(
            note=note, creditable=line.creditable, position=9, quantity=1, net=Decimal(1)
        ),
    ]
    for change in changes:
        with database_refuses("what was submitted cannot change"):
            change()


CONTENT: dict[str, Any] = {
    "explanation": "Something else",
    "customer_reference": "PO 1",
    "currency": "USD",
    "language": "fr-ca",
    "content_hash": "0" * 64,
}


@pytest.mark.parametrize("state", [State.SUBMITTED, State.APPROVED, State.ISSUED])
def test_what_is_written_on_it_is_frozen(
    invoice: Invoice, rep: User, colleague: User, state: str
) -> None:
    note = IN_STATE[state](invoice, rep)
    others = {
        "created_by": colleague,
        "reason": factories.reason(note.company, "goodwill"),
        "customer": factories.customer(note.customer.department, "C-101", "Neighbour"),
    }
    for field, value in (CONTENT | others).items():
        with database_refuses("cannot change|stays with its customer|of another company"):
            CreditNote.objects.filter(pk=note.pk).update(**{field: value})
    with database_refuses("what was submitted cannot change"):
        CreditNote.objects.filter(pk=note.pk).update(net=F("net") + 1, total=F("total") + 1)


def test_a_line_does_not_move_to_another_note(invoice: Invoice, rep: User) -> None:
    one, two = factories.draft_note(invoice, rep), factories.draft_note(invoice, rep)
    with database_refuses("a line stays with its credit note"):
        CreditLine.objects.filter(note=one).update(note=two, position=2)


def test_a_line_credits_an_invoice_of_the_notes_own_customer(
    invoice: Invoice, rep: User, colleague: User
) -> None:
    other = factories.customer(invoice.customer.department, "C-101", "Neighbour")
    theirs = factories.invoice(other, "INV-N")
    factories.draft_note(theirs, rep)
    note = factories.draft_note(invoice, rep)
    with database_refuses("line of another customer or currency"):
        CreditLine.objects.filter(note=note).update(
            creditable=CreditableLine.objects.filter(invoice=theirs)[0]
        )


def test_a_line_credits_an_invoice_in_the_notes_own_currency(invoice: Invoice, rep: User) -> None:
    factories.rate(invoice.company, "1.37")
    dollars = factories.invoice(invoice.customer, "INV-USD", currency="USD")
    CreditableLine.objects.create(invoice_line=dollars.lines.all()[0], invoice=dollars)
    note = factories.draft_note(invoice, rep)
    with database_refuses("line of another customer or currency"):
        CreditLine.objects.filter(note=note).update(
            creditable=CreditableLine.objects.filter(invoice=dollars)[0]
        )


# Counters (rule 1) ------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"reserved_net": 1},
        {"issued_net": F("issued_net") + 1},
        {"reserved_quantity": 0},
        {"charged_net": 10**6},
        {"charged_quantity": F("charged_quantity") + 1},
    ],
    ids=str,
)
def test_line_counters_are_not_moved_by_hand(submitted: CreditNote, change: Any) -> None:
    with database_refuses("counters move only"):
        CreditableLine.objects.update(**change)


def test_tax_counters_are_not_moved_by_hand(submitted: CreditNote) -> None:
    with database_refuses("counters move only"):
        CreditableTax.objects.update(reserved_amount=0)


def test_counters_are_not_deleted_to_start_afresh(submitted: CreditNote) -> None:
    with database_refuses("counters move only"):
        sql("DELETE FROM creditnotes_creditableline")
    with database_refuses("counters move only"):
        sql("DELETE FROM creditnotes_creditabletax")


def test_counters_say_what_was_invoiced_whatever_they_are_told(invoice: Invoice) -> None:
    line = invoice.lines.all()[0]
    CreditableLine.objects.create(
        invoice_line=line,
        invoice=invoice,
        charged_quantity=10**6,
        charged_net=10**6,
        reserved_net=-5,
    )
    tax = CreditableTax.objects.create(
        invoice=invoice, kind="hst", rate=13, charged_base=10**6, charged_amount=10**6
    )
    counter = CreditableLine.objects.get()
    tax.refresh_from_db()
    assert counter.charged_quantity == counter.quantity_left == Decimal(10)
    assert counter.charged_net == counter.net_left == Decimal("333.30")
    assert (tax.charged_base, tax.charged_amount) == (Decimal("408.30"), Decimal("53.08"))


def test_there_is_no_counter_for_a_tax_that_was_not_charged(invoice: Invoice) -> None:
    with database_refuses("no rows|more than one"):
        CreditableTax.objects.create(
            invoice=invoice, kind="qst", rate=13, charged_base=1, charged_amount=1
        )


def test_over_credit_by_raw_sql_is_refused(invoice: Invoice, rep: User) -> None:
    """Two drafts each take all ten pieces; both were quoted before either reserved."""
    notes = [factories.draft_note(invoice, rep, claim(invoice, quantity="10")) for _ in "ab"]
    reserve = "UPDATE creditnotes_creditnote SET state = 'submitted', hold = 'reserved'"
    assert sql(f"{reserve} WHERE id = %s", notes[0].pk) == 1
    with database_refuses("never_over_credit"):
        sql(f"{reserve} WHERE id = %s", notes[1].pk)


def test_more_tax_than_was_charged_is_refused(invoice: Invoice, rep: User) -> None:
    note = factories.draft_note(invoice, rep)
    CreditTax.objects.filter(note=note).update(amount=Decimal("53.09"))
    CreditNote.objects.filter(pk=note.pk).update(
        tax_total=Decimal("53.09"), total=F("net") + Decimal("53.09")
    )
    with database_refuses("never_over_credit_tax"):
        CreditNote.objects.filter(pk=note.pk).update(state=State.SUBMITTED, hold=Hold.RESERVED)


def test_what_is_rejected_is_free_again(invoice: Invoice, rep: User, manager: User) -> None:
    note = factories.submitted_note(invoice, rep, claim(invoice, quantity="10"))
    line = CreditableLine.objects.filter(credit_lines__note=note)
    assert line.get().quantity_left == 0
    approvals.reject(note, actor=manager, moment=MOMENT)
    assert line.get().quantity_left == 10
    assert CreditableTax.objects.get().reserved_amount == 0


# Decisions (rule 6) -----------------------------------------------------------


def decide(note: CreditNote, actor: User | None, **fields: Any) -> Decision:
    """A decision past the service; ``fields`` say what is wrong with it."""
    step = fields.get("step") or note.steps.get(status=Step.Status.OPEN)
    principal = fields.get("on_behalf_of") or actor
    facts: dict[str, Any] = {
        "step": step,
        "note": note,
        "actor": actor,
        "verdict": Decision.Verdict.APPROVE,
        "content_hash": note.content_hash,
        "limit": limits_of(note.company).amount(principal.pk, step.role) if principal else None,
        "decided_at": MOMENT,
    }
    return Decision.objects.create(**facts | fields)


def test_approved_without_a_decision(submitted: CreditNote) -> None:
    with database_refuses("approved without a decision"):
        CreditNote.objects.filter(pk=submitted.pk).update(state=State.APPROVED)


def test_approved_on_another_verdict(submitted: CreditNote, manager: User) -> None:
    decide(submitted, manager, verdict=Decision.Verdict.RETURN)
    with database_refuses("approved without a decision"):
        CreditNote.objects.filter(pk=submitted.pk).update(state=State.APPROVED)


def test_nobody_decides_their_own(submitted: CreditNote, rep: User) -> None:
    submitted.steps.get().assignments.create(user=rep)
    with database_refuses("nobody approves their own"):
        decide(submitted, rep)


def test_nobody_decides_their_own_for_somebody_else(
    submitted: CreditNote, rep: User, manager: User
) -> None:
    with database_refuses("nobody approves their own"):
        decide(submitted, rep, on_behalf_of=manager)


def test_nobody_lets_somebody_else_decide_their_own(
    submitted: CreditNote, rep: User, colleague: User
) -> None:
    submitted.steps.get().assignments.create(user=rep)
    with database_refuses("nobody approves their own"):
        decide(submitted, colleague, on_behalf_of=rep)


def test_whoever_edited_does_not_decide(
    invoice: Invoice, rep: User, colleague: User, manager: User
) -> None:
    note = factories.submitted_note(invoice, rep)
    Participant.objects.create(note=note, user=manager)
    with database_refuses("nobody approves their own"):
        decide(note, manager)
    with database_refuses("nobody approves their own"):
        decide(note, colleague, on_behalf_of=manager)


def test_somebody_elses_step(submitted: CreditNote, other_manager: User) -> None:
    with database_refuses("somebody else's step"):
        decide(submitted, other_manager)


def test_a_step_of_another_note(submitted: CreditNote, invoice: Invoice, manager: User) -> None:
    other = factories.submitted_note(invoice, submitted.created_by)
    with database_refuses("step of another credit note"):
        decide(submitted, manager, step=other.steps.get())


def test_a_decision_on_other_content(submitted: CreditNote, manager: User) -> None:
    with database_refuses("not what was submitted"):
        decide(submitted, manager, content_hash="0" * 64)


def test_beyond_the_limit(submitted: CreditNote, manager: User) -> None:
    with database_refuses("beyond the limit"):
        decide(submitted, manager, limit=submitted.total - Decimal("0.01"))


def test_only_the_final_step_approves(large_invoice: Invoice, rep: User, manager: User) -> None:
    note = factories.submitted_note(large_invoice, rep, claim(large_invoice, quantity="50"))
    with database_refuses("only the final step"):
        decide(note, manager)


def test_no_step_is_decided_before_its_turn(
    large_invoice: Invoice, rep: User, finance: User
) -> None:
    note = factories.submitted_note(large_invoice, rep, claim(large_invoice, quantity="50"))
    with database_refuses("not its turn"):
        decide(note, finance, step=note.steps.get(is_final=True))


def test_the_policy_does_not_decide_a_persons_step(submitted: CreditNote) -> None:
    with database_refuses("a person decides, or the policy does"):
        decide(submitted, None)


def test_the_policy_decides_within_its_own_limit(submitted: CreditNote, policy: Policy) -> None:
    step = submitted.steps.create(
        submission=1,
        position=2,
        policy=policy,
        role="policy",
        is_final=True,
        status=Step.Status.DONE,
        hours=0,
        amount_counted=submitted.total,
    )
    with database_refuses("beyond the auto-approval limit"):
        decide(submitted, None, step=step)


def test_a_step_is_decided_once(submitted: CreditNote, manager: User) -> None:
    decide(submitted, manager, verdict=Decision.Verdict.RETURN)
    with database_refuses("duplicate key"):
        decide(submitted, manager)


def test_nothing_is_decided_that_is_not_submitted(approved: CreditNote, manager: User) -> None:
    with database_refuses("nothing to decide"):
        decide(approved, manager, step=approved.steps.get(status=Step.Status.DONE))


def test_a_decision_of_an_earlier_submission_approves_nothing(
    invoice: Invoice, rep: User, manager: User
) -> None:
    note = returned(invoice, rep)
    changed = Content(reason=note.reason, claims=[claim(invoice, quantity="2")])
    note = creditnotes.edit(note, changed, actor=rep, moment=MOMENT)
    note = approvals.submit(note, actor=rep, moment=MOMENT)
    assert note.submissions == 2
    with database_refuses("nothing to decide"):
        decide(note, manager, step=note.steps.get(submission=1))


# Issuing ----------------------------------------------------------------------


def test_issued_without_its_document(approved: CreditNote) -> None:
    with database_refuses("issued without its document"):
        CreditNote.objects.filter(pk=approved.pk).update(state=State.ISSUED, hold=Hold.ISSUED)


def test_issued_stays_issued(issued: CreditNote) -> None:
    with database_refuses("credit_note_hold_fits_state"):
        CreditNote.objects.filter(pk=issued.pk).update(hold=Hold.NONE)


def test_a_company_is_that_of_its_customer(
    foreign_company: Company, customer: Customer, rep: User
) -> None:
    with database_refuses("another company"):
        CreditNote.objects.create(
            company=foreign_company, customer=customer, created_by=rep, currency="CAD"
        )

"""Submit and recall: exact amounts are fixed and reserved, and the right people are asked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from approvals import services
from approvals.models import ApprovalLimit, OfferTerms, Policy, Role, Step
from creditnotes import services as creditnotes
from creditnotes.content import Content, hash_of
from creditnotes.models import CreditableLine, CreditNote, Event, Hold, Reason, State
from customers.errors import Incomplete, NotAllowed, OverCredit, Refusal, StaleContent, WrongState
from customers.models import Invoice, User
from customers.taxdata import load_time_limits
from customers.taxes import Levy
from tests import factories
from tests.factories import MOMENT, claim
from tests.refusing import database_refuses

pytestmark = pytest.mark.usefixtures("policy")

LATER = MOMENT + timedelta(hours=1)


def asked(note: CreditNote) -> list[tuple[str, bool, list[User]]]:
    return [
        (step.role, step.is_final, [each.user for each in step.assignments.order_by("pk")])
        for step in note.steps.filter(submission=note.submissions)
    ]


def test_within_the_managers_limit_the_manager_decides(
    invoice: Invoice, rep: User, manager: User
) -> None:
    note = factories.submitted_note(invoice, rep)
    assert (note.state, note.hold, note.submissions) == (State.SUBMITTED, Hold.RESERVED, 1)
    assert asked(note) == [(Role.DEPARTMENT_MANAGER, True, [manager])]
    step = note.steps.get()
    assert (step.status, step.opened_at) == (Step.Status.OPEN, MOMENT)
    # 24 business hours from Tuesday 11:00: six, nine and nine, so Thursday when they close.
    assert step.due_at == datetime(2026, 3, 12, 21, 0, tzinfo=UTC)
    assert step.amount_counted == note.total
    assert note.events.latest("pk").kind == Event.Kind.SUBMITTED


def test_above_it_the_manager_endorses_and_finance_approves(
    large_invoice: Invoice, rep: User, manager: User, finance: User
) -> None:
    note = factories.submitted_note(large_invoice, rep, claim(large_invoice, quantity="50"))
    assert asked(note) == [
        (Role.DEPARTMENT_MANAGER, False, [manager]),
        (Role.FINANCE, True, [finance]),
    ]
    assert [step.status for step in note.steps.all()] == [Step.Status.OPEN, Step.Status.WAITING]


def test_the_limit_is_with_tax(large_invoice: Invoice, rep: User, policy: Policy) -> None:
    """19 × 45.50 is 864.50; with HST 976.89, above a limit of 976.88."""
    limit = ApprovalLimit.objects.get(role=Role.DEPARTMENT_MANAGER)
    for amount, steps in [("976.88", 2), ("976.89", 1)]:
        limit.amount = Decimal(amount)
        limit.save()
        note = factories.submitted_note(large_invoice, rep, claim(large_invoice, quantity="19"))
        assert note.total == Decimal("976.89")
        assert note.steps.count() == steps
        services.withdraw(note, actor=rep, moment=MOMENT)


def test_it_reserves_and_fixes_the_content(invoice: Invoice, rep: User) -> None:
    note = factories.submitted_note(invoice, rep, claim(invoice, quantity="4"))
    counter = CreditableLine.objects.get(credit_lines__note=note)
    assert counter.reserved_quantity == Decimal(4)
    assert note.content_hash == hash_of(note)


def test_amounts_are_those_of_now_not_of_when_it_was_drafted(
    invoice: Invoice, rep: User, colleague: User
) -> None:
    """Ten per cent of what is left, half of which somebody else has taken meanwhile."""
    draft = factories.draft_note(
        invoice, rep, claim(invoice, quantity=None, basis="percent", percent=Decimal(10))
    )
    assert draft.net == Decimal("33.33")
    factories.submitted_note(invoice, colleague, claim(invoice, quantity="5"))
    note = services.submit(draft, actor=rep, moment=LATER)
    assert note.net == Decimal("16.67")
    assert note.content_hash == hash_of(note)


def test_what_somebody_else_took_meanwhile_is_refused_and_nothing_changes(
    invoice: Invoice, rep: User, colleague: User
) -> None:
    draft = factories.draft_note(invoice, rep, claim(invoice, quantity="6"))
    factories.submitted_note(invoice, colleague, claim(invoice, quantity="5"))
    with pytest.raises(OverCredit, match="Only 5") as refusal:
        services.submit(draft, actor=rep, moment=LATER)
    assert (refusal.value.line, refusal.value.field) == (0, "quantity")
    draft.refresh_from_db()
    assert (draft.state, draft.lines.count(), draft.submissions) == (State.DRAFT, 1, 0)


def test_an_incomplete_note_says_what_is_missing(
    invoice: Invoice, rep: User, damaged: Reason
) -> None:
    note = creditnotes.start(invoice.customer, Content(), actor=rep, moment=MOMENT)
    for content, field in [
        (Content(claims=[claim(invoice)]), "reason"),
        (Content(reason=factories.reason(invoice.company)), "lines"),
        (Content(reason=damaged, claims=[claim(invoice)]), "photos"),
    ]:
        creditnotes.edit(note, content, actor=rep, moment=MOMENT)
        with pytest.raises(Incomplete) as refusal:
            services.submit(note, actor=rep, moment=LATER)
        assert refusal.value.field == field


def test_a_stale_page_submits_nothing(invoice: Invoice, rep: User, colleague: User) -> None:
    note = factories.draft_note(invoice, rep)
    creditnotes.edit(note, Content(), actor=colleague, moment=LATER)
    with pytest.raises(StaleContent):
        services.submit(note, actor=rep, moment=LATER, version=note.version)


def test_submitted_twice(invoice: Invoice, rep: User) -> None:
    note = factories.submitted_note(invoice, rep)
    with pytest.raises(WrongState, match="submitted"):
        services.submit(note, actor=rep, moment=LATER)
    assert note.steps.count() == 1


@pytest.mark.parametrize("who", ["other_rep", "finance", "contact", "foreign_rep"])
def test_who_may_not_submit(
    invoice: Invoice, rep: User, who: str, request: pytest.FixtureRequest
) -> None:
    note = factories.draft_note(invoice, rep)
    with pytest.raises(NotAllowed):
        services.submit(note, actor=request.getfixturevalue(who), moment=LATER)


def test_a_contacts_private_draft_is_not_submitted_for_them(
    invoice: Invoice, contact: User, rep: User
) -> None:
    note = factories.draft_note(invoice, contact)
    for person in (contact, rep):
        with pytest.raises(NotAllowed):
            services.submit(note, actor=person, moment=LATER)


def test_without_a_policy_it_is_refused_with_a_sentence(
    invoice: Invoice, rep: User, policy: Policy
) -> None:
    note = factories.draft_note(invoice, rep)
    Policy.objects.update(is_active=False)
    with pytest.raises(Refusal, match="policy"):
        services.submit(note, actor=rep, moment=LATER)


def test_beyond_everybodys_limit_it_is_refused_with_a_sentence(invoice: Invoice, rep: User) -> None:
    ApprovalLimit.objects.update(amount=Decimal(1))
    note = factories.draft_note(invoice, rep)
    with pytest.raises(Refusal, match=r"37\.66"):
        services.submit(note, actor=rep, moment=LATER)


# Who is asked -----------------------------------------------------------------


def test_a_managers_own_note_goes_to_finance(
    invoice: Invoice, manager: User, finance: User
) -> None:
    note = factories.submitted_note(invoice, manager)
    assert asked(note) == [(Role.FINANCE, True, [finance])]
    assert note.steps.get().why["skipped"] == [["department_manager", "took part"]]


def test_a_department_without_a_manager_goes_to_finance(
    invoice: Invoice, rep: User, finance: User
) -> None:
    department = invoice.customer.department
    department.manager = None
    department.save()
    assert asked(factories.submitted_note(invoice, rep)) == [(Role.FINANCE, True, [finance])]


def test_nobody_who_left_nor_another_companys_finance_is_asked(
    large_invoice: Invoice, rep: User, finance: User, foreign_finance: User
) -> None:
    gone = factories.person("Gina Gone", "Finance", large_invoice.company)
    gone.is_active = False
    gone.save()
    note = factories.submitted_note(large_invoice, rep, claim(large_invoice, quantity="50"))
    assert asked(note)[1][2] == [finance]


def test_a_persons_own_limit_wins_over_the_roles(
    invoice: Invoice, rep: User, manager: User
) -> None:
    ApprovalLimit.objects.create(company=invoice.company, user=manager, amount=Decimal(10))
    note = factories.submitted_note(invoice, rep)
    assert [step.is_final for step in note.steps.all()] == [False, True]


def test_a_change_of_policy_does_not_re_route_what_is_in_flight(
    invoice: Invoice, rep: User, manager: User, policy: Policy
) -> None:
    note = factories.submitted_note(invoice, rep)
    before = asked(note)
    with database_refuses("notes were routed by it"):
        policy.steps.all().delete()
    Policy.objects.update(is_active=False)
    assert asked(note) == before
    assert services.approve(note, actor=manager, moment=LATER).state == State.APPROVED


# No splitting (rule 6) --------------------------------------------------------


def submitted_at(invoice: Invoice, rep: User, days: int, quantity: str = "10") -> CreditNote:
    """Ten trusses come to 514.15 with tax."""
    moment = MOMENT + timedelta(days=days)
    return factories.submitted_note(invoice, rep, claim(invoice, quantity=quantity), moment=moment)


def test_a_second_small_credit_on_an_invoice_counts_with_the_first(
    large_invoice: Invoice, rep: User
) -> None:
    submitted_at(large_invoice, rep, 0)
    second = submitted_at(large_invoice, rep, 29)
    assert second.steps.count() == 2
    assert {step.amount_counted for step in second.steps.all()} == {Decimal("1028.30")}


def test_thirty_days_after_it_was_issued_it_no_longer_counts(
    large_invoice: Invoice, rep: User
) -> None:
    factories.issued_note(large_invoice, rep, claim(large_invoice, quantity="10"))
    assert submitted_at(large_invoice, rep, 31).steps.get().amount_counted == Decimal("514.15")


def test_what_waits_for_long_counts_until_it_is_decided(large_invoice: Invoice, rep: User) -> None:
    submitted_at(large_invoice, rep, 0)
    assert submitted_at(large_invoice, rep, 31).steps.count() == 2


def test_what_was_issued_late_counts_from_that_day(
    large_invoice: Invoice, rep: User, manager: User
) -> None:
    first = submitted_at(large_invoice, rep, 0)
    then = MOMENT + timedelta(days=20)
    services.approve(first, actor=manager, moment=then)
    creditnotes.issue(first, actor=None, moment=then)
    assert submitted_at(large_invoice, rep, 45).steps.count() == 2


def test_issued_credits_count_too(large_invoice: Invoice, rep: User) -> None:
    factories.issued_note(large_invoice, rep, claim(large_invoice, quantity="10"))
    assert submitted_at(large_invoice, rep, 5).steps.count() == 2


def test_what_was_rejected_does_not_count(large_invoice: Invoice, rep: User, manager: User) -> None:
    services.reject(submitted_at(large_invoice, rep, 0), actor=manager, moment=LATER)
    assert submitted_at(large_invoice, rep, 5).steps.count() == 1


def test_another_invoice_does_not_count(
    large_invoice: Invoice, invoice: Invoice, rep: User
) -> None:
    submitted_at(large_invoice, rep, 0)
    assert factories.submitted_note(invoice, rep).steps.get().amount_counted == Decimal("37.66")


# The offer --------------------------------------------------------------------


def test_the_offer_is_recorded_for_comparison(invoice: Invoice, rep: User) -> None:
    """Ten per cent of the claimed lines as they were: 333.30 and 30.00."""
    note = factories.submitted_note(invoice, rep, claim(invoice, 1, "5"), claim(invoice, 2))
    assert (note.offer_percent, note.offer_net) == (Decimal(10), Decimal("36.33"))


def test_a_reason_may_have_terms_of_its_own(invoice: Invoice, rep: User, reason: Reason) -> None:
    OfferTerms.objects.create(company=invoice.company, reason=reason, percent=Decimal(25))
    assert factories.submitted_note(invoice, rep).offer_percent == Decimal(25)


def test_without_terms_nothing_is_offered(invoice: Invoice, rep: User) -> None:
    OfferTerms.objects.all().delete()
    note = factories.submitted_note(invoice, rep)
    assert note.offer_percent is note.offer_net is None


# Automatic approval -----------------------------------------------------------


@pytest.fixture
def generous(policy: Policy) -> Policy:
    policy.auto_approval_limit = Decimal("100.00")
    policy.save()
    return policy


def test_by_default_a_person_decides_on_all(invoice: Invoice, rep: User, policy: Policy) -> None:
    assert policy.auto_approval_limit == 0
    assert factories.submitted_note(invoice, rep).state == State.SUBMITTED


def test_within_the_limit_the_policy_approves_on_the_record(
    invoice: Invoice, rep: User, generous: Policy
) -> None:
    note = factories.submitted_note(invoice, rep, claim(invoice, quantity="2"))
    assert (note.state, note.hold) == (State.APPROVED, Hold.RESERVED)
    decision = note.decisions.get()
    assert (decision.actor, decision.limit) == (None, generous.auto_approval_limit)
    assert note.steps.get().role == Role.POLICY
    kinds = list(note.events.values_list("kind", "actor"))
    assert kinds[-2:] == [(Event.Kind.SUBMITTED, rep.pk), (Event.Kind.APPROVED, None)]


def test_above_the_limit_a_person_decides(invoice: Invoice, rep: User, generous: Policy) -> None:
    note = factories.submitted_note(invoice, rep, claim(invoice, quantity="3"))
    assert note.state == State.SUBMITTED


def test_small_ones_do_not_add_up_to_a_large_one(
    invoice: Invoice, rep: User, generous: Policy
) -> None:
    factories.submitted_note(invoice, rep, claim(invoice, quantity="2"))
    assert factories.submitted_note(invoice, rep, claim(invoice)).state == State.SUBMITTED


# Recall -----------------------------------------------------------------------


def test_the_rep_takes_it_back_before_anybody_decided(invoice: Invoice, rep: User) -> None:
    note = services.recall(factories.submitted_note(invoice, rep), actor=rep, moment=LATER)
    assert (note.state, note.hold) == (State.DRAFT, Hold.NONE)
    assert note.steps.get().status == Step.Status.DROPPED
    assert CreditableLine.objects.get(credit_lines__note=note).reserved_net == 0
    assert note.events.latest("pk").kind == Event.Kind.RECALLED


def test_a_recalled_note_is_submitted_again(invoice: Invoice, rep: User) -> None:
    note = services.recall(factories.submitted_note(invoice, rep), actor=rep, moment=LATER)
    note = services.submit(note, actor=rep, moment=LATER)
    assert note.submissions == 2
    assert [step.status for step in note.steps.all()] == [Step.Status.DROPPED, Step.Status.OPEN]


def test_after_a_decision_it_is_not_recalled(
    large_invoice: Invoice, rep: User, manager: User
) -> None:
    note = factories.submitted_note(large_invoice, rep, claim(large_invoice, quantity="50"))
    services.endorse(note, actor=manager, moment=LATER)
    with pytest.raises(WrongState, match="decided"):
        services.recall(note, actor=rep, moment=LATER)
    assert note.steps.filter(status=Step.Status.OPEN).exists()


def test_recalled_twice(invoice: Invoice, rep: User) -> None:
    note = services.recall(factories.submitted_note(invoice, rep), actor=rep, moment=LATER)
    with pytest.raises(WrongState):
        services.recall(note, actor=rep, moment=LATER)


@pytest.mark.parametrize("who", ["colleague", "manager", "finance", "contact"])
def test_others_do_not_recall_it(
    invoice: Invoice, rep: User, who: str, request: pytest.FixtureRequest
) -> None:
    note = factories.submitted_note(invoice, rep)
    with pytest.raises(NotAllowed):
        services.recall(note, actor=request.getfixturevalue(who), moment=LATER)


def test_the_contact_who_asked_does_not_recall_what_the_rep_submitted(
    invoice: Invoice, rep: User, contact: User
) -> None:
    note = factories.draft_note(invoice, contact)
    creditnotes.request(note, actor=contact, moment=MOMENT)
    creditnotes.pick_up(note, actor=rep, moment=MOMENT)
    services.submit(note, actor=rep, moment=MOMENT)
    with pytest.raises(NotAllowed):
        services.recall(note, actor=contact, moment=LATER)


# Tax that comes too late ------------------------------------------------------


def bc_invoice(of: Invoice) -> Invoice:
    levies = [Levy("gst", "BC", Decimal(5)), Levy("pst", "BC", Decimal(7))]
    return factories.invoice(of.customer, "INV-BC", levies=levies, province="BC")


DAY_180, DAY_181 = MOMENT + timedelta(days=180), MOMENT + timedelta(days=181)


def test_finance_decides_when_a_tax_time_limit_has_passed(
    invoice: Invoice, rep: User, manager: User, finance: User
) -> None:
    """BC's PST may be given back for 180 days; the manager's limit would cover the amount."""
    load_time_limits()
    bc = bc_invoice(invoice)
    in_time = factories.submitted_note(bc, rep, moment=DAY_180)
    assert asked(in_time) == [(Role.DEPARTMENT_MANAGER, True, [manager])]
    late = factories.submitted_note(bc, rep, moment=DAY_181)
    assert asked(late) == [
        (Role.DEPARTMENT_MANAGER, False, [manager]),
        (Role.FINANCE, True, [finance]),
    ]
    because = [step.why["because"] for step in late.steps.all()]
    assert because == ["tax time limit passed", "limit covers"]
    (limit,) = late.steps.first().why["time_limits"]  # type: ignore[union-attr]
    assert (limit["tax"], limit["invoice"]) == ("PST BC", "INV-BC")


def test_a_late_tax_never_passes_by_itself(invoice: Invoice, rep: User, policy: Policy) -> None:
    load_time_limits()
    policy.auto_approval_limit = Decimal(1000)
    policy.save()
    bc = bc_invoice(invoice)
    assert factories.submitted_note(bc, rep, moment=DAY_180).state == State.APPROVED
    assert factories.submitted_note(bc, rep, moment=DAY_181).state == State.SUBMITTED


def test_a_policy_without_finance_is_given_it_for_a_late_tax(
    invoice: Invoice, rep: User, policy: Policy
) -> None:
    load_time_limits()
    policy.steps.filter(role=Role.FINANCE).delete()
    late = factories.submitted_note(bc_invoice(invoice), rep, moment=DAY_181)
    assert [role for role, _, _ in asked(late)] == [Role.DEPARTMENT_MANAGER, Role.FINANCE]

"""Policies in order, by condition and day: the right one is taken, and why is kept."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from approvals import services
from approvals.conditions import Facts
from approvals.emails import who_decide
from approvals.models import ApprovalLimit, Policy, PolicyStep, Pool, Role, Routing, Step
from creditnotes import services as creditnotes
from creditnotes.models import CreditNote, Reason, State
from customers.errors import NotAllowed, WrongState
from customers.models import Customer, Invoice, Tier, User
from tests import factories
from tests.factories import MOMENT, claim
from tests.refusing import database_refuses

pytestmark = pytest.mark.usefixtures("policy")

LATER = MOMENT + timedelta(hours=1)


def add(
    policy: Policy,
    name: str,
    *conditions: dict[str, Any],
    steps: list[dict[str, Any]] | None = None,
    **fields: Any,
) -> Policy:
    """A policy before the standard one, which asks finance unless told otherwise."""
    position = fields.pop("position", 10)
    made = Policy.objects.create(
        company=policy.company, name=name, position=position, conditions=conditions, **fields
    )
    for at, step in enumerate(steps or [{"role": Role.FINANCE}], start=1):
        PolicyStep.objects.create(policy=made, **({"position": at} | step))
    return made


def taken(note: CreditNote) -> str:
    return note.routings.get(submission=note.submissions).policy.name


def facts(note: CreditNote) -> Facts:
    return Facts.from_record(note.routings.get(submission=note.submissions).facts)


def asked(note: CreditNote) -> list[tuple[int, bool, list[User]]]:
    return [
        (step.position, step.is_final, [each.user for each in step.assignments.order_by("user")])
        for step in note.steps.filter(submission=note.submissions)
    ]


def test_the_first_in_order_whose_conditions_hold(
    invoice: Invoice, quebec_invoice: Invoice, rep: User, other_rep: User, policy: Policy
) -> None:
    add(policy, "Large", {"fact": "amount", "from": "5000"}, position=5)
    add(policy, "Québec", {"fact": "province", "among": ["QC"]}, position=7)
    add(policy, "Also Québec", {"fact": "province", "among": ["QC"]}, position=8)
    assert taken(factories.submitted_note(invoice, rep)) == "Standard"
    note = factories.submitted_note(quebec_invoice, other_rep)
    assert taken(note) == "Québec"
    large, quebec = note.routings.get().considered
    assert (large["name"], large["holds"]) == ("Large", False)
    assert large["checks"][0] == {
        "fact": "amount",
        "from": "5000",
        "value": str(note.total),
        "holds": False,
    }
    assert (quebec["name"], quebec["holds"]) == ("Québec", True)
    assert {step.policy.name for step in note.steps.all()} == {"Québec"}


@pytest.mark.parametrize(
    ("valid", "name"),
    [
        ({"valid_from": date(2026, 3, 10), "valid_to": date(2026, 3, 10)}, "Spring"),
        ({"valid_from": date(2026, 3, 11)}, "Standard"),
        ({"valid_to": date(2026, 3, 9)}, "Standard"),
        ({"is_active": False}, "Standard"),
    ],
)
def test_only_while_it_is_valid(
    valid: dict[str, Any], name: str, invoice: Invoice, rep: User, policy: Policy
) -> None:
    add(policy, "Spring", **valid)
    assert taken(factories.submitted_note(invoice, rep)) == name


def test_the_facts_are_those_of_the_submission(
    invoice: Invoice, rep: User, reason: Reason, customer: Customer
) -> None:
    customer.tier = Tier.KEY
    customer.credit_limit = Decimal(100)
    customer.save()
    note = factories.submitted_note(invoice, rep, claim(invoice, quantity="5"), reason=reason)
    known = facts(note)
    assert known.amount == note.total
    assert known.percent == Decimal("40.82")  # 166.65 of 408.30
    assert known.age == Decimal(0)
    assert known.reason == {str(reason.pk)}
    assert known.tier == {"key"}
    assert known.province == {"ON"}
    assert known.department == {str(customer.department_id)}
    assert known.basis == {"quantity"}
    assert known.origin == {"rep"}
    assert known.offer == {"above"}
    assert (known.over_limit, known.past_due, known.doubled) == (True, False, False)
    assert known.loses is None, "no cost is known"
    assert (known.credits, known.credit_count) == (Decimal(0), Decimal(0))


def test_what_the_customer_was_credited_within_90_days_counts(
    invoice: Invoice, rep: User, policy: Policy
) -> None:
    add(policy, "Often", {"fact": "credit_count", "from": "1"})
    first = factories.submitted_note(invoice, rep)
    assert taken(first) == "Standard"
    second = factories.submitted_note(
        invoice, rep, claim(invoice, 2), moment=MOMENT + timedelta(days=89)
    )
    assert taken(second) == "Often"
    assert facts(second).credits == first.total
    third = factories.submitted_note(
        invoice, rep, claim(invoice, 2), moment=MOMENT + timedelta(days=181)
    )
    assert facts(third).credit_count == Decimal(0)


def test_a_possible_duplicate_credits_a_line_that_another_note_credits(
    invoice: Invoice, rep: User, policy: Policy
) -> None:
    add(policy, "Twice?", {"fact": "doubled", "is": True})
    first = factories.submitted_note(invoice, rep)
    assert taken(factories.submitted_note(invoice, rep)) == "Twice?"
    assert taken(factories.submitted_note(invoice, rep, claim(invoice, 2))) == "Standard"
    services.withdraw(first, actor=rep, moment=LATER)


def test_a_customers_own_request_is_of_the_portal(
    invoice: Invoice, rep: User, contact: User, policy: Policy
) -> None:
    add(policy, "Portal", {"fact": "origin", "among": ["portal"]})
    note = factories.draft_note(invoice, contact)
    creditnotes.request(note, actor=contact, moment=MOMENT)
    creditnotes.pick_up(note, actor=rep, moment=MOMENT)
    assert taken(services.submit(note, actor=rep, moment=MOMENT)) == "Portal"


def test_each_policy_has_its_own_auto_approval_limit(
    invoice: Invoice, quebec_invoice: Invoice, rep: User, other_rep: User, policy: Policy
) -> None:
    add(
        policy,
        "Small in Québec",
        {"fact": "province", "among": ["QC"]},
        {"fact": "offer", "among": ["within"]},
        auto_approval_limit=50,
    )
    small = claim(quebec_invoice, quantity=None, basis="percent", percent=Decimal(10))
    passed = factories.submitted_note(quebec_invoice, other_rep, small)
    assert passed.state == State.APPROVED
    assert passed.routings.get().chain == {"automatic": "50.00"}
    assert factories.submitted_note(invoice, rep).state == State.SUBMITTED


def test_a_note_in_flight_keeps_its_version(invoice: Invoice, rep: User, policy: Policy) -> None:
    """Rule 9: the edit counts from the next submission on."""
    note = factories.submitted_note(invoice, rep)
    policy.is_active = False
    policy.save()
    Policy.objects.create(company=policy.company, name="Standard", version=2).steps.create(
        position=1, role=Role.FINANCE
    )
    assert [step.policy.version for step in note.steps.all()] == [1]
    services.recall(note, actor=rep, moment=LATER)
    again = services.submit(note, actor=rep, moment=LATER)
    assert [each.policy.version for each in again.routings.order_by("pk")] == [1, 2]


def test_why_it_was_routed_is_never_rewritten(invoice: Invoice, rep: User, policy: Policy) -> None:
    note = factories.submitted_note(invoice, rep)
    with database_refuses("history is immutable|permission denied"):
        Routing.objects.filter(note=note).update(facts={})
    with database_refuses("history is immutable"):
        policy.conditions = [{"fact": "doubled", "is": True}]
        policy.save()


# Whom the steps ask -------------------------------------------------------------------


def test_a_named_person_the_account_manager_and_a_pool(
    invoice: Invoice,
    rep: User,
    colleague: User,
    manager: User,
    other_manager: User,
    finance: User,
    customer: Customer,
    policy: Policy,
) -> None:
    customer.account_manager = colleague
    customer.save()
    pool = Pool.objects.create(company=policy.company, name="Claims")
    pool.members.set([manager, other_manager])
    add(
        policy,
        "Everybody",
        steps=[
            {"role": Role.ACCOUNT_MANAGER, "is_required": True, "hours": 4},
            {"role": Role.POOL, "pool": pool, "position": 1, "needs_all": True},
            {"role": Role.PERSON, "person": finance, "position": 2},
        ],
    )
    ApprovalLimit.objects.create(company=policy.company, user=finance, amount=500)
    note = factories.submitted_note(invoice, rep)
    assert asked(note) == [
        (1, False, [colleague]),
        (1, False, [manager]),
        (1, False, [other_manager]),
        (2, True, [finance]),
    ]
    statuses = [step.status for step in note.steps.all()]
    assert statuses == [Step.Status.OPEN] * 3 + [Step.Status.WAITING]
    people = [colleague, manager, other_manager]
    for person in people:
        assert Step.objects.decidable_by(person).filter(note=note).count() == 1
    pool.members.remove(other_manager)
    with pytest.raises(NotAllowed, match="no longer"):
        services.endorse(note, actor=other_manager, moment=LATER)
    pool.members.add(other_manager)
    for person in people:
        with pytest.raises(NotAllowed):
            services.approve(note, actor=finance, moment=LATER)
        services.endorse(note, actor=person, moment=LATER)
    with pytest.raises((NotAllowed, WrongState)):
        services.endorse(note, actor=manager, moment=LATER)
    assert set(who_decide(note.steps.get(status=Step.Status.OPEN))) == {finance}
    note = services.approve(note, actor=finance, moment=LATER)
    assert note.state == State.APPROVED


def test_of_those_asked_at_once_one_who_refuses_refuses_for_all(
    invoice: Invoice, rep: User, manager: User, finance: User, policy: Policy
) -> None:
    add(
        policy,
        "Two at once",
        steps=[
            {"role": Role.DEPARTMENT_MANAGER, "is_required": True},
            {"role": Role.FINANCE, "position": 1},
        ],
    )
    note = factories.submitted_note(invoice, rep)
    note = services.reject(note, actor=manager, moment=LATER, comment="No.")
    assert note.state == State.REJECTED
    assert not note.steps.filter(status__in=[Step.Status.OPEN, Step.Status.WAITING]).exists()


def test_beyond_every_limit_it_goes_up_the_line(
    large_invoice: Invoice, rep: User, manager: User, other_manager: User, policy: Policy
) -> None:
    policy.steps.filter(role=Role.FINANCE).delete()
    manager.reports_to = other_manager
    manager.save()
    ApprovalLimit.objects.create(company=policy.company, user=other_manager, amount=10_000)
    note = factories.submitted_note(large_invoice, rep, claim(large_invoice, quantity="50"))
    assert asked(note) == [(1, False, [manager]), (2, True, [other_manager])]
    services.endorse(note, actor=manager, moment=LATER)
    note = services.approve(note, actor=other_manager, moment=LATER)
    assert note.state == State.APPROVED
    step = note.routings.get().chain["steps"][-1]
    assert (step["role"], step["why"]) == (Role.MANAGEMENT, "up the line")
    assert step["people"] == [
        {
            "id": other_manager.pk,
            "name": "Oscar Othermanager",
            "endorses": False,
            "limit": "10000.00",
        }
    ]


def test_the_line_of_management_is_no_circle(manager: User, finance: User, rep: User) -> None:
    rep.reports_to = manager
    rep.save()
    manager.reports_to = finance
    manager.save()
    finance.reports_to = rep
    with pytest.raises(DatabaseError, match="circle"), transaction.atomic():
        finance.save()
    rep.reports_to = rep
    with pytest.raises(DatabaseError, match="circle"), transaction.atomic():
        rep.save()


def test_who_reports_to_another_companys_people(manager: User, foreign_manager: User) -> None:
    manager.reports_to = foreign_manager
    with pytest.raises(DatabaseError, match="another company"), transaction.atomic():
        manager.save()


def test_statements_do_not_grow_with_the_policies(
    invoice: Invoice, rep: User, policy: Policy
) -> None:
    def statements() -> int:
        note = factories.draft_note(invoice, rep)
        with CaptureQueriesContext(connection) as captured:
            services.submit(note, actor=rep, moment=MOMENT)
        services.withdraw(note, actor=rep, moment=MOMENT)
        return len(captured)

    before = statements()
    for number in range(12):
        add(policy, f"Policy {number}", {"fact": "amount", "from": "100000"}, position=number)
    assert statements() == before <= 41

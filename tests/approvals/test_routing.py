"""Routing is pure: one outcome, never a barred person, never beyond a limit."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.offers import offer
from approvals.routing import Approver, NobodyCan, Plan, Stage, plan
from customers.money import CENT

D = Decimal

people = st.integers(1, 8)
limits = st.none() | st.decimals(0, 5000, places=2)
stages = st.lists(
    st.builds(
        Stage,
        role=st.sampled_from(["department_manager", "finance"]),
        hours=st.integers(1, 72),
        approvers=st.lists(st.builds(Approver, people, limits), max_size=4),
    ),
    max_size=4,
)
amounts = st.decimals(0, 6000, places=2)


def planned(amount: Decimal, chain: list[Stage], barred: set[int]) -> Plan | None:
    try:
        return plan(amount, chain, barred)
    except NobodyCan:
        return None


@given(amounts, stages, st.sets(people))
def test_one_outcome_never_a_barred_person_never_beyond_a_limit(
    amount: Decimal, chain: list[Stage], barred: set[int]
) -> None:
    outcome = planned(amount, chain, barred)
    if outcome is None:
        return
    assert outcome == planned(amount, chain, barred), "the same question, the same answer"
    *endorsing, final = outcome.steps
    assert final.is_final
    assert not any(step.is_final for step in endorsing)
    for step in outcome.steps:
        assert step.user_ids, "no step without people"
        assert not barred & set(step.user_ids)
    assert set(final.user_ids) == covering(amount, chain, barred)


def covering(amount: Decimal, chain: list[Stage], barred: set[int]) -> set[int]:
    """Who may approve, said another way: at the first stage at which anybody's limit reaches."""
    by_stage = [
        {who.user_id for who in stage.approvers if who.covers(amount)} - barred for stage in chain
    ]
    return next(able for able in by_stage if able)


@given(amounts, stages, st.sets(people))
def test_refused_only_where_nobody_left_covers_the_amount(
    amount: Decimal, chain: list[Stage], barred: set[int]
) -> None:
    can = any(
        person.covers(amount) and person.user_id not in barred
        for stage in chain
        for person in stage.approvers
    )
    assert (planned(amount, chain, barred) is not None) == can


@given(amounts, amounts, stages, st.sets(people))
def test_a_larger_amount_never_needs_fewer_steps(
    one: Decimal, two: Decimal, chain: list[Stage], barred: set[int]
) -> None:
    smaller, larger = planned(min(one, two), chain, barred), planned(max(one, two), chain, barred)
    if larger is not None:
        assert smaller is not None
        assert len(smaller.steps) <= len(larger.steps)


MANAGER, FINANCE = 1, 2
CHAIN = [
    Stage("department_manager", 24, [Approver(MANAGER, D(1000))]),
    Stage("finance", 24, [Approver(FINANCE, None)]),
]


@pytest.mark.parametrize(
    ("amount", "steps"),
    [
        ("0.00", [(MANAGER, True)]),
        ("1000.00", [(MANAGER, True)]),
        ("1000.01", [(MANAGER, False), (FINANCE, True)]),
    ],
)
def test_the_default_policy(amount: str, steps: list[tuple[int, bool]]) -> None:
    outcome = plan(D(amount), CHAIN, set())
    assert [(step.user_ids[0], step.is_final) for step in outcome.steps] == steps


def test_who_took_part_is_left_out_and_the_plan_says_so() -> None:
    outcome = plan(D(5), CHAIN, {MANAGER})
    assert [step.user_ids for step in outcome.steps] == [[FINANCE]]
    assert outcome.skipped == [("department_manager", "took part")]


def test_a_role_that_nobody_has_is_left_out_and_the_plan_says_so() -> None:
    outcome = plan(D(5), [Stage("department_manager", 24, []), CHAIN[1]], set())
    assert outcome.skipped == [("department_manager", "nobody in this role")]


def test_among_several_only_those_whose_limit_covers_decide() -> None:
    stage = Stage("finance", 24, [Approver(3, D(10)), Approver(4, D(100)), Approver(5, None)])
    assert plan(D(50), [stage], set()).steps[0].user_ids == [4, 5]


def test_nobody() -> None:
    with pytest.raises(NobodyCan):
        plan(D(5000), CHAIN[:1], set())


@given(st.decimals("0.01", 100, places=2), st.lists(st.decimals(0, 10**6, places=2), max_size=20))
def test_the_offer_is_a_share_of_each_line_to_the_cent(
    percent: Decimal, nets: list[Decimal]
) -> None:
    made = offer(percent, nets)
    exact = sum((net * percent / 100 for net in nets), D(0))
    assert abs(made.net - exact) <= CENT / 2 * len(nets)
    assert 0 <= made.net <= sum(nets, D(0))


@given(amounts, stages, st.sets(people))
def test_where_only_finance_may_decide_nobody_else_does(
    amount: Decimal, chain: list[Stage], barred: set[int]
) -> None:
    try:
        outcome = plan(amount, chain, barred, "finance")
    except NobodyCan:
        return
    assert outcome.steps[-1].role == "finance"
    assert all(not step.is_final for step in outcome.steps[:-1])

"""Routing is pure: one outcome, never a barred person, never beyond a limit."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.offers import offer
from approvals.routing import (
    UP_THE_LINE,
    Approver,
    NobodyCan,
    Plan,
    Stage,
    Superior,
    plan,
)
from customers.money import CENT

D = Decimal

people = st.integers(1, 8)
limits = st.none() | st.decimals(0, 5000, places=2)
stages = st.lists(
    st.builds(
        Stage,
        role=st.sampled_from(["department_manager", "finance"]),
        hours=st.integers(1, 72),
        approvers=st.lists(
            st.builds(Approver, people, limits),
            max_size=4,
            unique_by=lambda person: person.user_id,
        ),
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
    endorsing_too = {user_id for step in endorsing for user_id in step.user_ids}
    assert set(final.user_ids) == covering(amount, chain, barred) - endorsing_too


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


# Steps asked at once, in any case, all of them, and up the line -----------------------

superiors = st.dictionaries(
    people, st.builds(Superior, st.builds(Approver, people, limits, st.booleans()), st.booleans())
)
any_stages = st.lists(
    st.builds(
        Stage,
        role=st.sampled_from(["department_manager", "finance", "pool"]),
        hours=st.integers(1, 72),
        approvers=st.lists(
            st.builds(Approver, people, limits, st.booleans()),
            max_size=4,
            unique_by=lambda person: person.user_id,
        ),
        alongside=st.booleans(),
        needs_all=st.booleans(),
        is_required=st.booleans(),
    ),
    max_size=5,
)


@given(amounts, any_stages, st.sets(people), st.sampled_from(["", "finance"]), superiors)
def test_whatever_the_policy_one_outcome_never_ones_own_never_beyond_a_limit(
    amount: Decimal,
    chain: list[Stage],
    barred: set[int],
    decides: str,
    above: dict[int, Superior],
) -> None:
    try:
        outcome = plan(amount, chain, barred, decides, above)
    except NobodyCan:
        assert not somebody_could(amount, chain, barred, decides, above)
        return
    assert outcome == plan(amount, chain, barred, decides, above)
    *endorsing, final = outcome.steps
    assert final.is_final
    assert not any(step.is_final for step in endorsing)
    assert all(step.position < final.position for step in endorsing), "the last step stands alone"
    assert {step.position for step in outcome.steps} == set(range(1, final.position + 1))
    for step in outcome.steps:
        assert step.user_ids
        assert not barred & set(step.user_ids)
    everybody = [user_id for step in outcome.steps for user_id in step.user_ids]
    assert len(everybody) == len(set(everybody)), "nobody is asked twice"
    known = [(stage.role, person) for stage in chain for person in stage.approvers]
    known += [(UP_THE_LINE, superior.approver) for superior in above.values()]
    for user_id in final.user_ids:
        assert any(
            role == final.role and person.user_id == user_id and person.covers(amount)
            for role, person in known
        )
    if decides:
        assert final.role == decides
    assert set(outcome.skipped) <= {
        (stage.role, why)
        for stage in chain
        for why in ("took part", "asked in another step", "nobody in this role")
    }
    left_out = [role for role, _why in outcome.skipped]
    asked = {step.role for step in outcome.steps}
    if final.role == UP_THE_LINE:
        assert {stage.role for stage in chain} <= {*asked, *left_out}, "each is explained"


def somebody_could(
    amount: Decimal, chain: list[Stage], barred: set[int], decides: str, above: dict[int, Superior]
) -> bool:
    """Whether anybody whom the chain asks may decide, or anybody above them."""
    people = [(stage.role, person) for stage in chain for person in stage.approvers]
    return any(
        (decides in ("", role) and person.covers(amount) and person.user_id not in barred)
        or (not decides and above_who_may(person.user_id, amount, barred, above))
        for role, person in people
    )


def above_who_may(
    person: int, amount: Decimal, barred: set[int], above: dict[int, Superior]
) -> set[int]:
    """Those above the person who may approve so much, and took no part."""
    seen, found = {person}, set[int]()
    while (superior := above.get(person)) and superior.approver.user_id not in seen:
        person = superior.approver.user_id
        seen.add(person)
        if superior.is_active and superior.approver.covers(amount) and person not in barred:
            found.add(person)
    return found


@given(amounts, st.booleans(), st.booleans(), st.booleans())
def test_the_only_one_for_both_steps_decides_once_and_the_plan_says_so(
    amount: Decimal, is_required: bool, needs_all: bool, alongside: bool
) -> None:
    """The manager is finance, too, and there is nobody else: no dead end, and no second yes."""
    both = Approver(MANAGER, None)
    chain = [
        Stage("department_manager", 24, [replace(both, limit=D(10))], needs_all=needs_all),
        Stage("finance", 24, [both], alongside=alongside, is_required=is_required),
    ]
    outcome = plan(amount, chain, set())
    (only,) = outcome.steps
    assert (list(only.user_ids), only.is_final) == ([MANAGER], True)
    left_out = [("department_manager", "asked in another step")]
    assert outcome.skipped == (left_out if only.role == "finance" else [])


@given(amounts, any_stages, st.sets(people))
def test_who_is_asked_in_any_case_is_asked(
    amount: Decimal, chain: list[Stage], barred: set[int]
) -> None:
    try:
        outcome = plan(amount, chain, barred)
    except NobodyCan:
        return
    asked = {user_id for step in outcome.steps for user_id in step.user_ids}
    for stage in chain:
        people_left = {person.user_id for person in stage.approvers} - barred
        if stage.is_required and people_left:
            assert people_left <= asked if stage.needs_all else people_left & asked


def stage(role: str, *approvers: Approver, **how: Any) -> Stage:
    return Stage(role, 24, approvers, **how)


def told(outcome: Plan) -> list[tuple[int, list[int], bool]]:
    return [(step.position, list(step.user_ids), step.is_final) for step in outcome.steps]


def test_asked_in_any_case_finance_endorses_or_decides_after_the_manager() -> None:
    finance = stage("finance", Approver(FINANCE, None), is_required=True)
    manager = stage("department_manager", Approver(MANAGER, D(1000)))
    assert told(plan(D(5), [manager, finance], set())) == [
        (1, [MANAGER], False),
        (2, [FINANCE], True),
    ]
    assert told(plan(D(5), [finance, manager], set())) == [(1, [FINANCE], True)]


def test_asked_at_once_those_without_the_last_word_endorse_together() -> None:
    one = stage("person", Approver(3, None, endorses=True))
    two = stage("pool", Approver(4, D(10)), alongside=True)
    three = stage("finance", Approver(FINANCE, None))
    assert told(plan(D(50), [one, two, three], set())) == [
        (1, [3], False),
        (1, [4], False),
        (2, [FINANCE], True),
    ]


def test_where_all_must_decide_the_one_with_the_highest_limit_comes_last() -> None:
    pool = stage("pool", Approver(3, D(100)), Approver(4, None), Approver(5, D(60)), needs_all=True)
    assert told(plan(D(50), [pool], set())) == [
        (1, [3], False),
        (1, [5], False),
        (2, [4], True),
    ]
    assert told(plan(D(50), [pool], {3, 5})) == [(1, [4], True)]


def test_beyond_every_limit_it_goes_up_the_line_to_the_first_who_may() -> None:
    above = {
        MANAGER: Superior(Approver(5, D(2000))),
        5: Superior(Approver(6, D(9000)), is_active=False),
        6: Superior(Approver(7, D(8000))),
    }
    outcome = plan(D(5000), CHAIN[:1], set(), superiors=above)
    assert told(outcome) == [(1, [MANAGER], False), (2, [7], True)]
    assert outcome.steps[-1].role == UP_THE_LINE
    assert outcome.steps[-1].why == "up the line"
    assert told(plan(D(1500), CHAIN[:1], {MANAGER}, superiors=above)) == [(1, [5], True)]
    with pytest.raises(NobodyCan):
        plan(D(5000), CHAIN[:1], {7}, superiors=above)


def test_a_circle_in_the_line_ends() -> None:
    circle = {MANAGER: Superior(Approver(5, D(1))), 5: Superior(Approver(MANAGER, D(1)))}
    with pytest.raises(NobodyCan):
        plan(D(5000), CHAIN[:1], set(), superiors=circle)

"""Choosing a policy is pure: one explained outcome, whatever the facts and the conditions."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from approvals.conditions import (
    CHOICES,
    FLAGS,
    RANGES,
    Condition,
    Considered,
    Facts,
    NoPolicy,
    Rule,
    choose,
    consider,
    first_holding,
)

D = Decimal

FACTS = Facts(
    amount=D("1200.00"),
    percent=D("10.00"),
    age=D(35),
    credits=D("4000.00"),
    credit_count=D(3),
    reason=frozenset({"7"}),
    tier=frozenset({"key"}),
    province=frozenset({"QC"}),
    department=frozenset({"2"}),
    category=frozenset({"Lumber", "Decks"}),
    basis=frozenset({"quantity", "percent"}),
    origin=frozenset({"portal"}),
    offer=frozenset({"above"}),
    over_limit=True,
    past_due=False,
    loses=None,
    doubled=True,
)

words = st.sampled_from(["1", "2", "QC", "Lumber"])
figures = st.decimals(0, 5000, places=2)
some = st.frozensets(words, min_size=1, max_size=3)
conditions = st.one_of(
    st.builds(
        Condition,
        st.sampled_from(RANGES),
        least=st.none() | figures,
        most=st.none() | figures,
    ),
    st.builds(Condition, st.sampled_from(CHOICES), among=some),
    st.builds(Condition, st.sampled_from(FLAGS), wanted=st.booleans()),
)
facts = st.builds(
    Facts,
    **dict.fromkeys(RANGES, figures),
    **{name: st.frozensets(words, max_size=3) for name in CHOICES},
    **{name: st.none() | st.booleans() for name in FLAGS},
)
rules = st.builds(
    Rule, st.integers(1, 9), st.just("Rule"), st.just(1), st.lists(conditions, max_size=3)
)
LAST = Rule(99, "Standard", 1)


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        (Condition("amount", least=D("1200.00")), True),
        (Condition("amount", least=D("1200.01")), False),
        (Condition("amount", most=D("1200.00")), True),
        (Condition("amount", most=D("1199.99")), False),
        (Condition("percent", D(5), D(15)), True),
        (Condition("percent", D(11), D(15)), False),
        (Condition("age", least=D(36)), False),
        (Condition("credits", least=D(4000)), True),
        (Condition("credit_count", least=D(4)), False),
        (Condition("reason", among=frozenset({"7", "8"})), True),
        (Condition("reason", among=frozenset({"8"})), False),
        (Condition("tier", among=frozenset({"standard"})), False),
        (Condition("province", among=frozenset({"QC", "NB"})), True),
        (Condition("department", among=frozenset({"1"})), False),
        (Condition("category", among=frozenset({"Decks"})), True),
        (Condition("category", among=frozenset({"Roofing"})), False),
        (Condition("basis", among=frozenset({"percent"})), True),
        (Condition("origin", among=frozenset({"rep"})), False),
        (Condition("offer", among=frozenset({"above"})), True),
        (Condition("over_limit", wanted=True), True),
        (Condition("past_due", wanted=True), False),
        (Condition("past_due", wanted=False), True),
        (Condition("doubled", wanted=False), False),
    ],
)
def test_each_condition(condition: Condition, holds: bool) -> None:
    assert condition.holds(FACTS) is holds


@pytest.mark.parametrize("wanted", [True, False])
def test_what_is_not_known_holds_neither_way(wanted: bool) -> None:
    assert not Condition("loses", wanted=wanted).holds(FACTS)
    unknown = replace(FACTS, age=None)
    assert not Condition("age", least=D(0)).holds(unknown)
    assert not Condition("age", most=D(9999)).holds(unknown)


def test_all_conditions_must_hold() -> None:
    quebec = Condition("province", among=frozenset({"QC"}))
    large = Condition("amount", least=D(5000))
    assert consider(FACTS, Rule(1, "Québec", 1, [quebec])).holds
    assert not consider(FACTS, Rule(1, "Large in Québec", 1, [quebec, large])).holds


def test_the_first_that_holds_is_taken_and_those_before_it_are_explained() -> None:
    large = Rule(1, "Large", 4, [Condition("amount", least=D(5000))])
    portal = Rule(2, "Portal", 1, [Condition("origin", among=frozenset({"portal"}))])
    looked_at = choose(FACTS, [large, portal, LAST])
    assert [each.rule.name for each in looked_at] == ["Large", "Portal"]
    assert looked_at[0].as_record() == {
        "policy": 1,
        "name": "Large",
        "version": 4,
        "holds": False,
        "checks": [{"fact": "amount", "from": "5000", "value": "1200.00", "holds": False}],
    }


@given(facts, st.lists(rules, max_size=6))
def test_always_exactly_one_explained_outcome(known: Facts, before: list[Rule]) -> None:
    looked_at = choose(known, [*before, LAST])
    *passed_over, taken = looked_at
    assert taken.holds
    assert not any(each.holds for each in passed_over)
    assert [each.rule for each in looked_at] == [*before, LAST][: len(looked_at)]
    assert first_holding(known, [*before, LAST]) == taken.rule
    for each in passed_over:
        assert any(not check.holds for check in each.checks), "passed over for a reason given"


@given(facts, st.lists(rules, max_size=4))
def test_without_a_last_one_it_is_said_that_none_holds(known: Facts, all_of: list[Rule]) -> None:
    if any(consider(known, rule).holds for rule in all_of):
        assert choose(known, all_of)
    else:
        with pytest.raises(NoPolicy):
            choose(known, all_of)


@given(facts)
def test_facts_are_kept_and_read_as_they_were(known: Facts) -> None:
    assert Facts.from_record(json.loads(json.dumps(known.as_record()))) == known


@given(conditions)
def test_conditions_are_kept_and_read_as_they_were(condition: Condition) -> None:
    assert Condition.from_record(json.loads(json.dumps(condition.as_record()))) == condition


@given(facts, rules, rules)
def test_what_is_said_to_be_shadowed_is_never_taken(known: Facts, one: Rule, two: Rule) -> None:
    if one.shadows(two) and consider(known, two).holds:
        assert consider(known, one).holds


@pytest.mark.parametrize(
    ("earlier", "later", "shadows"),
    [
        ([], [Condition("doubled", wanted=True)], True),
        ([Condition("doubled", wanted=True)], [], False),
        ([Condition("amount", least=D(10))], [Condition("amount", least=D(20))], True),
        ([Condition("amount", least=D(20))], [Condition("amount", least=D(10))], False),
        ([Condition("amount", most=D(20))], [Condition("amount", least=D(1))], False),
        (
            [Condition("province", among=frozenset({"QC", "NB"}))],
            [Condition("province", among=frozenset({"QC"})), Condition("doubled", wanted=True)],
            True,
        ),
        (
            [Condition("province", among=frozenset({"QC"}))],
            [Condition("province", among=frozenset({"QC", "NB"}))],
            False,
        ),
        ([Condition("doubled", wanted=True)], [Condition("doubled", wanted=False)], False),
    ],
)
def test_a_policy_that_an_earlier_one_leaves_nothing_for(
    earlier: list[Condition], later: list[Condition], shadows: bool
) -> None:
    assert Rule(1, "Earlier", 1, earlier).shadows(Rule(2, "Later", 1, later)) is shadows


def test_an_empty_policy_is_explained_by_having_no_conditions() -> None:
    assert consider(FACTS, LAST) == Considered(LAST, [])

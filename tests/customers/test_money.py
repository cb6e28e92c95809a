"""Cents: rounding is symmetric, splitting leaves nothing over."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.money import CENT, ZERO, extend, percent_of, split, to_cent

amounts = st.decimals(min_value=0, max_value=10**9, places=2)
fine_amounts = st.decimals(min_value=0, max_value=10**6, places=6)


@pytest.mark.parametrize(
    ("exact", "rounded"),
    [("70.125", "70.13"), ("0.005", "0.01"), ("0.0049999", "0.00"), ("2.675", "2.68")],
)
def test_half_a_cent_goes_up_whatever_the_sign(exact: str, rounded: str) -> None:
    assert to_cent(Decimal(exact)) == Decimal(rounded)
    assert to_cent(-Decimal(exact)) == -Decimal(rounded)


@given(fine_amounts)
def test_rounding_is_near_symmetric_and_stable(amount: Decimal) -> None:
    rounded = to_cent(amount)
    assert abs(rounded - amount) <= CENT / 2
    assert to_cent(-amount) == -rounded
    assert to_cent(rounded) == rounded


def test_percent_and_extension_are_rounded_once() -> None:
    assert percent_of(Decimal("9.975"), Decimal(100)) == Decimal("9.98")
    assert extend(Decimal("12.345"), Decimal("3.10")) == Decimal("38.27")


@given(amounts, st.lists(st.integers(0, 10**6), min_size=1, max_size=12).filter(any))
def test_parts_add_up_and_are_within_a_cent_of_their_share(
    amount: Decimal, weights: list[int]
) -> None:
    parts = split(amount, [Decimal(weight) for weight in weights])
    assert sum(parts, ZERO) == amount
    for part, weight in zip(parts, weights, strict=True):
        share = amount * weight / sum(weights)
        assert abs(part - share) < CENT
        assert part >= 0
        assert part == part.quantize(CENT)


def test_equal_remainders_go_to_the_earlier_part() -> None:
    thirds = [Decimal("3.34"), Decimal("3.33"), Decimal("3.33")]
    assert split(Decimal(10), [Decimal(1)] * 3) == thirds


def test_the_largest_remainder_gets_the_cent_wherever_it_stands() -> None:
    assert split(Decimal(1), [Decimal(1), Decimal(2)]) == [Decimal("0.33"), Decimal("0.67")]
    fives = [Decimal("0.14"), Decimal("0.29"), Decimal("0.57")]
    assert split(Decimal(1), [Decimal(1), Decimal(2), Decimal(4)]) == fives


@pytest.mark.parametrize("weights", [["0", "0"], ["-1", "2"]])
def test_without_weights_there_is_nothing_to_split_by(weights: list[str]) -> None:
    with pytest.raises(ValueError, match=r"^weights must"):
        split(Decimal(1), [Decimal(weight) for weight in weights])

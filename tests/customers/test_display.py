"""Numbers as pages write them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.template.loader import render_to_string
from django.utils.translation import override

from customers.templatetags.display import initials, price, share


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        ("87.4000", "87.40"),
        ("87", "87.00"),
        ("0.1234", "0.1234"),
        ("0.1250", "0.125"),
        ("0.12345", "0.1234"),
        ("1200", "1,200.00"),
    ],
)
def test_a_unit_price_has_two_to_four_decimals(amount: str, written: str) -> None:
    assert price(Decimal(amount)) == written


def test_a_unit_price_is_written_in_the_readers_language() -> None:
    with override("fr-ca"):
        assert price(Decimal("87.4")) == "87,40"
        assert price(Decimal("0.125"), "CAD").replace("\N{NO-BREAK SPACE}", " ") == "0,125 $"
    with override("en"):
        assert price(Decimal("87.4"), "CAD") == "$87.40"


@pytest.mark.parametrize("basis", ["unit_price", "quantity"])
def test_what_is_credited_names_the_price_whole(basis: str) -> None:
    line = {"basis": basis, "unit_price": Decimal("87.4000"), "quantity": Decimal(2)}

    assert "87.40" in render_to_string("creditnotes/basis.html", {"line": line, "unit": "ea"})


@pytest.mark.parametrize(
    ("part", "whole", "percent"),
    [(40, 100, 40), (0, 100, 0), (130, 100, 100), (-5, 100, 0), (5, 0, 100), (0, 0, 0), (1, 3, 33)],
)
def test_a_share_is_whole_percent_between_nothing_and_all(
    part: int, whole: int, percent: int
) -> None:
    assert share(Decimal(part), Decimal(whole)) == percent


def test_initials_are_of_the_first_two_names() -> None:
    assert initials("Rachel Ann Whitcombe") == "RA"
    assert initials("éloïse") == "É"
    assert initials("") == ""

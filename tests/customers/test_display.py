"""Numbers as pages write them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.template.loader import render_to_string
from django.utils.translation import override

from customers.templatetags.display import price


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

"""Numbers as pages write them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.template.loader import render_to_string
from django.utils.translation import override

from creditnotes.documents.words import UNITS_FR
from customers.templatetags.display import initials, price, share, unbroken, unit
from customers.units import UNITS


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


@pytest.mark.parametrize(
    ("name", "quantity", "english", "french"),
    [
        ("sheet", "1", "sheet", "feuille"),
        ("sheet", "12", "sheets", "feuilles"),
        ("sheet", "0", "sheets", "feuille"),
        ("roll", "1.5", "roll", "rouleau"),
        ("ea", "12", "ea", "un."),
        ("sq ft", "80", "sq ft", "pi²"),
        ("bundle of 250", "3", "bundle of 250", "bundle of 250"),
    ],
)
def test_a_unit_agrees_with_its_quantity_in_the_readers_language(
    name: str, quantity: str, english: str, french: str
) -> None:
    with override("en"):
        assert unit(name, Decimal(quantity)) == english
    with override("fr-ca"):
        assert unit(name, Decimal(quantity)) == french


def test_pages_and_documents_know_the_same_units() -> None:
    with override("fr-ca"):
        assert {name: unit(name) for name in UNITS} == UNITS_FR


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


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("CN-2026-000065", '<span class="text-nowrap">CN-2026-000065</span>'),
        (
            "Sent for INV-21104 & more",
            'Sent for <span class="text-nowrap">INV-21104</span> &amp; more',
        ),
        ("<b>re-1 drive-in</b>", "&lt;b&gt;re-1 drive-in&lt;/b&gt;"),
    ],
)
def test_the_numbers_of_documents_stay_on_one_line(text: str, written: str) -> None:
    assert unbroken(text) == written

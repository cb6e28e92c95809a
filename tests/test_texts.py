"""The French texts: complete, and with the same values to fill in as the English ones."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po
from django.utils.translation import gettext, override

CATALOGUE = Path(__file__).parent.parent / "locale/fr_CA/LC_MESSAGES/django.po"


@pytest.fixture(scope="module")
def messages() -> list[Message]:
    """Every text of the product with its translation."""
    with CATALOGUE.open("rb") as file:
        return [message for message in read_po(file, locale="fr_CA") if message.id]


def test_every_text_is_translated(messages: list[Message]) -> None:
    assert len(messages) > 900
    assert [message.id for message in messages if not all(_texts(message.string))] == []
    assert [message.id for message in messages if message.fuzzy] == []


def test_the_same_values_are_filled_in(messages: list[Message]) -> None:
    for message in messages:
        for text, ours in zip(_texts(message.string), _texts(message.id), strict=True):
            assert _values(text) == _values(ours), text


def test_they_reach_the_product() -> None:
    with override("fr-ca"):
        assert gettext("Ask for a credit") == "Demander un crédit"


def _texts(text: object) -> list[str]:
    return [text] if isinstance(text, str) else list(text)  # type: ignore[call-overload]


def _values(text: str) -> set[str]:
    return set(re.findall(r"%\(\w+\)[\d.]*\w", text))

"""Rules that hold for every template."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TAG = re.compile(r"""<[a-z](?:"[^"]*"|[^<>"])*>""")


def tags(path: Path) -> list[str]:
    """Those of its tags that listen for live changes."""
    return [
        tag for tag in TAG.findall(path.read_text()) if re.search(r'hx-trigger="[^"]*live:', tag)
    ]


LISTENING = [
    pytest.param(tag, id=f"{path.stem}-{number}")
    for path in sorted((Path(__file__).parents[2] / "templates").rglob("*.html"))
    for number, tag in enumerate(tags(path))
]


@pytest.mark.parametrize("tag", LISTENING)
def test_what_listens_stays_in_the_page(tag: str) -> None:
    """An element that replaces itself would not ask for what changed while it was answered."""
    assert "outerHTML" not in tag


def test_there_is_something_that_listens() -> None:
    assert len(LISTENING) > 5

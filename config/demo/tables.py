"""The demo's data files."""

from __future__ import annotations

import csv
from pathlib import Path

FOLDER = Path(__file__).parent / "data"

Row = dict[str, str]


def table(name: str) -> list[Row]:
    """The rows of ``data/<name>.csv``, each by column name."""
    with (FOLDER / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def lines_of(text: str) -> str:
    """A cell in which ``|`` separates lines, such as an address."""
    return text.replace("|", "\n")

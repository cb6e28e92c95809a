"""Small bar charts, worked out here and drawn by ``<c-bars>``: no script, and they print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log10

WIDTH, HEIGHT, LEFT, FOOT, HEAD = 360, 150, 28, 18, 6
#: How many lines of the scale lie above zero.
STEPS = 4
#: Steps of a scale that people read at a glance, times a power of ten.
ROUND = (1, 2, 5, 10)


@dataclass(frozen=True)
class Part:
    """A piece of a bar: its CSS class, top and height."""

    kind: str
    y: float
    height: float


@dataclass(frozen=True)
class Bar:
    """One bar with its pieces from the ground up."""

    label: str
    total: int
    x: float
    width: float
    parts: list[Part]

    @property
    def middle(self) -> float:
        return round(self.x + self.width / 2, 1)


@dataclass(frozen=True)
class Line:
    """A line of the scale."""

    label: int
    y: float

    @property
    def text_y(self) -> float:
        return self.y + 4


@dataclass(frozen=True)
class Chart:
    """A drawing in its own units, from the top left."""

    bars: list[Bar]
    lines: list[Line]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    label_x: int = LEFT - 6


def bar_chart(columns: Sequence[tuple[str, Sequence[tuple[str, int]]]]) -> Chart:
    """Columns of (label, pieces from the ground up as (CSS class, count))."""
    totals = [sum(count for _, count in pieces) for _, pieces in columns]
    step = _step(max(totals, default=0))
    scale = (HEIGHT - FOOT - HEAD) / (step * STEPS)
    slot = (WIDTH - LEFT) / max(1, len(columns))
    bars = [
        Bar(
            label,
            total,
            round(LEFT + slot * (at + 0.2), 1),
            round(slot * 0.6, 1),
            _parts(pieces, scale),
        )
        for at, ((label, pieces), total) in enumerate(zip(columns, totals, strict=True))
    ]
    return Chart(
        bars, [Line(step * n, round(_ground() - step * n * scale, 1)) for n in range(STEPS + 1)]
    )


def _ground() -> int:
    return HEIGHT - FOOT


def _parts(pieces: Sequence[tuple[str, int]], scale: float) -> list[Part]:
    parts, top = [], float(_ground())
    for kind, count in pieces:
        top -= count * scale
        parts.append(Part(kind, round(top, 1), round(count * scale, 1)))
    return parts


def _step(most: int) -> int:
    """The smallest round step with which the scale reaches ``most``."""
    if most <= STEPS:
        return 1
    least = most / STEPS
    power: int = 10 ** int(log10(least))
    return next(n * power for n in ROUND if n * power >= least)

"""Bar charts: their scale reaches the highest bar, and pieces stand on each other."""

from __future__ import annotations

import re

import pytest
from django.template.loader import render_to_string
from django.utils.translation import override

from config.charts import FOOT, HEAD, HEIGHT, bar_chart


@pytest.mark.parametrize(
    ("most", "top"), [(0, 4), (3, 4), (4, 4), (5, 8), (41, 80), (80, 80), (81, 200), (1999, 2000)]
)
def test_the_scale_is_round_and_reaches_the_highest_bar(most: int, top: int) -> None:
    chart = bar_chart([("a", [("", most)]), ("b", [("", most // 2)])])
    assert chart.lines[-1].label == top
    assert chart.lines[0].label == 0
    assert chart.bars[0].parts[0].y >= HEAD


def test_pieces_stand_on_each_other_from_the_ground_up() -> None:
    (bar,) = bar_chart([("week 1", [("", 3), ("bars-late", 1)])]).bars
    ground, top = bar.parts
    assert ground.y + ground.height == pytest.approx(HEIGHT - FOOT)
    assert top.y + top.height == pytest.approx(ground.y)
    assert (bar.total, bar.label, top.kind) == (4, "week 1", "bars-late")
    assert ground.height == pytest.approx(3 * top.height, abs=0.2)


def test_no_columns_are_an_empty_chart() -> None:
    assert bar_chart([]).bars == []


def test_its_coordinates_know_no_decimal_comma() -> None:
    chart = bar_chart([("week 1", [("", 3)]), ("week 2", [("", 1)])])
    with override("fr-ca"):
        drawn = render_to_string("components/bars.html", {"chart": chart, "label": "Weeks"})
    places = re.findall(r' (?:x|y|width|height|[xy][12])="([^"]+)"', drawn)
    assert places
    assert not [place for place in places if "," in place]

"""The demo's photos: every subject that the data name, light, alike for the same chance only."""

from __future__ import annotations

from random import Random

import pytest
from PIL import Image

from config.demo.photos import SUBJECTS, photo
from config.demo.tables import table


@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_photo_is_a_light_jpeg_and_varies(subject: str) -> None:
    first, second = photo(subject, Random(1), "IMG.jpg"), photo(subject, Random(2), "IMG.jpg")
    again = photo(subject, Random(1), "IMG.jpg").read()
    with Image.open(first) as picture:
        assert (picture.format, picture.size) == ("JPEG", (1200, 900))
    first.seek(0)
    content = first.read()
    assert content == again
    assert content != second.read()
    assert len(content) < 150_000


def test_the_data_name_known_subjects() -> None:
    rows = [*table("stories"), *table("past")]
    named = {row["photos"].partition(":")[0] for row in rows} - {""}
    assert named == set(SUBJECTS)

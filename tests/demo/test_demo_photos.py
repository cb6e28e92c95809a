"""The demo's photos: every subject that the data name, light, alike for the same chance only."""

from __future__ import annotations

import io
from random import Random

import pytest
from PIL import Image

from config.demo.photos import PAGES, SUBJECTS, photos, picture_of
from config.demo.tables import table


@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_photo_is_a_light_jpeg_and_varies(subject: str) -> None:
    content = picture_of(subject, "1")
    with Image.open(io.BytesIO(content)) as picture:
        assert (picture.format, picture.size) == ("JPEG", (1200, 900))
    assert len(content) < 150_000
    assert content != picture_of(subject, "2")
    assert content == picture_of.__wrapped__(subject, "1")


def test_those_of_a_note_differ() -> None:
    uploads = photos("slip", PAGES, Random(1), "1")
    assert len({upload.read() for upload in uploads}) == PAGES


def test_the_data_name_known_subjects() -> None:
    rows = [*table("stories"), *table("past")]
    named = {row["photos"].partition(":")[0] for row in rows} - {""}
    assert named == set(SUBJECTS)

"""Photos for the demo's evidence, drawn: what went wrong, as a phone would have taken it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from random import Random

from django.core.files.uploadedfile import SimpleUploadedFile

from config.demo.photos import openings, papers, stacks, wraps
from config.demo.photos.scene import Scene

#: How many different pictures there are of each subject; no credit note has more.
PAGES = 6
#: What can be seen, by the word in the data files.
SUBJECTS: Mapping[str, Callable[[Scene], None]] = {
    "drywall": stacks.drywall,
    "lumber": stacks.lumber,
    "decking": stacks.decking,
    "siding": stacks.siding,
    "shingles": stacks.shingles,
    "insulation": wraps.insulation,
    "bags": wraps.bags,
    "roll": wraps.rolls,
    "window": openings.window,
    "door": openings.door,
    "slip": papers.slip,
}


@lru_cache(maxsize=128)
def picture_of(subject: str, variant: str) -> bytes:
    """A JPEG of 1200 by 900; the same for the same words."""
    scene = Scene(Random(f"{subject} {variant}"))  # noqa: S311
    SUBJECTS[subject](scene)
    return scene.developed()


def photos(subject: str, count: int, chance: Random, variants: str) -> list[SimpleUploadedFile]:
    """That many different photos of a subject, from a small album.

    ``variants`` names the album: another one has other pictures.
    """
    return [
        SimpleUploadedFile(
            f"IMG_{chance.randint(1000, 9999)}.jpg",
            picture_of(subject, f"{variants} {page}"),
            "image/jpeg",
        )
        for page in chance.sample(range(PAGES), count)
    ]

"""Photos for the demo's evidence, drawn: what went wrong, as a phone would have taken it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random

from django.core.files.uploadedfile import SimpleUploadedFile

from config.demo.photos import openings, papers, stacks, wraps
from config.demo.photos.scene import Scene

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


def photo(subject: str, chance: Random, name: str) -> SimpleUploadedFile:
    """A JPEG of 1200 by 900, different for each state of ``chance``."""
    scene = Scene(chance)
    SUBJECTS[subject](scene)
    return SimpleUploadedFile(name, scene.developed(), "image/jpeg")

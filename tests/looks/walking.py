"""Walking through every page: pictures of all, or what axe finds on each.

Pictures go to ``docs/screenshots/all``, as ``<page>[.<state>].<theme>.<width>[.fr].png``;
those that the documentation uses are copied to ``docs/screenshots``.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import product
from pathlib import Path

from playwright.sync_api import sync_playwright

from config.embedded import ROOT
from tests.e2e.processes import CHROMIUM, CHROMIUM_FLAGS
from tests.looks.pages import KEPT, Page, View, every_page
from tests.looks.showroom import Showroom, showroom
from tests.looks.visiting import Light, Visitor, visitor

FOLDER = ROOT / "docs" / "screenshots"
EVERY = FOLDER / "all"
WIDTHS, THEMES = (1440, 390), ("light", "dark")
LANGUAGES = {"en": "", "fr-ca": ".fr"}


def pictures(words: list[str]) -> int:
    """Pictures of the pages, and what can be found without reading."""
    EVERY.mkdir(parents=True, exist_ok=True)
    wrong = _walk(words, with_pictures=True)
    for taken in filter(Path.exists, (EVERY / name for name in KEPT)):
        shutil.copy(taken, FOLDER)
    return wrong


def axe(words: list[str]) -> int:
    """The faults and barriers of the pages in every light."""
    return _walk(words, with_pictures=False)


def _walk(words: list[str], *, with_pictures: bool) -> int:
    """See all pages whose titles begin with one of the words; answers how many faults there are.

    A word with a full stop at its end is a whole title: ``queue.`` is not ``queue-team``.
    """
    asked = tuple(words) or ("",)
    pages = [each for each in every_page() if f"{each.title}.".startswith(asked)]
    started, seen, wrong = time.monotonic(), 0, 0
    with showroom() as room:
        say(f"Showroom open after {time.monotonic() - started:.0f} s.")
        for faults in _everything(room, pages, with_pictures):
            seen += 1
            wrong += len(faults)
            for fault in faults:
                say(fault)
    say(f"{seen} views in {time.monotonic() - started:.0f} s, {wrong} faults.")
    return wrong


def _everything(room: Showroom, pages: list[Page], with_pictures: bool) -> Iterator[list[str]]:
    """The faults of each page in turn, in both languages; only some have a picture in French."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        for language, suffix in LANGUAGES.items():
            every = language == "en" or not with_pictures
            some = [page for page in pages if every or page.french]
            with visitor(browser, room, language) as looking:
                for view, width in product(looking.views(some), WIDTHS):
                    name = f"{view.title}.{{}}.{width}{suffix}.png"
                    yield _look(looking, view, width, EVERY / name if with_pictures else None)


def _look(looking: Visitor, view: View, width: int, target: Path | None) -> list[str]:
    """Open the page and look at it in both themes; answers what is wrong."""
    if view.page.is_paper:
        return _draw(looking, view, target) if target else []
    looking.open(view, Light("light", width))
    label = f"{view.title}{LANGUAGES[looking.language]} {width}"
    faults = [f"{label}: {fault}" for fault in looking.faults()]
    for theme in THEMES:
        looking.show(theme)
        if target:
            looking.picture(target.with_name(target.name.format(theme)))
        else:
            faults += [f"{label} {theme}: {each}" for each in looking.barriers()]
    return faults


def _draw(looking: Visitor, view: View, target: Path) -> list[str]:
    """The first page of a PDF as a picture."""
    looking.become(view.page.who, view.state)
    answer = looking.tab.context.request.get(view.url)
    name = target.with_name(target.name.format("paper")).with_suffix("")
    subprocess.run(
        ["/usr/bin/pdftoppm", "-png", "-singlefile", "-r", "100", "-", str(name)],
        input=answer.body(),
        check=True,
    )
    return []


def say(text: str) -> None:
    """Tell whoever waits."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()

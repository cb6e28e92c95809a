"""The main pages measured as on a real server, one JSON line each.

Runs Lighthouse (in ``bench/lighthouse``, installed for this alone) against gunicorn with the
settings of production. Fails where a page is below what is demanded.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from typing import Any
from urllib.parse import urljoin

from config.embedded import ROOT
from tests.e2e.processes import CHROMIUM, CHROMIUM_FLAGS
from tests.looks.pages import every_page
from tests.looks.showroom import Showroom, showroom
from tests.looks.visiting import url_of

#: The pages that people open all day, and the forms of the device.
MEASURED = {
    "sign-in": ["desktop"],
    "start-rep": ["desktop"],
    "start-manager": ["desktop"],
    "queue": ["desktop"],
    "decision": ["desktop"],
    "composer": ["desktop"],
    "note-issued": ["desktop"],
    "portal": ["desktop", "mobile"],
    "portal-ask": ["desktop", "mobile"],
    "portal-credit": ["desktop", "mobile"],
    "portal-account": ["mobile"],
    "portal-policy": ["mobile"],
}
#: The least that is demanded of each page.
DEMANDED = {"performance": 95, "accessibility": 100, "best-practices": 100}
#: The most that a phone may have to fetch, with nothing kept from before, in kilobytes.
HEAVIEST = 150


def lighthouse(words: list[str]) -> int:
    """Measure, and tell what is below the demands; answers how much that is."""
    wrong = []
    with showroom(production=True) as room:
        asked = [
            each for each in _asked(room) if not words or each["title"].startswith(tuple(words))
        ]
        for line in _measured(asked):
            sys.stdout.write(line)
            sys.stdout.flush()
            result = json.loads(line)
            wrong += [f"{result['page']} {result['form']}: {each}" for each in _below(result)]
    sys.stdout.write("".join(f"{each}\n" for each in wrong))
    return len(wrong)


def _asked(room: Showroom) -> list[dict[str, str]]:
    pages = {page.title: page for page in every_page()}
    return [
        {
            "title": title,
            "form": form,
            "url": urljoin(room.address, url_of(room, pages[title], "full")),
            "session": room.session("full", pages[title].who) if pages[title].who else "",
        }
        for title, forms in MEASURED.items()
        for form in forms
    ]


def _measured(asked: list[dict[str, str]]) -> Iterable[str]:
    """What Lighthouse prints, line by line while it works."""
    node = subprocess.Popen(
        [shutil.which("node") or "node", "measure.mjs"],
        cwd=ROOT / "bench" / "lighthouse",
        env=os.environ | {"CHROME_PATH": CHROMIUM, "CHROME_FLAGS": json.dumps(CHROMIUM_FLAGS)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert node.stdin
    assert node.stdout
    node.stdin.write(json.dumps(asked))
    node.stdin.close()
    return node.stdout


def _below(result: dict[str, Any]) -> list[str]:
    """What is demanded and not reached."""
    below = [
        f"{name} {result[name]}, not {least}"
        for name, least in DEMANDED.items()
        if result[name] < least
    ]
    if result["form"] == "mobile" and result["kb"] > HEAVIEST:
        below.append(f"{result['kb']} kB, not {HEAVIEST}")
    return below

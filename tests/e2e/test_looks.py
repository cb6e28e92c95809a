"""Every page, as a browser and axe see it: nothing to complain of.

Each page once by day in English on a wide screen, full, and once by night in French as narrow
as a page may be asked to be (WCAG 1.4.10, a page at four times its size), with long names where
it has some; ``make axe`` looks at all of them in every state, light and language.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.contrib import admin
from django.urls import get_resolver
from playwright.sync_api import Browser
from playwright.sync_api import Page as Tab

from tests.looks.pages import NOT_PAGES, SEEN, TUNED, Page, every_page
from tests.looks.showroom import Showroom, showroom
from tests.looks.visiting import Light, visitor
from tests.test_access_matrix import ADMIN, BESIDES, named, rows

pytestmark = pytest.mark.browser

LIGHTS = {"day": Light("light", 1440), "night": Light("dark", 320)}
LANGUAGES = {"day": "en", "night": "fr-ca"}


@pytest.fixture(scope="module")
def room() -> Iterator[Showroom]:
    with showroom() as opened:
        yield opened


def chosen(light: str) -> list[Page]:
    """Every page in one state; the admin site, made for a desk, by day only."""
    pages = [page for page in every_page() if not page.is_paper]
    if light == "day":
        return [replace(page, states=page.states.split()[0]) for page in pages]
    return [
        replace(page, states=page.states.split()[-1])
        for page in pages
        if not page.title.startswith("admin-")
    ]


@pytest.mark.parametrize("light", LIGHTS)
def test_nobody_is_hindered(light: str, browser: Browser, room: Showroom) -> None:
    """No barrier, no movement, no sideways scrolling, no complaint of the browser."""
    wrong = []
    with visitor(browser, room, LANGUAGES[light]) as looking:
        for view in looking.views(chosen(light)):
            looking.open(view, LIGHTS[light])
            wrong += [f"{view.title}: {each}" for each in (*looking.faults(), *looking.barriers())]
    assert not wrong, "\n".join(["", *wrong])


def test_a_fault_would_be_seen(browser: Browser, room: Showroom) -> None:
    with visitor(browser, room) as looking:
        page = Page("sign-in", "account_login", act=spoil)
        looking.open(looking.views([page])[0], LIGHTS["night"])
        found = "\n".join([*looking.faults(), *looking.barriers()])
    for word in ("layout shift", "sideways by", "console: ", "answered 404", "label: "):
        assert word in found, word


def spoil(tab: Tab) -> None:
    """Break a page in every way that is looked for."""
    tab.evaluate(SPOIL)


SPOIL = """() => {
  const wide = document.createElement("input");
  wide.width = 2000; wide.type = "image"; wide.src = "/nothing.png"; wide.alt = "";
  document.body.append(document.createElement("input"));
  document.querySelector("main").prepend(wide);
  console.error("broken");
  return new Promise((done) => setTimeout(done, 300));
}"""


# Nothing is left out ----------------------------------------------------------------


def test_every_page_is_looked_at() -> None:
    looked_at = {page.name for page in every_page()} | set(NOT_PAGES)
    pages = {row.name for row in rows() if row.method == "GET" and "200" in row.expected}
    pages |= {name for name in named(get_resolver()) if name.startswith("admin:")} - of_models()
    assert pages - BESIDES <= looked_at


def test_every_model_an_admin_may_open_is_looked_at() -> None:
    assert {label for label, answers in ADMIN.items() if "200" in answers} == {*TUNED, *SEEN}


def test_a_picture_has_a_name_of_its_own() -> None:
    titles = [page.title for page in every_page()]
    assert len(titles) == len(set(titles))


def of_models() -> set[str]:
    """The names of the pages that the admin site makes for each model."""
    pages = ("changelist", "add", "change", "delete", "history")
    names = [f"{m._meta.app_label}_{m._meta.model_name}" for m in admin.site._registry]
    return {f"admin:{name}_{page}" for name in names for page in pages}

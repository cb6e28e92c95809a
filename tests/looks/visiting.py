"""Opening a page as a person would, and seeing what is wrong with it."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from django.urls import reverse
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Error,
    Request,
    Response,
    Route,
    ViewportSize,
)
from playwright.sync_api import Page as Tab

from tests.looks.pages import Act, Page, View
from tests.looks.showroom import Showroom
from tests.waiting import PATIENCE

#: What axe looks for: WCAG up to 2.2 AA, and what is good practice beyond.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
#: The most that a page may move while it loads; browsers round.
STILL = 0.01
#: The same after something was done on it, whose answer makes room for itself.
STIR = 0.02
#: The most of a page that a picture shows.
HIGHEST = 6000
#: What consoles say of answers that the pages themselves speak of, and of requests given up
#: because a newer one took their place. Chromium 150 also misses the end of our page in the
#: empty document that jQuery makes for itself.
EXPECTED = (
    "Failed to load resource",
    "htmx:sendAbort",
    "htmx:afterRequest",
    "Did not find element expected to be parsed",
)
#: Notes what moves by itself, and where.
WATCH_SHIFTS = """
  if (parent === window) localStorage.clear();  // what an earlier visitor typed is not for this one
  window.shifts = [];
  const name = (node) => !node ? "?" : node.id ? `#${node.id}`
    : [node.nodeName.toLowerCase(), ...(node.classList ?? [])].join(".");
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput)
      window.shifts.push({value: entry.value, nodes: entry.sources.map((each) => name(each.node))});
  }).observe({type: "layout-shift", buffered: true});
"""
#: Everything has arrived: styles, the font, pieces that pages fetch for themselves.
IS_SETTLED = """() => document.readyState === "complete" && document.fonts.status === "loaded"
  && !document.querySelector(".htmx-request, .htmx-settling, .htmx-swapping")"""
RUN_AXE = """(rules) => axe.run({runOnly: rules, resultTypes: ["violations"], preload: false})
  .then((found) => found.violations.map((each) => {
    const places = each.nodes.map((node) => node.target.join(" "));
    const mend = each.nodes[0].failureSummary.split("\\n").at(-1).trim();
    return `${each.id}: ${places.slice(0, 4).join(" | ")} (${places.length}) – ${mend}`;
  }))"""


#: The innermost elements that stick out of the window.
TOO_WIDE = """() => [...document.body.querySelectorAll("*")]
  .filter((each) => each.getBoundingClientRect().right > innerWidth + 1)
  .map((each) => [each.nodeName.toLowerCase(), ...each.classList].join(".")).slice(-4)"""


@dataclass(frozen=True)
class Light:
    """How a page is shown: the theme, and the width of the window."""

    theme: str
    width: int

    @property
    def size(self) -> ViewportSize:
        return {"width": self.width, "height": 844 if self.width < 600 else 900}


@dataclass
class Ear:
    """Hears what a tab's browser complains of, and knows what is still under way."""

    complaints: list[str] = field(default_factory=list)
    running: set[Request] = field(default_factory=set)
    path: str = ""

    def listen(self, tab: Tab) -> None:
        """Hear everything from now on."""
        tab.on("console", self._said)
        tab.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        tab.on("request", self._begun)
        tab.on("requestfinished", self._finished)
        tab.on("requestfailed", self._failed)
        tab.on("response", self._answered)
        tab.on("dialog", lambda dialog: dialog.accept())

    def forget(self) -> None:
        """A new page begins."""
        self.complaints, self.running = [], set()

    def _said(self, message: ConsoleMessage) -> None:
        is_expected = message.text.startswith(EXPECTED)
        if message.type in ("error", "warning") and not is_expected:
            self.complaints.append(f"console: {message.text[:300]}")

    def _begun(self, request: Request) -> None:
        if request.resource_type != "eventsource":
            self.running.add(request)

    def _finished(self, request: Request) -> None:
        self.running.discard(request)

    def _failed(self, request: Request) -> None:
        self.running.discard(request)
        if request.failure != "net::ERR_ABORTED":
            self.complaints.append(f"failed: {request.url} {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400 and not response.request.is_navigation_request():
            self.complaints.append(f"answered {response.status}: {response.url}")


@dataclass
class Visitor:
    """One tab of one browser, in which anybody's page is opened in any light."""

    room: Showroom
    tab: Tab
    language: str = "en"
    ear: Ear = field(default_factory=Ear)
    #: How much may move on the page at hand.
    allowed: float = 0

    def open(self, view: View, light: Light) -> None:
        """Go there, see that the answer is the expected one, wait, and do the page's act."""
        page = view.page
        self.tab.goto("about:blank")  # what the last page still asks for, its own person asks
        self.become(page.who, view.state)
        self.tab.set_viewport_size(light.size)
        self.show(light.theme)
        self.tab.unroute_all()
        if page.waits:
            self.tab.route(f"**{view.url}", _without_refresh)
        self.ear.forget()
        self.allowed = STIR if page.act else STILL
        answer = self.tab.goto(view.url)
        if answer is None or answer.status != page.status:
            self.ear.complaints.append(f"answered {answer and answer.status}, not {page.status}")
        self.settle()
        if page.act:
            self._do(page.act)

    def _do(self, act: Act) -> None:
        try:
            act(self.tab)
        except Error as error:
            self.ear.complaints.append(f"cannot be done: {act.__name__}: {error.message[:300]}")
        self.settle()

    def become(self, who: str, state: str) -> None:
        """Be signed in as that person, or not at all."""
        self.tab.context.clear_cookies()
        if who:
            session = self.room.session(state, who)
            cookie = {"name": "sessionid", "value": session, "url": self.room.address}
            self.tab.context.add_cookies([cookie])  # type: ignore[list-item]

    def settle(self) -> None:
        """Wait until nothing is under way any more."""
        self.tab.wait_for_function(IS_SETTLED)
        self.tab.wait_for_timeout(30)
        deadline = time.monotonic() + PATIENCE
        while self.ear.running and time.monotonic() < deadline:
            self.tab.wait_for_timeout(20)
        self.ear.complaints += [f"never answered: {each.url}" for each in self.ear.running]
        self.tab.wait_for_function(IS_SETTLED)

    def show(self, theme: str) -> None:
        """Turn the page light or dark."""
        self.tab.emulate_media(color_scheme=theme)  # type: ignore[arg-type]

    def picture(self, target: Path) -> None:
        """The whole page as a file."""
        with self._unrolled():
            self.tab.screenshot(path=target, animations="disabled")

    @contextmanager
    def _unrolled(self) -> Iterator[None]:
        """The page in a window as high as it is: bars stay at its edges and cover nothing."""
        height = self.tab.evaluate("document.documentElement.scrollHeight")
        size = self.tab.viewport_size
        assert size
        if height > size["height"]:
            self.tab.set_viewport_size({"width": size["width"], "height": min(height, HIGHEST)})
        yield
        self.tab.set_viewport_size(size)

    def faults(self) -> Iterator[str]:
        """What one can find without reading: movement, width, complaints."""
        shifts = self.tab.evaluate("window.shifts")
        if sum(shift["value"] for shift in shifts) >= self.allowed:
            yield f"layout shift: {json.dumps(shifts)[:400]}"
        width = self.tab.evaluate("document.scrollingElement.scrollWidth - innerWidth")
        if width > 0:
            yield f"scrolls sideways by {width} px: {', '.join(self.tab.evaluate(TOO_WIDE))}"
        yield from self.ear.complaints

    def barriers(self) -> list[str]:
        """What axe finds: rule, element, what would mend it."""
        if not self.tab.evaluate("Boolean(window.axe)"):
            self.tab.evaluate(AXE_SCRIPT)
        with self._unrolled():
            found: list[str] = self.tab.evaluate(RUN_AXE, RULES)
        return found

    def views(self, pages: Iterable[Page]) -> list[View]:
        """The pages in each of their states; a state without such a thing is a mistake."""
        return [
            View(page, state, url_of(self.room, page, state))
            for page in pages
            for state in page.states.split()
            if not page.may_lack or self.room.thing(state, page.thing)
        ]


def url_of(room: Showroom, page: Page, state: str) -> str:
    """Where the page is; a thing that the company should have and has not is a mistake."""
    if not re.fullmatch(r"[\w:]+", page.name):
        return page.name
    path, mark, query = page.thing.partition("?")
    url = reverse(page.name, args=_thing(room, page, state, path) if path else [])
    key, _, name = query.partition("=")
    if key in ("invoice", "delivery", "draft"):
        query = f"{key}={_thing(room, page, state, name)[0]}"
    return f"{url}{mark}{query}"


def _thing(room: Showroom, page: Page, state: str, name: str) -> list[Any]:
    found = [name[1:]] if name.startswith("=") else room.thing(state, name)
    if found is None:
        raise LookupError(f"{page.title}: the {state} company has no {name}")
    return found


def _without_refresh(route: Route) -> None:
    answer = route.fetch()
    headers = {name: value for name, value in answer.headers.items() if name != "refresh"}
    route.fulfill(response=answer, headers=headers)


@contextmanager
def visitor(browser: Browser, room: Showroom, language: str = "en") -> Iterator[Visitor]:
    """Somebody who looks at pages in that language."""
    room.speak(language)
    context = browser.new_context(
        base_url=room.address,
        reduced_motion="reduce",
        locale="fr-CA" if language == "fr-ca" else "en-CA",
    )
    context.set_default_timeout(15_000)
    context.add_init_script(WATCH_SHIFTS)
    found = Visitor(room, context.new_page(), language)
    found.ear.listen(found.tab)
    try:
        yield found
    finally:
        context.close()

"""Browsers in a crowd: each repeats what it was told to try again, and keeps count."""

from __future__ import annotations

import random
import re
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from threading import Event, Lock
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from tests.storm.memory import Known, Memory, Stage

#: How often a request is sent in all before its browser gives up, and the longest pause, in
#: seconds, before it is sent again.
TRIES, PAUSE = 40, 2.0
CSRF = "s" * 32
#: How a request ends whose connection was cut: without an answer, or told to come again.
CUT = (0, HTTPStatus.SERVICE_UNAVAILABLE)


@dataclass
class Tally:
    """What all browsers did together."""

    lock: Lock = field(default_factory=Lock)
    tried: int = 0
    retried: int = 0
    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    gave_up: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    bumps: Counter[str] = field(default_factory=Counter)
    milliseconds: list[float] = field(default_factory=list)

    def count(self, verb: str, status: int, milliseconds: float) -> None:
        """Count the last answer to one request."""
        with self.lock:
            self.tried += 1
            self.milliseconds.append(milliseconds)
            if status < HTTPStatus.BAD_REQUEST:
                self.done[verb] += 1
            elif status in (403, 404, 409, 422):
                self.refused[f"{verb} {status}"] += 1
            elif status in CUT:
                self.gave_up[f"{verb} {status}"] += 1
            else:
                self.errors[f"{verb} {status}"] += 1

    def bump(self, what: str) -> None:
        """Count a request that must be sent again."""
        with self.lock:
            self.retried += 1
            self.bumps[what] += 1


@dataclass(frozen=True)
class Answer:
    """The last answer to a request; status 0 is none at all."""

    status: int
    location: str
    body: str


class Browser:
    """One signed-in person's browser, with one connection that it keeps."""

    def __init__(self, port: int, session: str, tally: Tally, timeout: float = 30) -> None:
        self.port, self.tally, self.timeout = port, tally, timeout
        self.session, self.cookie = session, f"sessionid={session}; csrftoken={CSRF}"
        self.connection = HTTPConnection("127.0.0.1", port, timeout=timeout)

    def get(self, verb: str, path: str) -> Answer:
        """Open a page."""
        return self._ask(verb, "GET", path, None)

    def post(self, verb: str, path: str, data: Mapping[str, Any]) -> Answer:
        """Press a button."""
        return self._ask(verb, "POST", path, urlencode(data, doseq=True))

    def _ask(self, verb: str, method: str, path: str, body: str | None) -> Answer:
        began = time.monotonic()
        answer = Answer(0, "", "")
        for attempt in range(TRIES):
            answer = self._once(method, path, body)
            if answer.status not in CUT:
                break
            self.tally.bump("connection cut" if answer.status == 0 else "503")
            time.sleep(min(0.1 * (attempt + 1), PAUSE))
        self.tally.count(verb, answer.status, 1000 * (time.monotonic() - began))
        return answer

    def _once(self, method: str, path: str, body: str | None) -> Answer:
        headers = {"Cookie": self.cookie, "X-CSRFToken": CSRF}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            self.connection.request(method, path, body, headers)
            response = self.connection.getresponse()
            text = response.read().decode(errors="replace")
        except (HTTPException, OSError):
            self.connection.close()
            return Answer(0, "", "")
        return Answer(response.status, response.headers.get("Location", ""), text)


@dataclass
class Scene:
    """What the crowd has before it: invoices with their lines, reasons, and notes by number.

    ``wrong`` are invoices to be billed anew; ``day`` is today at the company; ``returns`` the
    reason that takes goods back.
    """

    invoices: Sequence[tuple[int, Sequence[int]]]
    reasons: Sequence[int]
    wrong: Sequence[tuple[int, Sequence[int]]]
    customers: Sequence[int]
    deposits: Sequence[int]
    day: str
    returns: int
    memory: Memory = field(default_factory=Memory)
    proposals: deque[str] = field(default_factory=lambda: deque(maxlen=50))


Act = Callable[[Browser, Scene, random.Random], None]


def compose(browser: Browser, scene: Scene, chance: random.Random) -> None:
    """Credit some of an invoice by some basis; now and then with a double click."""
    invoice, lines = chance.choice(scene.invoices if chance.random() < 0.95 else scene.wrong)
    reason = chance.choice(scene.reasons)
    do = chance.choice(["submit", "submit", "submit", "save"])
    data: dict[str, Any] = {
        "do": do,
        "invoice": [str(invoice)],
        "token": str(uuid4()),
        "reason": str(reason),
        "explanation": "Two were cracked.",
    }
    for line in chance.sample(lines, chance.randint(1, min(3, len(lines)))):
        basis, value = chance.choice(_PIECES if reason == scene.returns else _BASES)
        data |= {f"line-{line}-pick": "on", f"line-{line}-basis": basis}
        data[f"line-{line}-value"] = value
    for _click in range(2 if chance.random() < 0.1 else 1):
        answer = browser.post("compose", "/credit-notes/new/", data)
    keep_new(answer, browser, scene, do, awaits_goods=reason == scene.returns)


_PIECES = [("quantity", "1"), ("quantity", "3")]
_BASES = [*_PIECES, ("percent", "7.5"), ("amount", "12.34")]


def keep_new(
    answer: Answer, browser: Browser, scene: Scene, do: str, *, awaits_goods: bool = False
) -> None:
    """Remember a note that was started, by whom, and how far it came."""
    if found := re.fullmatch(r"/credit-notes/(\d+)/", answer.location):
        stage: Stage = "submitted" if do == "submit" else "draft"
        scene.memory.keep(stage, Known(int(found[1]), browser.session, awaits_goods))


def _on_own(verb: str, path: str, stage: Stage, then: Stage | None = None, **data: str) -> Act:
    """What a rep does with a note of their own."""

    def act(browser: Browser, scene: Scene, chance: random.Random) -> None:
        known = scene.memory.choose(stage, chance, by=browser.session)
        if known is None:
            return
        answer = browser.post(verb, path.format(known.note), data)
        if then and answer.status < HTTPStatus.BAD_REQUEST:
            scene.memory.keep(then, known)

    return act


def _decide(stage: Stage, verb: str = "", **data: str) -> Act:
    """A decision on what the page shows: yes, unless another ``verb`` is given."""

    def act(browser: Browser, scene: Scene, chance: random.Random) -> None:
        known = scene.memory.choose(stage, chance)
        if known is None:
            return
        page = browser.get("decision page", f"/approvals/{known.note}/")
        seen = re.search(r'name="seen" value="(\w+)"', page.body)
        offered = re.search(rf"/approvals/{known.note}/(approve|endorse)/", page.body)
        if not (seen and offered):
            return
        said = verb or offered[1]
        body = {"seen": seen[1], **data}
        answer = browser.post(said, f"/approvals/{known.note}/{said}/", body)
        if answer.status < HTTPStatus.BAD_REQUEST and said in _AFTER:
            goods = said == "approve" and known.awaits_goods
            scene.memory.keep("awaits goods" if goods else _AFTER[said], known)

    return act


_AFTER: Mapping[str, Stage] = {"approve": "approved", "endorse": "endorsed"}


def issue(browser: Browser, scene: Scene, chance: random.Random) -> None:
    """Issue what was approved, unless the worker was faster."""
    if known := scene.memory.choose("approved", chance):
        answer = browser.post("issue", f"/credit-notes/{known.note}/issue/", {})
        if answer.status < HTTPStatus.BAD_REQUEST:
            scene.memory.keep("issued", known)


def propose(browser: Browser, scene: Scene, chance: random.Random) -> None:
    """Take back where a credit is applied, and ask a second person to reverse it."""
    if not (known := scene.memory.choose("issued", chance)):
        return
    path = f"/credit-notes/{known.note}/"
    page = browser.get("note page", path).body
    for address in sorted(set(re.findall(r'"(/applications/\d+/take-back/)"', page))):
        browser.post("take back", address, {"reason": "It is to be reversed."})
    answer = browser.post("propose reversal", f"{path}reverse/", {"comment": "Misread."})
    if answer.status < HTTPStatus.BAD_REQUEST:
        scene.memory.keep("proposed", Known(known.note, browser.session))


def confirm(browser: Browser, scene: Scene, chance: random.Random) -> None:
    """Reverse what somebody else proposed."""
    if known := scene.memory.choose("proposed", chance, besides=browser.session):
        browser.post("confirm reversal", f"/credit-notes/{known.note}/reverse/confirm/", {})


def cancel(browser: Browser, scene: Scene, chance: random.Random) -> None:
    """Cancel what was approved, unless it was issued before."""
    if known := scene.memory.choose("approved", chance):
        data = {"comment": "Raised twice."}
        browser.post("cancel", f"/credit-notes/{known.note}/cancel/", data)


def look(browser: Browser, scene: Scene, chance: random.Random) -> None:
    """Read an invoice with all that its credits hold."""
    browser.get("invoice page", f"/invoices/{chance.choice(scene.invoices)[0]}/")


submit = _on_own("submit", "/credit-notes/{}/submit/", "draft", "submitted")
recall = _on_own("recall", "/credit-notes/{}/recall/", "submitted", "draft")
withdraw = _on_own("withdraw", "/credit-notes/{}/withdraw/", "submitted", comment="Found them.")
decide = _decide("submitted")
approve = _decide("endorsed")
send_back = _decide("submitted", "return", comment="Which ones?")
reject = _decide("submitted", "reject", comment="Not ours.")

#: Who does what with credit notes, and how often; with money, see :mod:`tests.storm.settling`.
REP: Sequence[Act] = [compose] * 8 + [submit] * 2 + [recall, withdraw, look]
MANAGER: Sequence[Act] = [decide] * 10 + [send_back, reject, look]
FINANCE: Sequence[Act] = [approve, issue] * 3 + [propose, confirm] * 4 + [cancel, look]


def run(browser: Browser, acts: Sequence[Act], scene: Scene, over: Event, seed: int) -> None:
    """Act by chance until it is over."""
    chance = random.Random(seed)
    while not over.is_set():
        chance.choice(acts)(browser, scene, chance)

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

#: How often a request is sent in all before its browser gives up.
TRIES = 10
#: As many notes as the crowd keeps in mind; the oldest are forgotten.
REMEMBERED = 120
CSRF = "s" * 32


@dataclass
class Tally:
    """What all browsers did together."""

    lock: Lock = field(default_factory=Lock)
    tried: int = 0
    retried: int = 0
    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
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
        self.cookie = f"sessionid={session}; csrftoken={CSRF}"
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
            if answer.status not in (0, HTTPStatus.SERVICE_UNAVAILABLE):
                break
            self.tally.bump("connection cut" if answer.status == 0 else "503")
            time.sleep(0.1 * (attempt + 1))
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

    ``wrong`` are invoices to be billed anew; ``day`` is today at the company.
    """

    invoices: Sequence[tuple[int, Sequence[int]]]
    reasons: Sequence[int]
    wrong: Sequence[tuple[int, Sequence[int]]]
    customers: Sequence[int]
    deposits: Sequence[int]
    day: str
    notes: deque[int] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    proposals: deque[str] = field(default_factory=lambda: deque(maxlen=REMEMBERED))

    def any_note(self, chance: random.Random) -> int | None:
        """One of the latest notes, whoever wrote it and wherever it stands."""
        try:
            return chance.choice(self.notes)
        except IndexError:
            return None


Act = Callable[[Browser, Scene, random.Random], None]


def compose(browser: Browser, scene: Scene, chance: random.Random) -> None:
    """Credit some of an invoice by some basis; now and then with a double click."""
    invoice, lines = chance.choice(scene.invoices if chance.random() < 0.9 else scene.wrong)
    data: dict[str, Any] = {
        "do": chance.choice(["submit", "submit", "submit", "save"]),
        "invoice": [str(invoice)],
        "token": str(uuid4()),
        "reason": str(chance.choice(scene.reasons)),
        "explanation": "Two were cracked.",
    }
    for line in chance.sample(lines, chance.randint(1, min(3, len(lines)))):
        basis, value = chance.choice(
            [("quantity", "1"), ("quantity", "3"), ("percent", "7.5"), ("amount", "12.34")]
        )
        data |= {f"line-{line}-pick": "on", f"line-{line}-basis": basis}
        data[f"line-{line}-value"] = value
    for _click in range(2 if chance.random() < 0.1 else 1):
        answer = browser.post("compose", "/credit-notes/new/", data)
        if found := re.fullmatch(r"/credit-notes/(\d+)/", answer.location):
            scene.notes.append(int(found[1]))


def _on_a_note(verb: str, path: str, **data: str) -> Act:
    def act(browser: Browser, scene: Scene, chance: random.Random) -> None:
        if note := scene.any_note(chance):
            browser.post(verb, path.format(note), data)

    return act


def _with_hash(verb: str, path: str, **data: str) -> Act:
    """A decision on what the page shows: the content's hash comes along."""

    def act(browser: Browser, scene: Scene, chance: random.Random) -> None:
        note = scene.any_note(chance)
        if note is None:
            return
        page = browser.get("decision page", f"/approvals/{note}/")
        if seen := re.search(r'name="seen" value="(\w+)"', page.body):
            browser.post(verb, path.format(note), {"seen": seen[1], **data})

    return act


def look(browser: Browser, scene: Scene, chance: random.Random) -> None:
    """Read an invoice with all that its credits hold."""
    browser.get("invoice page", f"/invoices/{chance.choice(scene.invoices)[0]}/")


submit = _on_a_note("submit", "/credit-notes/{}/submit/")
recall = _on_a_note("recall", "/credit-notes/{}/recall/")
withdraw = _on_a_note("withdraw", "/credit-notes/{}/withdraw/", comment="Found them.")
approve = _with_hash("approve", "/approvals/{}/approve/")
endorse = _with_hash("endorse", "/approvals/{}/endorse/")
send_back = _with_hash("return", "/approvals/{}/return/", comment="Which ones?")
reject = _with_hash("reject", "/approvals/{}/reject/", comment="Not ours.")
issue = _on_a_note("issue", "/credit-notes/{}/issue/")
cancel = _on_a_note("cancel", "/credit-notes/{}/cancel/", comment="Raised twice.")
propose = _on_a_note("propose reversal", "/credit-notes/{}/reverse/", comment="Misread.")
confirm = _on_a_note("confirm reversal", "/credit-notes/{}/reverse/confirm/")

#: Who does what with credit notes, and how often; with money, see :mod:`tests.storm.settling`.
REP: Sequence[Act] = [compose] * 6 + [submit] * 2 + [recall, withdraw, look]
MANAGER: Sequence[Act] = [approve] * 6 + [endorse] * 3 + [send_back, reject, look]
FINANCE: Sequence[Act] = [approve] * 3 + [issue] * 6 + [cancel, propose, confirm, look]


def run(browser: Browser, acts: Sequence[Act], scene: Scene, over: Event, seed: int) -> None:
    """Act by chance until it is over."""
    chance = random.Random(seed)
    while not over.is_set():
        chance.choice(acts)(browser, scene, chance)

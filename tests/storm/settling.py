"""What a crowd does with money: applies, takes back, refunds, writes off, receives, bills anew."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from http import HTTPStatus
from uuid import uuid4

from tests.storm.crowd import Act, Browser, Scene, keep_new
from tests.storm.memory import Known


def _open_item(browser: Browser, scene: Scene, chance: random.Random) -> tuple[str, str]:
    """The address and page of something on account of a customer; empty where nothing is."""
    customer = chance.choice(scene.customers)
    page = browser.get("customer page", f"/customers/{customer}/").body
    found = sorted(set(re.findall(r'"(/open-items/\d+/)"', page)))
    if not found:
        return "", ""
    address = chance.choice(found)
    return address, browser.get("open item", f"{address}?fill=oldest").body


def apply(browser: Browser, scene: Scene, chance: random.Random) -> None:
    """Apply a part of a payment or credit to one or two of the invoices that it could pay."""
    address, page = _open_item(browser, scene, chance)
    fields = re.findall(r'name="(amount-\d+)"', page)
    day = re.search(r'name="day" value="([\d-]+)"', page)
    if not (fields and day):
        return
    chosen = chance.sample(fields, min(len(fields), chance.randint(1, 2)))
    amounts = {name: chance.choice(["0.01", "7.77", "123.45", "900"]) for name in chosen}
    browser.post("apply", address, {"day": day[1], **amounts})


def unapply(browser: Browser, scene: Scene, chance: random.Random) -> None:
    """Take back what was applied to an invoice, whoever applied it."""
    invoice, _lines = chance.choice(scene.invoices)
    page = browser.get("invoice page", f"/invoices/{invoice}/").body
    if found := re.findall(r'"(/applications/\d+/take-back/)"', page):
        browser.post("take back", chance.choice(found), {"reason": "The wrong invoice."})


def propose_refund(browser: Browser, scene: Scene, chance: random.Random) -> None:
    """Ask for some of what is on account to be paid back."""
    address, page = _open_item(browser, scene, chance)
    if f"{address}refund/" in page:
        data = {"amount": chance.choice(["0.05", "20", "333.33"]), "method": "eft"}
        data |= {"bank_reference": "Acct 1", "override_reason": "Agreed by telephone."}
        browser.post("propose refund", f"{address}refund/", data)


def confirm_refund(browser: Browser, scene: Scene, chance: random.Random) -> None:
    """Pay back what somebody proposed, or let it be."""
    page = browser.get("refunds", "/refunds/?state=proposed").body
    found = re.findall(r'"(/refunds/\d+/)"', page)
    if not found:
        return
    address = chance.choice(found)
    if chance.random() < 0.8:
        browser.post("confirm refund", f"{address}confirm/", {})
    else:
        browser.post("cancel refund", f"{address}cancel/", {"comment": "Paid already."})


def deposit(browser: Browser, scene: Scene, chance: random.Random) -> None:
    """Receive a deposit, pay an invoice from one, or put a part of it on account."""
    held, day = chance.choice(scene.deposits), scene.day
    act = chance.choice(["receive", "use", "release", "release"])
    if act == "receive":
        data = {"amount": "75.55", "currency": "CAD", "received_on": day}
        address = f"/customers/{scene.customers[0]}/deposits/new/"
        browser.post("receive deposit", address, data | {"number": f"TT-{uuid4()}"})
    elif act == "use":
        invoice, _lines = chance.choice(scene.invoices)
        data = {"deposit": str(held), "amount": "11.11"}
        browser.post("use deposit", f"/invoices/{invoice}/deposit/", data)
    else:
        browser.post("release deposit", f"/deposits/{held}/release/", {"amount": "3.33"})


def write_off(browser: Browser, scene: Scene, chance: random.Random) -> None:
    """Write a small balance off, or propose a bad debt of an invoice."""
    invoice, _lines = chance.choice([*scene.invoices, *scene.wrong])
    address = f"/books/write-offs/invoices/{invoice}/"
    if chance.random() < 0.3:
        browser.post("small balance", address, {"small": "1", "why": "A bank's fee."})
        return
    data = {"amount": chance.choice(["5", "250.01"]), "evidence": "The trustee says so."}
    answer = browser.post("propose bad debt", address, data)
    if answer.location.startswith("/books/write-offs/proposals/"):
        scene.proposals.append(answer.location)


def answer_bad_debt(browser: Browser, scene: Scene, chance: random.Random) -> None:
    """Confirm or refuse a bad debt; then recover some of it."""
    if not scene.proposals:
        return
    reply = chance.choice(["confirm", "confirm", "refuse"])
    data = {"answer": reply, "why": "Not yet."}
    answer = browser.post(f"{reply} bad debt", chance.choice(scene.proposals), data)
    if re.fullmatch(r"/books/write-offs/\d+/", answer.location) and chance.random() < 0.5:
        browser.post("recover", f"{answer.location}recovery/", {"amount": "2.22"})


def receive_goods(browser: Browser, scene: Scene, chance: random.Random) -> None:
    """Record all or one piece back of whatever a note still waits for; with all, it is issued."""
    if not (known := scene.memory.choose("awaits goods", chance)):
        return
    page = browser.get("note page", f"/credit-notes/{known.note}/").body
    missing = re.findall(r'name="(restock-\d+)"[^>]*?value="([^"]*)"', page)
    if not missing:
        return
    is_all = chance.random() < 0.7
    data = {"token": str(uuid4())} | (dict(missing) if is_all else {missing[0][0]: "1"})
    answer = browser.post("goods back", f"/credit-notes/{known.note}/goods/", data)
    if answer.status < HTTPStatus.BAD_REQUEST:
        came = Known(known.note, known.by)
        scene.memory.keep(*(("approved", came) if is_all else ("awaits goods", known)))


def rebill(browser: Browser, scene: Scene, chance: random.Random) -> None:
    """Credit an invoice whole and bill its first line for less, twice where it is clicked twice."""
    invoice, lines = chance.choice(scene.wrong)
    page = browser.get("rebill page", f"/invoices/{invoice}/rebill/").body
    values = dict(re.findall(r'name="((?:quantity|price)-\d+)"[^>]*?value="([^"]*)"', page))
    data = {"do": "submit", "token": str(uuid4()), "reason": str(scene.reasons[0]), **values}
    data[f"price-{lines[0]}"] = chance.choice(["1.23", "9.99", "17.5"])
    for _click in range(2 if chance.random() < 0.2 else 1):
        answer = browser.post("rebill", f"/invoices/{invoice}/rebill/", data)
    keep_new(answer, browser, scene, "submit")


#: What finance does beside credit notes, and how often.
MONEY: Sequence[Act] = (
    [apply] * 2
    + [unapply]
    + [receive_goods] * 4
    + [propose_refund, confirm_refund, deposit, write_off, answer_bad_debt]
)

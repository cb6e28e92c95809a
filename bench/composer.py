"""How soon the composer answers a key press, in a real browser on a running server.

    python bench/composer.py [ADDRESS [INVOICE …]]

Signs in to the demo as the rep, opens the invoices named (or the shortest and the longest of
those first offered), credits each whole, and types into one line: measured from each key's
``keydown`` to the page showing that key's total, with all lines picked. Also how long the page
takes to open, and one button to fill in and reckon all of it.
Prints one JSON line an invoice: milliseconds, and how busy the machine was, since both run on it.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections.abc import Sequence

from playwright.sync_api import Page, sync_playwright

PRESSES = 40
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]

#: Notes when a key goes down and when the figures that answer it stand on the page.
WATCH = """(field) => {
    window.answers = [];
    let pressed = 0;
    field.addEventListener("keydown", () => { pressed = performance.now(); }, true);
    document.addEventListener("htmx:afterSwap", (event) => {
        if (event.target.id !== "preview" || !pressed) return;
        window.answers.push(performance.now() - pressed);
        pressed = 0;
    });
}"""


#: The same for the next press of a button.
WATCH_BUTTON = """() => {
    let pressed = 0;
    document.addEventListener("pointerdown", () => { pressed = performance.now(); }, true);
    document.addEventListener("htmx:afterSwap", (event) => {
        if (event.target.id !== "preview" || !pressed) return;
        window.answers.push(performance.now() - pressed);
        pressed = 0;
    });
}"""


def sign_in(page: Page) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("E-mail").fill("rep@demo.test")
    page.get_by_label("Password", exact=True).fill("demo")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/accounts/login" not in url)


def offered(page: Page) -> list[str]:
    """Addresses of composers: of the shortest and the longest of the first invoices offered."""
    page.goto("/credit-notes/new/")
    links = page.locator("a[href*='?invoice=']").evaluate_all("all => all.map(a => a.href)")
    lines = {}
    for link in links:
        page.goto(link)
        lines[link] = page.locator("tr[data-line]").count()
    return [min(links, key=lines.__getitem__), max(links, key=lines.__getitem__)]


def composer_of(page: Page, number: str) -> str:
    """The address of the composer of the invoice of that number."""
    page.goto(f"/credit-notes/new/?q={number}&open=1")
    return page.url


def whole(page: Page) -> float:
    """Milliseconds from the button for the whole invoice to its total."""
    page.evaluate("() => { window.answers = []; }")
    page.evaluate(WATCH_BUTTON)
    page.locator("[data-fill=left]").first.click()
    page.wait_for_function("() => window.answers.length >= 1")
    took: float = page.evaluate("() => window.answers[0]")
    return took


def measure(page: Page) -> list[float]:
    """Milliseconds from each key press to its answer."""
    row = page.locator("tr[data-line]:not(.used-up)").first
    row.locator("select").select_option("quantity")
    field = row.locator("input[name$=-value]")
    field.evaluate(WATCH)
    field.focus()
    for press in range(PRESSES):
        # A digit, then one taken away again: every press changes the figures.
        page.keyboard.press("1" if press % 2 == 0 else "Backspace")
        page.wait_for_function("expected => window.answers.length >= expected", arg=press + 1)
    answers: list[float] = page.evaluate("() => window.answers")
    return sorted(answers)


def answer(page: Page, link: str) -> dict[str, object]:
    """What is measured on one invoice."""
    begun = time.perf_counter()
    page.goto(link)
    opened = (time.perf_counter() - begun) * 1000
    page.locator("#composer [name=reason]").select_option(index=3)
    page.wait_for_timeout(500)
    filled = whole(page)
    page.wait_for_timeout(2000)
    answers = measure(page)
    return {
        "question": "key press to new totals",
        "lines": page.locator("tr[data-line]").count(),
        "presses": len(answers),
        "p50_ms": round(statistics.median(answers), 1),
        "p95_ms": round(answers[int(len(answers) * 0.95) - 1], 1),
        "max_ms": round(answers[-1], 1),
        "open_ms": round(opened, 1),
        "whole_invoice_ms": round(filled, 1),
        "load_per_core": round(os.getloadavg()[0] / (os.cpu_count() or 1), 1),
    }


def main(address: str, numbers: Sequence[str]) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        page = browser.new_context(base_url=address).new_page()
        sign_in(page)
        links = [composer_of(page, number) for number in numbers] or offered(page)
        for link in links:
            sys.stdout.write(json.dumps(answer(page, link)) + "\n")
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000", sys.argv[2:])

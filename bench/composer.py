"""How soon the composer answers a key press, in a real browser on a running server.

    python bench/composer.py [ADDRESS]

Signs in to the demo as the rep, opens the invoice with the most lines that it finds, types
into a line and measures from each key's ``keydown`` to the page showing that key's total.
Prints one JSON line: milliseconds, and how busy the machine was, since both run on it.
"""

from __future__ import annotations

import json
import os
import statistics
import sys

from playwright.sync_api import Page, sync_playwright

PRESSES = 100
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


def sign_in(page: Page) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("E-mail").fill("rep@demo.test")
    page.get_by_label("Password", exact=True).fill("demo")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: "/accounts/login" not in url)


def longest_invoice(page: Page) -> tuple[str, int]:
    """The address of a composer with many lines, of the first invoices offered."""
    page.goto("/credit-notes/new/")
    links = page.locator("a[href*='?invoice=']").evaluate_all("all => all.map(a => a.href)")
    found = ("", 0)
    for link in links:
        page.goto(link)
        lines = page.locator("tr[data-line]").count()
        found = max(found, (link, lines), key=lambda each: each[1])
    return found


def measure(page: Page) -> list[float]:
    """Milliseconds from each key press to its answer."""
    field = page.locator("tr[data-line]:not(.used-up) input[name$=-value]").first
    field.evaluate(WATCH)
    field.focus()
    for press in range(PRESSES):
        # A digit, then one taken away again: every press changes the figures.
        page.keyboard.press("1" if press % 2 == 0 else "Backspace")
        page.wait_for_function("expected => window.answers.length >= expected", arg=press + 1)
    answers: list[float] = page.evaluate("window.answers")
    return answers


def main(address: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        page = browser.new_context(base_url=address).new_page()
        sign_in(page)
        link, lines = longest_invoice(page)
        page.goto(link)
        page.locator("#composer [name=reason]").select_option(index=1)
        page.wait_for_timeout(500)
        answers = sorted(measure(page))
        browser.close()
    result = {
        "question": "key press to new totals",
        "lines": lines,
        "presses": len(answers),
        "p50_ms": round(statistics.median(answers), 1),
        "p95_ms": round(answers[int(len(answers) * 0.95) - 1], 1),
        "max_ms": round(answers[-1], 1),
        "load_per_core": round(os.getloadavg()[0] / (os.cpu_count() or 1), 1),
    }
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000")

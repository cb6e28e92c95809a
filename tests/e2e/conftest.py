"""A whole site for a real browser: web server, live updates, worker, broker, database, mail."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from playwright.sync_api import Browser, Page, expect, sync_playwright

from customers.models import User
from tests.e2e.processes import (
    CHROMIUM,
    CHROMIUM_FLAGS,
    free_port,
    live_server,
    process,
    web_server,
)

# Playwright's synchronous interface keeps an event loop running, which Django takes for
# asynchronous code; it stays for all tests that the process runs afterwards.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

#: How long a page may take on a machine that does much else, in milliseconds.
SLOW = 20_000
expect.set_options(timeout=SLOW)

PASSWORD = "a password for the tests"
WORKER = ["--app=config", "--quiet", "worker", "--concurrency=1", "--without-mingle"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Try what failed in a browser once more: a starved machine may miss every patience."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.flaky(reruns=1))


@dataclass
class Postbox:
    """What the mail server has received."""

    messages: list[EmailMessage] = field(default_factory=list)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        """Take one message in; aiosmtpd calls this."""
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.messages.append(message)
        return "250 kept"

    def sent_to(self, user: User) -> list[EmailMessage]:
        """The messages to this person, oldest first."""
        return [each for each in self.messages if user.email in str(each["To"])]


@dataclass
class Site:
    """The running product as a person outside meets it."""

    address: str
    postbox: Postbox
    browser: Browser
    #: The process of the live updates, where the test needs more than pages.
    live: subprocess.Popen[bytes] | None = None

    @contextmanager
    def signed_in(self, user: User, **options: Any) -> Iterator[Page]:
        """A browser window of their own, in which the person has signed in by password."""
        context = self.browser.new_context(base_url=self.address, **options)
        context.set_default_timeout(SLOW)
        page = context.new_page()
        self.sign_in(page, user)
        yield page
        context.close()

    def sign_in(self, page: Page, user: User) -> None:
        """The person signs in by password in a window where nobody is signed in."""
        user.password = PBKDF2PasswordHasher().encode(PASSWORD, "salt", iterations=1)
        user.save()
        page.goto("/accounts/login/")
        page.get_by_label("E-mail").fill(user.email)
        page.get_by_label("Password", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url(lambda url: "/accounts/login" not in url)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@contextmanager
def _mail_server(postbox: Postbox) -> Iterator[str]:
    """A mail server that delivers into the postbox; its address as a setting."""
    port = free_port()
    server = Controller(postbox, hostname="127.0.0.1", port=port)
    server.start()
    try:
        yield f"smtp://127.0.0.1:{port}?tls=no"
    finally:
        server.stop()


@pytest.fixture
def site(
    browser: Browser,
    transactional_db: None,
    process_environment: dict[str, str],
    request: pytest.FixtureRequest,
) -> Iterator[Site]:
    """The product's own processes on this test's data, with a real mail server behind."""
    postbox = Postbox()
    web = free_port()
    environment = process_environment | {"SITE_URL": f"http://127.0.0.1:{web}"}
    with ExitStack() as processes:
        streams = None
        if not request.node.get_closest_marker("pages_only"):
            live = free_port()
            environment |= {
                "EMAIL_URL": processes.enter_context(_mail_server(postbox)),
                "LIVE_URL": f"http://{{host}}:{live}/live/",
            }
            processes.enter_context(process(environment, "celery", *WORKER))
            streams = processes.enter_context(live_server(environment, live))
        address = processes.enter_context(web_server(environment, web, "--workers=1"))
        yield Site(address, postbox, browser, streams)

"""The demo's mail as a page: newest first, each whole, nothing of it run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.mail import EmailMultiAlternatives, get_connection
from django.test import Client

from config.embedded import ROOT
from customers.models import User

pytestmark = pytest.mark.django_db
SCRIPT = "<script>alert(1)</script>"


def send(subject: str, to: str = "manager@demo.test", **options: Any) -> None:
    message = EmailMultiAlternatives(
        subject,
        options.get("text", "Look: http://127.0.0.1:8000/approvals/3/"),
        to=[to],
        connection=get_connection("config.demo.mailbox.EmailBackend"),
    )
    message.attach_alternative(f"<p>Look</p>{SCRIPT}", "text/html")
    message.attach("CN-2026-000001.pdf", b"%PDF-1.7", "application/pdf")
    message.send()


def names(settings: Any) -> list[str]:
    return sorted(path.name for path in settings.DEMO_MAIL_ROOT.glob("*.eml"))


def test_an_empty_folder_or_none_says_so(client: Client) -> None:
    answer = client.get("/demo/mail/")
    assert answer.status_code == 200
    assert "No mail yet" in answer.content.decode()


def test_newest_first_and_to_one_address(client: Client) -> None:
    send("First")
    send("Second: Crédit à décider", to="Farida <finance@demo.test>")
    mails = client.get("/demo/mail/").context["mails"]
    assert [mail.subject for mail in mails] == ["Second: Crédit à décider", "First"]
    only = client.get("/demo/mail/", {"to": "FINANCE@demo.test"}).context["mails"]
    assert [mail.subject for mail in only] == ["Second: Crédit à décider"]


def test_a_message_whole_with_links_but_nothing_run(client: Client, settings: Any) -> None:
    send("Waits for you", text=f"Look: http://127.0.0.1:8000/approvals/3/\n{SCRIPT}")
    page = client.get(f"/demo/mail/{names(settings)[0]}").content.decode()
    assert 'href="http://127.0.0.1:8000/approvals/3/"' in page
    assert "manager@demo.test" in page
    assert "CN-2026-000001.pdf" in page
    assert "Message-ID" in page
    assert SCRIPT not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 2


def test_the_html_is_seen_as_a_mail_program_shows_it_and_runs_nothing(
    client: Client, settings: Any
) -> None:
    send("Waits for you")
    name = names(settings)[0]
    assert f'src="/demo/mail/{name}/html/"' in client.get(f"/demo/mail/{name}").content.decode()
    seen = client.get(f"/demo/mail/{name}/html/")
    assert "<p>Look</p>" in seen.content.decode()
    rules = {rule.split()[0]: rule for rule in seen["Content-Security-Policy"].split("; ")}
    assert rules["script-src"] == "script-src 'none'"
    assert "allow-scripts" not in rules["sandbox"]
    assert rules["frame-ancestors"] == "frame-ancestors 'self'"
    assert seen["X-Frame-Options"] == "SAMEORIGIN"


def test_what_is_attached_can_be_opened(client: Client, settings: Any) -> None:
    send("Credited")
    name = names(settings)[0]
    file = client.get(f"/demo/mail/{name}/1/")
    assert file.content == b"%PDF-1.7"
    assert file["Content-Type"] == "application/pdf"
    for number in (0, 2):
        assert client.get(f"/demo/mail/{name}/{number}/").status_code == 404


@pytest.mark.parametrize("name", ["1-a.eml", "..%2Fsecret.eml", "secret.txt", ".1-a.eml"])
def test_nothing_else_is_read(name: str, client: Client, settings: Any) -> None:
    folder: Path = settings.DEMO_MAIL_ROOT
    folder.mkdir(parents=True)
    for other in (folder.parent / "secret.eml", folder / "secret.txt", folder / ".1-a.eml"):
        other.write_text("Subject: secret\n\nsecret")
    assert client.get(f"/demo/mail/{name}").status_code == 404


def test_a_broken_message_is_shown_as_far_as_it_goes(client: Client, settings: Any) -> None:
    folder: Path = settings.DEMO_MAIL_ROOT
    folder.mkdir(parents=True)
    (folder / "1-a.eml").write_bytes(b"Date: never\n\n\xff\xfe text")
    assert client.get("/demo/mail/").status_code == 200
    assert client.get("/demo/mail/1-a.eml").status_code == 200


def test_it_is_in_everybodys_frame(rep: User, client_of: Any) -> None:
    send("Hello")
    assert 'class="sidebar"' in client_of(rep).get("/demo/mail/").content.decode()


def test_a_real_installation_has_no_such_page() -> None:
    """Asked of a process of its own, since addresses are made once."""
    asked = """
import django; django.setup()
from django.urls import NoReverseMatch, reverse
try: print(reverse("demo_mail"))
except NoReverseMatch: print("none")
"""
    done = subprocess.run(
        [sys.executable, "-c", asked],
        cwd=ROOT,
        env={**os.environ, "CREDITDESK_ENV": "build", "DJANGO_SETTINGS_MODULE": "config.settings"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "none"

"""The demo's mail as a page: what was sent, newest first, and each message whole.

Only in the demo and the tests, and open to all there: the page shows links for new
passwords too. What a message says in HTML is shown as its source, never run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

MOST = 100
_NAME = re.compile(r"[0-9a-f-]+\.eml")


@dataclass(frozen=True)
class Mail:
    """One message of the folder."""

    name: str
    message: EmailMessage

    @property
    def subject(self) -> str:
        return str(self.message["Subject"] or "")

    @property
    def to(self) -> str:
        return str(self.message["To"] or "")

    @property
    def sent_at(self) -> datetime | None:
        """When it was sent, as it says itself; without a zone it means UTC (RFC 5322)."""
        try:
            sent = parsedate_to_datetime(str(self.message["Date"]))
        except ValueError:
            return None
        return sent if sent.tzinfo else sent.replace(tzinfo=UTC)

    @property
    def text(self) -> str:
        """The part for people who read plain text."""
        return self._body("plain")

    @property
    def html(self) -> str:
        """The source of the HTML part, if there is one."""
        return self._body("html")

    @property
    def headers(self) -> list[tuple[str, str]]:
        return [(name, str(value)) for name, value in self.message.items()]

    @property
    def attachments(self) -> list[tuple[str, int]]:
        """The names and sizes of what is attached."""
        return [
            (part.get_filename() or "", len(part.get_payload(decode=True) or b""))
            for part in self.message.iter_attachments()
        ]

    def _body(self, subtype: str) -> str:
        part = self.message.get_body((subtype,))
        return str(part.get_content()) if part else ""


@login_not_required
@never_cache
@require_safe
def demo_mail(request: HttpRequest) -> HttpResponse:
    """The latest messages; ``?to=`` shows those to one address."""
    to = request.GET.get("to", "").strip().lower()
    found = [mail for mail in _latest() if not to or to in mail.to.lower()]
    return render(request, "demo/mail.html", {"mails": found, "to": to})


@login_not_required
@never_cache
@require_safe
def demo_message(request: HttpRequest, name: str) -> HttpResponse:
    """One message."""
    path = settings.DEMO_MAIL_ROOT / name
    if not _NAME.fullmatch(name) or not path.is_file():
        raise Http404
    return render(request, "demo/message.html", {"mail": _read(path)})


def _latest() -> Iterator[Mail]:
    """Names sort by time: see :mod:`config.demo.mailbox`."""
    for path in sorted(settings.DEMO_MAIL_ROOT.glob("[0-9]*.eml"), reverse=True)[:MOST]:
        yield _read(path)


def _read(path: Path) -> Mail:
    return Mail(path.name, message_from_bytes(path.read_bytes(), policy=policy.default))

"""The demo's mail as a page: what was sent, newest first, and each message whole.

Only in the demo and the tests, and open to all there: the page shows links for new
passwords too. A message's HTML is shown in a frame of its own that may run and load nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF
from csp.decorators import csp_replace, csp_update
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from customers.downloads import private

MOST = 100
#: A mail brings its own style; it may load nothing, run nothing, and lead out only by links.
SEEN = {
    "default-src": [NONE],
    "style-src": ["'unsafe-inline'"],
    "script-src": [NONE],
    "font-src": [NONE],
    "connect-src": [NONE],
    "img-src": ["data:"],
    "manifest-src": [NONE],
    "form-action": [NONE],
    "frame-ancestors": [SELF],
    "sandbox": ["allow-popups", "allow-popups-to-escape-sandbox"],
}
_NAME = re.compile(r"[0-9a-f-]+\.eml")


@dataclass(frozen=True)
class Attached:
    """A file that came with a message."""

    name: str
    content_type: str
    payload: Any

    @property
    def content(self) -> bytes:
        return self.payload if isinstance(self.payload, bytes) else b""

    @property
    def size(self) -> int:
        return len(self.content)


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

    @cached_property
    def attachments(self) -> list[Attached]:
        """What is attached."""
        return [
            Attached(
                part.get_filename() or "", part.get_content_type(), part.get_payload(decode=True)
            )
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
@csp_update({"frame-src": [SELF]})  # type: ignore[arg-type]
def demo_message(request: HttpRequest, name: str) -> HttpResponse:
    """One message."""
    return render(request, "demo/message.html", {"mail": _mail_or_404(name)})


@login_not_required
@never_cache
@require_safe
@csp_replace(SEEN)  # type: ignore[arg-type]
@xframe_options_sameorigin
def demo_mail_html(request: HttpRequest, name: str) -> HttpResponse:
    """The HTML part as a mail program shows it: with its own style, without anything run."""
    html = _mail_or_404(name).html
    if not html:
        raise Http404
    return HttpResponse(html)


@login_not_required
@never_cache
@require_safe
def demo_attachment(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """A file that came with the message; they are counted from 1."""
    attached = _mail_or_404(name).attachments
    if not 0 < number <= len(attached):
        raise Http404
    file = attached[number - 1]
    is_pdf = file.content_type == "application/pdf"
    response = HttpResponse(file.content, content_type=file.content_type)
    return private(response, file.name, inline=is_pdf, is_ours=is_pdf)


def _mail_or_404(name: str) -> Mail:
    path = settings.DEMO_MAIL_ROOT / name
    if not _NAME.fullmatch(name) or not path.is_file():
        raise Http404
    return _read(path)


def _latest() -> Iterator[Mail]:
    """Names sort by time: see :mod:`config.demo.mailbox`."""
    for path in sorted(settings.DEMO_MAIL_ROOT.glob("[0-9]*.eml"), reverse=True)[:MOST]:
        yield _read(path)


def _read(path: Path) -> Mail:
    return Mail(path.name, message_from_bytes(path.read_bytes(), policy=policy.default))

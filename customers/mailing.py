"""Every e-mail that leaves the house goes through here, in its reader's language.

A letter's name selects its templates: ``emails/<name>.subject.txt``, ``.txt`` and
``.html``. Its Message-ID follows from the event, the consumer and the address, so
that a mail sent twice is the same mail; what a failed attempt got away already is
remembered, so that a retry sends the rest only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import formataddr
from smtplib import SMTPRecipientsRefused
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import structlog
from anymail.exceptions import AnymailError
from django.conf import settings
from django.core.cache import cache
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation

from customers.models import Company, Contact, User

logger = structlog.get_logger(__name__)

#: How long a mail that went out is remembered while others of its dispatch fail.
REMEMBERED = timedelta(days=30)
#: From here on an SMTP answer is final: the address does not exist, say.
REFUSED_FOR_GOOD = 500


@dataclass(frozen=True)
class Reader:
    """Somebody a mail is for, and the language they read."""

    name: str
    email: str
    language: str

    @classmethod
    def of(cls, person: User | Contact) -> Reader:
        """A member of staff or a customer's contact."""
        name = person.full_name if isinstance(person, User) else person.name
        return cls(name, person.email, person.language)


@dataclass(frozen=True)
class Enclosure:
    """A file that goes with a letter."""

    name: str
    content: bytes
    content_type: str


@dataclass(frozen=True)
class Letter:
    """One mail to one reader.

    ``key`` names the event and consumer it comes from; ``thread`` what it is about,
    so that mail programs file letters about one thing together.
    """

    name: str
    reader: Reader
    key: str
    thread: str
    company: Company
    context: Mapping[str, Any] = field(default_factory=dict)
    enclosures: Sequence[Enclosure] = ()

    @property
    def message_id(self) -> str:
        """The same each time for the same event, consumer and address."""
        digest = hashlib.sha256(f"{self.key} {self.reader.email}".encode()).hexdigest()[:24]
        return f"<{digest}@{_our_host()}>"


def send(letters: Iterable[Letter]) -> None:
    """Send the letters one by one; raises the last failure once all were tried.

    An address that the server refuses for good is logged and given up: trying
    again would not help, and would keep the others waiting.
    """
    waiting = [letter for letter in letters if not cache.get(_memory_of(letter))]
    if not waiting:
        return
    failure: Exception | None = None
    with get_connection() as connection:
        for letter in waiting:
            try:
                _send(letter, connection)
            except (OSError, AnymailError) as error:
                failure = error
    if failure:
        raise failure


def _send(letter: Letter, connection: BaseEmailBackend) -> None:
    message = message_of(letter)
    message.connection = connection
    try:
        message.send()
    except SMTPRecipientsRefused as error:
        if not all(code >= REFUSED_FOR_GOOD for code, _words in error.recipients.values()):
            raise
        logger.warning("address refused", letter=letter.name, address=letter.reader.email)
    cache.set(_memory_of(letter), True, REMEMBERED.total_seconds())


def _memory_of(letter: Letter) -> str:
    return f"mailed:{letter.message_id}"


def message_of(letter: Letter) -> EmailMultiAlternatives:
    """The letter written out: text and HTML, addressed, with its headers."""
    with (
        translation.override(letter.reader.language),
        timezone.override(ZoneInfo(letter.company.time_zone)),
    ):
        subject = " ".join(_written(letter, "subject.txt").split())
        text, html = _written(letter, "txt"), _written(letter, "html", subject=subject)
    message = EmailMultiAlternatives(
        subject,
        text.strip() + "\n",
        from_email=_sender(letter.company),
        to=[_addressed(letter.reader.name, letter.reader.email)],
        reply_to=[letter.company.email],
        headers=_headers(letter),
    )
    message.attach_alternative(html, "text/html")
    for enclosure in letter.enclosures:
        message.attach(enclosure.name, enclosure.content, enclosure.content_type)
    return message


def _written(letter: Letter, part: str, **more: str) -> str:
    context = {**letter.context, "reader": letter.reader, "company": letter.company, **more}
    return render_to_string(f"emails/{letter.name}.{part}", context)


def _headers(letter: Letter) -> dict[str, str]:
    return {
        "Message-ID": letter.message_id,
        "References": f"<{letter.thread}@{_our_host()}>",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "Content-Language": letter.reader.language,
    }


def _sender(company: Company) -> str:
    """Our own address under the company's name: replies go to the company."""
    address = settings.DEFAULT_FROM_EMAIL.rsplit("<", 1)[-1].rstrip("> ")
    return _addressed(company.legal_name, address)


def _addressed(name: str, address: str) -> str:
    return formataddr((" ".join(name.split()), address))


def address_of(view: str, *arguments: Any) -> str:
    """The absolute address of a page, for mails: there is no request to ask."""
    return settings.SITE_URL.rstrip("/") + reverse(view, args=arguments)


def _our_host() -> str:
    return urlsplit(settings.SITE_URL).hostname or "localhost"

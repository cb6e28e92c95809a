"""Typed readers of environment variables: settings state what they need, once."""

import os
import re
from typing import Any
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off", ""}


def text(name: str, default: str | None = None) -> str:
    """The variable's value; without a default it is required."""
    value = os.environ.get(name) or default
    if value is None:
        raise ImproperlyConfigured(f"Set the environment variable {name}: it has no default here.")
    return value


def flag(name: str, default: bool = False) -> bool:
    value = os.environ.get(name)
    if value is None:
        return default
    if value.lower() in _TRUE:
        return True
    if value.lower() in _FALSE:
        return False
    raise ImproperlyConfigured(f"{name} must be yes or no, not {value!r}.")


def number(name: str, default: int) -> int:
    value = os.environ.get(name) or str(default)
    try:
        return int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.") from None


_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def rate(name: str, default: str) -> tuple[int, int]:
    """So many within so many seconds, written as ``30/h`` or ``20/10m``."""
    value = os.environ.get(name) or default
    match = re.fullmatch(r"(\d{1,6})/(\d{0,4})([smhd])", value)
    if match is None or not int(match[1]) or not int(match[2] or 1):
        raise ImproperlyConfigured(f"{name} must be a rate such as 30/h or 20/10m, not {value!r}.")
    return int(match[1]), int(match[2] or 1) * _SECONDS[match[3]]


def words(name: str, default: str | None = None) -> list[str]:
    """A comma-separated list; blanks are dropped."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def database(name: str, url: str) -> dict[str, Any]:
    """Django's settings for a URL like ``postgresql://user:password@host:5432/database``.

    A unix socket is named as libpq does: ``postgresql://user@/database?host=/folder``.
    The variable's name is only for the error; the URL, which may hold a password, is not shown.
    """
    parts = _split(name, url, {"postgresql", "postgres"})
    query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    database_name = unquote(parts.path.lstrip("/"))
    if not database_name:
        raise ImproperlyConfigured(f"{name} names no database after the host.")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": database_name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", parts.hostname or ""),
        "PORT": query.pop("port", str(parts.port or "")),
        "OPTIONS": query,
    }


def email(name: str, url: str) -> dict[str, Any]:
    """Django's mail settings for a URL.

    ``smtp://user:password@host:587`` (STARTTLS), ``smtps://…:465`` (TLS),
    ``smtp://host:25?tls=no`` (a relay on a trusted network), ``file:/folder``,
    ``mailbox:`` (the demo's folder), or a mail service that Anymail knows:
    ``postmark://TOKEN@``, ``sendgrid://KEY@``, …
    """
    scheme = urlsplit(url).scheme
    if scheme in {"smtp", "smtps"}:
        parts = _split(name, url, {scheme})
        tls = parse_qs(parts.query).get("tls", ["yes"])[-1] != "no"
        return {
            "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
            "EMAIL_HOST": parts.hostname or "localhost",
            "EMAIL_PORT": parts.port or (465 if scheme == "smtps" else 587 if tls else 25),
            "EMAIL_HOST_USER": unquote(parts.username or ""),
            "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
            "EMAIL_USE_SSL": scheme == "smtps",
            "EMAIL_USE_TLS": scheme == "smtp" and tls,
            "EMAIL_TIMEOUT": 20,
        }
    if scheme == "file":
        return {
            "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "EMAIL_FILE_PATH": urlsplit(url).path,
        }
    if scheme == "mailbox":
        return {"EMAIL_BACKEND": "config.demo.mailbox.EmailBackend"}
    parts = _split(name, url, {"brevo", "mailgun", "mailjet", "postmark", "resend", "sendgrid"})
    token = "POSTMARK_SERVER_TOKEN" if scheme == "postmark" else f"{scheme.upper()}_API_KEY"
    return {
        "EMAIL_BACKEND": f"anymail.backends.{scheme}.EmailBackend",
        "ANYMAIL": {token: unquote(parts.username or "")},
    }


def _split(name: str, url: str, schemes: set[str]) -> SplitResult:
    """The URL's parts, or one sentence about which variable is wrong."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - reading it checks that it is a number
    except ValueError:
        raise ImproperlyConfigured(f"{name} is not a URL.") from None
    if parts.scheme not in schemes:
        expected = ", ".join(f"{scheme}://" for scheme in sorted(schemes))
        raise ImproperlyConfigured(
            f"{name} starts with {parts.scheme + '://' if parts.scheme else 'no scheme'}; "
            f"expected {expected}."
        )
    return parts

"""Settings come from the environment, or are refused in one sentence that names the variable."""

import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from config import env


def test_a_server_and_its_password() -> None:
    read = env.database("X", "postgresql://app:p%40ss@db.example:6432/credit?sslmode=require")
    assert (read["HOST"], read["PORT"], read["NAME"]) == ("db.example", "6432", "credit")
    assert (read["USER"], read["PASSWORD"]) == ("app", "p@ss")
    assert read["OPTIONS"] == {"sslmode": "require"}


def test_a_unix_socket() -> None:
    read = env.database("X", "postgresql://app@/credit?host=/run/postgresql")
    assert (read["HOST"], read["PORT"], read["OPTIONS"]) == ("/run/postgresql", "", {})


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("credit", "no scheme"),
        ("mysql://app:secret@db/credit", "mysql://"),
        ("postgresql://app:secret@db", "names no database"),
        ("postgresql://app:secret@db:port/credit", "is not a URL"),
        ("postgresql://[app:secret@db/credit", "is not a URL"),
    ],
)
def test_a_mistyped_database(url: str, complaint: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=complaint) as refusal:
        env.database("DATABASE_URL", url)
    assert str(refusal.value).startswith("DATABASE_URL")
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://u:p@mail", {"EMAIL_PORT": 587, "EMAIL_USE_TLS": True, "EMAIL_USE_SSL": False}),
        ("smtps://u:p@mail", {"EMAIL_PORT": 465, "EMAIL_USE_TLS": False, "EMAIL_USE_SSL": True}),
        ("smtp://mail?tls=no", {"EMAIL_PORT": 25, "EMAIL_USE_TLS": False, "EMAIL_HOST_USER": ""}),
        ("file:/mail", {"EMAIL_FILE_PATH": "/mail"}),
        ("mailbox:", {"EMAIL_BACKEND": "config.demo.mailbox.EmailBackend"}),
        ("postmark://key@", {"ANYMAIL": {"POSTMARK_SERVER_TOKEN": "key"}}),
        ("mailgun://key@", {"ANYMAIL": {"MAILGUN_API_KEY": "key"}}),
    ],
)
def test_ways_to_send_mail(url: str, expected: dict[str, object]) -> None:
    assert expected.items() <= env.email("EMAIL_URL", url).items()


def test_flags_numbers_and_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X", "yes")
    assert env.flag("X")
    monkeypatch.setenv("X", "7")
    assert env.number("X", 1) == 7
    monkeypatch.setenv("X", " a, ,b ")
    assert env.words("X") == ["a", "b"]
    monkeypatch.delenv("X")
    assert (env.flag("X"), env.number("X", 1), env.words("X", "")) == (False, 1, [])


@pytest.mark.parametrize("read", [env.flag, lambda name: env.number(name, 1)])
def test_neither_yes_nor_a_number(read: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("X", "perhaps")
    assert callable(read)
    with pytest.raises(ImproperlyConfigured, match=r"X must be .* not 'perhaps'"):
        read("X")


PRODUCTION = {
    "CREDITDESK_ENV": "production",
    "SECRET_KEY": "x",
    "ALLOWED_HOSTS": "credit.example",
    "SITE_URL": "https://credit.example",
    "DATABASE_URL": "postgresql://app@db/credit",
    "REDIS_URL": "redis://redis",
    "EMAIL_URL": "smtp://mail",
}


def load_settings(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Load the settings in a process that knows nothing but this environment."""
    return subprocess.run(
        [sys.executable, "-c", "from config import settings; print(settings.EMBEDDED_SERVERS)"],
        cwd=settings.ROOT,
        env={"PATH": os.environ["PATH"]} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_production_takes_what_it_is_given_and_embeds_nothing() -> None:
    loaded = load_settings(PRODUCTION)
    assert (loaded.returncode, loaded.stdout) == (0, "None\n"), loaded.stderr


@pytest.mark.parametrize("name", sorted(set(PRODUCTION) - {"CREDITDESK_ENV"}))
def test_production_refuses_to_guess(name: str) -> None:
    loaded = load_settings({key: text for key, text in PRODUCTION.items() if key != name})
    assert loaded.returncode
    assert f"Set the environment variable {name}" in loaded.stderr.splitlines()[-1]


def test_production_is_what_nothing_said_means() -> None:
    loaded = load_settings({})
    assert "Set the environment variable SECRET_KEY" in loaded.stderr.splitlines()[-1]

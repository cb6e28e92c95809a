"""The files for containers say what the product is: the same processes, settings and paths."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.core.files.storage import storages

ROOT = Path(settings.ROOT)
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, Any] = COMPOSE["services"]
OURS = ["migrate", "web", "live", "worker", "beat"]
DOCKERFILE = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
NGINX = (ROOT / "deploy" / "nginx.conf").read_text()
OPERATING = (ROOT / "docs" / "operating.md").read_text()

#: Variables that the image sets, or that only other ways of running need.
ELSEWHERE = {"CREDITDESK_ENV", "CREDITDESK_VAR", "MEDIA_ROOT", "DEBUG", "HTTPS"}


def read_by_settings() -> set[str]:
    """The environment variables that the settings read."""
    source = (ROOT / "config" / "settings.py").read_text()
    named = re.findall(
        r'env\.(?:text|flag|number|rate|words|database|email)\(\s*"([A-Z_]+)"', source
    )
    return {*named, *re.findall(r'os\.environ\.get\("([A-Z_]+)"', source)}


def test_every_process_is_there() -> None:
    assert set(SERVICES) == {*OURS, "postgres", "redis"}


@pytest.mark.parametrize("service", OURS)
def test_what_is_given_is_what_the_settings_read(service: str) -> None:
    given = set(SERVICES[service]["environment"])
    assert given <= read_by_settings()
    assert {"SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL", "REDIS_URL", "EMAIL_URL"} <= given


def test_only_who_migrates_knows_the_owners_password() -> None:
    knowing = [name for name, each in SERVICES.items() if "OWNER_PASSWORD" in str(each)]
    assert knowing == ["migrate", "postgres"]


@pytest.mark.parametrize("service", OURS)
def test_nobody_can_write_but_to_the_volume(service: str) -> None:
    described = SERVICES[service]
    assert described["read_only"] is True
    assert described["cap_drop"] == ["ALL"]
    assert described["volumes"] == ["media:/media"]


def test_every_command_names_what_exists() -> None:
    for service in OURS:
        words = shlex.split(SERVICES[service].get("command", "gunicorn config.wsgi"))
        known = {"python", "sh", "celery", "gunicorn"}
        assert words[0] in known, service
    assert SERVICES["live"]["command"].startswith("python -m config.live ")
    assert (ROOT / "config" / "live" / "__main__.py").exists()
    assert "celery --app config beat" in SERVICES["beat"]["command"]
    assert "config.wsgi" in DOCKERFILE


@pytest.mark.parametrize(("service", "path"), [("web", "/health/"), ("live", "/live/health/")])
def test_health_is_asked_on_the_port_that_is_served(service: str, path: str) -> None:
    described = SERVICES[service]
    port = described["ports"][0].rpartition(":")[2]
    assert described["healthcheck"]["test"] == f"python deploy/probe.py {port} {path}"
    assert (ROOT / "deploy" / "probe.py").exists()
    assert port in described.get("command", DOCKERFILE)
    assert f"127.0.0.1:{port}" in NGINX


def test_the_mounted_files_exist() -> None:
    for service in SERVICES.values():
        for volume in service.get("volumes", []):
            source = volume.partition(":")[0]
            assert source in COMPOSE["volumes"] or (ROOT / source).exists(), volume


def test_the_image_copies_what_exists_and_runs_as_nobody_in_particular() -> None:
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    for name in " ".join(copied).split():
        assert (ROOT / name).exists(), name
    assert "USER creditdesk" in DOCKERFILE.rpartition("FROM")[2]


def test_collected_files_can_be_read_by_another_user_than_who_collected_them() -> None:
    """They are collected by root and served by an unprivileged user."""
    assert storages["staticfiles"].file_permissions_mode == 0o644  # type: ignore[attr-defined]


def test_every_setting_is_told() -> None:
    told = set(re.findall(r"`([A-Z_]+)`", OPERATING))
    assert read_by_settings() - {"DEBUG", "CREDITDESK_DATABASE_ROLE"} <= told


def test_what_compose_leaves_out_is_known() -> None:
    """A setting that nobody can set in a container has to be left out on purpose."""
    by_default = {
        *("DATABASE_POOL", "DATABASE_POOL_SIZE", "REDIS_PREFIX", "LIVE_URL"),
        *("ATTACHMENT_MAX_MB", "ATTACHMENT_MAX_COUNT", "RETURNED_RESERVATION_DAYS"),
        *("MAIL_LINK_DAYS", "INVITATION_DAYS", "PHOTO_LINK_HOURS"),
        *("LIMIT_REQUESTS", "LIMIT_MESSAGES", "LIMIT_UPLOADS", "LIMIT_TYPING"),
        *("LIMIT_SEARCH", "LIMIT_INVITATIONS", "LIMIT_ACCEPTING", "LIMIT_BY_LINK"),
        *("LIMIT_INVITATIONS_BY_PERSON", "LIMIT_INVITATIONS_TO_ADDRESS"),
        "CREDITDESK_DATABASE_ROLE",
    }
    given = set(SERVICES["migrate"]["environment"])
    assert read_by_settings() - given - ELSEWHERE == by_default

"""Files that browsers ask for by themselves."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.test import Client

from config.assets import CompressedStorage, HashedStorage

HASHED = re.compile(r"\.[0-9a-f]{12}\.\w+$")


def test_the_mark_is_where_browsers_look_for_it() -> None:
    answer = Client().get("/favicon.ico")

    assert answer.status_code == 302
    assert answer.headers["Location"] == "/static/img/mark.svg"


def test_what_scripts_import_is_hashed_too(settings: Any, tmp_path: Path) -> None:
    settings.STATIC_ROOT = tmp_path
    files = {"BACKEND": "config.assets.HashedStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": files}
    call_command("collectstatic", "--no-input", "--verbosity=0")
    imported = [
        name
        for path in tmp_path.rglob("js/**/*.*.js")
        if HASHED.search(path.name)
        for name in re.findall(r"""(?:from|import\(?) ?["'](\..+?)["']""", path.read_text())
    ]
    assert imported
    assert [name for name in imported if not HASHED.search(name)] == []
    assert CompressedStorage.patterns == HashedStorage.patterns

"""Files that browsers ask for by themselves."""

from __future__ import annotations

from django.test import Client


def test_the_mark_is_where_browsers_look_for_it() -> None:
    answer = Client().get("/favicon.ico")

    assert answer.status_code == 302
    assert answer.headers["Location"] == "/static/img/mark.svg"

"""Every page about a problem, in both languages and each frame; and the site when it is closed."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from config.demo.errors import PROBLEMS
from customers.models import User

SignIn = Callable[[User], Client]
EVERY = list(PROBLEMS)
#: Those that stand alone, in both languages.
ALONE = ("500", "503")
SAYS = {
    "400": "The request was not understood",
    "403": "You may not do this",
    "403-csrf": "This form is no longer valid",
    "404": "This page can’t be found",
    "409": "Somebody changed this credit note meanwhile.",
    "422": "Only 3 can still be credited.",
    "429": "That was too often",
    "429-locked": "Too many attempts",
    "500": "Something went wrong",
    "503": "We are back soon",
}


def status_of(name: str) -> int:
    return int(name[:3])


@pytest.mark.django_db
@pytest.mark.parametrize("name", EVERY)
def test_each_says_what_happened_and_what_to_do(name: str, client: Client) -> None:
    answer = client.get(f"/demo/errors/{name}/")
    page = answer.content.decode()
    assert answer.status_code == status_of(name)
    assert SAYS[name] in page
    assert 'href="/"' in page or 'href=""' in page or "/accounts/login/" in page
    if name != "429-locked":
        assert re.search(r"<code>[0-9a-f]{8}</code>", page)


@pytest.mark.parametrize("name", EVERY)
def test_in_the_frame_of_whoever_meets_it(
    name: str, client_of: SignIn, rep: User, contact: User
) -> None:
    for person, frame in ((rep, 'class="sidebar"'), (contact, 'class="portal-top"')):
        page = client_of(person).get(f"/demo/errors/{name}/").content.decode()
        assert (frame in page) is (name not in (*ALONE, "429-locked"))


@pytest.mark.parametrize("name", EVERY)
def test_in_french(name: str, client_of: SignIn, stranger_contact: User) -> None:
    browser = client_of(stranger_contact)
    answer = browser.get(f"/demo/errors/{name}/", headers={"Accept-Language": "fr-CA"})
    assert '<html lang="fr-' in answer.content.decode()


@pytest.mark.parametrize("name", ALONE)
def test_those_of_last_resort_speak_both_and_ask_no_database(
    name: str, client_of: SignIn, rep: User
) -> None:
    browser = client_of(rep)
    with CaptureQueriesContext(connection) as captured:
        page = browser.get(f"/demo/errors/{name}/").content.decode()
    asked = [query["sql"] for query in captured if "session" not in query["sql"]]
    assert len(asked) <= 1  # who asks, for their language
    for language in ('lang="en"', 'lang="fr-CA"'):
        assert language in page
    assert "csrf" not in page


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "seconds"), [("429", "60"), ("429-locked", "900")])
def test_whoever_asks_too_often_is_told_when_to_come_back(
    name: str, seconds: str, client: Client
) -> None:
    assert client.get(f"/demo/errors/{name}/")["Retry-After"] == seconds


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["403", "403-csrf", "409", "422", "429"])
def test_a_fragment_gets_a_notice_beside_the_page(name: str, client: Client) -> None:
    answer = client.get(f"/demo/errors/{name}/", headers={"HX-Request": "true"})
    assert answer.status_code == status_of(name)
    assert answer["HX-Retarget"] == "#toasts"
    assert "<html" not in answer.content.decode()
    assert 'role="alert"' in answer.content.decode()


@pytest.mark.django_db
def test_a_host_that_is_not_ours_is_refused_with_a_page(client: Client) -> None:
    answer = client.get("/", headers={"Host": "elsewhere.test"})
    assert answer.status_code == 400
    assert SAYS["400"] in answer.content.decode()


# Closed for maintenance ----------------------------------------------------------------


@pytest.fixture(params=["setting", "file"])
def closed(request: pytest.FixtureRequest, settings: Any, tmp_path: Path) -> None:
    """The site, closed in either way."""
    settings.MAINTENANCE_FILE = tmp_path / "maintenance"
    if request.param == "setting":
        settings.MAINTENANCE = True
    else:
        settings.MAINTENANCE_FILE.touch()


@pytest.mark.usefixtures("closed")
def test_everybody_reads_why_and_nothing_else_happens(
    client_of: SignIn, rep: User, django_assert_num_queries: Any
) -> None:
    browser = client_of(rep)
    with django_assert_num_queries(0):
        for answer in (
            browser.get("/"),
            browser.post("/language/", {"language": "fr-ca"}),
            Client().get("/portal/"),
        ):
            assert answer.status_code == 503
            assert answer["Retry-After"] == "300"
            assert answer["Cache-Control"] == "no-store"
            assert "We are back soon" in answer.content.decode()
    french = browser.get("/", headers={"Accept-Language": "fr-CA,fr;q=0.9"})
    assert '<html lang="fr-CA">' in french.content.decode()


@pytest.mark.django_db
@pytest.mark.usefixtures("closed")
def test_whoever_watches_over_the_site_is_answered(client: Client) -> None:
    assert client.get("/health/").status_code == 200


@pytest.mark.django_db
def test_open_it_is_as_ever(client: Client, settings: Any, tmp_path: Path) -> None:
    settings.MAINTENANCE_FILE = tmp_path / "maintenance"
    assert client.get("/accounts/login/").status_code == 200

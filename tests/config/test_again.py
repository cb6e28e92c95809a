"""What the database gives up is tried again where that is right, and said kindly elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from config.urls import handler500 as handler500
from config.urls import urlpatterns as site
from customers.models import User

SignIn = Callable[[User], Client]
#: What a view of these tests does at each try: an error code of the database, or nothing.
plan: list[str] = []
tries: list[int] = []


def troubled(request: HttpRequest) -> HttpResponse:
    """Meets what is planned, else says what it read of the file that was sent."""
    uploads = request.FILES.getlist("photo")
    tries.append(sum(len(upload.read()) for upload in uploads))
    if plan and (code := plan.pop(0)):
        with connection.cursor() as cursor:
            cursor.execute(f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{code}'; END $$")
    return HttpResponse("done")


def troubled_inside(request: HttpRequest) -> HttpResponse:
    """The same in one transaction."""
    with transaction.atomic():
        return troubled(request)


def troubled_late(request: HttpRequest) -> HttpResponse:
    """The same in a second transaction, after a first was committed."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return troubled_inside(request)


urlpatterns: list[Any] = [
    path("troubled/", troubled),
    path("troubled/inside/", troubled_inside),
    path("troubled/late/", troubled_late),
    *site,
]


@pytest.fixture(autouse=True)
def _these_addresses_too(settings: Any) -> Iterator[None]:
    settings.ROOT_URLCONF = __name__
    tries.clear()
    yield
    plan.clear()


@pytest.fixture
def browser(rep: User, client_of: SignIn) -> Client:
    client = client_of(rep)
    client.raise_request_exception = False
    return client


DEADLOCK, CROSSED, SHUT = "40P01", "40001", "57P01"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("code", [DEADLOCK, CROSSED])
def test_a_change_that_lost_a_race_is_made_again_with_its_files(browser: Client, code: str) -> None:
    plan[:] = [code, code]
    photo = SimpleUploadedFile("a.jpg", b"12345")
    answer = browser.post("/troubled/", {"photo": photo})
    assert (answer.status_code, answer.content) == (200, b"done")
    assert tries == [5, 5, 5]


@pytest.mark.django_db(transaction=True)
def test_whoever_loses_each_time_is_told_to_try_again(browser: Client) -> None:
    plan[:] = [DEADLOCK] * 5
    answer = browser.post("/troubled/")
    assert answer.status_code == 409
    assert "Somebody changed the same" in answer.content.decode()
    assert len(tries) == 3


@pytest.mark.django_db(transaction=True)
def test_a_page_is_looked_at_again_when_the_connection_is_gone(browser: Client) -> None:
    plan[:] = [SHUT]
    assert browser.get("/troubled/").content == b"done"
    assert len(tries) == 2


@pytest.mark.django_db(transaction=True)
def test_a_change_is_not_repeated_behind_ones_back(browser: Client) -> None:
    """Nobody knows whether it was committed: the person is told, and may send it again."""
    plan[:] = [SHUT]
    answer = browser.post("/troubled/")
    assert (answer.status_code, answer["Retry-After"]) == (503, "1")
    assert "Nothing was half done" in answer.content.decode()
    assert len(tries) == 1
    assert browser.post("/troubled/").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_change_whose_connection_broke_before_its_commit_is_made_again(browser: Client) -> None:
    plan[:] = [SHUT, SHUT]
    photo = SimpleUploadedFile("a.jpg", b"12345")
    answer = browser.post("/troubled/inside/", {"photo": photo})
    assert (answer.status_code, answer.content) == (200, b"done")
    assert tries == [5, 5, 5]


@pytest.mark.django_db(transaction=True)
def test_a_change_is_not_repeated_once_a_part_of_it_was_committed(browser: Client) -> None:
    plan[:] = [SHUT]
    assert browser.post("/troubled/late/").status_code == 503
    assert len(tries) == 1


@pytest.mark.django_db(transaction=True)
def test_whose_connection_breaks_each_time_is_told_to_try_again(browser: Client) -> None:
    plan[:] = [SHUT] * 5
    answer = browser.post("/troubled/inside/")
    assert (answer.status_code, answer["Retry-After"]) == (503, "1")
    assert len(tries) == 3


@pytest.mark.django_db(transaction=True)
def test_a_fragment_gets_a_notice(browser: Client) -> None:
    plan[:] = [SHUT]
    answer = browser.post("/troubled/", headers={"HX-Request": "true"})
    assert answer.status_code == 503
    assert answer["HX-Retarget"] == "#toasts"
    assert "The connection broke for a moment" in answer.content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_defect_stays_a_defect(browser: Client) -> None:
    plan[:] = ["57014"]
    assert browser.get("/troubled/").status_code == 500
    assert len(tries) == 1

"""Refusals, strangers and lost sessions are answered with a sentence, in one place."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path

from config.urls import urlpatterns as site
from customers import errors
from customers.models import Customer, User

KINDS = [
    (errors.Refusal, 422),
    (errors.NotAllowed, 403),
    (errors.WrongState, 409),
    (errors.StaleContent, 409),
    (errors.OverCredit, 422),
    (errors.Incomplete, 422),
]


def refuse(request: HttpRequest, name: str) -> HttpResponse:
    raise getattr(errors, name)("No <b>timber</b> is left.")


def fail(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("a defect")


def lose(request: HttpRequest, code: str) -> HttpResponse:
    """What the database answers to a change that it gives up for another, or to a defect."""
    with connection.cursor() as cursor:
        cursor.execute(f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{code}'; END $$")
    raise AssertionError


urlpatterns: list[Any] = [
    path("refuse/<name>/", refuse),
    path("lose/<code>/", lose),
    path("fail/", fail),
    *site,
]


@pytest.fixture(autouse=True)
def _these_addresses_too(settings: Any) -> None:
    settings.ROOT_URLCONF = __name__


@pytest.mark.parametrize(("refusal", "status"), KINDS, ids=str)
def test_a_page_says_why_with_the_refusals_status(
    refusal: type[errors.Refusal], status: int, rep: User, client_of: Callable[[User], Client]
) -> None:
    answer = client_of(rep).get(f"/refuse/{refusal.__name__}/")
    assert answer.status_code == status
    page = answer.content.decode()
    assert "No &lt;b&gt;timber&lt;/b&gt; is left." in page
    assert 'class="sidebar"' in page  # one can go on from here


def test_a_fragment_is_answered_with_a_notice(
    rep: User, client_of: Callable[[User], Client]
) -> None:
    answer = client_of(rep).get("/refuse/OverCredit/", headers={"HX-Request": "true"})
    assert answer.status_code == 422
    assert answer.headers["HX-Retarget"] == "#toasts"
    assert answer.headers["HX-Reswap"] == "beforeend"
    assert "<html" not in answer.content.decode()
    assert "is left." in answer.content.decode()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("code", ["40P01", "40001"], ids=["deadlock", "serialization"])
def test_whom_the_database_gave_up_for_another_may_try_again(
    code: str, rep: User, client_of: Callable[[User], Client]
) -> None:
    answer = client_of(rep).get(
        f"/lose/{code}/", headers={"Referer": "http://testserver/invoices/"}
    )
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "Please try again." in page
    assert 'href="http://testserver/invoices/"' in page


@pytest.mark.django_db(transaction=True)
def test_no_other_failure_of_the_database_is_passed_off_as_a_race(
    rep: User, client_of: Callable[[User], Client]
) -> None:
    browser = client_of(rep)
    browser.raise_request_exception = False
    assert browser.get("/lose/57014/").status_code == 500


@pytest.mark.parametrize(
    ("came_from", "is_ours"),
    [
        ("http://testserver/invoices/", True),
        ("http://elsewhere.test/invoices/", False),
        ("http://testserver.elsewhere.test/", False),
        ("javascript:alert(1)", False),
    ],
)
def test_back_leads_to_our_own_pages_only(
    came_from: str, is_ours: bool, rep: User, client_of: Callable[[User], Client]
) -> None:
    answer = client_of(rep).get("/refuse/WrongState/", headers={"Referer": came_from})
    assert (f'href="{came_from}"' in answer.content.decode()) is is_ours


def test_contacts_get_the_page_in_their_own_frame(
    contact: User, client_of: Callable[[User], Client]
) -> None:
    page = client_of(contact).get("/refuse/NotAllowed/").content.decode()
    assert 'class="sidebar"' not in page
    assert 'class="portal-top"' in page


@pytest.mark.parametrize("address", ["/customers/", "/invoices/", "/credit-notes/", "/approvals/"])
def test_the_companys_pages_do_not_exist_for_contacts(
    address: str, contact: User, client_of: Callable[[User], Client]
) -> None:
    answer = client_of(contact).get(address)
    assert answer.status_code == 404
    assert "can’t be found" in answer.content.decode()


def test_what_does_not_exist_and_what_is_not_yours_look_the_same(
    rep: User, other_customer: Customer, client_of: Callable[[User], Client]
) -> None:
    browser = client_of(rep)

    def page(pk: int) -> str:
        answer = browser.get(f"/customers/{pk}/")
        assert answer.status_code == 404
        text = answer.content.decode().replace(f"/customers/{pk}/", "")
        return re.sub(r'csrfmiddlewaretoken" value="\w+"|X-CSRFToken": "\w+"', "", text)

    assert page(other_customer.pk) == page(999_999)


def test_whoever_is_signed_out_signs_in_and_comes_back(client: Client, db: None) -> None:
    answer = client.get("/invoices/?q=7")
    assert answer.headers["Location"] == "/accounts/login/?next=/invoices/%3Fq%3D7"


def test_a_fragment_for_a_lost_session_leaves_the_page_alone(client: Client, db: None) -> None:
    answer = client.get("/news/count/", headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert answer.content == b""


def test_a_defect_shows_a_page_that_stands_alone(
    rep: User, client_of: Callable[[User], Client]
) -> None:
    browser = client_of(rep)
    browser.raise_request_exception = False
    answer = browser.get("/fail/")
    assert answer.status_code == 500
    assert "Something went wrong" in answer.content.decode()
    assert "Une erreur est survenue" in answer.content.decode()


def test_a_forged_form_is_refused_with_an_explanation(rep: User) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(rep, backend="allauth.account.auth_backends.AuthenticationBackend")
    answer = browser.post("/language/", {"language": "fr-ca"})
    assert answer.status_code == 403
    assert "no longer valid" in answer.content.decode()

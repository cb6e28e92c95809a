"""Failed sign-ins lock one name at one address; the others behind that address go on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client, override_settings

from customers.models import User

PASSWORD = "correct horse battery"
LOCKED, WRONG = 429, 200


@pytest.fixture(autouse=True)
def _fresh_counts() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def people(rep: User, contact: User) -> tuple[User, User]:
    """A rep and a contact who know their passwords."""
    for person in (rep, contact):
        person.set_password(PASSWORD)
        person.save()
    return rep, contact


def sign_in(name: str, password: str, address: str = "203.0.113.7") -> int:
    """The status that a fresh browser at that address is answered with."""
    sent = {"login": name, "password": password}
    return Client(REMOTE_ADDR=address).post("/accounts/login/", sent).status_code


def test_one_name_is_locked_not_the_office(people: tuple[User, User]) -> None:
    rep, contact = people
    answers = [sign_in(rep.email, "wrong") for _ in range(settings.AXES_FAILURE_LIMIT)]

    assert answers[:-1] == [WRONG] * (settings.AXES_FAILURE_LIMIT - 1)
    assert sign_in(rep.email, PASSWORD) == LOCKED
    assert sign_in(contact.email, PASSWORD) == 302
    assert sign_in(rep.email, PASSWORD, "198.51.100.9") == 302


def test_whoever_is_locked_out_reads_for_how_long(people: tuple[User, User]) -> None:
    rep, _contact = people
    for _ in range(settings.AXES_FAILURE_LIMIT):
        sign_in(rep.email, "wrong")
    sent = {"login": rep.email, "password": PASSWORD}
    answer = Client(REMOTE_ADDR="203.0.113.7").post("/accounts/login/", sent)
    assert answer.status_code == LOCKED
    assert answer["Retry-After"] == "900"
    page = answer.content.decode()
    assert "closed for 15 minutes" in page
    assert "/accounts/password/reset/" in page


def test_the_demo_signs_its_people_in_by_one_click(client: Client, db: None) -> None:
    assert "demo-person" not in client.get("/accounts/login/").content.decode()
    with override_settings(DEMO=True):
        page = client.get("/accounts/login/?next=/portal/").content.decode()
    assert page.count('class="demo-person"') == 5
    assert 'name="login" value="customer@demo.test"' in page
    assert page.count('name="next" value="/portal/"') == 6


def test_typos_of_many_lock_nobody(people: tuple[User, User]) -> None:
    rep, contact = people
    for person in people:
        for _ in range(settings.AXES_FAILURE_LIMIT - 1):
            assert sign_in(person.email, "wrong") == WRONG

    assert sign_in(rep.email, PASSWORD) == 302
    assert sign_in(contact.email, PASSWORD) == 302


def test_a_name_is_one_whatever_its_case(people: tuple[User, User]) -> None:
    rep, _contact = people
    spellings = [rep.email, rep.email.upper(), f" {rep.email.title()} ", rep.email.swapcase()]
    for number in range(settings.AXES_FAILURE_LIMIT):
        sign_in(spellings[number % len(spellings)], "wrong")

    assert sign_in(rep.email, PASSWORD) == LOCKED


def test_success_forgets_the_typos(people: tuple[User, User]) -> None:
    rep, _contact = people
    for _ in range(2):
        for _ in range(settings.AXES_FAILURE_LIMIT - 1):
            sign_in(rep.email, "wrong")
        assert sign_in(rep.email.upper(), PASSWORD) == 302


def test_many_names_from_one_address_are_slowed_down(db: None) -> None:
    answers = [sign_in(f"somebody{number}@north.test", "wrong") for number in range(31)]

    assert answers == [WRONG] * 30 + [LOCKED]


def test_coming_and_going_is_told_in_the_language_of_the_next_page(
    people: tuple[User, User],
) -> None:
    _rep, contact = people
    contact.language = "fr-ca"
    contact.save()
    browser = Client(headers={"accept-language": "en"})
    sent = {"login": contact.email, "password": PASSWORD}
    page = browser.post("/accounts/login/", sent, follow=True).content.decode()
    assert "signed in" not in page
    page = browser.post("/accounts/logout/", follow=True).content.decode()
    assert "You have signed out" in page

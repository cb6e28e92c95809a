"""Who does a thing too often waits, keeps what was typed, and keeps nobody else waiting."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.conf import LazySettings
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.test import Client, override_settings
from django.urls import reverse

from config import env, limits
from config import settings as product
from config.limits import Rate, seconds_to_wait
from customers.models import Invoice, User
from tests import factories
from tests.test_access_matrix import rows

Browser = Callable[[User], Client]


@pytest.fixture(autouse=True)
def _fresh_counts() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def tight(settings: LazySettings) -> None:
    """Two of each within an hour."""
    kinds = {*limits.SENT.values(), "search"}
    settings.RATE_LIMITS = dict.fromkeys(kinds, (2, 3600))


def test_the_count_starts_anew_with_each_window() -> None:
    rate = Rate(2, 60)
    assert [seconds_to_wait("x", "user:1", rate, 600.0) for _ in range(3)] == [0, 0, 60]
    assert seconds_to_wait("x", "user:1", rate, 645.0) == 15
    assert seconds_to_wait("x", "user:2", rate, 645.0) == 0
    assert seconds_to_wait("y", "user:1", rate, 645.0) == 0
    assert seconds_to_wait("x", "user:1", rate, 660.0) == 0


def test_nobody_is_kept_out_while_the_cache_is_away() -> None:
    nowhere = {"BACKEND": "config.cache.ForgivingRedisCache", "LOCATION": "redis://127.0.0.1:1"}
    with override_settings(CACHES={"default": nowhere}):
        assert [seconds_to_wait("x", "user:1", Rate(1, 60), 0.0) for _ in range(3)] == [0, 0, 0]


@pytest.mark.usefixtures("tight")
def test_a_request_too_many_keeps_what_was_typed(
    client_of: Browser, contact: User, invoice: Invoice
) -> None:
    client = client_of(contact)
    url = f"{reverse('portal:ask')}?invoice={invoice.pk}"
    sent = {"comment": "The third <pallet>", "photos": factories.photo()}
    assert [client.post(url, {"comment": "x"}).status_code for _ in range(2)] == [422, 422]
    answer = client.post(url, sent)
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= 3600
    page = answer.content.decode()
    assert 'name="comment" value="The third &lt;pallet&gt;"' in page
    assert "chosen once more" in page
    assert client.get(url).status_code == 200  # looking is not sending


@pytest.mark.usefixtures("tight")
def test_a_request_that_was_kept_counts_like_any_other(
    client_of: Browser, contact: User, invoice: Invoice
) -> None:
    client = client_of(contact)
    url = f"{reverse('portal:ask')}?invoice={invoice.pk}"
    begun = client.post(url, {"comment": "x", "do": "keep"})
    assert begun.status_code == 302
    answers = [client.post(begun["Location"], {"comment": "x"}) for _ in range(2)]
    assert [answer.status_code for answer in answers][1:] == [429]


@pytest.mark.usefixtures("tight")
def test_a_fragment_too_many_leaves_the_page_as_it_is(
    client_of: Browser, contact: User, invoice: Invoice
) -> None:
    client = client_of(contact)
    for name in ("portal:estimate", "portal:photos"):
        url = f"{reverse(name)}?invoice={invoice.pk}"
        answers = [client.post(url, {}, headers={"HX-Request": "true"}) for _ in range(3)]
        assert [answer.status_code for answer in answers][1:] == [200, 429]
        assert answers[-1]["HX-Retarget"] == "#toasts"


@pytest.mark.usefixtures("tight")
def test_searches_are_counted_and_pages_are_not(client_of: Browser, contact: User) -> None:
    client = client_of(contact)
    url = reverse("portal:invoices")
    assert [client.get(url, {"q": "INV"}).status_code for _ in range(3)] == [200, 200, 429]
    assert client.get(url).status_code == 200
    assert client.get(url, {"status": "open"}).status_code == 200


@pytest.mark.usefixtures("tight")
def test_it_is_said_in_french(client_of: Browser, stranger_contact: User) -> None:
    client = client_of(stranger_contact)
    answers = [client.get(reverse("portal:invoices"), {"q": "x"}) for _ in range(3)]
    assert '<html lang="fr-ca">' in answers[-1].content.decode()


@pytest.mark.usefixtures("tight")
def test_one_person_keeps_no_other_waiting(
    client_of: Browser, contact: User, stranger_contact: User
) -> None:
    url = reverse("portal:invoices")
    for _ in range(3):
        client_of(contact).get(url, {"q": "x"})
    assert client_of(stranger_contact).get(url, {"q": "x"}).status_code == 200


@pytest.mark.usefixtures("tight")
def test_an_invitation_is_not_tried_for_ever(client: Client, db: None) -> None:
    url = reverse("portal:invitation", args=["17:guessed"])
    sent = {"name": "N", "password": "never echoed"}
    answers = [client.post(url, sent) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [404, 404, 429]
    assert "never echoed" not in answers[-1].content.decode()
    assert client.get(url).status_code == 404


def test_new_passwords_are_not_asked_for_without_end(client: Client, contact: User) -> None:
    url = reverse("account_reset_password")
    answers = [client.post(url, {"email": contact.email}).status_code for _ in range(6)]
    assert answers == [302] * 5 + [429]
    other = client.post(url, {"email": "nobody@customer.test"})
    assert other.status_code == 302  # and nothing tells whether the address is known


def test_every_kind_has_a_limit_that_people_do_not_meet() -> None:
    assert set(product.RATE_LIMITS) == {*limits.SENT.values(), "search"}
    assert all(amount >= 30 for amount, _seconds in product.RATE_LIMITS.values())


def test_what_is_counted_exists() -> None:
    assert {*limits.SENT, *limits.SEARCHED} <= {row.name for row in rows()}


@pytest.mark.parametrize(
    ("text", "rate"), [("30/h", (30, 3600)), ("20/10m", (20, 600)), ("5/s", (5, 1))]
)
def test_a_rate_is_read(text: str, rate: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIMIT_X", text)
    assert env.rate("LIMIT_X", "1/s") == rate


@pytest.mark.parametrize("text", ["30", "0/h", "x/h", "30/y", "30/0m"])
def test_what_is_no_rate_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIMIT_X", text)
    with pytest.raises(ImproperlyConfigured, match="LIMIT_X"):
        env.rate("LIMIT_X", "1/s")

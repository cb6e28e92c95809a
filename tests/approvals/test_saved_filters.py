"""How somebody looks at the queue, kept under a name of their own."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from customers.errors import Refusal
from customers.models import Invoice, SavedFilter, User
from customers.models.saved_filters import LONGEST_QUERY, MOST_FILTERS
from customers.saved_filters import filters_of, save_filter
from tests import factories

SignIn = Callable[[User], Client]
QUEUE = "/approvals/"
NAMED = f"{QUEUE}?whose=all&due=late&sort=-total"
LISTING = "approvals:review_queue"


def keep(browser: Client, name: str, address: str = NAMED) -> tuple[int, str]:
    """The status and the page after keeping what the address shows under that name."""
    answer = browser.post(address, {"name": name}, follow=True)
    return answer.status_code, answer.content.decode()


def test_it_is_kept_opened_and_forgotten(client_of: SignIn, manager: User) -> None:
    browser = client_of(manager)

    status, page = keep(browser, "  Late and large ")

    assert status == 200
    assert "Kept as “Late and large”." in page
    kept = SavedFilter.objects.get(user=manager)
    assert (kept.name, kept.listing) == ("Late and large", LISTING)
    link = 'href="/approvals/?whose=all&amp;due=late&amp;sort=-total"'
    assert link in browser.get(QUEUE).content.decode()
    opened = browser.get(f"{QUEUE}?{kept.query}").content.decode()
    assert "All that waits" in opened
    assert 'aria-current="true">Late and large' in opened

    answer = browser.post(f"/approvals/filters/{kept.pk}/forget/?whose=team")

    assert answer.headers["Location"] == "/approvals/?whose=team"
    assert "Late and large" not in browser.get(QUEUE).content.decode()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "This field is required."),
        ("   ", "This field is required."),
        ("x" * 41, "Ensure this value has at most 40 characters (it has 41)."),
        ("LATE", "You have one of this name already."),
    ],
)
def test_a_name_that_won_t_do_is_said_beside_it(
    client_of: SignIn, manager: User, name: str, words: str
) -> None:
    browser = client_of(manager)
    keep(browser, "Late")

    status, page = keep(browser, name)

    assert status == 422
    assert words in page
    assert f'value="{name}"' in page or not name.strip()
    assert '<details class="menu saved-filters" open>' in page
    assert 'name="whose" value="all"' in page
    assert SavedFilter.objects.count() == 1


def test_nobody_keeps_without_end(client_of: SignIn, manager: User) -> None:
    for each in range(MOST_FILTERS):
        save_filter(manager, LISTING, name=f"No. {each}", query="")

    status, page = keep(client_of(manager), "One more")

    assert status == 422
    assert "You keep 20 already: delete one first." in page
    filters_of(manager, LISTING)[7].delete()
    assert keep(client_of(manager), "One more")[0] == 200
    assert save_filter(manager, "customers:orders", name="One more", query="").slot == 1


def test_a_long_search_is_kept_and_an_endless_one_is_refused(
    client_of: SignIn, manager: User
) -> None:
    browser, words = client_of(manager), "é" * 100

    assert keep(browser, "Long", f"{QUEUE}?q={words}")[0] == 200
    assert words in browser.get(f"{QUEUE}?{SavedFilter.objects.get().query}").content.decode()
    with pytest.raises(Refusal, match="too much to keep") as refusal:
        save_filter(manager, LISTING, name="Endless", query="x" * (LONGEST_QUERY + 1))
    assert refusal.value.field == "name"


def test_everybody_has_their_own(
    client_of: SignIn, manager: User, other_manager: User, contact: User
) -> None:
    keep(client_of(manager), "Late")
    kept = SavedFilter.objects.get()

    assert keep(client_of(other_manager), "Late")[0] == 200
    for other in (other_manager, contact):
        address = f"/approvals/filters/{kept.pk}/forget/"
        assert client_of(other).post(address).status_code == 404
    assert SavedFilter.objects.filter(user=manager).get() == kept


def test_the_database_holds_it_too(manager: User) -> None:
    kept = {"user": manager, "listing": LISTING, "query": ""}
    SavedFilter.objects.create(**kept, slot=1, name="Late")
    for wrong in (
        {"slot": 2, "name": "late"},
        {"slot": 1, "name": "Other"},
        {"slot": 0, "name": "Other"},
        {"slot": 21, "name": "Other"},
        {"slot": 2, "name": ""},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            SavedFilter.objects.create(**kept, **wrong)


def test_what_is_wrong_in_the_address_is_not_kept(client_of: SignIn, manager: User) -> None:
    keep(client_of(manager), "Odd", f"{QUEUE}?whose=nobody&due=late&x=1&after=abc&done=4")

    assert SavedFilter.objects.get().query == "due=late"


def test_they_cost_no_further_query_each(
    client_of: SignIn, rep: User, manager: User, invoice: Invoice
) -> None:
    factories.submitted_note(invoice, rep)
    browser, asked = client_of(manager), []
    for number in (1, 9):
        for each in range(number):
            save_filter(manager, LISTING, name=f"{number}-{each}", query="due=late")
        with CaptureQueriesContext(connection) as queries:
            browser.get(QUEUE)
        asked.append(len(queries))

    assert asked[0] == asked[1]
    assert asked[0] <= 8

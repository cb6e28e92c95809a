"""Which contact gets what answer in the portal: every right by itself, and two customers.

A row of ``data/contacts_matrix.txt`` says it as ``data/access_matrix.txt`` does. What a
shared contact may do for one customer opens nothing of the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from config.live.access import visible_notes, who_sees
from creditnotes import services as creditnotes
from customers.models import Customer, Invoice, User
from tests import factories
from tests.factories import MOMENT
from tests.test_access_matrix import (  # noqa: F401 - the fixture is asked for by its name
    Row,
    World,
    ask,
    sent,
    world,
)

CONTACTS: dict[str, dict[str, bool]] = {
    "boss": {"manages_contacts": True},
    "asker": {"sees_statement": False},
    "clerk": {"may_request": False},
    "reader": {"may_request": False, "sees_statement": False},
    "shared": {},
}
COLUMNS = tuple(CONTACTS)


def rows() -> Iterator[Row]:
    path = Path(__file__).parent / "data" / "contacts_matrix.txt"
    for line in path.read_text().splitlines():
        words = line.split()
        if words and words[0] in ("GET", "POST"):
            head, expected = words[: -len(COLUMNS)], words[-len(COLUMNS) :]
            yield Row(head[0], head[1], head[2] if len(head) > 2 else "", tuple(expected))


@pytest.fixture
def both(request: pytest.FixtureRequest, quebec_invoice: Invoice, other_rep: User) -> World:
    """One of everything of the first customer, and of the other one what is told apart."""
    ours: World = request.getfixturevalue("world")
    stranger: User = request.getfixturevalue("stranger_contact")
    requested = factories.draft_note(quebec_invoice, stranger)
    photo = creditnotes.attach(requested, factories.photo(), actor=stranger, moment=MOMENT)
    return ours | {
        "other-customer": quebec_invoice.customer,
        "other-invoice": quebec_invoice,
        "other-requested": creditnotes.request(requested, actor=stranger, moment=MOMENT),
        "other-issued": factories.issued_note(quebec_invoice, other_rep),
        "other-photo": photo,
        "other-entry": quebec_invoice.entry,
    }


def person(name: str, customer: Customer, other_customer: Customer) -> User:
    """A contact of that kind."""
    made = factories.contact(customer, name.title(), **CONTACTS[name])
    if name == "shared":
        factories.let_act(made, other_customer, may_request=False, sees_statement=False)
    return made


def address(row: Row, things: World) -> str:
    if not row.thing:
        return reverse(row.name)
    pk = things[row.thing.removeprefix("?")].pk
    if row.thing.startswith("?"):
        return f"{reverse(row.name)}?{row.thing.rpartition('-')[2].removeprefix('?')}={pk}"
    return reverse(row.name, args=[pk])


def data(row: Row, things: World) -> dict[str, str]:
    """What a form sends: the same as the staff's page of that name, where it is the same page."""
    staff = {"portal:contacts": "customers:contacts", "portal:contact": "customers:contact"}
    return sent(row._replace(name=staff.get(row.name, row.name)), things)


@pytest.mark.parametrize("name", COLUMNS)
def test_every_contact(
    name: str,
    both: World,
    customer: Customer,
    other_customer: Customer,
    client_of: Callable[[User], Client],
) -> None:
    contact = person(name, customer, other_customer)
    column = COLUMNS.index(name)
    wrong = []
    for row in rows():
        # A browser of its own each time: none remembers the customer of the row before.
        got = ask(client_of(contact), row.method, address(row, both), data(row, both))
        if got != row.expected[column]:
            wrong.append(f"{row.method} {row.name} {row.thing}: {row.expected[column]}, got {got}")
    assert not wrong, "\n".join(wrong)


def test_a_stream_tells_of_ones_own_customers_alone(
    both: World, customer: Customer, other_customer: Customer
) -> None:
    boss, shared = (person(name, customer, other_customer) for name in ("boss", "shared"))
    ours, theirs = both["requested"].pk, both["other-requested"].pk
    assert visible_notes(boss.pk, [ours, theirs]) == {ours}
    assert visible_notes(shared.pk, [ours, theirs]) == {ours, theirs}
    assert who_sees(theirs, [boss.pk, shared.pk]) == {shared.pk}
    other_customer.contacts.filter(user=shared).delete()
    shared.customerusergrant_set.filter(content_object=other_customer).delete()
    assert who_sees(theirs, [boss.pk, shared.pk]) == frozenset()

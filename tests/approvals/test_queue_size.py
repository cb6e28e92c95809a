"""What the queue and the decision page ask of the database does not grow with what waits."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from approvals.models import Policy
from approvals.queue import ORDERS
from approvals.whose import Whose
from customers.models import Customer, User
from tests import factories

SignIn = Callable[[User], Client]
#: The most statements that each page may ask.
MOST_FOR_QUEUE, MOST_FOR_DECISION = 8, 15


def asked(browser: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert browser.get(address).status_code == 200
    return len(queries)


def test_statements_stay_the_same_from_ten_notes_to_a_hundred(
    client_of: SignIn, rep: User, manager: User, customer: Customer, policy: Policy
) -> None:
    invoice = factories.invoice(customer, "INV-9", [("Nails", "1000", "1.00", "goods")])
    views = [f"?whose={whose}" for whose in Whose.values]
    orders = [f"?sort={order}" for order in ORDERS]
    browser, counts, now = client_of(manager), [], timezone.now()
    for more in (10, 90):
        for each in range(more):
            note = factories.submitted_note(invoice, rep, moment=now - timedelta(minutes=each))
        queue = [asked(browser, f"/approvals/{page}") for page in (*views, *orders)]
        counts.append((max(queue), asked(browser, f"/approvals/{note.pk}/")))

    assert counts[0] == counts[1]
    assert counts[0][0] <= MOST_FOR_QUEUE
    assert counts[0][1] <= MOST_FOR_DECISION

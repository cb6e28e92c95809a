"""Who and what a storm needs: people with sessions, and invoices that all of them credit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from customers.access import FINANCE, REPS
from customers.models import Customer, TaxRounding, User
from tests import factories
from tests.storm.crowd import Scene

#: How many invoices everybody credits; few, so that they meet.
INVOICES = 6
LINES = [
    ("Lumber 2×4×8", "120", "33.33", "goods"),
    ("Nails, box of 500", "90", "10.07", "goods"),
    ("Trusses", "60", "145.50", "goods"),
    ("Freight", "1", "245.00", "freight"),
]
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@dataclass(frozen=True)
class World:
    """What the crowd credits, and the sessions of each role."""

    scene: Scene
    reps: Sequence[str]
    managers: Sequence[str]
    finance: Sequence[str]


def make_world() -> World:
    """A company in two taxes, whose finance issues what policy does not."""
    company = factories.company()
    department = factories.department(company, "Ottawa", "Manon Manager")
    customer = factories.customer(department, "C-1", "Érable Builders")
    reps = [factories.person(f"Rep {n}", REPS, company, department) for n in range(8)]
    finance = [factories.person(f"Finance {n}", FINANCE, company, department) for n in range(4)]
    factories.policy(company)
    reasons = [
        factories.reason(company),
        factories.reason(company, "shortage"),
    ]
    manager = department.manager
    assert manager is not None
    return World(
        Scene(_invoices(customer), [reason.pk for reason in reasons]),
        [session_of(rep) for rep in reps],
        [session_of(manager)],
        [session_of(person) for person in finance],
    )


def _invoices(customer: Customer) -> list[tuple[int, list[int]]]:
    made = []
    for number in range(INVOICES):
        invoice = factories.invoice(
            customer,
            f"INV-{number}",
            LINES,
            levies=[factories.GST, factories.QST] if number % 2 else [factories.HST_ON],
            moment=timezone.now(),
            tax_rounding=TaxRounding.LINE if number % 3 == 2 else TaxRounding.TOTAL,
        )
        made.append((invoice.pk, [line.pk for line in invoice.lines.order_by("position")]))
    return made


def session_of(user: User) -> str:
    """The key of a session in which the person is signed in."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = BACKEND
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return str(session.session_key)

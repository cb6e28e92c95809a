"""Who and what a storm needs: people with sessions, and invoices that all of them credit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from creditnotes.models import CreditNote, Reason
from customers.access import FINANCE, REPS
from customers.depositing import receive_deposit
from customers.models import (
    Customer,
    CustomerDeposit,
    Department,
    Invoice,
    Product,
    TaxRounding,
    User,
    WriteOffLimit,
)
from customers.services import NewLine, post_invoice, receive_payment
from tests import factories
from tests.storm.crowd import Scene
from tests.storm.memory import Known

#: How many invoices everybody credits; few, so that they meet. How many are billed anew.
INVOICES, WRONG = 6, 40
#: How many credits stand before the storm: issued ones, and ones that wait for goods.
ISSUED, AWAITING = 12, 12
#: Of every so many invoices one is in US dollars.
DOLLARS = 3
LINES = [
    ("Lumber 2×4×8", "120", "33.33", "goods"),
    ("Nails, box of 500", "90", "10.07", "goods"),
    ("Trusses", "60", "145.50", "goods"),
    ("Freight", "1", "245.00", "freight"),
]
#: Of an invoice to be billed anew: half of them are within what a manager decides.
FEW = [("Lumber 2×4×8", "12", "33.33", "goods"), ("Nails, box of 500", "9", "10.07", "goods")]
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@dataclass(frozen=True)
class World:
    """What the crowd credits, and the sessions of each role."""

    scene: Scene
    reps: Sequence[str]
    managers: Sequence[str]
    finance: Sequence[str]


def make_world() -> World:
    """A company in two taxes and two currencies, with money on account and deposits."""
    company = factories.company()
    department = factories.department(company, "Ottawa", "Manon Manager")
    customer = factories.customer(department, "C-1", "Érable Builders")
    reps = [factories.person(f"Rep {n}", REPS, company, department) for n in range(8)]
    finance = [factories.person(f"Finance {n}", FINANCE, company, department) for n in range(4)]
    factories.policy(company)
    reasons = [
        factories.reason(company),
        factories.reason(company, "shortage"),
        factories.reason(company, "returned", needs_return=True),
    ]
    WriteOffLimit.objects.create(company=company, amount=500)
    customers = [customer, _american(department)]
    manager = department.manager
    assert manager is not None
    scene = Scene(
        _invoices(customers, "INV", INVOICES, [LINES]),
        [reason.pk for reason in reasons],
        _invoices(customers, "WRONG", WRONG, [LINES, FEW]),
        [each.pk for each in customers],
        [each.pk for each in _money_of(customers)],
        company.day_of(timezone.now()).isoformat(),
        reasons[-1].pk,
    )
    _credit(scene, reps[0], reasons)
    return World(
        scene,
        [session_of(rep) for rep in reps],
        [session_of(manager)],
        [session_of(person) for person in finance],
    )


def _american(department: Department) -> Customer:
    """A customer in US dollars, which were worth less when they were invoiced."""
    today = department.company.day_of(timezone.now())
    factories.rate(department.company, "1.3333", day=today - timedelta(days=30))
    factories.rate(department.company, "1.4107", day=today)
    return factories.customer(
        department, "C-2", "Vermont Decks", province="", country="US", currency="USD"
    )


def _money_of(customers: Sequence[Customer]) -> list[CustomerDeposit]:
    """Payments and deposits of each, some of today and some of last week."""
    deposits = []
    for customer in customers:
        today = customer.company.day_of(timezone.now())
        for number in range(5):
            day = today - timedelta(days=7 * (number % 2))
            name = f"{customer.number}-{number}"
            receive_payment(customer, f"P-{name}", day, Decimal(4000) + number)
            deposits.append(receive_deposit(customer, f"D-{name}", day, Decimal(1000)))
    return deposits


def _credit(scene: Scene, rep: User, reasons: Sequence[Reason]) -> None:
    """Credits that the crowd can reverse, or take goods back for, from the first second."""
    invoices = Invoice.objects.in_bulk([pk for pk, _lines in scene.invoices])
    make: Callable[..., CreditNote]
    for number in range(ISSUED + AWAITING):
        awaits = number >= ISSUED
        make = factories.approved_note if awaits else factories.issued_note
        note = make(
            invoices[scene.invoices[number % INVOICES][0]],
            rep,
            moment=timezone.now(),
            reason=reasons[-1] if awaits else reasons[0],
        )
        scene.memory.keep("awaits goods" if awaits else "issued", Known(note.pk, "", awaits))


def _invoices(
    customers: Sequence[Customer],
    name: str,
    count: int,
    kinds: Sequence[Sequence[tuple[str, str, str, str]]],
) -> list[tuple[int, list[int]]]:
    made = []
    product = Product.objects.get_or_create(
        company=customers[0].company,
        sku="LUM",
        defaults={"name": "Lumber", "unit_cost": Decimal("17.11")},
    )[0]
    for number in range(count):
        customer = customers[number % DOLLARS == DOLLARS - 1]
        levies = [factories.GST, factories.QST] if number % 2 else [factories.HST_ON]
        lines = [
            NewLine(Decimal(quantity), Decimal(price), words, product, kind=kind, levies=levies)
            for words, quantity, price, kind in kinds[number % len(kinds)]
        ]
        invoice = post_invoice(
            customer,
            f"{name}-{number}",
            timezone.now() - timedelta(days=number % 5),
            lines,
            province="ON",
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

"""The cast of the tests.

*North Supply* has two departments. ``department`` (its ``rep`` and ``manager``) serves
``customer``; ``other_department`` (``other_rep``, ``other_manager``) serves
``other_customer``. ``finance`` and ``admin`` serve both. ``contact`` acts for
``customer``, ``stranger_contact`` for ``other_customer``. The ``foreign_…`` people
belong to another company in the same database. Each is made when a test asks for it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import hypothesis
import pytest
from django.test import Client
from django.utils import translation

from approvals.models import Policy
from creditnotes.models import Reason
from customers.access import ADMINS, FINANCE, REPS
from customers.groups import make_groups
from customers.models import Company, Customer, Department, Invoice, User
from tests import factories

# How fast examples are found says how busy the machine is, not whether the product is right.
hypothesis.settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("any machine")

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@pytest.fixture(autouse=True)
def _speaks_english() -> None:
    """Forgets the language of a page that an earlier test asked for."""
    translation.deactivate()


@pytest.fixture
def moment() -> datetime:
    """When things happen unless a test says otherwise."""
    return factories.MOMENT


@pytest.fixture
def client_of() -> Callable[[User], Client]:
    """Makes a browser in which somebody is signed in."""

    def sign_in(user: User) -> Client:
        client = Client()
        client.force_login(user, backend=BACKEND)
        return client

    return sign_in


# The company and its people ---------------------------------------------------


@pytest.fixture
def company(db: None) -> Company:
    return factories.company()


@pytest.fixture
def department(company: Company) -> Department:
    return factories.department(company, "Ottawa", "Manon Manager")


@pytest.fixture
def other_department(company: Company) -> Department:
    return factories.department(company, "Montréal", "Oscar Othermanager")


def _manager_of(department: Department) -> User:
    assert department.manager is not None
    return department.manager


@pytest.fixture
def manager(department: Department) -> User:
    return _manager_of(department)


@pytest.fixture
def other_manager(other_department: Department) -> User:
    return _manager_of(other_department)


@pytest.fixture
def rep(department: Department) -> User:
    return factories.person("Rita Rep", REPS, department.company, department)


@pytest.fixture
def colleague(department: Department) -> User:
    """Another rep of the same department."""
    return factories.person("Carl Colleague", REPS, department.company, department)


@pytest.fixture
def other_rep(other_department: Department) -> User:
    return factories.person("Olga Otherrep", REPS, other_department.company, other_department)


@pytest.fixture
def finance(department: Department, other_department: Department) -> User:
    return factories.person(
        "Fiona Finance", FINANCE, department.company, department, other_department
    )


@pytest.fixture
def second_finance(department: Department, other_department: Department) -> User:
    """A colleague of ``finance``, where something takes two people."""
    return factories.person(
        "Farid Finance", FINANCE, department.company, department, other_department
    )


@pytest.fixture
def admin(department: Department, other_department: Department) -> User:
    """Tunes policy on the admin site."""
    make_groups()
    user = factories.person("Adam Admin", ADMINS, department.company, department, other_department)
    user.is_staff = True
    user.save()
    return user


# Customers and their contacts -------------------------------------------------


@pytest.fixture
def customer(department: Department) -> Customer:
    return factories.customer(department, "C-100", "Érable Builders")


@pytest.fixture
def other_customer(other_department: Department) -> Customer:
    """A customer of the other department, in Québec and in French."""
    return factories.customer(
        other_department, "C-200", "Toitures Québec inc.", province="QC", language="fr-ca"
    )


@pytest.fixture
def contact(customer: Customer) -> User:
    return factories.contact(customer, "Connie Contact")


@pytest.fixture
def stranger_contact(other_customer: Customer) -> User:
    return factories.contact(other_customer, "Steve Stranger")


# Another company in the same database -----------------------------------------


@pytest.fixture
def foreign_company(db: None) -> Company:
    return factories.company("south")


@pytest.fixture
def foreign_department(foreign_company: Company) -> Department:
    return factories.department(foreign_company, "Halifax", "Frank Foreignmanager")


@pytest.fixture
def foreign_manager(foreign_department: Department) -> User:
    return _manager_of(foreign_department)


@pytest.fixture
def foreign_rep(foreign_department: Department) -> User:
    return factories.person("Faye Foreignrep", REPS, foreign_department.company, foreign_department)


@pytest.fixture
def foreign_finance(foreign_department: Department) -> User:
    return factories.person(
        "Felix Foreignfinance", FINANCE, foreign_department.company, foreign_department
    )


@pytest.fixture
def foreign_customer(foreign_department: Department) -> Customer:
    return factories.customer(foreign_department, "C-100", "Maritime Decks", province="NS")


@pytest.fixture
def foreign_contact(foreign_customer: Customer) -> User:
    return factories.contact(foreign_customer, "Fern Foreigncontact")


# Invoices, reasons, policy ----------------------------------------------------


@pytest.fixture
def invoice(customer: Customer) -> Invoice:
    """Three lines in Ontario: 333.30, 30.00 and 45.00 freight, HST 53.08; 461.38 in all."""
    return factories.invoice(customer)


@pytest.fixture
def large_invoice(customer: Customer) -> Invoice:
    """100 pieces at 45.50: what a manager's limit does not cover."""
    return factories.invoice(customer, "INV-2", [("Trusses", "100", "45.50", "goods")])


@pytest.fixture
def quebec_invoice(other_customer: Customer) -> Invoice:
    """The same three lines with GST 20.42 and QST 40.73; 469.45 in all."""
    return factories.invoice(other_customer, "INV-3", levies=[factories.GST, factories.QST])


@pytest.fixture
def foreign_invoice(foreign_customer: Customer) -> Invoice:
    return factories.invoice(foreign_customer, levies=[])


@pytest.fixture
def reason(company: Company) -> Reason:
    """Credits by any basis, and asks for nothing more."""
    return factories.reason(company)


@pytest.fixture
def damaged(company: Company) -> Reason:
    """A reason that needs a photo."""
    return factories.reason(company, "damaged", needs_photo=True)


@pytest.fixture
def returned_goods(company: Company) -> Reason:
    """A reason that needs the goods back, so that finance issues."""
    return factories.reason(company, "returned-goods", needs_return=True)


@pytest.fixture
def policy(company: Company, manager: User, finance: User) -> Policy:
    """Manager up to 1,000 with tax, else manager then finance; offer 10 %; with both people."""
    return factories.policy(company)

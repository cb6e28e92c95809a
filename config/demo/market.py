"""The demo's customers, their sites and contacts, and what the company sells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from django.contrib.auth.hashers import make_password

from config.demo.company import PASSWORD, make_user
from config.demo.days import Calendar
from config.demo.tables import Row, lines_of, table
from customers import services
from customers.access import CONTACTS, REQUEST, STATEMENT, let_represent
from customers.models import Company, Contact, Customer, Product, Site, TaxExemption, User
from customers.text import sort_key

#: How the table of contacts calls what they may do.
RIGHTS = {"ask": REQUEST, "statement": STATEMENT, "contacts": CONTACTS}
#: Every customer was there before the year that is told.
CUSTOMER_SINCE = 480


@dataclass(frozen=True)
class Account:
    """A customer with its sites, and how it trades: a row of ``customers.csv``."""

    customer: Customer
    row: Row
    sites: list[Site] = field(default_factory=list)

    @property
    def trades(self) -> Sequence[str]:
        """What it buys for: trades of ``baskets.csv``."""
        return self.row["buys"].split("|")


def make_products(company: Company) -> None:
    """Everything in the catalogue, charges included."""
    Product.objects.bulk_create(
        Product(
            company=company,
            sku=row["sku"],
            name=row["name"],
            name_fr=row["name_fr"],
            category=row["category"],
            unit=row["unit"],
            unit_cost=row["unit_cost"] or None,
            is_charge=row["kind"] != "goods",
        )
        for row in table("products")
    )


def make_customers(company: Company, days: Calendar) -> dict[str, Account]:
    """Customers with their sites, by number; job accounts stand after their parents."""
    departments = {department.name: department for department in company.departments.all()}
    accounts: dict[str, Account] = {}
    for row in table("customers"):
        parent = accounts[row["parent"]].customer if row["parent"] else None
        accounts[row["number"]] = Account(
            Customer.objects.create(
                company=company,
                department=departments[row["department"]],
                parent=parent,
                created_at=days.at(CUSTOMER_SINCE, "09:00"),
                **_details(row),
            ),
            row,
        )
    _make_sites(accounts)
    return accounts


def _details(row: Row) -> dict[str, object]:
    return {
        "number": row["number"],
        "name": row["name"],
        "sort_name": sort_key(row["name"]),
        "tier": row["tier"],
        "language": row["language"],
        "billing_address": lines_of(row["address"]),
        "province": row["province"],
        "country": "US" if row["supply"] == "export" else "CA",
        "currency": "USD" if row["supply"] == "export" else "CAD",
        "credit_limit": Decimal(row["credit_limit"]),
        "payment_terms_days": int(row["terms"]),
    }


def _make_sites(accounts: dict[str, Account]) -> None:
    for site in Site.objects.bulk_create(
        Site(
            customer=accounts[row["customer"]].customer,
            name=row["name"],
            address=lines_of(row["address"]),
            province=row["province"],
        )
        for row in table("sites")
    ):
        accounts[site.customer.number].sites.append(site)


def make_certificates(accounts: dict[str, Account], days: Calendar, late: str = "") -> None:
    """Certificates that relieve customers of taxes; one has expired, one ends soon.

    ``from_days`` and ``until_days`` count back from the anchor. Those that came ``late``
    are not known when the trade is booked.
    """
    TaxExemption.objects.bulk_create(
        TaxExemption(
            customer=accounts[row["customer"]].customer,
            certificate=row["certificate"],
            kinds=row["taxes"].split("|"),
            province=row["province"],
            valid_from=days.since(int(row["from_days"])).date(),
            valid_to=days.since(int(row["until_days"])).date(),
            remark=row["remark"],
        )
        for row in table("certificates")
        if row["late"] == late
    )


def make_contacts(accounts: dict[str, Account]) -> dict[str, User]:
    """Contacts; answers those who may sign in, by the name before the ``@``."""
    password = make_password(PASSWORD)
    users: dict[str, User] = {}
    for row in table("contacts"):
        name = row["email"].split("@")[0]
        if row["signs_in"] == "yes" and name not in users:
            users[name] = make_user(row["email"], row["name"], row["language"], password)
        user = users[name] if row["signs_in"] == "yes" else None
        customer = accounts[row["customer"]].customer
        if user:
            let_represent(user, customer)
        Contact.objects.create(
            customer=customer,
            user=user,
            name=row["name"],
            email=row["email"],
            phone=row["phone"],
            language=row["language"],
            **_rights(row["rights"]),
        )
    return users


def _rights(words: str) -> dict[str, bool]:
    """What a contact may do; what most may where nothing is said."""
    named = words.split()
    return {RIGHTS[word]: word in named for word in RIGHTS} if named else {}


def make_notes(accounts: dict[str, Account], people: dict[str, User], days: Calendar) -> None:
    """What colleagues wrote down about the customers."""
    for row in table("notes"):
        services.write_note(
            accounts[row["customer"]].customer,
            row["text"],
            author=people[row["author"]],
            moment=days.at(int(row["days_ago"]), "11:20"),
        )

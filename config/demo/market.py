"""The demo's customers, their sites and contacts, and what the company sells."""

from __future__ import annotations

from decimal import Decimal

from django.contrib.auth.hashers import make_password

from config.demo.company import PASSWORD, make_user
from config.demo.days import Calendar
from config.demo.tables import Row, lines_of, table
from customers.access import let_represent
from customers.models import Company, Contact, Customer, CustomerNote, Product, Site, User
from customers.text import sort_key


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


def make_customers(company: Company) -> dict[str, Customer]:
    """Customers with their sites, by number."""
    departments = {department.name: department for department in company.departments.all()}
    customers = {
        row["number"]: Customer.objects.create(
            company=company,
            department=departments[row["department"]],
            number=row["number"],
            name=row["name"],
            sort_name=sort_key(row["name"]),
            tier=row["tier"],
            language=row["language"],
            billing_address=lines_of(row["address"]),
            province=row["province"],
            credit_limit=Decimal(row["credit_limit"]),
            payment_terms_days=int(row["terms"]),
        )
        for row in table("customers")
    }
    Site.objects.bulk_create(
        Site(
            customer=customers[row["customer"]],
            name=row["name"],
            address=lines_of(row["address"]),
            province=row["province"],
        )
        for row in table("sites")
    )
    return customers


def make_contacts(customers: dict[str, Customer]) -> dict[str, User]:
    """Contacts; answers those who may sign in, by the name before the ``@``."""
    password = make_password(PASSWORD)
    users = {}
    for row in table("contacts"):
        user = _contact_user(row, password) if row["signs_in"] == "yes" else None
        customer = customers[row["customer"]]
        Contact.objects.create(
            customer=customer,
            user=user,
            name=row["name"],
            email=row["email"],
            phone=row["phone"],
            language=row["language"],
        )
        if user:
            let_represent(user, customer)
            users[row["email"].split("@")[0]] = user
    return users


def _contact_user(row: Row, password: str) -> User:
    return make_user(row["email"], row["name"], row["language"], password)


def make_notes(customers: dict[str, Customer], people: dict[str, User], days: Calendar) -> None:
    """What colleagues wrote down about the customers."""
    CustomerNote.objects.bulk_create(
        CustomerNote(
            customer=customers[row["customer"]],
            author=people[row["author"]],
            text=row["text"],
            written_at=days.at(int(row["days_ago"]), "11:20"),
        )
        for row in table("notes")
    )

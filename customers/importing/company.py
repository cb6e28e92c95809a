"""The company whose books an export fills: its chart, its department, its people."""

from __future__ import annotations

from django.contrib.auth.models import Group
from django.db import transaction
from django.utils.translation import gettext as _

from customers import access, ledger
from customers.access import FINANCE, MANAGERS, REPS
from customers.importing.mapping import Supplier, Unusable
from customers.models import Company, Department, User

#: Who works there, by the group they are in. Nobody can sign in as them: they have no password.
PEOPLE = {REPS: "rep", MANAGERS: "manager", FINANCE: "finance"}


@transaction.atomic
def company_of(supplier: Supplier) -> Company:
    """The supplier's company with a department, and a rep, a manager and finance who serve it.

    What is there already is left as it is. Raises
    :class:`~customers.importing.mapping.Unusable` where its books are in another currency.
    """
    company, _made = Company.objects.get_or_create(
        code=supplier.code,
        defaults={
            "legal_name": supplier.legal_name,
            "address": supplier.address,
            "country": supplier.country,
            "base_currency": supplier.currency,
            "time_zone": supplier.time_zone,
            "email": supplier.email,
        },
    )
    if company.base_currency != supplier.currency:
        raise Unusable(
            _("The books of %(company)s are in %(theirs)s, the file is in %(ours)s.")
            % {"company": company, "theirs": company.base_currency, "ours": supplier.currency}
        )
    ledger.open_accounts(company)
    _staffed(company, supplier.department)
    return company


def department_of(company: Company, supplier: Supplier) -> Department:
    """The department that serves the imported customers."""
    return Department.objects.get(company=company, name=supplier.department)


def person(company: Company, group: str) -> User:
    """The member of staff of that group whom :func:`company_of` made."""
    return User.objects.get(email=_email(company, group), company=company)


def _staffed(company: Company, name: str) -> None:
    department, _made = Department.objects.get_or_create(company=company, name=name)
    people = {group: _person(company, group) for group in PEOPLE}
    for user in people.values():
        access.let_serve_department(user, department)
    if department.manager is None:
        department.manager = people[MANAGERS]
        department.save(update_fields=["manager"])


def _person(company: Company, group: str) -> User:
    email = _email(company, group)
    user = User.objects.filter(email=email).first()
    if user is None:
        name = f"{company.legal_name} {PEOPLE[group]}"
        user = User.objects.create_user(email, None, full_name=name, company=company)
        user.groups.add(Group.objects.get_or_create(name=group)[0])
    return user


def _email(company: Company, group: str) -> str:
    return f"{PEOPLE[group]}@{company.code}.test".lower()

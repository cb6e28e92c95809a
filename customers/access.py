"""Who may see which customer: the one place where object permissions are read and given.

Grants are few rows: staff *serve* departments (or single customers), contacts
*represent* customers. Everything below a customer inherits from it (rule 7).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, TypeGuard

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q
from guardian.shortcuts import assign_perm, remove_perm

if TYPE_CHECKING:
    from customers.models import Customer, Department, User

REPS, MANAGERS, FINANCE, ADMINS = "Reps", "Managers", "Finance", "Admins"
STAFF_GROUPS = (REPS, MANAGERS, FINANCE, ADMINS)

SERVE_DEPARTMENT = "serve_department"
SERVE_CUSTOMER = "serve_customer"
REPRESENT = "represent_customer"

#: What a contact may do in the portal beside reading credit notes and invoices, by the
#: column of :class:`~customers.models.Contact` that says so.
REQUEST = "may_request"
STATEMENT = "sees_statement"
CONTACTS = "manages_contacts"
RIGHTS = (REQUEST, STATEMENT, CONTACTS)

NOBODY = Q(pk__in=[])


def is_staff_member(user: User | AnonymousUser) -> TypeGuard[User]:
    """Whether the person works for a company (and is not a customer's contact)."""
    return bool(user.is_authenticated and user.is_active and getattr(user, "company_id", None))


def is_in(user: User, group: str) -> bool:
    """Whether the person is in one of the product's groups; asked of the database once."""
    return group in group_names(user)


def group_names(user: User) -> frozenset[str]:
    """The names of the person's groups, kept on the user object for the request."""
    if "_group_names" not in user.__dict__:
        user.__dict__["_group_names"] = frozenset(user.groups.values_list("name", flat=True))
    names: frozenset[str] = user.__dict__["_group_names"]
    return names


def served_by(user: User | AnonymousUser, customer: str = "") -> Q:
    """The condition that ``user``, as staff, serves the customer.

    ``customer`` is the lookup path to the customer, such as ``"invoice__customer"``;
    empty for the customer itself. One SQL condition, no query of its own.
    """
    if not is_staff_member(user):
        return NOBODY
    path = f"{customer}__" if customer else ""
    departments = user.departmentusergrant_set.filter(permission__codename=SERVE_DEPARTMENT)
    customers = user.customerusergrant_set.filter(permission__codename=SERVE_CUSTOMER)
    return Q(**{f"{path}company": user.company_id}) & (
        Q(**{f"{path}department__in": departments.values("content_object")})
        | Q(**{f"{path}pk__in": customers.values("content_object")})
    )


def serving(customer: Customer) -> Q:
    """The condition on a user that they serve the customer: :func:`served_by`, read backwards.

    A person may match more than once: ask for distinct rows.
    """
    return Q(is_active=True, company=customer.company_id) & (
        Q(
            departmentusergrant__permission__codename=SERVE_DEPARTMENT,
            departmentusergrant__content_object=customer.department_id,
        )
        | Q(
            customerusergrant__permission__codename=SERVE_CUSTOMER,
            customerusergrant__content_object=customer.pk,
        )
    )


def represented_by(user: User | AnonymousUser, customer: str = "", *, right: str = "") -> Q:
    """The condition that ``user``, as a contact, represents the customer.

    With ``right`` only where they may do that besides: one of :data:`RIGHTS`.
    """
    if not user.is_authenticated or not user.is_active:
        return NOBODY
    path = f"{customer}__" if customer else ""
    customers = user.customerusergrant_set.filter(permission__codename=REPRESENT)
    granted = Q(**{f"{path}pk__in": customers.values("content_object")})
    if not right:
        return granted
    allowed = user.contacts.filter(**{right: True})
    return granted & Q(**{f"{path}pk__in": allowed.values("customer")})


def let_serve_department(user: User, department: Department) -> None:
    """Let a member of staff see and work for every customer of the department."""
    assign_perm(f"customers.{SERVE_DEPARTMENT}", user, department)


def stop_serving_department(user: User, department: Department) -> None:
    """Take back :func:`let_serve_department`."""
    remove_perm(f"customers.{SERVE_DEPARTMENT}", user, department)


def departments_served_by(user: User) -> list[int]:
    """The ids of the departments whose customers the member of staff serves."""
    grants = user.departmentusergrant_set.filter(permission__codename=SERVE_DEPARTMENT)
    return list(grants.values_list("content_object", flat=True))


def serve_exactly(user: User, departments: Iterable[Department]) -> None:
    """Let a member of staff serve these departments and no others."""
    wanted = {department.pk: department for department in departments}
    for grant in user.departmentusergrant_set.select_related("content_object"):
        if grant.content_object_id not in wanted:
            stop_serving_department(user, grant.content_object)
    for department in wanted.values():
        let_serve_department(user, department)


def let_serve_customer(user: User, customer: Customer) -> None:
    """Let a member of staff work for one customer of another department."""
    assign_perm(f"customers.{SERVE_CUSTOMER}", user, customer)


def let_represent(user: User, customer: Customer) -> None:
    """Let a contact act for the customer in the portal."""
    assign_perm(f"customers.{REPRESENT}", user, customer)


def stop_representing(user: User, customer: Customer) -> None:
    """Take back :func:`let_represent`."""
    remove_perm(f"customers.{REPRESENT}", user, customer)


def serves(user: User, customer: Customer) -> bool:
    """Whether ``user``, as staff, may see and work for this customer."""
    return type(customer).objects.filter(served_by(user), pk=customer.pk).exists()


def represents(user: User, customer: Customer, *, right: str = "") -> bool:
    """Whether ``user``, as a contact, acts for this customer, and may do that besides."""
    granted = represented_by(user, right=right)
    return type(customer).objects.filter(granted, pk=customer.pk).exists()


def may_settle(user: User, customer: Customer) -> bool:
    """Whether the person applies and refunds for the customer: finance, who serves them."""
    return is_in(user, FINANCE) and serves(user, customer)

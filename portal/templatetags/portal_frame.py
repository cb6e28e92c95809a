"""What stands around every page of the portal: whom one acts for, and where one may go."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django import template
from django.http import HttpRequest
from django.template import Context
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from customers.access import CONTACTS, STATEMENT
from customers.models import Customer
from portal import access
from portal.access import Rights

register = template.Library()

#: Address, name, and the right that it takes.
PLACES: tuple[tuple[str, Promise, str], ...] = (
    ("portal:portal", _("Overview"), ""),
    ("portal:credit_notes", _("Credits"), ""),
    ("portal:invoices", _("Invoices"), ""),
    ("portal:account", _("Account"), STATEMENT),
    ("portal:contacts", _("People"), CONTACTS),
)


@dataclass(frozen=True)
class Place:
    """One entry of the menu."""

    url: str
    label: Promise
    is_current: bool


@dataclass(frozen=True)
class Frame:
    """The customer whom a page is about, the others, and what may be done for that one."""

    customers: list[Customer]
    customer: Customer | None = None
    rights: Rights = field(default_factory=Rights)
    places: tuple[Place, ...] = ()


@register.simple_tag(takes_context=True)
def portal_frame(context: Context) -> Frame:
    """Whom the page's visitor acts for, and where they may go; nobody and nowhere for others."""
    request: HttpRequest | None = context.get("request")
    user: Any = getattr(request, "user", None)
    if request is None or user is None or not user.is_authenticated:
        return Frame([])
    customers = access.represented_by(user)
    if not customers:
        return Frame([])
    customer = _shown(context, customers) or access.remembered(request, customers)
    rights = context.get("rights")
    if not isinstance(rights, Rights):
        rights = access.rights_of(user, customer)
    return Frame(customers, customer, rights, _places(request, customer, rights))


def _shown(context: Context, customers: list[Customer]) -> Customer | None:
    """The customer of the page, or of what it shows."""
    for name in ("customer", "note", "invoice", "asking"):
        thing = context.get(name)
        thing = getattr(thing, "invoice", thing) if name == "asking" else thing
        pk = thing.pk if isinstance(thing, Customer) else getattr(thing, "customer_id", None)
        if pk is not None:
            return next((each for each in customers if each.pk == pk), None)
    return None


def _places(request: HttpRequest, customer: Customer, rights: Rights) -> tuple[Place, ...]:
    start = reverse("portal:portal")
    places = []
    for name, label, right in PLACES:
        if not right or getattr(rights, right):
            path = reverse(name, args=[customer.pk] if name == "portal:contacts" else [])
            here = request.path == path if path == start else request.path.startswith(path)
            places.append(Place(f"{path}?customer={customer.pk}", label, here))
    return tuple(places)

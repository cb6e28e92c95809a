"""The pages of a customer's people: the same for staff and for contacts who manage contacts.

Who may come here, and in which frame, differs: each side gives its own way to fetch the
customer and the contact, or to answer 404.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, cast

from django.contrib import messages
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from customers import contacts as verbs
from customers.access import CONTACTS, REQUEST, STATEMENT
from customers.contacts.access import may_manage, rights_to_give
from customers.contacts.entries import InviteForm, RightsForm
from customers.errors import Refusal
from customers.models import Contact, ContactEvent, Customer, Invitation, User

#: What happened last, on the page of a customer and of a contact.
LATEST = 20
#: A new colleague asks for credits unless somebody says otherwise.
USUAL = {REQUEST: True, STATEMENT: False, CONTACTS: False}


@dataclass(frozen=True)
class Side:
    """From which side somebody looks: their addresses and frame, and what they may fetch."""

    namespace: str
    base: str
    home: str
    customer_or_404: Callable[[HttpRequest, int], Customer]

    def contact_or_404(self, request: HttpRequest, pk: int) -> Contact:
        """The contact, if its customer may be fetched."""
        found = get_object_or_404(Contact.objects.select_related("user"), pk=pk)
        found.customer = self.customer_or_404(request, found.customer_id)
        return found


def people_of(customer: Customer) -> QuerySet[Contact]:
    """The customer's contacts by name, each with its ``open_invitations``."""
    waiting = Prefetch("invitations", Invitation.objects.open(), to_attr="open_invitations")
    people = customer.contacts.select_related("user").prefetch_related(waiting)
    return people.order_by("name", "pk")


def contacts_page(request: HttpRequest, side: Side, pk: int) -> HttpResponse:
    """Everybody at the customer, who is invited, and somebody more to invite."""
    customer, user = side.customer_or_404(request, pk), cast("User", request.user)
    may_give = rights_to_give(user, customer)
    initial = {"language": customer.language, **USUAL}
    form = InviteForm(request.POST or None, initial=initial, may_give=may_give)
    status = HTTPStatus.OK
    if request.method == "POST":
        if form.is_valid() and _invited(request, customer, form):
            return redirect(f"{side.namespace}:contacts", customer.pk)
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    context = {"people": people_of(customer), "form": form, "now": timezone.now()}
    return _page(request, side, "contacts", customer, context, status)


def _invited(request: HttpRequest, customer: Customer, form: InviteForm) -> bool:
    user = cast("User", request.user)
    try:
        verbs.invite(customer, form.person, by=user, moment=timezone.now())
    except Refusal as refusal:
        _say(form, refusal)
        return False
    messages.success(request, _("%(who)s is invited.") % {"who": form.cleaned_data["name"]})
    return True


def contact_page(request: HttpRequest, side: Side, pk: int) -> HttpResponse:
    """One contact: what they may do, their invitation, and what was done about them."""
    contact, user = side.contact_or_404(request, pk), cast("User", request.user)
    may_give = rights_to_give(user, contact.customer)
    form = RightsForm(request.POST or None, instance=contact, may_give=may_give)
    status = HTTPStatus.OK
    if request.method == "POST":
        if form.is_valid() and _changed(request, contact, form):
            return redirect(f"{side.namespace}:contact", contact.pk)
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    context = {
        "contact": contact,
        "form": form,
        "invitation": contact.invitations.open().first(),
        "now": timezone.now(),
    }
    return _page(request, side, "contact", contact.customer, context, status)


def _changed(request: HttpRequest, contact: Contact, form: RightsForm) -> bool:
    try:
        verbs.change_rights(
            contact,
            form.rights,
            by=cast("User", request.user),
            moment=timezone.now(),
            gets_credit_notes=form.cleaned_data["gets_credit_notes"],
        )
    except Refusal as refusal:
        _say(form, refusal)
        return False
    messages.success(request, _("It is saved."))
    return True


def end_access(request: HttpRequest, side: Side, pk: int) -> HttpResponse:
    """Take a contact's access away."""
    contact = side.contact_or_404(request, pk)
    verbs.end_access(contact, by=cast("User", request.user), moment=timezone.now())
    messages.success(request, _("%(who)s has no access any more.") % {"who": contact.name})
    return redirect(f"{side.namespace}:contacts", contact.customer_id)


def send_again(request: HttpRequest, side: Side, pk: int) -> HttpResponse:
    """Send a contact's invitation once more."""
    contact = side.contact_or_404(request, pk)
    invitation = get_object_or_404(contact.invitations.open())
    verbs.send_again(invitation, by=cast("User", request.user), moment=timezone.now())
    messages.success(request, _("The invitation is sent again to %(to)s.") % {"to": invitation})
    return redirect(f"{side.namespace}:contact", contact.pk)


def withdraw_invitation(request: HttpRequest, side: Side, pk: int) -> HttpResponse:
    """Make a contact's invitation worthless."""
    contact = side.contact_or_404(request, pk)
    invitation = get_object_or_404(contact.invitations.open())
    verbs.withdraw(invitation, by=cast("User", request.user), moment=timezone.now())
    messages.success(request, _("The invitation is withdrawn."))
    return redirect(f"{side.namespace}:contact", contact.pk)


def _say(form: InviteForm | RightsForm, refusal: Refusal) -> None:
    form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))


def _page(
    request: HttpRequest,
    side: Side,
    name: str,
    customer: Customer,
    context: dict[str, Any],
    status: HTTPStatus,
) -> HttpResponse:
    events = ContactEvent.objects.filter(customer=customer).select_related("actor__company")
    if contact := context.get("contact"):
        events = events.filter(contact=contact)
    context |= {
        "customer": customer,
        "events": events[:LATEST],
        "may_manage": may_manage(cast("User", request.user), customer),
        "base": side.base,
        "home": side.home,
        "places": {
            place: f"{side.namespace}:{place}"
            for place in ("contacts", "contact", "end_access", "send_again", "withdraw_invitation")
        },
    }
    return render(request, f"contacts/{name}.html", context, status=status)

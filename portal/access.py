"""Fetching what a customer's contact may see, or answering 404 (rule 7)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import cast

from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404

from creditnotes.access import UNSENT
from creditnotes.models import Attachment, CreditNote, MessageFile, State
from customers.access import CONTACTS, REQUEST, RIGHTS, STATEMENT, is_staff_member, represents
from customers.models import (
    AccountWish,
    Customer,
    Delivery,
    Invoice,
    InvoiceLine,
    OpenItem,
    Order,
    User,
)
from customers.text import number_in

#: Where a session keeps the customer whom one visited last.
VISITED = "portal_customer"


def visitor_of(request: HttpRequest) -> User:
    """The person who asks; the sign-in wall stands before every view."""
    return cast("User", request.user)


def customers_of(user: User) -> list[Customer]:
    """The customers whom this person represents; 404 for staff who represent nobody."""
    customers = represented_by(user)
    if not customers and is_staff_member(user):
        raise Http404
    return customers


def represented_by(user: User) -> list[Customer]:
    """The same without a refusal: nobody for those who represent nobody."""
    represented = Customer.objects.represented_by(user).select_related("company")
    return list(represented.order_by("sort_name", "pk"))


def chosen(request: HttpRequest, customers: list[Customer], *, right: str = "") -> Customer:
    """The customer whom a page is about: asked for by the address, else visited before.

    Whom one asks for is remembered until one signs out. 404 for somebody else's, and for
    one for whom the person has not that ``right``.
    """
    pk = request.GET.get("customer")
    customer = _named(customers, pk) if pk else remembered(request, customers)
    if right and not represents(visitor_of(request), customer, right=right):
        raise Http404
    if pk:
        request.session[VISITED] = customer.pk
    return customer


def remembered(request: HttpRequest, customers: list[Customer]) -> Customer:
    """The customer visited last in this session, while still represented; else the first."""
    visited = request.session.get(VISITED)
    return next((each for each in customers if each.pk == visited), customers[0])


def _named(customers: list[Customer], pk: str) -> Customer:
    for customer in customers:
        if str(customer.pk) == pk:
            return customer
    raise Http404


@dataclass(frozen=True)
class Rights:
    """What a contact may do for one customer beside reading."""

    may_request: bool = False
    sees_statement: bool = False
    manages_contacts: bool = False


def rights_of(user: User, customer: Customer) -> Rights:
    """All that the contact's entries for that customer allow; nothing without access."""
    if not user.is_authenticated:
        return Rights()
    entries = user.contacts.filter(
        customer__in=Customer.objects.represented_by(user), customer=customer
    )
    rows = entries.values_list(*RIGHTS)
    return Rights(*map(any, zip(*rows, strict=True))) if rows else Rights()


def notes_of(user: User) -> QuerySet[CreditNote]:
    """Requests that were sent, and credits: what this contact sees in lists."""
    notes: QuerySet[CreditNote] = CreditNote.objects.shown_to_contact(user).exclude(UNSENT)
    return notes


def note_or_404(user: User, pk: int) -> CreditNote:
    """The credit note or request, if it is shown to this contact."""
    notes = notes_of(user).select_related(
        "customer__company", "reason", "document", "debit_note", "created_by"
    )
    note: CreditNote = get_object_or_404(notes, pk=pk)
    return note


def invoice_or_404(user: User, pk: int, *, right: str = "") -> Invoice:
    """The invoice, if this contact acts for its customer and has that right."""
    invoices = Invoice.objects.represented_by(user, right=right)
    invoice: Invoice = get_object_or_404(
        invoices.select_related("customer__company", "site", "order", "entry__open_item"), pk=pk
    )
    return invoice


def item_or_404(user: User, entry: int) -> OpenItem:
    """A document of an account that this contact sees, by its entry in the books."""
    items = OpenItem.objects.represented_by(user, right=STATEMENT)
    related = ("entry__invoice", "customer__company")
    item: OpenItem = get_object_or_404(items.select_related(*related), entry=entry)
    return item


def wish_or_404(user: User, pk: int) -> AccountWish:
    """What was asked about an account that this contact sees."""
    wishes = AccountWish.objects.represented_by(user, right=STATEMENT)
    wish: AccountWish = get_object_or_404(wishes.select_related("customer__company"), pk=pk)
    return wish


def managed_or_404(request: HttpRequest, pk: int) -> Customer:
    """The customer, if this contact manages its contacts."""
    managed = Customer.objects.represented_by(visitor_of(request), right=CONTACTS)
    found: Customer = get_object_or_404(managed.select_related("company"), pk=pk)
    return found


def message_files_of(user: User) -> QuerySet[MessageFile]:
    """Files of the messages that both sides wrote."""
    return MessageFile.objects.filter(message__note__in=notes_of(user))


def attachments_of(user: User) -> QuerySet[Attachment]:
    """Files that contacts added, or that came by a link, from the customer's side too.

    What the company's people add is for themselves.
    """
    from_customer = Q(added_by__company__isnull=True, link__isnull=True) | Q(link__isnull=False)
    shown = CreditNote.objects.shown_to_contact(user)
    return Attachment.objects.filter(from_customer, note__in=shown)


def drafts_of(user: User) -> QuerySet[CreditNote]:
    """What this person has begun to ask for and not sent, as typed; nobody else's."""
    customers = Customer.objects.represented_by(user, right=REQUEST)
    mine = CreditNote.objects.filter(UNSENT, state=State.DRAFT, customer__in=customers)
    drafts: QuerySet[CreditNote] = mine.filter(created_by=user, unsent__isnull=False)
    return drafts.select_related("unsent", "customer__company")


def draft_or_404(user: User, pk: int) -> CreditNote:
    """What this person began under that number."""
    draft: CreditNote = get_object_or_404(drafts_of(user), pk=pk)
    return draft


def invoices_or_404(user: User, numbers: Sequence[str]) -> list[Invoice]:
    """The invoices, oldest first, if they are of one customer for whom this contact acts.

    Of one currency, too: a credit note has one.
    """
    pks = {number_in(number) for number in numbers}
    invoices = Invoice.objects.represented_by(user, right=REQUEST).filter(pk__in=pks - {None})
    found = list(invoices.select_related("customer__company", "site").order_by("issued_on", "pk"))
    kinds = {(invoice.customer_id, invoice.currency) for invoice in found}
    if len(found) != len(pks) or len(kinds) != 1:
        raise Http404
    return found


def require_of_draft(draft: CreditNote, invoices: Sequence[Invoice]) -> None:
    """404 for invoices that the draft can't be about: another customer's, another currency."""
    if (invoices[0].customer_id, invoices[0].currency) != (draft.customer_id, draft.currency):
        raise Http404


def drafts_on(user: User, invoices: Sequence[Invoice]) -> QuerySet[CreditNote]:
    """What this person has begun about any of these invoices, the latest first."""
    about = Q()
    for invoice in invoices:
        about |= Q(unsent__typed__invoices__contains=invoice.pk)
    return drafts_of(user).filter(about).order_by("-unsent__saved_at")


def delivery_or_404(user: User, pk: int) -> Delivery:
    """The delivery, if this contact may ask for its customer."""
    orders = Order.objects.represented_by(user, right=REQUEST)
    delivery: Delivery = get_object_or_404(
        Delivery.objects.filter(order__in=orders).select_related("order__customer"), pk=pk
    )
    return delivery


def invoice_line_or_404(user: User, pk: int) -> InvoiceLine:
    """The line, if this contact may ask for its invoice's customer."""
    line: InvoiceLine = get_object_or_404(lines_of(user, [pk]))
    return line


def lines_of(user: User, pks: Iterable[int]) -> QuerySet[InvoiceLine]:
    """Of these invoice lines, those that this contact may ask about."""
    invoices = Invoice.objects.represented_by(user, right=REQUEST)
    return InvoiceLine.objects.filter(pk__in=list(pks), invoice__in=invoices)

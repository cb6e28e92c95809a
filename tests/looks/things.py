"""What a page may be about, found for the people of a company by what they may see.

Each finder answers the rows that fit, the best first.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Case, Count, F, Model, Q, Value, When
from django.db.models.functions import Least
from django.test import RequestFactory
from django.utils import timezone

from approvals.models import Policy, Step
from creditnotes.models import CreditNote, State
from customers.models import (
    Account,
    AccountWish,
    Application,
    BadDebtProposal,
    Contact,
    Customer,
    CustomerDeposit,
    Delivery,
    FiscalPeriod,
    Invoice,
    JournalEntry,
    OpenItem,
    Order,
    Refund,
    RefundBatch,
    User,
    WriteOff,
)
from portal.access import attachments_of, drafts_of, notes_of

People = dict[str, User]
Rows = Any  # a queryset; annotated ones have no type
Finder = Callable[[People], Rows]


def notes(*states: State) -> Finder:
    """The rep's own notes, the latest first; then those of others."""

    def find(people: People) -> Rows:
        rep = people["rep"]
        found: Rows = CreditNote.objects.visible_to(rep).filter(state__in=states)
        return found.order_by(Case(When(owner=rep, then=Value(0)), default=Value(1)), "-pk")

    return find


def shown_notes(*states: State) -> Finder:
    """What the customer sees of their notes."""
    return lambda people: notes_of(people["customer"]).filter(state__in=states).order_by("-pk")


def unrendered(find: Finder) -> Finder:
    """Those whose document is not made yet."""
    return lambda people: find(people).filter(document__files=None).order_by("pk")


def decisions(people: People) -> Rows:
    """What waits for the manager, with photos if any has some."""
    waiting = Step.objects.decidable_by(people["manager"]).values("note")
    found = CreditNote.objects.filter(pk__in=waiting).annotate(n=Count("attachments"))
    return found.order_by("-n", "pk")


def final_decisions(people: People) -> Rows:
    """What the manager decides for good."""
    waiting = Step.objects.decidable_by(people["manager"]).filter(is_final=True).values("note")
    return decisions(people).filter(pk__in=waiting)


def assignments(people: People) -> Rows:
    """What asks the manager themselves now."""
    waiting = Step.objects.decidable_by(people["manager"])
    rows: Rows = people["manager"].assignments.filter(step__in=waiting, replaced_by=None)
    return rows.order_by("pk")


def customers(people: People) -> Rows:
    """The busiest customer."""
    found: Rows = Customer.objects.visible_to(people["rep"]).annotate(n=Count("credit_notes"))
    return found.order_by("-n", "pk")


def orders(people: People) -> Rows:
    """The order with most on it that was delivered."""
    found: Rows = Order.objects.visible_to(people["rep"])
    return found.annotate(n=Count("deliveries"), m=Count("lines")).order_by("-n", "-m", "-pk")


def invoices(people: People) -> Rows:
    """The invoice that was credited most often."""
    found: Rows = Invoice.objects.visible_to(people["rep"])
    return found.annotate(n=Count("lines__creditable__credit_lines")).order_by("-n", "-pk")


def untouched(people: People) -> Rows:
    """The latest invoice without a credit."""
    return invoices(people).order_by("n", "-pk")


def to_credit(people: People) -> Rows:
    """The latest invoice of several lines without a credit, not one that was billed anew."""
    lines = Least(Count("lines", distinct=True), Value(4))
    several = invoices(people).filter(corrects__isnull=True).annotate(several=lines)
    return several.order_by("n", "-several", "-pk")


def own_invoices(people: People) -> Rows:
    """The customer's latest."""
    found: Rows = Invoice.objects.represented_by(people["customer"])
    return found.annotate(n=Count("lines__creditable__credit_lines")).order_by("-n", "-pk")


def own_deliveries(people: People) -> Rows:
    """The customer's latest of which something is invoiced."""
    orders = Order.objects.represented_by(people["customer"]).filter(invoices__isnull=False)
    return Delivery.objects.filter(order__in=orders).order_by("-delivered_on", "-pk")


def photos(people: People) -> Rows:
    """The customer's own."""
    return attachments_of(people["customer"]).order_by("-pk")


def photos_asked(people: People) -> Rows:
    """A note of which the rep has asked somebody for photos by a link."""
    found: Rows = CreditNote.objects.visible_to(people["rep"])
    asked = found.filter(photo_links__made_by=people["rep"], photo_links__ended_at=None)
    return asked.order_by("-pk")


def of_model(model: type[Model]) -> Finder:
    """The latest row of a model that an admin of the company sees."""

    def find(people: People) -> Rows:
        request = RequestFactory().get("/admin/")
        request.user = people["admin"]
        return admin.site.get_model_admin(model).get_queryset(request).order_by("-pk")

    return find


def of_company(model: type[Model], *order: str) -> Finder:
    """The company's own, in that order."""

    def find(people: People) -> Rows:
        rows: Rows = model._default_manager.filter(company=people["finance"].company_id)
        return rows.order_by(*order)

    return find


def bad_debts(people: People) -> Rows:
    """What waits for a second person first."""
    rows: Rows = BadDebtProposal.objects.filter(
        invoice__in=Invoice.objects.visible_to(people["finance"])
    )
    return rows.order_by("-write_off", "-pk")


def accounts(people: People) -> Rows:
    """The receivable."""
    rows: Rows = Account.objects.filter(company=people["finance"].company_id)
    return rows.filter(kind=Account.Kind.RECEIVABLE).order_by("pk")


def past_periods(people: People) -> Rows:
    """The one before last."""
    rows: Rows = FiscalPeriod.objects.filter(company=people["finance"].company_id)
    return rows.filter(starts_on__lt=timezone.now() - timedelta(days=45)).order_by("-starts_on")


def payers(people: People) -> Rows:
    """What is on account of a customer who owes most else."""
    items = OpenItem.objects.visible_to(people["finance"]).filter(side=OpenItem.Side.PAYS)
    found: Rows = items.filter(applied__lt=F("amount"))
    return found.annotate(n=Count("customer__open_items")).order_by("-n", "pk")


def deposits(people: People) -> Rows:
    """One of which a part paid an invoice."""
    found: Rows = CustomerDeposit.objects.visible_to(people["finance"])
    return found.order_by("-applied", "pk")


def taken_back(people: People) -> Rows:
    """The latest application that may be taken back."""
    items = OpenItem.objects.visible_to(people["finance"])
    rows: Rows = Application.objects.filter(payer__in=items, invoice__entry__kind="invoice")
    kinds = ("payment", "credit_note")
    return rows.filter(payer__entry__kind__in=kinds, undone_by=None, undoes=None).order_by("-pk")


def refunds(people: People) -> Rows:
    """One that waits, and nobody batched it."""
    found: Rows = Refund.objects.visible_to(people["finance"])
    return found.order_by(F("batch").asc(nulls_first=True), "-state", "pk")


def batches(people: People) -> Rows:
    """The one with most in it."""
    found: Rows = RefundBatch.objects.filter(company=people["finance"].company)
    return found.annotate(n=Count("refunds")).order_by("-n", "pk")


def dollar_customers(people: People) -> Rows:
    """A customer who is invoiced in another currency."""
    found: Rows = Customer.objects.visible_to(people["finance"]).filter(currency="USD")
    return found.annotate(n=Count("invoices")).order_by("-n", "pk")


def own_entries(people: People) -> Rows:
    """The customer's payments and credits; first those of which something is left."""
    items = OpenItem.objects.represented_by(people["customer"]).filter(side=OpenItem.Side.PAYS)
    left = items.annotate(left=F("amount") - F("applied"), n=Count("wishes"))
    found: Rows = JournalEntry.objects.filter(pk__in=left.values("entry"))
    return found.order_by(-(F("open_item__amount") - F("open_item__applied")), "-pk")


def own_questions(people: People) -> Rows:
    """Documents that the customer asked about."""
    wishes = AccountWish.objects.represented_by(people["customer"]).exclude(answer="")
    found: Rows = JournalEntry.objects.filter(wishes__in=wishes)
    return found.order_by("-pk")


def wishes_of(kind: str) -> Finder:
    """What waits for finance, of that kind."""
    return lambda people: (
        AccountWish.objects.visible_to(people["finance"])
        .filter(kind=kind)
        .order_by("-state", "-pk")
    )


def own_customers(people: People) -> Rows:
    """The customer's first by name."""
    found: Rows = Customer.objects.represented_by(people["customer"]).order_by("sort_name", "pk")
    return found


def own_contacts(people: People) -> Rows:
    """The customer's colleagues; first those who are invited."""
    found: Rows = Contact.objects.filter(customer=own_customers(people).first())
    waiting = Count("invitations", filter=Q(invitations__accepted_at=None))
    return found.annotate(n=waiting).order_by("-n", "-pk")


def invited(people: People) -> Rows:
    """Contacts of the rep's customers who are invited."""
    seen = Customer.objects.visible_to(people["rep"])
    return Contact.objects.filter(customer__in=seen, invitations__accepted_at=None).order_by("-pk")


THINGS: dict[str, Finder] = {
    "account": accounts,
    "entry": of_company(JournalEntry, "-pk"),
    "period": past_periods,
    "write-off": of_company(WriteOff, "-tax_total", "-pk"),
    "bad-debt": bad_debts,
    "customer": customers,
    "order": orders,
    "invoice": invoices,
    "untouched": untouched,
    "to-credit": to_credit,
    "decision": decisions,
    "asked": assignments,
    "leaver": lambda people: User.objects.filter(pk=people["manager"].pk),
    "question": lambda people: (
        people["rep"].questions_received.filter(answered_at=None).order_by("-pk")
    ),
    "final-decision": final_decisions,
    "rehearsed": lambda people: of_model(Policy)(people).filter(rehearsals__isnull=False),
    "draft": notes(State.DRAFT),
    "requested": notes(State.REQUESTED),
    "submitted": notes(State.SUBMITTED),
    "returned": notes(State.RETURNED),
    "approved": notes(State.APPROVED),
    "issued": notes(State.ISSUED),
    "closed": notes(State.REJECTED, State.WITHDRAWN, State.CANCELLED),
    "reversed": notes(State.REVERSED),
    "reversing": lambda people: notes(State.ISSUED)(people).filter(reversals__status="proposed"),
    "rebilled": lambda people: notes(State.ISSUED)(people).filter(rebill__isnull=False),
    "rebilling": lambda people: notes(State.DRAFT, State.RETURNED)(people).filter(
        rebill__isnull=False
    ),
    "correcting": lambda people: untouched(people).filter(n=0),
    "own-entry": own_entries,
    "own-question": own_questions,
    "wish-question": wishes_of("question"),
    "wish-refund": wishes_of("refund"),
    "own-customer": own_customers,
    "own-invited": own_contacts,
    "own-contact": lambda people: own_contacts(people).filter(user=people["customer"]),
    "inviting-customer": lambda people: (
        customers(people)
        .annotate(invited=Count("contacts__invitations"))
        .order_by("-invited", "pk")
    ),
    "invited": invited,
    "own-invoice": own_invoices,
    "own-delivery": own_deliveries,
    "own-draft": lambda people: drafts_of(people["customer"]).order_by("-pk"),
    "own-request": shown_notes(State.REQUESTED),
    "own-offer": lambda people: shown_notes(State.REQUESTED)(people).filter(
        customer_offers__status="made"
    ),
    "own-pending": shown_notes(State.DRAFT, State.SUBMITTED, State.APPROVED),
    "own-declined": lambda people: shown_notes(State.REJECTED)(people).filter(appeal=None),
    "own-appealed": lambda people: (
        notes_of(people["customer"]).exclude(appeal=None).order_by("-pk")
    ),
    "appealed": lambda people: (
        CreditNote.objects.visible_to(people["finance"])
        .filter(state=State.SUBMITTED)
        .exclude(appeal=None)
        .order_by("-pk")
    ),
    "own-credit": shown_notes(State.ISSUED),
    "issued-unrendered": unrendered(notes(State.ISSUED)),
    "own-credit-unrendered": unrendered(shown_notes(State.ISSUED)),
    "photo": photos,
    "photos-asked": photos_asked,
    "payer": payers,
    "deposit": deposits,
    "application": taken_back,
    "refund": refunds,
    "refund-batch": batches,
    "dollar-customer": dollar_customers,
} | {model._meta.label_lower: of_model(model) for model in admin.site._registry}

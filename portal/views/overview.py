"""One customer at a glance."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from approvals.models import Question
from creditnotes.models import Acknowledgement, CreditNote, State
from customers.models import Customer, User
from portal import access, browsing
from portal.access import visitor_of
from portal.account import standing_of
from portal.asking.drafts import begun_by
from portal.offers import open_offers
from portal.story import stories_of

#: Rows of each part of the page; the lists have the rest.
MOST = 5
#: For so long a decision counts as news.
FRESH = timedelta(days=10)


@require_GET
def portal(request: HttpRequest) -> HttpResponse:
    """What needs attention, what is under way, what was credited, and what is to be paid."""
    user = visitor_of(request)
    customers = access.customers_of(user)
    if not customers:
        return render(request, "portal/nobody.html")
    customer = access.chosen(request, customers)
    now = timezone.now()
    today = customer.company.day_of(now)
    rights = access.rights_of(user, customer)
    context = {
        "customers": customers,
        "customer": customer,
        "standing": standing_of(customer, today) if rights.sees_statement else None,
        "rights": rights,
        "today": today,
        "offers": open_offers(user, now).filter(note__customer=customer)[:MOST],
        "to_answer": _to_answer(user, customer) if rights.may_request else (),
        "drafts": begun_by(user, customer),
        **_notes(user, customer, now),
        **(_invoices(user, customer) if rights.sees_statement else _latest(user, customer)),
    }
    return render(request, "portal/portal.html", context)


def _notes(user: User, customer: Customer, now: datetime) -> dict[str, Any]:
    notes = browsing.notes_of(user, customer).order_by("-created_at", "-id")
    waiting = notes.filter(state__in=browsing.STATES_CALLED["waiting"])
    done = notes.exclude(state__in=browsing.STATES_CALLED["waiting"])
    rows = [*waiting[: MOST + 1], *done[: MOST + 1]]
    stories = stories_of(rows, customer.company, now)
    open_ones = [story for story in stories if story.is_waiting]
    closed = [story for story in stories if not story.is_waiting]
    return {
        "waiting": open_ones[:MOST],
        "waits_more": len(open_ones) > MOST,
        "closed": closed[:MOST],
        "closed_more": len(closed) > MOST,
        "fresh": stories_of(_fresh(notes, user, now), customer.company, now),
    }


def _to_answer(user: User, customer: Customer) -> QuerySet[CreditNote]:
    """What we asked them about and they have not answered, the oldest request first."""
    asked = Question.objects.waiting().of_customers().filter(note__customer=customer)
    notes = browsing.notes_of(user, customer).filter(pk__in=asked.values("note"))
    return notes.order_by("pk")[:MOST]


def _fresh(notes: QuerySet[CreditNote], user: User, now: datetime) -> QuerySet[CreditNote]:
    """What the customer was answered lately and did not confirm, the latest answer first."""
    answered = Q(state__in=[State.ISSUED, State.REJECTED], changed_at__gte=now - FRESH)
    confirmed = Acknowledgement.objects.filter(document__note=OuterRef("pk"), person=user)
    return notes.filter(answered, ~Exists(confirmed)).order_by("-changed_at", "-id")[:3]


def _invoices(user: User, customer: Customer) -> dict[str, Any]:
    invoices = browsing.invoices_of(user, customer)
    rows = list(invoices.filter(left_to_pay__gt=0).order_by("due_on", "id")[: MOST + 1])
    return {"open_invoices": rows[:MOST], "open_more": len(rows) > MOST}


def _latest(user: User, customer: Customer) -> dict[str, Any]:
    """For whom balances are not: the latest invoices, paid or not."""
    rows = list(browsing.invoices_of(user, customer).order_by("-issued_on", "-id")[:MOST])
    return {"open_invoices": rows}

"""Refunds in batches: collected, added up, approved by a second person, told to the bank."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from customers import refunding
from customers.access import FINANCE, is_in
from customers.errors import Refusal
from customers.models import Customer, Refund, RefundBatch, User
from customers.money import ZERO
from customers.paging import page_of
from customers.spreadsheets import as_csv
from customers.text import number_in
from customers.views.finding import signed_in

#: Refunds to choose from; more wait for the next batch.
MOST = 200


@dataclass(frozen=True)
class Sum:
    """What is paid in one way and currency."""

    method: Any
    currency: str
    count: int
    amount: Decimal


def sums_of(refunds: Iterable[Refund]) -> list[Sum]:
    """The totals per method and currency."""
    groups: dict[tuple[str, str], list[Refund]] = defaultdict(list)
    for refund in refunds:
        groups[refund.get_method_display(), refund.currency].append(refund)
    return [
        Sum(method, currency, len(rows), sum((row.amount for row in rows), ZERO))
        for (method, currency), rows in sorted(groups.items())
    ]


@require_GET
def refund_batches(request: HttpRequest) -> HttpResponse:
    """All batches, the newest first."""
    batches = _visible(_finance_or_404(request)).select_related("made_by", "decided_by")
    page = page_of(batches.prefetch_related("refunds"), ("-pk",), request.GET)
    rows = [(batch, sums_of(batch.refunds.all())) for batch in page.rows]
    context = {"page": page, "rows": rows, "waiting": len(_waiting(signed_in(request)))}
    return render(request, "customers/refund_batches.html", context)


@require_http_methods(["GET", "POST"])
def new_refund_batch(request: HttpRequest) -> HttpResponse:
    """Choose which proposed refunds are approved together."""
    user = _finance_or_404(request)
    waiting = _waiting(user)
    if request.method == "GET":
        return _choose(request, waiting, {refund.pk for refund in waiting})
    visible = {refund.pk for refund in waiting}
    chosen = {pk for text in request.POST.getlist("refund") if (pk := number_in(text)) in visible}
    assert user.company  # noqa: S101 - only staff come here
    try:
        batch = refunding.make_batch(user.company, chosen, by=user, moment=timezone.now())
    except Refusal as refusal:
        return _choose(request, waiting, chosen, str(refusal))
    messages.success(request, _("%(batch)s waits for a second person.") % {"batch": batch})
    return redirect("customers:refund_batch", batch.pk)


def _choose(
    request: HttpRequest, waiting: Sequence[Refund], chosen: set[Any], error: str = ""
) -> HttpResponse:
    context = {"refunds": waiting, "chosen": chosen, "error": error, "sums": sums_of(waiting)}
    status = HTTPStatus.UNPROCESSABLE_ENTITY if error else HTTPStatus.OK
    return render(request, "customers/new_refund_batch.html", context, status=status)


@require_GET
def refund_batch(request: HttpRequest, pk: int) -> HttpResponse:
    """One batch: its refunds, what they come to, and who decides."""
    batch = _batch_or_404(request, pk)
    refunds = _refunds_of(batch)
    user = signed_in(request)
    is_open = batch.state == RefundBatch.State.OPEN
    own = batch.made_by_id == user.pk or any(r.proposed_by_id == user.pk for r in refunds)
    context = {
        "batch": batch,
        "refunds": refunds,
        "sums": sums_of(refunds),
        "may_approve": is_open and not own and bool(refunds),
        "is_own": is_open and own,
        "may_cancel": is_open,
    }
    return render(request, "customers/refund_batch.html", context)


@require_POST
def approve_refund_batch(request: HttpRequest, pk: int) -> HttpResponse:
    """Confirm all of them."""
    batch = _batch_or_404(request, pk)
    refunding.approve_batch(batch, by=signed_in(request), moment=timezone.now())
    messages.success(request, _("%(batch)s is approved and posted.") % {"batch": batch})
    return redirect("customers:refund_batch", pk)


@require_POST
def cancel_refund_batch(request: HttpRequest, pk: int) -> HttpResponse:
    """Dissolve it; the refunds wait on, each by itself."""
    batch = _batch_or_404(request, pk)
    refunding.cancel_batch(batch, by=signed_in(request), moment=timezone.now())
    messages.success(request, _("%(batch)s is cancelled.") % {"batch": batch})
    return redirect("customers:refund_batches")


@require_GET
def refund_batch_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """What the bank is told of an approved batch."""
    batch = _batch_or_404(request, pk)
    if batch.state != RefundBatch.State.APPROVED:
        raise Http404
    header = ["reference", "payee_number", "payee", "method", "account", "amount", "currency"]
    rows = (
        [
            refund.reference,
            refund.customer.number,
            refund.customer.name,
            refund.method,
            refund.bank_reference,
            refund.amount,
            refund.currency,
        ]
        for refund in _refunds_of(batch)
    )
    return as_csv(batch.reference, header, rows)


def _visible(user: User) -> QuerySet[RefundBatch]:
    """The company's batches, as far as this person serves all of their customers."""
    served = Customer.objects.visible_to(user)
    strange = Refund.objects.filter(batch=OuterRef("pk")).exclude(customer__in=served)
    return RefundBatch.objects.filter(~Exists(strange), company=user.company_id)


def _batch_or_404(request: HttpRequest, pk: int) -> RefundBatch:
    user = _finance_or_404(request)
    return get_object_or_404(_visible(user).select_related("made_by", "decided_by"), pk=pk)


def _finance_or_404(request: HttpRequest) -> User:
    user = signed_in(request)
    if not is_in(user, FINANCE):
        raise Http404
    return user


def _waiting(user: User) -> list[Refund]:
    """What is proposed and in no batch, the oldest first."""
    rows = Refund.objects.visible_to(user).filter(state=Refund.State.PROPOSED, batch=None)
    return list(
        rows.select_related("customer", "payer__entry", "proposed_by").order_by("pk")[:MOST]
    )


def _refunds_of(batch: RefundBatch) -> list[Refund]:
    rows = batch.refunds.select_related("customer", "payer__entry", "proposed_by")
    return list(rows.order_by("pk"))

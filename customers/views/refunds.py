"""Refunds: proposed on what is on account, looked at, confirmed by a second person, listed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from creditnotes.fields import NumberField
from customers import refunding, settling
from customers.access import FINANCE, is_in, may_settle
from customers.browsing import customers_matching
from customers.errors import Refusal
from customers.forms import ListFilter
from customers.models import Customer, OpenItem, Refund, User
from customers.paging import both_ways
from customers.querysets import BelongsToCustomerQuerySet
from customers.templatetags.display import day, money
from customers.views.finding import signed_in, today_of
from customers.views.listing import Cell, Column, Listing, answer
from customers.views.settling import payer_or_404

TONES = {"proposed": "warn", "confirmed": "good", "cancelled": "calm"}
REFUND_ORDERS = both_ways(
    proposed=("proposed_at",), amount=("amount",), customer=("customer__sort_name",)
)
SORTS = [
    ("-proposed", gettext_lazy("Newest")),
    ("proposed", gettext_lazy("Oldest")),
    ("-amount", gettext_lazy("Largest")),
    ("amount", gettext_lazy("Smallest")),
    ("customer", gettext_lazy("Customer")),
    ("-customer", gettext_lazy("Customer, from the end")),
]


#: So many of the documents that are overdue are named.
FEW = 5


class RefundForm(forms.Form):
    """What to pay back, how and to where."""

    amount = NumberField(label=gettext_lazy("Amount"), above_zero=True)
    method = forms.ChoiceField(label=gettext_lazy("How"), choices=Refund.Method)
    bank_reference = forms.CharField(
        label=gettext_lazy("Reference"),
        max_length=60,
        help_text=gettext_lazy("The account, cheque or card, as the bank will see it."),
    )
    override_reason = forms.CharField(
        label=gettext_lazy("Why although something is overdue"),
        required=False,
        max_length=300,
        widget=forms.Textarea({"rows": 2}),
    )


@require_http_methods(["GET", "POST"])
def propose_refund(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask a second person to pay back what is on account."""
    item = payer_or_404(request, pk)
    user = signed_in(request)
    settling.require_may_settle(user, item.customer)
    form = RefundForm(request.POST or None, initial={"amount": refunding.refundable(item)})
    if request.method == "POST" and form.is_valid():
        try:
            refund = refunding.propose(item, **form.cleaned_data, by=user, moment=timezone.now())
        except Refusal as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            sentence = _("%(refund)s is proposed; a second person confirms it.")
            messages.success(request, sentence % {"refund": refund})
            return redirect("customers:refund", refund.pk)
    return _form_page(request, item, form)


def _form_page(request: HttpRequest, item: OpenItem, form: RefundForm) -> HttpResponse:
    late = settling.overdue_items(item.customer, today_of(signed_in(request)))
    overdue = list(late.select_related("entry__invoice")[:FEW])
    context = {
        "item": item,
        "customer": item.customer,
        "form": form,
        "overdue": overdue,
        "refundable": refunding.refundable(item),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render(request, "customers/propose_refund.html", context, status=status)


# One refund ---------------------------------------------------------------------


class CancelForm(forms.Form):
    """Why it is not paid back."""

    comment = forms.CharField(label=gettext_lazy("Why"), max_length=300)


@require_GET
def refund(request: HttpRequest, pk: int) -> HttpResponse:
    """One refund, and what this person may do with it."""
    return _page(request, refund_or_404(request, pk), CancelForm())


@require_POST
def confirm_refund(request: HttpRequest, pk: int) -> HttpResponse:
    """Pay it back, as a second person."""
    found = refund_or_404(request, pk)
    refunding.confirm(found, by=signed_in(request), moment=timezone.now())
    messages.success(request, _("%(refund)s is confirmed and posted.") % {"refund": found})
    return redirect("customers:refund", pk)


@require_POST
def cancel_refund(request: HttpRequest, pk: int) -> HttpResponse:
    """Let it be, and say why."""
    found = refund_or_404(request, pk)
    user = signed_in(request)
    settling.require_may_settle(user, found.customer)
    form = CancelForm(request.POST)
    if not form.is_valid():
        return _page(request, found, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    reason = form.cleaned_data["comment"]
    refunding.cancel(found, by=user, moment=timezone.now(), reason=reason)
    messages.success(request, _("%(refund)s is cancelled.") % {"refund": found})
    return redirect("customers:refund", pk)


def _page(
    request: HttpRequest, found: Refund, form: CancelForm, status: int = HTTPStatus.OK
) -> HttpResponse:
    user = signed_in(request)
    is_open = found.state == Refund.State.PROPOSED
    settles = may_settle(user, found.customer)
    context = {
        "refund": found,
        "tone": TONES[found.state],
        "form": form,
        "company": found.company,
        "may_cancel": is_open and settles,
        "may_confirm": is_open
        and settles
        and found.batch_id is None
        and found.proposed_by_id != user.pk,
        "waits_for_second": is_open and found.proposed_by_id == user.pk,
        "overdue": settling.overdue_items(found.customer, today_of(user)).count() if is_open else 0,
    }
    return render(request, "customers/refund.html", context, status=status)


def refund_or_404(request: HttpRequest, pk: int) -> Refund:
    """The refund, if this person serves its customer."""
    refunds = Refund.objects.visible_to(signed_in(request)).select_related(
        "customer__company",
        "company",
        "payer__entry",
        "entry",
        "batch",
        "proposed_by",
        "decided_by",
    )
    found: Refund = get_object_or_404(refunds, pk=pk)
    return found


# All of them --------------------------------------------------------------------


class RefundsFilter(ListFilter):
    """By customer, state and method."""

    q = forms.CharField(label=gettext_lazy("Customer"), required=False, max_length=100)
    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        required=False,
        choices=[("", gettext_lazy("Any")), *Refund.State.choices],
    )
    method = forms.ChoiceField(
        label=gettext_lazy("How"),
        required=False,
        choices=[("", gettext_lazy("Any")), *Refund.Method.choices],
    )
    sort = forms.ChoiceField(label=gettext_lazy("Sort by"), required=False, choices=SORTS)


@require_GET
def refunds(request: HttpRequest) -> HttpResponseBase:
    """The refunds of the customers whom this person serves."""
    user = signed_in(request)
    form = RefundsFilter(request.GET)
    form.is_valid()  # what is wrong in the address is left out
    listing = Listing(
        "customers/refunds.html",
        form,
        _narrowed(user, form.cleaned_data),
        REFUND_ORDERS,
        _columns(),
        _cells,
        _export,
        _header(),
    )
    may_batch = is_in(user, FINANCE)
    return answer(request, listing, may_batch=may_batch)


def _narrowed(user: User, filters: dict[str, Any]) -> BelongsToCustomerQuerySet:
    found: BelongsToCustomerQuerySet = Refund.objects.visible_to(user)
    found = found.select_related("customer", "payer__entry", "batch", "proposed_by", "decided_by")
    if words := filters.get("q"):
        customers = Customer.objects.visible_to(user).filter(customers_matching(words))
        found = found.filter(customer__in=customers)
    if state := filters.get("state"):
        found = found.filter(state=state)
    if method := filters.get("method"):
        found = found.filter(method=method)
    return found


def _columns() -> list[Column]:
    return [
        Column(_("Refund"), css="wide"),
        Column(_("Proposed"), "proposed", "number-left", "-"),
        Column(_("Customer"), "customer", ""),
        Column(_("Out of"), css="not-on-phone"),
        Column(_("How")),
        Column(_("State"), css="code"),
        Column(_("Batch"), css="not-on-phone"),
        Column(_("Amount"), "amount", "number top-end", "-"),
    ]


def _cells(rows: Sequence[Refund]) -> Iterator[list[Cell]]:
    for row in rows:
        yield [
            Cell(row.reference, reverse("customers:refund", args=[row.pk])),
            Cell(day(row.proposed_at)),
            Cell(row.customer.name),
            Cell(row.payer.entry.reference),
            Cell(row.get_method_display()),
            Cell(row.get_state_display(), tone=TONES[row.state]),
            Cell(str(row.batch or "")),
            Cell(money(row.amount, row.currency)),
        ]


def _header() -> list[str]:
    return [
        _("Refund"),
        _("Customer number"),
        _("Customer"),
        _("Out of"),
        _("Amount"),
        _("Currency"),
        _("How"),
        _("Reference"),
        _("State"),
        _("Batch"),
        _("Proposed by"),
        _("Proposed"),
        _("Decided by"),
    ]


def _export(found: QuerySet[Any]) -> Iterator[list[Any]]:
    for row in found.iterator(chunk_size=500):
        yield [
            row.reference,
            row.customer.number,
            row.customer.name,
            row.payer.entry.reference,
            row.amount,
            row.currency,
            row.get_method_display(),
            row.bank_reference,
            row.get_state_display(),
            str(row.batch or ""),
            str(row.proposed_by),
            day(row.proposed_at),
            str(row.decided_by or ""),
        ]

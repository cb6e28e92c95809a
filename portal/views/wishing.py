"""One document of the account: how it was settled, questions, and what to do with the rest."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from customers import wishes
from customers.applied import applications_of, owed_in
from customers.errors import Refusal
from customers.models import AccountWish, AppliesWishes, OpenItem
from customers.money import ZERO
from customers.refunding import in_refunds
from portal import access
from portal.access import visitor_of
from portal.account_forms import ApplyForm, QuestionForm, RefundWishForm


@require_GET
def entry(request: HttpRequest, pk: int) -> HttpResponse:
    """A payment, credit or invoice of the account, and all that can be asked about it."""
    return _page(request, access.item_or_404(visitor_of(request), pk))


@require_POST
def question(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask the company about the document."""
    user, now = visitor_of(request), timezone.now()
    item = access.item_or_404(user, pk)
    form = QuestionForm(request.POST)

    def ask() -> AccountWish:
        return wishes.question(item.customer, item.entry, **form.cleaned_data, by=user, moment=now)

    return _asked(request, item, form, ask, "question")


@require_POST
def apply_credit(request: HttpRequest, pk: int) -> HttpResponse:
    """Have what is on account settle an invoice."""
    user, now = visitor_of(request), timezone.now()
    item = access.item_or_404(user, pk)
    form = ApplyForm(request.POST, payer=item)

    def ask() -> AccountWish:
        return wishes.ask_to_apply(item, **form.cleaned_data, by=user, moment=now)

    return _asked(request, item, form, ask, "apply")


@require_POST
def ask_refund(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for what is on account to be paid back."""
    user, now = visitor_of(request), timezone.now()
    item = access.item_or_404(user, pk)
    form = RefundWishForm(request.POST)

    def ask() -> AccountWish:
        return wishes.ask_for_refund(item, **form.cleaned_data, by=user, moment=now)

    return _asked(request, item, form, ask, "refund")


@require_POST
def withdraw_wish(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back what was asked about the account."""
    user = visitor_of(request)
    wish = access.wish_or_404(user, pk)
    wishes.withdraw(wish, by=user, moment=timezone.now())
    messages.success(request, _("It is withdrawn."))
    return redirect("portal:entry", wish.entry_id)


def _asked(
    request: HttpRequest,
    item: OpenItem,
    form: QuestionForm | ApplyForm | RefundWishForm,
    ask: Callable[[], AccountWish],
    name: str,
) -> HttpResponse:
    """Ask, or show the page again with what was typed, and say beside it why not."""
    if form.is_valid():
        try:
            wish = ask()
        except Refusal as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            is_done = wish.state == AccountWish.State.DONE
            thanks = _("It is applied.") if is_done else _("Thank you. We answer you here.")
            messages.success(request, thanks)
            return redirect("portal:entry", item.entry_id)
    return _page(request, item, {name: form}, HTTPStatus.UNPROCESSABLE_ENTITY)


def _page(
    request: HttpRequest,
    item: OpenItem,
    forms: dict[str, Any] | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    document = getattr(item.entry, "credit_document", None)
    asked = list(AccountWish.objects.filter(entry=item.entry_id).with_parties().order_by("-pk"))
    context = {
        "customer": item.customer,
        "item": item,
        "entry": item.entry,
        "title": document.number if document else item.entry.reference,
        "note": document.note if document else None,
        "settled": applications_of(item),
        "asked": asked,
        "question": QuestionForm(),
        **_choices(item, asked),
        **(forms or {}),
    }
    return render(request, "portal/entry.html", context, status=status)


def _choices(item: OpenItem, asked: list[AccountWish]) -> dict[str, Any]:
    """The forms by which the customer says what to do with the rest; by policy, and one at once."""
    left = wishes.choosable(item)
    waits = any(wish.payer_id == item.pk and wish.state == AccountWish.State.OPEN for wish in asked)
    company = item.customer.company
    choices: dict[str, Any] = {"left": left, "held": in_refunds(item), "at_once": False}
    if left <= ZERO or waits:
        return choices
    if company.applies_wishes != AppliesWishes.NEVER and (first := owed_in(item).first()):
        initial = {"invoice": first, "amount": min(left, first.open)}
        choices["apply"] = ApplyForm(initial=initial, payer=item)
        choices["at_once"] = company.applies_wishes == AppliesWishes.AT_ONCE
    if company.takes_refund_wishes:
        choices["refund"] = RefundWishForm(initial={"amount": left})
    return choices

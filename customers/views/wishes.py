"""What customers ask about their accounts: the list of what waits, and answering one."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from customers import settling, wishes
from customers.errors import Refusal
from customers.models import AccountWish
from customers.paging import page_of
from customers.views.finding import signed_in, today_of
from customers.views.refunds import FEW, RefundForm
from customers.wishes import news
from customers.wishes.answering import may_answer

ROWS = 50


class AnswerForm(forms.Form):
    """What the customer is to read."""

    text = forms.CharField(
        label=gettext_lazy("Answer to the customer"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class RefundWishedForm(RefundForm):
    """How to pay back what is wished; how much stands with the wish."""

    amount = None  # type: ignore[assignment]


@require_GET
def account_wishes(request: HttpRequest) -> HttpResponse:
    """What customers ask about their accounts: what waits first, then what was answered."""
    seen = AccountWish.objects.visible_to(signed_in(request)).with_parties()
    shows_all = request.GET.get("show") == "all"
    if not shows_all:
        seen = seen.filter(state=AccountWish.State.OPEN)
    order = ["-id"] if shows_all else ["id"]
    context = {"page": page_of(seen, order, request.GET, ROWS), "shows_all": shows_all}
    return render(request, "customers/account_wishes.html", context)


@require_http_methods(["GET", "POST"])
def account_wish(request: HttpRequest, pk: int) -> HttpResponse:
    """One question or wish, and its answer."""
    seen = AccountWish.objects.visible_to(signed_in(request)).with_parties()
    wish: AccountWish = get_object_or_404(seen, pk=pk)
    if request.method == "GET":
        news.seen(signed_in(request), timezone.now(), wish)
        return _page(request, wish, AnswerForm(), RefundWishedForm(auto_id="refund-%s"))
    return _answered(request, wish)


def _answered(request: HttpRequest, wish: AccountWish) -> HttpResponse:
    """Do what the pressed button says; say beside the field why it can't be done."""
    do = request.POST.get("do", "")
    form = AnswerForm(request.POST)
    refund = RefundWishedForm(request.POST if do == "refund" else None, auto_id="refund-%s")
    if form.is_valid() and (do != "refund" or refund.is_valid()):
        try:
            _verb(request, wish, do, form.cleaned_data["text"], refund)()
        except Refusal as refusal:
            target = refund if refusal.field in refund.fields and do == "refund" else form
            target.add_error(
                refusal.field if refusal.field in target.fields else None, str(refusal)
            )
        else:
            messages.success(request, _("It is done; the customer is told."))
            return redirect("customers:account_wishes")
    return _page(request, wish, form, refund, HTTPStatus.UNPROCESSABLE_ENTITY)


def _verb(
    request: HttpRequest, wish: AccountWish, do: str, text: str, refund: RefundWishedForm
) -> Callable[[], object]:
    by, moment = signed_in(request), timezone.now()
    match do:
        case "answer":
            return lambda: wishes.answer(wish, text, by=by, moment=moment)
        case "decline":
            return lambda: wishes.decline(wish, text, by=by, moment=moment)
        case "apply":
            return lambda: wishes.do_apply(wish, by=by, moment=moment, text=text)
        case "refund":
            how: dict[str, Any] = refund.cleaned_data
            return lambda: wishes.propose_refund(wish, **how, by=by, moment=moment, text=text)
    raise Http404


def _page(
    request: HttpRequest,
    wish: AccountWish,
    form: AnswerForm,
    refund: RefundWishedForm,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    user = signed_in(request)
    late = settling.overdue_items(wish.customer, today_of(user))
    is_refund = wish.kind == AccountWish.Kind.REFUND
    context = {
        "wish": wish,
        "customer": wish.customer,
        "form": form,
        "refund": refund,
        "overdue": list(late.select_related("entry__invoice")[:FEW]) if is_refund else [],
        "may_answer": wish.state == AccountWish.State.OPEN and may_answer(user, wish),
    }
    return render(request, "customers/account_wish.html", context, status=status)

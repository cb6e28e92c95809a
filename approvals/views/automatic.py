"""The day's automatic approvals, and looking at them again."""

from __future__ import annotations

from datetime import date, timedelta
from http import HTTPStatus

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from approvals import services
from approvals.automatic import MOST, automatic_on, latest_before, may_review, visible_to
from approvals.forms import AfterReviewForm
from approvals.models import Decision
from approvals.views.finding import signed_in
from customers.errors import Refusal
from customers.models import Company, User

#: No credit is older; days before it are none to ask for.
EARLIEST = date(1970, 1, 1)


@require_GET
def automatic(request: HttpRequest) -> HttpResponse:
    """What policy approved by itself today, or on the day asked for."""
    user = _reviewer_or_404(request)
    return _page(request, user, _day(request.GET.get("day", ""), _company(user)))


@require_POST
def review(request: HttpRequest, pk: int) -> HttpResponse:
    """Say whether one of them was right."""
    user = _reviewer_or_404(request)
    decision = get_object_or_404(visible_to(user).select_related("note"), pk=pk)
    day = _company(user).day_of(decision.decided_at)
    form = AfterReviewForm(request.POST)
    form.is_valid()
    try:
        services.review_automatic(decision, **form.cleaned_data, actor=user, moment=timezone.now())
    except Refusal as refusal:
        return _page(request, user, day, decision, refusal)
    messages.success(request, _("%(note)s was looked at.") % {"note": decision.note})
    return redirect(reverse("approvals:automatic") + f"?day={day}")


def _page(
    request: HttpRequest,
    user: User,
    day: date,
    wrong: Decision | None = None,
    refusal: Refusal | None = None,
) -> HttpResponse:
    company = _company(user)
    today, rows = company.day_of(timezone.now()), automatic_on(day, user, company)
    context = {
        "rows": rows,
        "day": day,
        "latest": None if rows else latest_before(day, user, company),
        "is_today": day == today,
        "before": day - timedelta(days=1) if day > EARLIEST else None,
        "after": day + timedelta(days=1) if day < today else None,
        "to_look_at": sum(row.is_sampled and row.review is None for row in rows),
        "percent": company.review_percent,
        "is_cut": len(rows) == MOST,
        "currency": company.base_currency,
        "wrong": wrong,
        "refusal": refusal,
        "typed": request.POST.get("comment", ""),
    }
    status = refusal.status if refusal else HTTPStatus.OK
    return render(request, "approvals/automatic.html", context, status=status)


def _company(user: User) -> Company:
    assert user.company is not None  # noqa: S101 - only staff come here
    return user.company


def _day(words: str, company: Company) -> date:
    """The day asked for; today where it is none, or is to come, or before all credits."""
    today = company.day_of(timezone.now())
    try:
        day = date.fromisoformat(words)
    except ValueError:
        return today
    return day if EARLIEST <= day <= today else today


def _reviewer_or_404(request: HttpRequest) -> User:
    user = signed_in(request)
    if not may_review(user):
        raise Http404
    return user

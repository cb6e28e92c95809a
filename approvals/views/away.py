"""One's own absence: one switch, with who decides meanwhile."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from http import HTTPStatus
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from approvals import services
from approvals.absence import Absence, cautions, may_be_asked
from approvals.forms import AwayForm
from approvals.models import Delegation, Step
from approvals.views.finding import signed_in
from customers.errors import Refusal
from customers.models import User


@require_http_methods(["GET", "POST"])
def away(request: HttpRequest) -> HttpResponse:
    """Whether one is away, who decides meanwhile, and for whom one decides oneself."""
    user, now = decider_or_404(request), timezone.now()
    form = AwayForm(request.POST or None, user=user)
    if request.method == "POST" and form.is_valid():
        absence = _absence(user, form, now)
        try:
            services.go_away(absence, actor=user, moment=now)
        except Refusal as refusal:
            form.add_error(AwayForm.NAMES.get(refusal.field or "", refusal.field), str(refusal))
        else:
            messages.success(request, _("%(who)s decides for you.") % {"who": absence.delegate})
            for caution in cautions(absence, now):
                messages.warning(request, caution)
            return redirect("approvals:away")
    return _page(request, user, form, now)


def _page(request: HttpRequest, user: User, form: AwayForm, now: datetime) -> HttpResponse:
    unfinished = Delegation.objects.filter(ends_at__gt=now).order_by("starts_at", "pk")
    context = {
        "form": form,
        "now": now,
        "given": list(unfinished.filter(delegator=user).select_related("delegate", "department")),
        "held": list(
            unfinished.filter(delegate=user, delegator__company=user.company_id).select_related(
                "delegator", "department"
            )
        ),
        "waiting": _waiting(user).count(),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render(request, "approvals/away.html", context, status=status)


def _waiting(user: User) -> QuerySet[Step]:
    """What waits for the person themselves now, and so for whoever stands in for them."""
    steps: QuerySet[Step] = Step.objects.decidable_by(user).filter(
        Q(pk__in=user.assignments.filter(replaced_by=None).values("step"))
    )
    return steps


def _absence(user: User, form: AwayForm, now: datetime) -> Absence:
    """From the first day away to the end of the last; today begins at once."""
    zone, told = ZoneInfo(form.company.time_zone), form.cleaned_data
    starts_at = datetime.combine(told["first_day"], time(), zone)
    ends_at = datetime.combine(told["last_day"] + timedelta(days=1), time(), zone)
    is_today = told["first_day"] == form.company.day_of(now)
    return Absence(
        delegator=user,
        delegate=told["delegate"],
        starts_at=now if is_today else starts_at,
        ends_at=ends_at,
        department=told["department"],
        up_to=told["up_to"],
    )


@require_POST
def come_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Switch an absence of one's own off."""
    user = decider_or_404(request)
    found = get_object_or_404(Delegation, pk=pk, delegator=user)
    services.come_back(found, actor=user, moment=timezone.now())
    messages.success(request, _("You decide yourself again."))
    return redirect("approvals:away")


def decider_or_404(request: HttpRequest) -> User:
    """The person, if they are somebody who is asked to decide."""
    user = signed_in(request)
    if not may_be_asked(user):
        raise Http404
    return user

"""A policy's rehearsal: what it would have done to the past, seen before it is put in force."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from approvals import services
from approvals.admin.proposals import proposed
from approvals.explaining import Explanation, looked_at
from approvals.models import Policy, Proposal, RehearsalRun
from approvals.revising import put_in_force
from approvals.soundness import endless_offers_in, gaps_in, gaps_of
from creditnotes.models import CreditNote
from customers.administration.widgets import Day
from customers.errors import Refusal

if TYPE_CHECKING:
    Options = admin.ModelAdmin[Policy]
else:
    Options = object

#: The time that is looked at unless another is chosen.
A_QUARTER = timedelta(days=90)


class PeriodForm(forms.Form):
    """From which day to which; both count."""

    since = forms.DateField(label=gettext_lazy("From"), widget=Day)
    until = forms.DateField(label=gettext_lazy("To"), widget=Day)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        since, until = values.get("since"), values.get("until")
        if since and until and until < since:
            self.add_error("until", _("The last day comes before the first."))
        return values


class Rehearsals(Options):
    """The page on which a policy is rehearsed and put in force, for a policy's admin."""

    def get_urls(self) -> list[Any]:
        page = self.admin_site.admin_view(self.rehearsal)
        own = path("<int:pk>/rehearsal/", page, name="approvals_policy_rehearsal")
        return [own, *super().get_urls()]

    def rehearsal(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Choose a time and see what would have changed; then put the policy in force."""
        policy = get_object_or_404(self.get_queryset(request), pk=pk)
        if not self.has_change_permission(request, policy):
            raise PermissionDenied
        if "put_in_force" in request.POST:
            return self._put_in_force(request, policy)
        if request.method == "POST":
            form = PeriodForm(request.POST)
            if form.is_valid():
                run = _started(request, policy, form)
                return redirect(f"{request.path}?run={run.key}")
            status = HTTPStatus.UNPROCESSABLE_ENTITY
            return self._page(request, policy, {"form": form}, status)
        context = _run(request, policy)
        return self._page(request, policy, {"form": _usual(policy, context.get("run")), **context})

    def _page(
        self, request: HttpRequest, policy: Policy, context: dict[str, Any], status: int = 200
    ) -> HttpResponse:
        context |= self.admin_site.each_context(request)
        context |= {
            "opts": self.opts,
            "original": policy,
            "title": _("Rehearsal"),
            "currency": policy.company.base_currency,
        }
        answer = render(request, "admin/approvals/rehearsal.html", context, status=status)
        if "run" in context and "result" not in context and not context["run"].is_given_up:
            answer["Refresh"] = "2"
        return answer

    def _put_in_force(self, request: Any, policy: Policy) -> HttpResponse:
        try:
            if services.takes_two():
                kind, now = Proposal.Kind.IN_FORCE, timezone.now()
                services.propose_policy(policy, kind, by=request.user, moment=now)
                warn_of_gaps(request, policy)
                return proposed(request)
            put_in_force(policy)
        except Refusal as refusal:
            messages.error(request, str(refusal))
        else:
            self.log_change(request, policy, _("Put in force."))
            messages.success(request, _("It counts from the next submission on."))
            warn_of_gaps(request, policy)
        return redirect(reverse("admin:approvals_policy_changelist"))


def warn_of_gaps(request: HttpRequest, policy: Policy) -> None:
    """Say what would find nobody who may decide, and what would pass without end."""
    for words in [*gaps_of(policy), *endless_offers_in(policy.company_id)]:
        messages.warning(request, words)


def warn_of_endless_offers(request: HttpRequest, company: int) -> None:
    """Say which policies let a customer's accepted offers pass, however many."""
    for words in endless_offers_in(company):
        messages.warning(request, words)


@contextmanager
def warned_of_new_gaps(request: HttpRequest, company: int) -> Iterator[None]:
    """Say what finds nobody who may decide, of the company, since what is done within the block."""
    before = gaps_in(company)
    yield
    for words in gaps_in(company):
        if words not in before:
            messages.warning(request, words)


def _usual(policy: Policy, run: RehearsalRun | None) -> PeriodForm:
    """The days of the run that is looked at, else the last quarter."""
    if run:
        return PeriodForm(initial={"since": run.since, "until": run.until})
    today = policy.company.day_of(timezone.now())
    return PeriodForm(initial={"since": today - A_QUARTER, "until": today})


def _started(request: Any, policy: Policy, form: PeriodForm) -> RehearsalRun:
    """Leave it to a worker."""
    days = form.cleaned_data
    return services.start_rehearsal(
        policy, days["since"], days["until"], by=request.user, moment=timezone.now()
    )


def _run(request: HttpRequest, policy: Policy) -> dict[str, Any]:
    """How far the rehearsal is, or what came of it; without a name, that of the latest one."""
    name = request.GET.get("run", "")
    run = _named(policy, name) if name else _latest(policy)
    if run is None:
        return {"is_gone": bool(name)}
    result = run.result
    if result is None:
        return {"run": run}
    notes = CreditNote.objects.filter(company=policy.company_id).select_related("customer")
    known = notes.in_bulk([change["note"] for change in result["changes"]])
    names = _names(policy)
    changes = [
        {
            **change,
            "note": known[change["note"]],
            "explanation": _explanation(change, names),
        }
        for change in result["changes"]
        if change["note"] in known
    ]
    return {"run": run, "result": result, "changes": changes}


def _named(policy: Policy, name: str) -> RehearsalRun | None:
    """That of the address, if it is still kept."""
    try:
        return policy.rehearsals.filter(key=UUID(name)).first()
    except ValueError:
        return None


def _latest(policy: Policy) -> RehearsalRun | None:
    return policy.rehearsals.filter(finished_at__isnull=False).order_by("pk").last()


def _explanation(change: dict[str, Any], names: dict[str, Any]) -> Explanation:
    return Explanation(0, None, looked_at(change["considered"], names), [], [], None)


def _names(policy: Policy) -> dict[str, dict[str, Any]]:
    """What the ids in the conditions of the company's policies stand for."""
    names: dict[str, dict[str, Any]] = {}
    rows = Policy.objects.filter(company=policy.company_id).values_list("conditions", flat=True)
    for condition in (each for conditions in rows for each in conditions):
        names.setdefault(condition["fact"], {}).update(condition.get("names", {}))
    return names

"""Switching a policy off: what it means, before it is done."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from approvals import services
from approvals.admin.proposals import proposed
from approvals.models import Policy, Proposal, Routing, Step
from approvals.revising import (
    gaps_without,
    looked_at_instead,
    require_dispensable,
    switch_off,
)
from customers.errors import Refusal

if TYPE_CHECKING:
    Options = admin.ModelAdmin[Policy]
else:
    Options = object

#: How far back is looked at what fell under a policy.
LATELY = timedelta(days=90)


class Switching(Options):
    """The page on which a policy is switched off, for a policy's admin."""

    def get_urls(self) -> list[Any]:
        page = self.admin_site.admin_view(self.switch_off)
        own = path("<int:pk>/switch-off/", page, name="approvals_policy_switch_off")
        return [own, *super().get_urls()]

    def switch_off(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Say what would become of its credit notes; then let it count no more."""
        policy = get_object_or_404(self.get_queryset(request), pk=pk)
        if not self.has_change_permission(request, policy):
            raise PermissionDenied
        try:
            require_dispensable(policy)
            if request.method == "POST":
                return self._switched_off(request, policy)
        except Refusal as refusal:
            status = refusal.status if request.method == "POST" else HTTPStatus.OK
            return self._explained(request, policy, str(refusal), status)
        return self._explained(request, policy)

    def _switched_off(self, request: Any, policy: Policy) -> HttpResponse:
        if services.takes_two():
            kind, now = Proposal.Kind.SWITCH_OFF, timezone.now()
            services.propose_policy(policy, kind, by=request.user, moment=now)
            return proposed(request)
        switch_off(policy)
        self.log_change(request, policy, _("Switched off."))
        messages.success(request, _("It counts no more from the next submission on."))
        return redirect(reverse("admin:approvals_policy_changelist"))

    def _explained(
        self, request: Any, policy: Policy, refusal: str = "", status: int = HTTPStatus.OK
    ) -> HttpResponse:
        now = timezone.now()
        lately = Routing.objects.filter(policy=policy, routed_at__gte=now - LATELY)
        waiting = Step.objects.filter(policy=policy, status=Step.Status.OPEN)
        context = self.admin_site.each_context(request) | {
            "opts": self.opts,
            "original": policy,
            "title": _("Switch off"),
            "refusal": refusal,
            "lately": lately.count(),
            "waiting": waiting.values("note").distinct().count(),
            "later": looked_at_instead(policy),
            "gaps": gaps_without(policy),
            "takes_two": services.takes_two(),
        }
        return render(request, "admin/approvals/switch_off.html", context, status=status)

"""Counts beside the places of the navigation."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from approvals.models import Step
from customers.access import is_staff_member


@require_GET
def queue_count(request: HttpRequest) -> HttpResponse:
    """How much waits for the person's decision: a fragment for "To decide"."""
    if not is_staff_member(request.user):
        raise Http404
    count = Step.objects.decidable_by(request.user).count()
    return render(request, "approvals/queue_count.html", {"count": count})

"""What changed on an open page of the queue: who decided what meanwhile, and how much is left."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from approvals.figures import pace_of
from approvals.models import Step
from approvals.views.finding import signed_in
from approvals.views.looking import loads_in, tabs_of
from approvals.views.trail import Trail, trail_of
from approvals.whose import steps_of
from creditnotes.models import CreditNote
from customers.models import User
from customers.text import number_in

#: As many rows are asked about as a page has, and some.
MOST = 100


@dataclass(frozen=True)
class Gone:
    """A row of the page whose step waits there no more, and why."""

    step: int
    reference: str = ""
    verdict: str = ""
    who: str = ""


@require_GET
def changes(request: HttpRequest) -> HttpResponse:
    """Pieces that replace their like on the page: of rows that are gone, counts, figures."""
    user, now, trail = signed_in(request), timezone.now(), trail_of(request)
    steps = _numbers(request.GET.getlist("step"))[:MOST]
    loads = loads_in(user, trail, now)
    gone = _gone(user, trail, steps)
    context = {
        "gone": gone,
        "tabs": tabs_of(trail, loads),
        "trail": trail,
        "load": loads[trail.whose],
        "pace": pace_of(user, now),
        "is_longer": _is_longer(request, loads[trail.whose].fitting, len(gone)),
    }
    return render(request, "approvals/queue_changes.html", context)


def _numbers(words: Sequence[str]) -> list[int]:
    return [number for word in words if (number := number_in(word))]


def _is_longer(request: HttpRequest, fitting: int, gone: int) -> bool:
    """Whether something has come that the page does not show."""
    before = number_in(request.GET.get("fitting", ""))
    return before is not None and fitting > before - gone


def _gone(user: User, trail: Trail, steps: Collection[int]) -> list[Gone]:
    """Those of the steps that are in the view no more; what was decided, where one may see it."""
    still = steps_of(user, trail.whose).filter(pk__in=steps).values_list("pk", flat=True)
    gone = set(steps) - set(still)
    seen = Step.objects.filter(pk__in=gone, note__in=CreditNote.objects.visible_to(user))
    told = {step.pk: _told(step) for step in seen.select_related("note", "decision__actor")}
    return [told.get(step, Gone(step)) for step in sorted(gone)]


def _told(step: Step) -> Gone:
    decision = getattr(step, "decision", None)
    if decision is None:
        return Gone(step.pk, step.note.reference)
    return Gone(step.pk, step.note.reference, decision.words, str(decision.actor or ""))

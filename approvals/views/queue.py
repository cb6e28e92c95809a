"""The review queue: what waits for a person, with a glance at each note beside the list."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from approvals.dossier.brief import brief_of
from approvals.figures import load_of, pace_of
from approvals.models import Step
from approvals.querysets import StepQuerySet
from approvals.queue import Waiting, narrowing, waiting_for
from approvals.views.finding import note_or_404, signed_in
from approvals.views.trail import Trail, trail_of
from customers.paging import page_of
from customers.spreadsheets import as_csv


@dataclass(frozen=True)
class Row:
    """One step on the page, with the addresses that it leads to on the person's way."""

    waiting: Waiting
    url: str
    preview_url: str


@require_GET
def review_queue(request: HttpRequest) -> HttpResponseBase:
    """What waits for this person's decision, most urgent first unless sorted otherwise."""
    user, now, trail = signed_in(request), timezone.now(), trail_of(request)
    steps = waiting_for(user, trail.filters, now).with_notes().with_hints(user)
    if request.GET.get("as") == "csv":
        return _as_csv(steps.order_by(*trail.order), now)
    page = page_of(steps, trail.order, request.GET)
    context = {
        "trail": trail,
        "form": trail.form,
        "page": replace(page, rows=[_row(step, trail, now) for step in page.rows]),
        "load": load_of(user, narrowing(trail.filters, now), now),
        "pace": pace_of(user, now),
    }
    return render(request, "approvals/review_queue.html", context)


def _row(step: Step, trail: Trail, moment: datetime) -> Row:
    glance = reverse("approvals:preview", args=[step.note_id]) + trail.query
    return Row(Waiting(step, moment), trail.to(step.note_id), glance)


@require_GET
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """A glance at one note, as a fragment beside the list."""
    note = note_or_404(request, pk)
    context = {
        "note": note,
        "brief": brief_of(note, timezone.now()),
        "url": trail_of(request).to(note.pk),
    }
    return render(request, "approvals/preview.html", context)


def _as_csv(steps: StepQuerySet, moment: datetime) -> HttpResponseBase:
    header = [
        _("Credit note"),
        _("Customer number"),
        _("Customer"),
        _("Reason"),
        _("Net"),
        _("Tax"),
        _("Total"),
        _("Currency"),
        _("Standard offer, net"),
        _("Submitted by"),
        _("Submitted"),
        _("Due"),
        _("Time left"),
        _("Step"),
        _("In place of"),
    ]
    return as_csv("to-decide", header, _csv_rows(steps, moment))


def _csv_rows(steps: StepQuerySet, moment: datetime) -> Iterator[list[Any]]:
    for step in steps.iterator(chunk_size=500):
        waiting, note = Waiting(step, moment), step.note
        yield [
            note.reference,
            note.customer.number,
            note.customer.name,
            str(note.reason),
            note.net,
            note.tax_total,
            note.total,
            note.currency,
            note.offer_net,
            str(waiting.who),
            _minute(note.submitted_at),
            _minute(step.due_at),
            waiting.time_left,
            step.get_role_display(),
            waiting.stands_in_for,
        ]


def _minute(moment: datetime | None) -> str:
    return timezone.localtime(moment).isoformat(timespec="minutes") if moment else ""

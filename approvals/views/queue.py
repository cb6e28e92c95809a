"""The review queue: what waits for a person, with a glance at each note beside the list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from approvals.access import whether_may_decide
from approvals.dossier.brief import brief_of
from approvals.figures import pace_of
from approvals.models import Step
from approvals.querysets import StepQuerySet
from approvals.queue import Waiting, waiting_for
from approvals.views.finding import note_or_404, signed_in
from approvals.views.looking import loads_in, tabs_of
from approvals.views.trail import Trail, trail_of
from approvals.whose import Whose, names_of_asked
from customers.errors import Refusal
from customers.models import SavedFilter
from customers.paging import page_of
from customers.saved_filters import FilterNameForm, filters_of, save_filter
from customers.spreadsheets import as_csv

#: The list by whose name its filters are kept.
LISTING = "approvals:review_queue"


@dataclass(frozen=True)
class Row:
    """One step on the page, with the addresses that it leads to on the person's way."""

    waiting: Waiting
    url: str
    preview_url: str


@require_http_methods(["GET", "POST"])
def review_queue(request: HttpRequest) -> HttpResponseBase:
    """A view of what waits, most urgent first; by POST, to keep how one looks at it."""
    if request.method == "GET":
        return _queue(request, FilterNameForm())
    form = FilterNameForm(request.POST)
    if form.is_valid() and _is_kept(request, form):
        return redirect(trail_of(request).to_queue())
    return _queue(request, form)


def _is_kept(request: HttpRequest, form: FilterNameForm) -> bool:
    """Keep the way that the address tells of under the name; a refusal goes to the form."""
    name, trail = form.cleaned_data["name"], trail_of(request)
    try:
        save_filter(signed_in(request), LISTING, name=name, query=trail.kept)
    except Refusal as refusal:
        form.add_error(refusal.field, str(refusal))
        return False
    messages.success(request, _("Kept as “%(name)s”.") % {"name": name})
    return True


@require_POST
def forget_filter(request: HttpRequest, pk: int) -> HttpResponse:
    """Forget a way of looking at the queue that the person kept."""
    kept = SavedFilter.objects.filter(user=signed_in(request), listing=LISTING)
    get_object_or_404(kept, pk=pk).delete()
    return redirect(trail_of(request).to_queue())


def _queue(request: HttpRequest, naming: FilterNameForm) -> HttpResponseBase:
    user, now, trail = signed_in(request), timezone.now(), trail_of(request)
    steps = waiting_for(user, trail.whose, trail.filters, now).with_notes().with_hints(user)
    if request.GET.get("as") == "csv":
        return _as_csv(steps.annotate(asked=names_of_asked()).order_by(*trail.order), now)
    if not trail.whose.is_decided_here:
        steps = steps.annotate(asked=names_of_asked(), is_to_decide=whether_may_decide(user))
    page = page_of(steps, trail.order, request.GET)
    rows = [_row(step, trail, now) for step in page.rows]
    loads = loads_in(user, trail, now)
    context = {
        "trail": trail,
        "form": trail.form,
        "tabs": tabs_of(trail, loads),
        "delegated": loads[Whose.DELEGATED].count,
        "delegated_url": trail.all_in(Whose.DELEGATED),
        "page": replace(page, rows=rows),
        "may_tick": any(row.waiting.is_to_decide for row in rows),
        "load": loads[trail.whose],
        "pace": pace_of(user, now),
        "changes_url": _changes_url(trail, page.rows, loads[trail.whose].fitting),
        "saved": filters_of(user, LISTING),
        "naming": naming,
    }
    if page:  # at hand already: the frame names it
        user.company = page.rows[0].note.company
    status = HTTPStatus.UNPROCESSABLE_ENTITY if naming.is_bound else HTTPStatus.OK
    return render(request, "approvals/review_queue.html", context, status=status)


def _changes_url(trail: Trail, steps: Sequence[Step], fitting: int) -> str:
    """Where the page asks what became of its rows."""
    shown = [*trail.carried, ("fitting", fitting), *(("step", step.pk) for step in steps)]
    return f"{reverse('approvals:changes')}?{urlencode(shown)}"


def _row(step: Step, trail: Trail, moment: datetime) -> Row:
    glance = reverse("approvals:preview", args=[step.note_id]) + trail.query
    return Row(Waiting(step, moment), trail.to(step.note_id), glance)


@require_GET
def preview(request: HttpRequest, pk: int) -> HttpResponse:
    """A glance at one note, as a fragment beside the list."""
    note = note_or_404(request, pk)
    context = {
        "note": note,
        "brief": brief_of(note, signed_in(request), timezone.now()),
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
        _("Waits for"),
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
            ", ".join(waiting.asked),
        ]


def _minute(moment: datetime | None) -> str:
    return timezone.localtime(moment).isoformat(timespec="minutes") if moment else ""

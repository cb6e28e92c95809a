"""The review queue and the decision page; the name of a view is that of its address."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from http import HTTPStatus
from typing import cast

from django.contrib import messages
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from approvals import services
from approvals.dossier import Dossier, dossier_of
from approvals.forms import DecisionForm, QueueFilter
from approvals.models import Decision, Step
from approvals.queue import BY_TIME_LEFT, Waiting, next_for, waiting_for
from creditnotes.models import CreditNote
from customers.errors import Refusal, StaleContent, WrongState
from customers.models import User
from customers.paging import page_of

Verb = Callable[..., CreditNote]


def _signed_in(request: HttpRequest) -> User:
    return cast("User", request.user)


def _note_or_404(request: HttpRequest, pk: int) -> CreditNote:
    """The note if the person may see it; ``is_theirs`` tells if it waits for themselves."""
    user = _signed_in(request)
    notes = CreditNote.objects.visible_to(user).with_parties()
    own = Step.objects.decidable_by(user).asking(user).filter(note=OuterRef("pk"))
    notes = notes.select_related("company", "customer__department").annotate(is_theirs=Exists(own))
    note: CreditNote = get_object_or_404(notes, pk=pk)
    user.company = note.company  # at hand already; the frame names it
    return note


@require_GET
def review_queue(request: HttpRequest) -> HttpResponse:
    """What waits for this person's decision, most urgent first."""
    user, now = _signed_in(request), timezone.now()
    form = QueueFilter(request.GET, company=user.company)
    form.is_valid()  # what is wrong in the address is left out
    steps = waiting_for(user, form.cleaned_data, now)
    page = page_of(steps, BY_TIME_LEFT, request.GET)
    context = {
        "form": form,
        "page": replace(page, rows=[Waiting(step, now) for step in page.rows]),
        "count": steps.count(),
        "is_narrowed": any(form.cleaned_data.values()),
    }
    return render(request, "approvals/review_queue.html", context)


@require_GET
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """One credit note with everything that its decision needs."""
    note = _note_or_404(request, pk)
    if not note.submissions:
        return redirect("creditnotes:credit_note", note.pk)
    return _page(request, note, DecisionForm(initial={"seen": note.content_hash}))


def _page(
    request: HttpRequest,
    note: CreditNote,
    form: DecisionForm,
    *,
    refusal: Refusal | None = None,
) -> HttpResponse:
    """The decision page; with ``refusal``, what kept the last try from succeeding."""
    user, now = _signed_in(request), timezone.now()
    dossier = dossier_of(note, user, now)
    principal, why_not = _standing(dossier, user, now)
    context = {
        "note": note,
        "form": form,
        "dossier": dossier,
        "principal": principal,
        "why_not": why_not,
        "refusal": refusal if refusal and refusal.field != "comment" else None,
    }
    status = refusal.status if refusal else HTTPStatus.OK
    return render(request, "approvals/decide.html", context, status=status)


def _standing(dossier: Dossier, user: User, moment: datetime) -> tuple[User | None, str]:
    """In whose place the person would decide, or else why they can't; the service asks again."""
    if getattr(dossier.note, "is_theirs", False):
        return user, ""
    try:
        return services.turn_of(dossier.note, user, moment).principal, ""
    except Refusal as refusal:
        return None, str(refusal)


@require_POST
def approve(request: HttpRequest, pk: int) -> HttpResponse:
    """Say yes on the final step."""
    return _decided(request, pk, services.approve, Decision.Verdict.APPROVE)


@require_POST
def endorse(request: HttpRequest, pk: int) -> HttpResponse:
    """Say yes on a step before the last."""
    return _decided(request, pk, services.endorse, Decision.Verdict.ENDORSE)


@require_POST
def return_for_changes(request: HttpRequest, pk: int) -> HttpResponse:
    """Send it back to the rep, with what to change."""
    return _decided(request, pk, services.return_for_changes, Decision.Verdict.RETURN)


@require_POST
def reject(request: HttpRequest, pk: int) -> HttpResponse:
    """Say no."""
    return _decided(request, pk, services.reject, Decision.Verdict.REJECT)


def _decided(request: HttpRequest, pk: int, verb: Verb, verdict: Decision.Verdict) -> HttpResponse:
    """Decide and go on to the next; a refusal shows the page again, with what was typed."""
    note, form = _note_or_404(request, pk), DecisionForm(request.POST)
    if not form.is_valid():
        return _page(request, note, form, refusal=Refusal("", field="comment"))
    user = _signed_in(request)
    try:
        verb(note, actor=user, moment=timezone.now(), **form.cleaned_data)
    except Refusal as refusal:
        if isinstance(refusal, WrongState) and _decided_just_so(note, user, verdict):
            return _onward(request, note, verdict)
        return _refused(request, pk, form, refusal)
    return _onward(request, note, verdict)


def _decided_just_so(note: CreditNote, user: User, verdict: str) -> bool:
    """Whether this is the second click of the same decision."""
    last = note.decisions.last()
    return last is not None and (last.actor_id, last.verdict) == (user.pk, verdict)


def _onward(request: HttpRequest, note: CreditNote, verdict: Decision.Verdict) -> HttpResponse:
    """To the next credit note of the queue, saying what was done."""
    messages.success(request, f"{note.reference}: {verdict.label}.")
    step = next_for(_signed_in(request), besides=note)
    if step is None:
        messages.info(request, _("Nothing else waits for you."))
        return redirect("approvals:review_queue")
    return redirect("approvals:decide", step.note_id)


def _refused(request: HttpRequest, pk: int, form: DecisionForm, refusal: Refusal) -> HttpResponse:
    """The page as things are now, with the comment kept and why it was refused."""
    note = _note_or_404(request, pk)
    if refusal.field == "comment":
        form.add_error("comment", str(refusal))
    if isinstance(refusal, StaleContent):
        form = DecisionForm({**form.cleaned_data, "seen": note.content_hash})
    return _page(request, note, form, refusal=refusal)

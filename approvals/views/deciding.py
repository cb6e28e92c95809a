"""The decision page, and what is decided on it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.views.decorators.http import require_GET, require_POST

from approvals import services
from approvals.appealing import appeal_about
from approvals.conversation import said_among_us
from approvals.dossier import dossier_of
from approvals.forms import DecisionForm
from approvals.models import Decision
from approvals.queue import Place, next_in, next_to_decide, place_of, waiting_for
from approvals.reassigning import handed_on_by
from approvals.replying import replies_on
from approvals.views.finding import note_or_404, signed_in
from approvals.views.trail import Trail, trail_of
from approvals.whose import Whose
from creditnotes.models import CreditNote, State
from creditnotes.rebilling import shown_of
from customers.errors import NotAllowed, Refusal, StaleContent, WrongState
from customers.models import User
from customers.text import number_in

Verb = Callable[..., CreditNote]


@require_GET
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """One credit note with everything that its decision needs."""
    note = note_or_404(request, pk)
    if not note.submissions:
        return redirect("creditnotes:credit_note", note.pk)
    reply = replies_on(note).text_of(request.GET.get("reply"))
    form = DecisionForm(initial={"seen": note.content_hash, "comment": reply})
    return _page(request, note, form)


def _page(
    request: HttpRequest,
    note: CreditNote,
    form: DecisionForm,
    *,
    refusal: Refusal | None = None,
) -> HttpResponse:
    """The decision page; with ``refusal``, what kept the last try from succeeding."""
    user, now, trail = signed_in(request), timezone.now(), trail_of(request)
    place = _place(note, user, trail, now)
    is_own = place is not None and trail.whose == Whose.MINE
    principal, why_not = (user, "") if is_own else standing_of(note, user, now)
    dossier = dossier_of(note, user, now)
    context = {
        "note": note,
        "replies": replies_on(note),
        "form": form,
        "dossier": dossier,
        "handed_on": handed_on_by(
            user, note, dossier.course, is_their_turn=principal == user and not why_not
        ),
        "rebill": shown_of(note),
        "appeal": appeal_about(note) if dossier.is_appeal else None,
        "conversation": said_among_us(note, dossier.events),
        "principal": principal,
        "why_not": why_not,
        "refusal": refusal if refusal and refusal.field != "comment" else None,
        "trail": trail,
        **(_around(place, trail) if place else _onward_from(note, user, trail, now)),
    }
    status = refusal.status if refusal else HTTPStatus.OK
    return render(request, "approvals/decide.html", context, status=status)


def _place(note: CreditNote, user: User, trail: Trail, moment: datetime) -> Place | None:
    if note.state != State.SUBMITTED:
        return None
    return place_of(note, waiting_for(user, trail.whose, trail.filters, moment), trail.order)


def _around(place: Place, trail: Trail) -> dict[str, object]:
    """How far one is on the way, and the addresses of the notes before and after."""
    return {
        "position": trail.done + place.position,
        "total": trail.done + place.total,
        "following": place.following,
        "previous_url": trail.to(place.previous),
        "following_url": trail.to(place.following),
    }


def _onward_from(note: CreditNote, user: User, trail: Trail, moment: datetime) -> dict[str, object]:
    """The way on from a note that is not on it: it waits for somebody else, or no more."""
    steps = next_to_decide(user, trail.whose, trail.filters, moment)
    return {"onward_url": trail.to(next_in(steps, trail.order, besides=note, wished=None))}


def standing_of(note: CreditNote, user: User, moment: datetime) -> tuple[User | None, str]:
    """In whose place the person would decide, or else why they can't; the service asks again."""
    try:
        return services.turn_of(note, user, moment).principal, ""
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
    note, form = note_or_404(request, pk), _form(request)
    if not form.is_valid():
        return _page(request, note, form, refusal=Refusal("", field="comment"))
    user = signed_in(request)
    try:
        verb(note, actor=user, moment=timezone.now(), **form.cleaned_data)
    except Refusal as refusal:
        if isinstance(refusal, WrongState | NotAllowed) and _decided_just_so(note, user, verdict):
            return onward(request, note, verdict)
        return _refused(request, pk, form, refusal)
    return onward(request, note, verdict)


def _form(request: HttpRequest) -> DecisionForm:
    """What was sent; words in the dialog that asks whether to reject are part of the comment."""
    sent = request.POST.copy()
    words = dict.fromkeys(sent.get(name, "").strip() for name in ("comment", "why"))
    sent["comment"] = "\n\n".join(filter(None, words))
    return DecisionForm(sent)


def _decided_just_so(note: CreditNote, user: User, verdict: str) -> bool:
    """Whether this is the second click of the same decision."""
    last = note.decisions.last()
    return last is not None and (last.actor_id, last.verdict) == (user.pk, verdict)


def onward(
    request: HttpRequest, note: CreditNote, verdict: Decision.Verdict, words: str = ""
) -> HttpResponse:
    """To the next credit note on the person's way, saying what was done."""
    user, trail = signed_in(request), trail_of(request).further()
    messages.success(request, _told(note, words or str(verdict.label)))
    following = next_in(
        next_to_decide(user, trail.whose, trail.filters, timezone.now()),
        trail.order,
        besides=note,
        wished=number_in(request.POST.get("following", "")),
    )
    return redirect(trail.to(following) or trail.to_queue())


def _told(note: CreditNote, words: str) -> str:
    """What was done to which note, leading to it."""
    address = reverse("creditnotes:credit_note", args=[note.pk])
    return format_html('<a href="{}">{}</a>: {}.', address, note.reference, words)


def _refused(request: HttpRequest, pk: int, form: DecisionForm, refusal: Refusal) -> HttpResponse:
    """The page as things are now, with the comment kept and why it was refused."""
    note = note_or_404(request, pk)
    if refusal.field == "comment":
        form.add_error("comment", str(refusal))
    if isinstance(refusal, StaleContent):
        form = DecisionForm({**form.cleaned_data, "seen": note.content_hash})
    return _page(request, note, form, refusal=refusal)

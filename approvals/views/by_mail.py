"""Deciding from a mail: the facts on one page, and a button that decides.

The facts are shown while the link lasts, and while the person whom it names may see the note:
whoever left, or may no longer see it, has a link to nothing. To open the link decides nothing,
however it is opened; so a scanner that follows links, or fetches them twice, does no harm. What
the link names, the services ask again under lock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from zoneinfo import ZoneInfo

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from approvals import mail_links, services
from approvals.dossier.brief import brief_of
from approvals.forms import DecisionForm
from approvals.mail_links import BadLink, Link
from approvals.models import Decision, Step
from approvals.services import Turn
from approvals.whose import names_of_asked
from creditnotes.models import CreditNote, State
from customers.errors import Refusal, StaleContent
from customers.models import User

Verb = Callable[..., CreditNote]
VERBS: Mapping[str, Verb] = {
    "approve": services.approve,
    "endorse": services.endorse,
    "return": services.return_for_changes,
    "reject": services.reject,
}


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def decide(request: HttpRequest, token: str) -> HttpResponse:
    """The facts of what somebody was asked by mail, and their decision once they press a button."""
    link = _link_or_404(token)
    step = get_object_or_404(Step.objects.select_related("note"), pk=link.step_id)
    person = get_object_or_404(User.objects.select_related("company"), pk=link.user_id)
    note = _note(step, person)
    with translation.override(person.language), timezone.override(ZoneInfo(note.company.time_zone)):
        if request.user.is_authenticated and request.user != person:
            return _page(request, note, person, step, status=HTTPStatus.FORBIDDEN, is_other=True)
        if link.has_expired:
            return _expired(request, note)
        if request.method == "POST":
            return _decided(request, note, person, link, token)
        form = DecisionForm(initial={"seen": note.content_hash})
        return _page(request, note, person, step, form=form, why_not=_why_not(note, person, link))


def _link_or_404(token: str) -> Link:
    try:
        return mail_links.read(token)
    except BadLink as error:
        raise Http404 from error


def _note(step: Step, person: User) -> CreditNote:
    """The step's note, while the person works here and may see it; else there is no such page."""
    if not person.is_active:
        raise Http404
    visible = CreditNote.objects.visible_to(person).with_parties().select_related("company")
    note: CreditNote = get_object_or_404(visible, pk=step.note_id)
    return note


def _turn(note: CreditNote, person: User, link: Link) -> Turn:
    """The person's turn on the step that the link is about, with what it then showed.

    Raises a :class:`~customers.errors.Refusal` that says what happened since.
    """
    turn = services.turn_of(note, person, timezone.now())
    if turn.step.pk != link.step_id or note.content_hash != link.content_hash:
        raise StaleContent(
            translation.gettext("The credit note has changed since this mail. Sign in to decide.")
        )
    return turn


def _why_not(note: CreditNote, person: User, link: Link) -> Refusal | None:
    try:
        _turn(note, person, link)
    except Refusal as refusal:
        return refusal
    return None


def _decided(
    request: HttpRequest, note: CreditNote, person: User, link: Link, token: str
) -> HttpResponse:
    form = DecisionForm(request.POST)
    verb = VERBS.get(request.POST.get("decide", ""))
    if verb is None:
        raise Http404
    try:
        turn = _turn(note, person, link)
    except Refusal as refusal:
        step = get_object_or_404(Step, pk=link.step_id)
        return _page(request, note, person, step, why_not=refusal, status=refusal.status)
    try:
        if not form.is_valid():
            return _page(request, note, person, turn.step, form=form, status=422)
        verb(
            note,
            actor=person,
            moment=timezone.now(),
            comment=form.cleaned_data["comment"],
            seen=link.content_hash,
        )
    except Refusal as refusal:
        form.add_error("comment" if refusal.field == "comment" else None, str(refusal))
        return _page(request, note, person, turn.step, form=form, status=refusal.status)
    return redirect("by_mail:decide", token)


def _expired(request: HttpRequest, note: CreditNote) -> HttpResponse:
    """That the link has expired, and who decides now; of the note nothing else."""
    context = {"note": note, "waits_for": _waits_for(note)}
    status = HTTPStatus.CONFLICT if request.method == "POST" else HTTPStatus.OK
    return render(request, "approvals/by_mail_expired.html", context, status=status)


def _waits_for(note: CreditNote) -> list[str]:
    """The names of those who may decide it now, each once; nobody where it no longer waits."""
    steps = Step.objects.filter(note=note, status=Step.Status.OPEN, note__state=State.SUBMITTED)
    asked = steps.annotate(names=names_of_asked()).values_list("names", flat=True)
    return list(dict.fromkeys(name for names in asked for name in names))


def _page(
    request: HttpRequest,
    note: CreditNote,
    person: User,
    step: Step,
    *,
    form: DecisionForm | None = None,
    why_not: Refusal | None = None,
    is_other: bool = False,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    """The page; nothing of the note to somebody whom the link is not for."""
    context = {
        "person": person,
        "is_other": is_other,
        "note": note,
        "step": step,
        "form": form,
        "why_not": why_not,
        "wished": request.GET.get("for", ""),
    }
    if not is_other:
        context |= {
            "brief": brief_of(note, person, timezone.now()),
            "lines": note.lines.select_related("creditable__invoice_line__product", "invoice"),
            "decided": Decision.objects.filter(step=step).select_related("actor").first(),
            "waits_for": _waits_for(note),
        }
    return render(request, "approvals/by_mail.html", context, status=status)

"""What the composer's script asks for while somebody types: the draft kept, photos taken in."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from creditnotes import access, services
from creditnotes.content import Content
from creditnotes.models import CreditNote, State
from creditnotes.services import require
from creditnotes.views import saving
from creditnotes.views.composer import Composer
from creditnotes.views.composing import composer_sent
from creditnotes.views.finding import note_or_404, signed_in
from customers.errors import Refusal, StaleContent, WrongState
from customers.text import number_in


@require_POST
def autosave(request: HttpRequest) -> HttpResponse:
    """Keep the draft as far as it can be kept; 204 while there is nothing worth keeping.

    What is marked as wrong is left out, and the answer says so. A returned note is not
    saved by itself: each save moves what it reserves, and half a number would let go of it.
    """
    pk = number_in(request.POST.get("note", ""))
    note = note_or_404(request, pk) if pk is not None else None
    composer = composer_sent(request, note)
    require(access.may_start(composer.user, composer.customer))
    composer.settle()
    try:
        content = _content_so_far(composer)
        wanted = composer.note or request.POST.get("do") == "start" or _is_worth_keeping(content)
        return _kept(composer, content) if wanted else HttpResponse(status=HTTPStatus.NO_CONTENT)
    except Refusal as refusal:
        return _not_kept(composer, refusal)


def _content_so_far(composer: Composer) -> Content:
    """What is in shape and can be met; raises :class:`Refusal` for a head out of shape."""
    for errors in composer.head.errors.values():
        raise Refusal(str(errors[0]))
    return composer.content


def _is_worth_keeping(content: Content) -> bool:
    words = (content.explanation, content.internal_note, content.customer_reference)
    return bool(content.claims) or any(len(each.strip()) > 2 for each in words)


def _kept(composer: Composer, content: Content) -> JsonResponse:
    if composer.note and composer.note.state != State.DRAFT:
        raise WrongState(_("%(note)s is no draft any more.") % {"note": composer.note})
    note = saving.write(composer, content)
    is_partial = any(row.form.errors for row in composer.asked)
    words = {"time": f"{timezone.localtime():%H:%M}", "note": note}
    said = _("Saved %(time)s as %(note)s, without what is marked") if is_partial else ""
    return JsonResponse(
        _state_of(note) | {"said": (said or _("Saved %(time)s as %(note)s")) % words}
    )


def _not_kept(composer: Composer, refusal: Refusal) -> JsonResponse:
    """Why not; of a note that somebody changed meanwhile, also how it stands now."""
    answer: dict[str, Any] = {"problem": str(refusal)}
    if composer.note and isinstance(refusal, StaleContent):
        fresh = CreditNote.objects.get(pk=composer.note.pk)
        answer |= {"stale": True, "newest": fresh.version}
    return JsonResponse(answer, status=refusal.status)


def _state_of(note: CreditNote) -> dict[str, Any]:
    return {
        "note": note.pk,
        "reference": note.reference,
        "version": note.version,
        "address": reverse("creditnotes:edit", args=[note.pk]),
        "attach": reverse("creditnotes:attach", args=[note.pk]),
    }


@require_POST
def attach(request: HttpRequest, pk: int) -> HttpResponse:
    """Take photos in beside the page; answers all that the note has, as a fragment."""
    note, problems = note_or_404(request, pk), []
    require(access.may_edit(signed_in(request), note))
    for upload in request.FILES.getlist("photos"):
        try:
            services.attach(note, upload, actor=signed_in(request), moment=timezone.now())
        except Refusal as refusal:
            problems.append(str(refusal))
    status = HTTPStatus.UNPROCESSABLE_ENTITY if problems else HTTPStatus.OK
    context = {"attachments": note.attachments.all(), "problems": problems}
    return render(request, "creditnotes/photos.html", context, status=status)

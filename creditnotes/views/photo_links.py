"""Asking a caller for photos by a link: giving one, showing it to who gave it, ending it."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from creditnotes import access, services
from creditnotes.message_forms import PhotoLinkForm
from creditnotes.models import CreditNote, PhotoLink
from creditnotes.photo_links import url_of
from creditnotes.views.finding import note_or_404, signed_in
from customers.errors import Refusal
from customers.text import number_in


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask_for_photos(request: HttpRequest, pk: int) -> HttpResponse:
    """Whom to ask; then back to the note, where the link is shown to be copied."""
    note, form = note_or_404(request, pk), PhotoLinkForm(request.POST or None)
    services.require(access.may_ask_for_photos(signed_in(request), note))
    if form.is_bound:
        link = _given(request, note, form)
        if link is not None:
            return redirect(f"{reverse('creditnotes:credit_note', args=[note.pk])}?link={link.pk}")
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    context = {"note": note, "form": form}
    return render(request, "creditnotes/ask_for_photos.html", context, status=status)


def _given(request: HttpRequest, note: CreditNote, form: PhotoLinkForm) -> PhotoLink | None:
    if not form.is_valid():
        return None
    try:
        return services.ask_for_photos(
            note, actor=signed_in(request), moment=timezone.now(), **form.cleaned_data
        )
    except Refusal as refusal:
        if refusal.field not in form.fields:
            raise
        form.add_error(refusal.field, str(refusal))
        return None


@require_POST
def end_photo_link(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a link worthless."""
    visible = CreditNote.objects.visible_to(signed_in(request))
    link = get_object_or_404(PhotoLink.objects.filter(note__in=visible), pk=pk)
    services.end_photo_link(link, actor=signed_in(request), moment=timezone.now())
    messages.success(request, _("The link for %(whom)s works no more.") % {"whom": link})
    return redirect("creditnotes:credit_note", link.note_id)


@dataclass(frozen=True)
class NewLink:
    """A link with its address, for whoever gave it."""

    link: PhotoLink
    url: str


def link_to_show(request: HttpRequest, note: CreditNote) -> NewLink | None:
    """The link that was just given, with its address; to nobody but who gave it."""
    pk = number_in(request.GET.get("link", ""))
    given = note.photo_links.open(timezone.now()).filter(made_by=signed_in(request), pk=pk)
    link = given.first() if pk else None
    return NewLink(link, url_of(link)) if link else None


def links_of(note: CreditNote) -> list[PhotoLink]:
    """All links of the note, the latest first, with what came by each."""
    return list(note.photo_links.shown(timezone.now()))

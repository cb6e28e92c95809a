"""Confirming that one received a document, and saying how it went."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from creditnotes import services
from portal import access
from portal.access import visitor_of
from portal.aftermath import RatingForm
from portal.forms import EvidenceForm
from portal.views.reading import told


@require_POST
def acknowledge(request: HttpRequest, pk: int) -> HttpResponse:
    """Confirm the document, by the digest of the file that the page named."""
    user = visitor_of(request)
    note = access.note_or_404(user, pk)
    digest = request.POST.get("sha256", "")
    services.acknowledge(note, actor=user, moment=timezone.now(), sha256=digest)
    messages.success(request, _("Thank you. We know now that you have it."))
    return redirect("portal:credit_note", note.pk)


@require_POST
def rate(request: HttpRequest, pk: int) -> HttpResponse:
    """Say how it went; what is missing is asked for beside the choice."""
    user = visitor_of(request)
    note, form = access.note_or_404(user, pk), RatingForm(request.POST, auto_id="rating_%s")
    if not form.is_valid():
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return told(request, note, EvidenceForm(), status, rating=form)
    said = form.cleaned_data
    services.rate(
        note, actor=user, moment=timezone.now(), stars=said["stars"], comment=said["comment"]
    )
    messages.success(request, _("Thank you for telling us."))
    return redirect("portal:credit_note", note.pk)

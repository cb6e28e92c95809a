"""More photos and documents for a request that was sent, until it is decided."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from creditnotes import services
from creditnotes.models import CreditNote
from customers.errors import Refusal
from customers.models import User
from portal import access
from portal.access import visitor_of
from portal.forms import EvidenceForm
from portal.views.reading import told


@require_POST
def add_photos(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep what the person who asked sends after it; each file that can't be kept is named."""
    user = visitor_of(request)
    note = access.note_or_404(user, pk)
    form = EvidenceForm(request.POST, request.FILES)
    if form.is_valid():
        _keep(form, note, user)
    if form.errors:
        return told(request, note, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    messages.success(request, _("Thank you. We have what you added."))
    return redirect("portal:credit_note", note.pk)


def _keep(form: EvidenceForm, note: CreditNote, user: User) -> None:
    for upload in form.cleaned_data["photos"]:
        try:
            services.attach(note, upload, actor=user, moment=timezone.now())
        except Refusal as refusal:
            if refusal.field != "photos":
                raise
            form.add_error("photos", str(refusal))

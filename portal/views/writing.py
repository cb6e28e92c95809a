"""Writing to the company about a request or credit; the files of messages."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from creditnotes import sending, services
from creditnotes.message_forms import MessageForm
from customers.errors import Refusal
from portal import access
from portal.access import visitor_of
from portal.forms import EvidenceForm
from portal.views.reading import told


@require_POST
def write(request: HttpRequest, pk: int) -> HttpResponse:
    """Say something to the company; what is refused stands beside its field."""
    user = visitor_of(request)
    note, form = (
        access.note_or_404(user, pk),
        MessageForm(request.POST, request.FILES, auto_id="message_%s"),
    )
    if form.is_valid():
        said = form.cleaned_data
        try:
            services.send_message(
                note,
                actor=user,
                moment=timezone.now(),
                text=said["text"],
                uploads=said["photos"],
                token=said["token"],
            )
        except Refusal as refusal:
            if refusal.field not in form.fields:
                raise
            form.add_error(refusal.field, str(refusal))
        else:
            messages.success(request, _("Your message is with us."))
            return redirect("portal:credit_note", note.pk)
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    return told(request, note, EvidenceForm(), status, message=form)


@require_GET
def message_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """A file that came with a message: a photo to look at, or a document to download."""
    file = get_object_or_404(access.message_files_of(visitor_of(request)), pk=pk)
    return sending.whole(request, file)

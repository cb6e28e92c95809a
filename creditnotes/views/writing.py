"""Writing to the customer about a credit note, or to colleagues; the files of messages."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from creditnotes import sending, services
from creditnotes.message_forms import MessageForm, RemarkForm
from creditnotes.models import CreditNote, MessageFile
from creditnotes.views.finding import note_or_404, signed_in
from creditnotes.views.reading import note_page
from customers.errors import Refusal


@require_POST
def write(request: HttpRequest, pk: int) -> HttpResponse:
    """Say something to the customer; what is refused stands beside its field."""
    note, form = (
        note_or_404(request, pk),
        MessageForm(request.POST, request.FILES, auto_id="message_%s"),
    )
    if form.is_valid():
        said = form.cleaned_data
        try:
            services.send_message(
                note,
                actor=signed_in(request),
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
            messages.success(request, _("Your message went to the customer."))
            return redirect("creditnotes:credit_note", note.pk)
    return note_page(request, note, message=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)


@require_POST
def remark(request: HttpRequest, pk: int) -> HttpResponse:
    """Say something to colleagues alone."""
    note, form = note_or_404(request, pk), RemarkForm(request.POST, auto_id="remark_%s")
    if form.is_valid():
        said = form.cleaned_data
        try:
            services.remark(
                note,
                actor=signed_in(request),
                moment=timezone.now(),
                text=said["text"],
                token=said["token"],
            )
        except Refusal as refusal:
            if refusal.field not in form.fields:
                raise
            form.add_error(refusal.field, str(refusal))
        else:
            messages.success(request, _("Your colleagues read it on this credit note."))
            return redirect("creditnotes:credit_note", note.pk)
    return note_page(request, note, remark=form, status=HTTPStatus.UNPROCESSABLE_ENTITY)


@require_GET
def message_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """A file that came with a message: a photo to look at, or a document to download."""
    visible = CreditNote.objects.visible_to(signed_in(request))
    file = get_object_or_404(MessageFile.objects.filter(message__note__in=visible), pk=pk)
    return sending.whole(request, file)

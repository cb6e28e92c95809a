"""Files: the issued PDF and what was attached. Private, sent only after the check."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from creditnotes import sending, services
from creditnotes.documents.fetching import ask_for_pdf, kept_pdf
from creditnotes.models import Attachment, CreditNote
from creditnotes.views.finding import note_or_404, signed_in
from customers.downloads import private


@require_GET
def credit_note_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """The issued document; the same bytes each time. Until it is made, a page that waits for it."""
    document = getattr(note_or_404(request, pk), "document", None)
    if document is None:
        raise Http404
    file = kept_pdf(document)
    if file is None:
        ask_for_pdf(document)
        waiting = render(
            request, "creditnotes/pdf_under_way.html", {"note": document.note, "document": document}
        )
        waiting["Refresh"] = "2"
        return waiting
    response = HttpResponse(bytes(file.content), content_type="application/pdf")
    return private(response, f"{document.number}.pdf", inline=True, is_ours=True)


@require_GET
def attachment(request: HttpRequest, pk: int) -> HttpResponseBase:
    """A photo to look at, or a document to download."""
    return sending.whole(request, _attachment_or_404(request, pk))


@require_GET
def pdf_state(request: HttpRequest, pk: int) -> HttpResponse:
    """Whether the issued document can be read yet: a fragment that looks again until it can."""
    document = getattr(note_or_404(request, pk), "document", None)
    if document is None:
        raise Http404
    context = {"note": document.note, "has_pdf": kept_pdf(document) is not None}
    return render(request, "creditnotes/pdf_state.html", context)


@require_GET
def thumbnail(request: HttpRequest, pk: int) -> HttpResponseBase:
    """A photo in small."""
    return sending.in_small(request, _attachment_or_404(request, pk))


@require_POST
def remove_attachment(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a file off a credit note that may still be changed."""
    attached = _attachment_or_404(request, pk)
    services.detach(attached, actor=signed_in(request), moment=timezone.now())
    if getattr(request, "htmx", False):
        context = {"attachments": attached.note.attachments.all()}
        return render(request, "creditnotes/photos.html", context)
    messages.success(request, _("%(name)s is removed.") % {"name": attached.name})
    return redirect("creditnotes:credit_note", attached.note_id)


def _attachment_or_404(request: HttpRequest, pk: int) -> Attachment:
    visible = CreditNote.objects.visible_to(signed_in(request))
    return get_object_or_404(Attachment.objects.filter(note__in=visible), pk=pk)

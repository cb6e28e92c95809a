"""Reversing an issued credit note: propose, confirm, decline, take back; its debit note."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from creditnotes import services
from creditnotes.documents.debit import ask_for_debit_pdf, kept_debit_pdf
from creditnotes.views.acting import with_comment
from creditnotes.views.finding import note_or_404, signed_in
from customers.downloads import private


@require_POST
def propose_reversal(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask a second person to reverse an issued credit note."""
    sentence: Any = _("The reversal of %(note)s is proposed; a second person confirms it.")
    return with_comment(request, pk, "reverse", services.propose_reversal, sentence)


@require_POST
def confirm_reversal(request: HttpRequest, pk: int) -> HttpResponse:
    """Reverse what a colleague proposed."""
    note = note_or_404(request, pk)
    done = services.confirm_reversal(note, actor=signed_in(request), moment=timezone.now())
    sentence = _("%(note)s is reversed by %(number)s.")
    messages.success(request, sentence % {"note": note, "number": done.debit_note.number})
    return redirect("creditnotes:credit_note", note.pk)


@require_POST
def decline_reversal(request: HttpRequest, pk: int) -> HttpResponse:
    """Say no to a colleague's proposal, and why."""
    sentence: Any = _("The reversal is declined; %(note)s stays issued.")
    return with_comment(request, pk, "decline_reversal", services.decline_reversal, sentence)


@require_POST
def withdraw_reversal(request: HttpRequest, pk: int) -> HttpResponse:
    """Take one's own proposal back."""
    note = note_or_404(request, pk)
    services.withdraw_reversal(note, actor=signed_in(request), moment=timezone.now())
    messages.success(
        request, _("The proposal is taken back; %(note)s stays issued.") % {"note": note}
    )
    return redirect("creditnotes:credit_note", note.pk)


@require_GET
def debit_note_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """The debit note; the same bytes each time. Until it is made, a page that waits for it."""
    note = note_or_404(request, pk)
    debit_note = getattr(note, "debit_note", None)
    if debit_note is None:
        raise Http404
    file = kept_debit_pdf(debit_note)
    if file is None:
        ask_for_debit_pdf(debit_note)
        context = {"note": note, "document": debit_note}
        waiting = render(request, "creditnotes/pdf_under_way.html", context)
        waiting["Refresh"] = "2"
        return waiting
    response = HttpResponse(bytes(file.content), content_type="application/pdf")
    return private(response, f"{debit_note.number}.pdf", inline=True, is_ours=True)

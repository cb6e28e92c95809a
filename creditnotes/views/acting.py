"""What people do with a credit note, one view a verb; each is a thin caller of its service."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from approvals import services as approval_services
from approvals.submitted import submitted_words
from creditnotes import services
from creditnotes.forms import CommentForm
from creditnotes.models import CreditNote
from creditnotes.views.composing import composer_with
from creditnotes.views.finding import note_or_404, signed_in
from creditnotes.views.reading import note_page
from customers.errors import Incomplete, OverCredit
from customers.text import number_in


def _done(request: HttpRequest, note: CreditNote, sentence: str) -> HttpResponse:
    messages.success(request, sentence % {"note": note})
    return redirect("creditnotes:credit_note", note.pk)


@require_POST
def submit(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask for a decision; what is missing is said in the composer, beside its field."""
    note = note_or_404(request, pk)
    try:
        submitted = approval_services.submit(
            note,
            actor=signed_in(request),
            moment=timezone.now(),
            version=number_in(request.POST.get("version", "")),
        )
    except (Incomplete, OverCredit) as refusal:
        return composer_with(request, note, refusal)
    return _done(request, note, submitted_words(submitted))


@require_POST
def recall(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a submission back before anybody decided on it."""
    note = note_or_404(request, pk)
    approval_services.recall(note, actor=signed_in(request), moment=timezone.now())
    return _done(request, note, _("%(note)s is recalled; it is a draft again."))


@require_POST
def pick_up(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a customer's request over."""
    note = note_or_404(request, pk)
    services.pick_up(note, actor=signed_in(request), moment=timezone.now())
    if request.POST.get("then") == "edit":
        return redirect("creditnotes:edit", note.pk)
    return _done(request, note, _("%(note)s is yours now. Check it and submit it."))


@require_POST
def issue(request: HttpRequest, pk: int) -> HttpResponse:
    """Make an approved credit note a legal document."""
    note = note_or_404(request, pk)
    issued = services.issue(note, actor=signed_in(request), moment=timezone.now())
    sentence = _("%(note)s is issued as %(number)s.")
    messages.success(request, sentence % {"note": note, "number": issued.document.number})
    return redirect("creditnotes:credit_note", note.pk)


@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a credit note back for good."""
    return with_comment(
        request, pk, "withdraw", approval_services.withdraw, _("%(note)s is withdrawn.")
    )


@require_POST
def decline(request: HttpRequest, pk: int) -> HttpResponse:
    """Reject a customer's request, with words for them."""
    return with_comment(
        request, pk, "decline", approval_services.decline, _("%(note)s is declined.")
    )


@require_POST
def appeal(request: HttpRequest, pk: int) -> HttpResponse:
    """Object to a rejection or a part on the customer's behalf; on to what is looked at then."""
    note, form = note_or_404(request, pk), CommentForm(request.POST)
    if form.is_valid():
        user, words = signed_in(request), form.cleaned_data["comment"]
        try:
            looked_at = approval_services.appeal(
                note, actor=user, moment=timezone.now(), words=words
            )
        except (Incomplete, OverCredit) as refusal:
            form.add_error("comment", str(refusal))
        else:
            return _done(request, looked_at, _("The appeal on %(note)s is on its way."))
    return note_page(request, note, refused=("appeal", form), status=Incomplete.status)


@require_POST
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop an approved credit note before it is issued."""
    return with_comment(request, pk, "cancel", services.cancel, _("%(note)s is cancelled."))


def with_comment(
    request: HttpRequest, pk: int, verb: str, service: Callable[..., CreditNote], sentence: str
) -> HttpResponse:
    """Do it with the comment given; a comment that is due and missing is asked for in place."""
    note, form = note_or_404(request, pk), CommentForm(request.POST)
    if form.is_valid():
        try:
            service(
                note,
                actor=signed_in(request),
                moment=timezone.now(),
                comment=form.cleaned_data["comment"],
            )
        except Incomplete as refusal:
            form.add_error("comment", str(refusal))
        else:
            return _done(request, note, sentence)
    return note_page(request, note, refused=(verb, form), status=Incomplete.status)

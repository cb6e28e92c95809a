"""Objecting to what was answered: once, in time, with words."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from approvals import services as approval_services
from creditnotes.models import Appeal, CreditNote
from customers.errors import NotAllowed, Refusal, WrongState
from customers.models import User
from portal import access
from portal.access import visitor_of
from portal.appealing import AppealForm
from portal.forms import EvidenceForm
from portal.views.reading import told


@require_POST
def appeal(request: HttpRequest, pk: int) -> HttpResponse:
    """Send the appeal; a refusal stands beside the words, which are kept."""
    user = visitor_of(request)
    note, form = access.note_or_404(user, pk), AppealForm(request.POST)
    if form.is_valid():
        words = form.cleaned_data["words"]
        try:
            note = approval_services.appeal(note, actor=user, moment=timezone.now(), words=words)
        except WrongState:
            if not _was_sent(note, user, words):
                raise
        except NotAllowed:
            raise
        except Refusal as refusal:
            form.add_error("words", str(refusal))
    if form.errors:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return told(request, note, EvidenceForm(), status, appeal=form)
    messages.success(request, _("We have your appeal. Somebody else looks at it now."))
    return redirect("portal:credit_note", note.pk)


def _was_sent(note: CreditNote, user: User, words: str) -> bool:
    """Whether this is the second tap of the same appeal."""
    return Appeal.objects.filter(note=note, appealed_by=user, words=words).exists()

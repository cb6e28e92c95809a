"""Taking a request back, as long as nothing was decided."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from approvals import services as approval_services
from portal import access
from portal.access import visitor_of


@require_POST
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """The person who asked takes the request back for good."""
    user = visitor_of(request)
    note = access.note_or_404(user, pk)
    approval_services.withdraw(note, actor=user, moment=timezone.now())
    messages.success(request, _("Your request %(note)s is withdrawn.") % {"note": note})
    return redirect("portal:credit_note", note.pk)

"""Handing one's open step, or that of somebody below, to somebody else."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from approvals import services
from approvals.forms import ReassignForm
from approvals.models import Assignment
from approvals.reassigning import successors
from approvals.views.finding import note_or_404, signed_in
from approvals.views.trail import trail_of
from customers.errors import Refusal


@require_http_methods(["GET", "POST"])
def reassign(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose who decides in somebody's place, and say why."""
    assignment, user = _assignment_or_404(request, pk), signed_in(request)
    services.require_movable(assignment.step.note, assignment, user)
    form = ReassignForm(request.POST or None, successors=successors(assignment))
    if form.is_valid():
        try:
            given = services.reassign(
                assignment, actor=user, moment=timezone.now(), **form.cleaned_data
            )
        except Refusal as refusal:
            if refusal.field not in form.fields:
                raise
            form.add_error(refusal.field, str(refusal))
        else:
            messages.success(request, _("%(who)s decides now.") % {"who": given.user})
            return redirect(trail_of(request).to(assignment.step.note_id))
    return _page(request, assignment, form)


def _page(request: HttpRequest, assignment: Assignment, form: ReassignForm) -> HttpResponse:
    note = assignment.step.note
    context = {
        "note": note,
        "form": form,
        "whose": assignment.user,
        "is_own": assignment.user_id == signed_in(request).pk,
        "back_url": trail_of(request).to(note.pk),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.is_bound else HTTPStatus.OK
    return render(request, "approvals/reassign.html", context, status=status)


def _assignment_or_404(request: HttpRequest, pk: int) -> Assignment:
    """The assignment, if the person may see its credit note."""
    related = ("user", "step", "replaced_by__user")
    found: Assignment = get_object_or_404(Assignment.objects.select_related(*related), pk=pk)
    found.step.note = note_or_404(request, found.step.note_id)
    return found

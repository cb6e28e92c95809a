"""Answering what the company asks about a request."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from approvals import services as approval_services
from approvals.models import Question
from customers.access import REQUEST, represented_by
from portal import access
from portal.access import visitor_of
from portal.forms import AnswerForm, EvidenceForm
from portal.views.reading import told


@require_POST
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer a question that the company asked before deciding."""
    user = visitor_of(request)
    asked = Question.objects.of_customers().filter(note__in=access.notes_of(user))
    asked = asked.filter(represented_by(user, "note__customer", right=REQUEST))
    question: Question = get_object_or_404(asked.select_related("note__customer"), pk=pk)
    form = AnswerForm(request.POST)
    if not form.is_valid():
        note = access.note_or_404(user, question.note_id)
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return told(request, note, EvidenceForm(), status, answer=form)
    text = form.cleaned_data["text"]
    approval_services.answer(question, actor=user, moment=timezone.now(), text=text)
    messages.success(request, _("Thank you. We have received your answer."))
    return redirect("portal:credit_note", question.note_id)

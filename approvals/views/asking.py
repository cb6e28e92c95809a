"""Asking somebody before deciding, and answering."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from approvals import services
from approvals.forms import AnswerForm, AskForm
from approvals.models import Question
from approvals.replying import replies_on
from approvals.views.finding import note_or_404, signed_in
from approvals.views.trail import trail_of
from customers.errors import Refusal


@require_http_methods(["GET", "POST"])
def ask(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask the rep, a colleague or the customer; the step stays with whoever asks."""
    note, user = note_or_404(request, pk), signed_in(request)
    services.turn_of(note, user, timezone.now())
    replies = replies_on(note)
    initial = {"text": replies.text_of(request.GET.get("reply"))}
    form = AskForm(request.POST or None, note=note, asker=user, initial=initial)
    back_url = trail_of(request).to(note.pk)
    status = HTTPStatus.OK
    if request.method == "POST":
        if form.is_valid():
            try:
                question = services.ask(
                    note,
                    actor=user,
                    moment=timezone.now(),
                    text=form.cleaned_data["text"],
                    to=form.person,
                )
            except Refusal as refusal:
                form.add_error(refusal.field, str(refusal))
            else:
                whom = question.to_user or note.customer
                messages.success(request, _("You asked %(whom)s.") % {"whom": whom})
                return redirect(back_url)
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    context = {"note": note, "form": form, "back_url": back_url, "replies": replies}
    return render(request, "approvals/ask.html", context, status=status)


@require_http_methods(["GET", "POST"])
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer a question that one was asked; afterwards, the question with its answer."""
    user = signed_in(request)
    mine = Question.objects.filter(to_user=user).select_related("asked_by")
    question: Question = get_object_or_404(mine, pk=pk)
    note = note_or_404(request, question.note_id)
    form = AnswerForm(request.POST or None)
    status = HTTPStatus.OK
    if request.method == "POST":
        if form.is_valid():
            text = form.cleaned_data["text"]
            services.answer(question, actor=user, moment=timezone.now(), text=text)
            messages.success(
                request, _("Your answer went to %(who)s.") % {"who": question.asked_by}
            )
            return redirect("creditnotes:credit_note", note.pk)
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    is_waiting = Question.objects.waiting().filter(pk=pk).exists()
    context = {"note": note, "question": question, "form": form, "is_waiting": is_waiting}
    return render(request, "approvals/answer.html", context, status=status)

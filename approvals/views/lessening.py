"""Approving for less than was asked for: a page of its own, with what it would come to."""

from __future__ import annotations

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from approvals import services
from approvals.forms import LessForm
from approvals.models import Decision
from approvals.replying import replies_on
from approvals.views.deciding import onward
from approvals.views.finding import note_or_404, signed_in
from approvals.views.trail import trail_of
from creditnotes.creditable import Quote
from creditnotes.lowering import estimate
from creditnotes.models import CreditNote
from customers.errors import Refusal


@require_http_methods(["GET", "POST"])
def approve_for_less(request: HttpRequest, pk: int) -> HttpResponse:
    """Say yes to less of some lines; ``look`` works out what it would come to, and no more."""
    note = note_or_404(request, pk)
    if request.method == "GET":
        if not note.submissions:
            return redirect("creditnotes:credit_note", note.pk)
        services.turn_to_lessen(note, signed_in(request), timezone.now())
        reply = replies_on(note).text_of(request.GET.get("reply"))
        initial = {"seen": note.content_hash, "comment": reply}
        return _page(request, note, LessForm(note=note, initial=initial))
    form = LessForm(request.POST, note=note)
    is_valid = form.is_valid()
    if "look" in request.POST:
        form.errors.pop("comment", None)
        return _page(request, note, form)
    if not is_valid:
        return _page(request, note, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return _decided(request, note, form)


def _decided(request: HttpRequest, note: CreditNote, form: LessForm) -> HttpResponse:
    try:
        services.approve_for_less(
            note,
            actor=signed_in(request),
            moment=timezone.now(),
            wanted=form.wanted,
            comment=form.cleaned_data["comment"],
            seen=form.cleaned_data["seen"],
        )
    except Refusal as refusal:
        _blame(form, refusal)
        return _page(request, note, form, status=refusal.status)
    return onward(request, note, Decision.Verdict.APPROVE, _("Approved for less"))


def _blame(form: LessForm, refusal: Refusal) -> None:
    """Say the refusal beside the field that it is about, else above the form."""
    name = f"line-{refusal.line}" if refusal.line is not None else refusal.field
    form.add_error(name if name in form.fields else None, str(refusal))


def _page(
    request: HttpRequest, note: CreditNote, form: LessForm, *, status: int = HTTPStatus.OK
) -> HttpResponse:
    trail = trail_of(request)
    context = {
        "note": note,
        "form": form,
        "replies": replies_on(note),
        "quote": _quote(note, form),
        "problem": next((error for errors in form.errors.values() for error in errors), ""),
        "back_url": trail.to(note.pk),
    }
    return render(request, "approvals/approve_for_less.html", context, status=status)


def _quote(note: CreditNote, form: LessForm) -> Quote | None:
    """What the figures typed would come to; None where they are wrong."""
    try:
        less, quote = estimate(note, form.wanted if form.is_bound else {})
        if quote.refusals:
            refusal = quote.refusals[0]
            if refusal.line is not None:
                refusal.line = less.positions[refusal.line]
            raise refusal
    except Refusal as refusal:
        if not form.errors:
            _blame(form, refusal)
        return None
    return quote

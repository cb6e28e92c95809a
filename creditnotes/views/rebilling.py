"""Credit and rebill: the page on which a wrong invoice is corrected."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from approvals import services as approval_services
from creditnotes import access, services
from creditnotes.models import EDITABLE, CreditNote
from creditnotes.rebilling import rebill_of
from creditnotes.services import require
from creditnotes.views.correcting import RebillForm
from creditnotes.views.finding import note_or_404, signed_in, started_with
from customers.errors import Refusal, StaleContent
from customers.models import Invoice

#: A version that no note has: what was seen is not what it says now.
_OUTDATED = 0


@require_http_methods(["GET", "POST"])
def rebill(request: HttpRequest, pk: int) -> HttpResponse:
    """Credit an invoice whole and bill it anew, as it should have been."""
    user = signed_in(request)
    invoices = Invoice.objects.visible_to(user).select_related("customer__company", "site")
    invoice: Invoice = get_object_or_404(invoices, pk=pk)
    require(access.may_start(user, invoice.customer))
    form = RebillForm(request.POST or None, invoice)
    known = _started_before(request, form)
    return _go_on(request, form, known) if known else _answer(request, form)


def _go_on(request: HttpRequest, form: RebillForm, known: CreditNote) -> HttpResponse:
    """The page that started the note is sent again, by a second click or after *Back*.

    It tells no version; so what somebody else wrote since is not overwritten by it.
    """
    if known.rebill.invoice_id != form.invoice.pk:
        raise Http404
    version = form.cleaned_data["version"]
    if version is None:
        is_own = not known.events.exclude(actor=signed_in(request)).exists()
        version = known.version if is_own else _OUTDATED
    return _change(request, known, form.on(known, version))


@require_http_methods(["GET", "POST"])
def edit_rebill(request: HttpRequest, pk: int) -> HttpResponse:
    """Change what is billed anew, on a draft or returned note."""
    user, note = signed_in(request), note_or_404(request, pk)
    known = rebill_of(note)
    if known is None:
        raise Http404
    require(access.may_edit(user, note))
    return _change(request, note, RebillForm(request.POST or None, known.invoice, note))


def _change(request: HttpRequest, note: CreditNote, form: RebillForm) -> HttpResponse:
    if note.state not in EDITABLE:
        messages.warning(request, _("%(note)s can no longer be changed.") % {"note": note})
        return redirect("creditnotes:credit_note", note.pk)
    return _answer(request, form)


def _answer(request: HttpRequest, form: RebillForm) -> HttpResponse:
    """The page; or, once all is right and it was asked for, the note saved or submitted."""
    asked = request.POST.get("do", "preview")
    if form.is_bound and form.is_valid() and asked in ("save", "submit"):
        try:
            return _done(request, _save(request, form, then_submit=asked == "submit"), asked)
        except Refusal as refusal:
            if (twin := _started_before(request, form)) and twin.state not in EDITABLE:
                return redirect("creditnotes:credit_note", twin.pk)  # a second click was faster
            form = _refused(form, refusal)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    context = {"form": form, "invoice": form.invoice, "note": form.note}
    if form.is_bound and not form.errors:
        context["amounts"] = form.correction().amounts()
    return render(request, "creditnotes/rebill.html", context, status=status)


def _refused(form: RebillForm, refusal: Refusal) -> RebillForm:
    """What was typed, and why not; once that is read, it may replace what somebody else wrote."""
    if form.note is not None and isinstance(refusal, StaleContent):
        fresh = CreditNote.objects.get(pk=form.note.pk)
        form = form.on(fresh, fresh.version)
        form.is_valid()
    form.refuse(refusal)
    return form


def _started_before(request: HttpRequest, form: RebillForm) -> CreditNote | None:
    token = form.cleaned_data.get("token") if form.is_bound and form.is_valid() else None
    note = started_with(signed_in(request), token)
    return note if note and rebill_of(note) else None


@transaction.atomic
def _save(request: HttpRequest, form: RebillForm, *, then_submit: bool) -> CreditNote:
    """The note as the form says; where submitting it is refused, nothing of it is saved."""
    note = _write(request, form)
    if then_submit:
        approval_services.submit(note, actor=signed_in(request), moment=timezone.now())
    return note


def _write(request: HttpRequest, form: RebillForm) -> CreditNote:
    user, now = signed_in(request), timezone.now()
    correction, content = form.correction(), form.content()
    if form.note is None:
        token = form.cleaned_data["token"]
        return services.start_rebill(correction, content, actor=user, moment=now, token=token)
    version = form.cleaned_data["version"]
    return services.edit_rebill(
        form.note, correction, content, actor=user, moment=now, version=version
    )


def _done(request: HttpRequest, note: CreditNote, asked: str) -> HttpResponse:
    sentence = (
        _("%(note)s is submitted.") if asked == "submit" else _("%(note)s is saved as a draft.")
    )
    messages.success(request, sentence % {"note": note})
    return redirect("creditnotes:credit_note", note.pk)

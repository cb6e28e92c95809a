"""Recording the goods that came back for a credit note."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from creditnotes import services
from creditnotes.restocking import expected_of
from creditnotes.views.finding import note_or_404, signed_in
from creditnotes.views.goods import GoodsForm
from creditnotes.views.reading import note_page
from customers.errors import Incomplete, OverCredit


@require_POST
def receive_goods(request: HttpRequest, pk: int) -> HttpResponse:
    """Record what came back; what can't be is said beside its field."""
    note = note_or_404(request, pk)
    form = GoodsForm(request.POST, expected=expected_of(note))
    if form.is_valid():
        try:
            services.receive_goods(
                note,
                form.came(),
                actor=signed_in(request),
                moment=timezone.now(),
                token=form.cleaned_data["token"],
                comment=form.cleaned_data["comment"],
            )
        except (Incomplete, OverCredit) as refusal:
            form.refuse(refusal)
        else:
            sentence = _("What came back for %(note)s is recorded.")
            messages.success(request, sentence % {"note": note})
            return redirect("creditnotes:credit_note", note.pk)
    return note_page(request, note, goods=form, status=Incomplete.status)

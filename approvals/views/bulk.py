"""Approving or returning what was ticked in the queue: looked at first, then told one by one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from approvals.forms import BulkForm
from approvals.models import Decision
from approvals.services.bulk import Item, Outcome, decide_all, foresee
from approvals.views.finding import signed_in
from approvals.views.trail import Trail, trail_of
from creditnotes.models import CreditNote
from customers.models import User
from customers.text import number_in

#: As many can be ticked: two pages of the queue.
MOST = 100


@require_POST
def bulk(request: HttpRequest) -> HttpResponse:
    """What would be decided, what would not and why; or, once confirmed, what was."""
    user, trail = signed_in(request), trail_of(request)
    form = BulkForm(request.POST)
    is_valid = form.is_valid()
    items = _items(user, request.POST.getlist("note"))
    if not items:
        return redirect(trail.to_queue())
    if "confirmed" not in request.POST:
        form = BulkForm(initial={"do": form.verdict})
        return _look(request, trail, form, items, HTTPStatus.OK)
    if not is_valid:
        return _look(request, trail, form, items, HTTPStatus.UNPROCESSABLE_ENTITY)
    outcomes = decide_all(
        items,
        actor=user,
        verdict=form.verdict,
        moment=timezone.now(),
        comment=form.cleaned_data["comment"],
    )
    context = {
        "done": [each for each in outcomes if each.verdict],
        "refused": [each for each in outcomes if not each.verdict],
        "trail": trail,
    }
    return render(request, "approvals/bulk_done.html", context)


def _items(user: User, ticked: Sequence[str]) -> list[Item]:
    """The notes ticked, as ``number:hash``; what the person may not see is left out."""
    parted = [each.split(":") for each in ticked[:MOST] if each.count(":") == 1]
    seen = {pk: content for number, content in parted if (pk := number_in(number)) is not None}
    notes = CreditNote.objects.visible_to(user).filter(pk__in=seen).with_parties()
    found = {note.pk: note for note in notes.select_related("company")}
    return [Item(found[pk], content) for pk, content in seen.items() if pk in found]


def _look(
    request: HttpRequest, trail: Trail, form: BulkForm, items: Sequence[Item], status: int
) -> HttpResponse:
    user = signed_in(request)
    outcomes = foresee(items, actor=user, verdict=form.verdict, moment=timezone.now())
    able = [each for each in outcomes if each.verdict]
    seen = {item.note.pk: item.seen for item in items}
    context = {
        "form": form,
        "is_return": form.verdict == Decision.Verdict.RETURN,
        "able": able,
        "unable": [each for each in outcomes if not each.verdict],
        "ticked": [f"{each.note.pk}:{seen[each.note.pk]}" for each in able],
        "sums": _sums(able),
        "trail": trail,
    }
    return render(request, "approvals/bulk.html", context, status=status)


def _sums(outcomes: Sequence[Outcome]) -> list[tuple[Decimal, str]]:
    """What they come to with tax, as (amount, currency)."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for each in outcomes:
        sums[each.note.currency] += each.note.total
    return [(amount, currency) for currency, amount in sorted(sums.items())]

"""News: what happened to the credit notes that concern a person."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from creditnotes.models import CreditNote, News
from creditnotes.views.finding import signed_in
from customers.live import Change, announce
from customers.models import User
from customers.paging import page_of


@require_http_methods(["GET", "POST"])
def news(request: HttpRequest) -> HttpResponse:
    """The person's news, latest first; a POST marks all as seen."""
    own = _news_of(signed_in(request))
    if request.method == "POST":
        own.filter(seen_at__isnull=True).update(seen_at=timezone.now())
        announce(Change(news=(signed_in(request).pk,)))
        return redirect("creditnotes:news")
    items = own.select_related("event__note__customer", "event__actor", "event__on_behalf_of")
    page = page_of(items, ("-pk",), request.GET)
    return render(request, "creditnotes/news.html", {"page": page})


@require_GET
def news_count(request: HttpRequest) -> HttpResponse:
    """How many news the person has not seen: a fragment for the bell."""
    count = _news_of(signed_in(request)).filter(seen_at__isnull=True).count()
    return render(request, "creditnotes/news_count.html", {"count": count})


def _news_of(user: User) -> QuerySet[News]:
    """The person's news about notes that they may still see (rule 7)."""
    visible = CreditNote.objects.visible_to(user)
    return News.objects.filter(user=user, event__note__in=visible)

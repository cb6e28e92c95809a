"""One box that finds customers, orders, invoices, credit notes and products."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from customers.access import is_staff_member


def search(request: HttpRequest) -> HttpResponse:
    if not is_staff_member(request.user):
        raise Http404
    return render(request, "search.html", {"search_words": request.GET.get("q", "")})

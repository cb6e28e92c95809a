"""The start page: what waits for this person."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from customers.access import is_staff_member


def home(request: HttpRequest) -> HttpResponse:
    if not is_staff_member(request.user):
        return redirect("/portal/")
    return render(request, "home.html")

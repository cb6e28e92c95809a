"""The demo's pages about problems, to be looked at without having the problem."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from config import maintenance, problems
from config.problems import refused
from customers.errors import OverCredit, StaleContent


def _stale(request: HttpRequest) -> HttpResponse:
    return refused(request, StaleContent(_("Somebody changed this credit note meanwhile.")))


def _over(request: HttpRequest) -> HttpResponse:
    return refused(request, OverCredit(_("Only %(left)s can still be credited.") % {"left": 3}))


#: The last part of the address → what answers.
PROBLEMS: Mapping[str, Callable[[HttpRequest], HttpResponse]] = {
    "400": problems.bad_request,
    "403": problems.forbidden,
    "403-csrf": problems.forged,
    "404": problems.not_found,
    "409": _stale,
    "422": _over,
    "429": problems.too_many,
    "429-locked": problems.locked_out,
    "500": problems.server_error,
    "503": maintenance.closed,
}


@login_not_required
@never_cache
@require_safe
def demo_errors(request: HttpRequest) -> HttpResponse:
    """All of them, to choose from."""
    return render(request, "demo/errors.html", {"names": list(PROBLEMS)})


@login_not_required
@never_cache
@require_safe
def demo_error(request: HttpRequest, name: str) -> HttpResponse:
    """One of them, with its own status."""
    if name not in PROBLEMS:
        raise Http404
    return PROBLEMS[name](request)

"""Pages that say what went wrong, in the person's language: what happened, what to do now.

Those of a broken or closed site (500, 503) are made of templates alone – no database, no
context processors – so that whatever broke does not break them too.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import structlog
from axes.helpers import get_cool_off
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import get_template
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django_htmx.http import reswap, retarget

from config.navigation import Navigation
from customers.errors import Refusal

#: Seconds after which whoever asked too often may ask again: the window of the rate limits.
WAIT = 60
#: As much of a request's id as people can read out; enough to find it in the logs.
SPOKEN = 8


def reference() -> str:
    """What support finds this request by in the logs; empty where it has no id."""
    return str(structlog.contextvars.get_contextvars().get("request_id") or "")[:SPOKEN]


def page(request: HttpRequest, template: str, status: int, **context: Any) -> HttpResponse:
    """A page about a problem, inside the frame of whoever meets it."""
    is_known = hasattr(request, "user")  # else refused before anybody was asked who they are
    frame = Navigation(request).frame if is_known else "entrance.html"
    context |= {"frame": frame, "reference": reference()}
    return render(request, template, context, status=status)


def notice(request: HttpRequest, words: str, status: int) -> HttpResponse:
    """The same for a fragment: a notice beside the page, which stays as it is."""
    shown = render(request, "refused_notice.html", {"refusal": words}, status=status)
    return retarget(reswap(shown, "beforeend"), "#toasts")


def is_fragment(request: HttpRequest) -> bool:
    """Whether only a part of a page was asked for."""
    return bool(request.headers.get("HX-Request"))


def refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """The refusal's sentence with its status: a page, or a notice beside the page for htmx."""
    if is_fragment(request):
        return notice(request, str(refusal), refusal.status)
    back = _where_from(request)
    return page(request, "refused.html", refusal.status, refusal=refusal, back=back)


def _where_from(request: HttpRequest) -> str:
    """The page the person came from, if it is ours."""
    origin = f"{request.scheme}://{request.get_host()}/"
    referer = request.headers.get("Referer", "")
    return referer if referer.startswith(origin) else ""


def bare_notice(words: str, status: int) -> HttpResponse:
    """A notice beside the page that needs no database: made of its words alone."""
    shown = HttpResponse(get_template("refused_notice.html").render({"refusal": words}))
    shown.status_code = status
    return retarget(reswap(shown, "beforeend"), "#toasts")


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400: what came is no request that a page of ours makes."""
    return page(request, "400.html", HTTPStatus.BAD_REQUEST)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: the person may see this, but not do it."""
    if is_fragment(request):
        return notice(request, _("You may not do this."), HTTPStatus.FORBIDDEN)
    return page(request, "403.html", HTTPStatus.FORBIDDEN)


def forged(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: a form without the mark of our own page, most often a page opened long ago."""
    if is_fragment(request):
        words = _("This page was open for long. Reload it and try again.")
        return notice(request, words, HTTPStatus.FORBIDDEN)
    return page(request, "403_csrf.html", HTTPStatus.FORBIDDEN)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404: it does not exist, or not for this person (rule 7); both look the same."""
    return page(request, "404.html", HTTPStatus.NOT_FOUND)


def too_many(request: HttpRequest, seconds: int = WAIT) -> HttpResponse:
    """429: asked more often than anybody does by hand."""
    if is_fragment(request):
        words = _("That was too often. Wait a minute and try again.")
        return _later(notice(request, words, HTTPStatus.TOO_MANY_REQUESTS), seconds)
    return _later(page(request, "429.html", HTTPStatus.TOO_MANY_REQUESTS), seconds)


def locked_out(request: HttpRequest, *_details: object) -> HttpResponse:
    """429: the password was wrong too often; axes says so until it has cooled off."""
    cool_off = get_cool_off(request)
    seconds = int(cool_off.total_seconds()) if cool_off else WAIT
    locked = page(
        request, "account/locked.html", HTTPStatus.TOO_MANY_REQUESTS, minutes=-(-seconds // 60)
    )
    return _later(locked, seconds)


def _later(response: HttpResponse, seconds: int) -> HttpResponse:
    response["Retry-After"] = str(seconds)
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """500: a defect of ours."""
    return alone("500.html", HTTPStatus.INTERNAL_SERVER_ERROR)


def alone(template: str, status: int, language: str | None = None) -> HttpResponse:
    """A page that needs nothing but its template; the reader's language comes first in it."""
    is_french = (language or get_language() or "").startswith("fr")
    context = {"is_french": is_french, "reference": reference()}
    return HttpResponse(get_template(template).render(context), status=status)

"""Closing the site for a while: everybody reads why, and only ``/health/`` goes on answering."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import get_language_from_request

from config import problems

#: When a browser or a machine may ask again, in seconds.
WAIT = 300


def is_closed() -> bool:
    """Whether ``MAINTENANCE`` is on, or the file ``var/maintenance`` lies there."""
    return bool(settings.MAINTENANCE or settings.MAINTENANCE_FILE.exists())


class MaintenanceMiddleware:
    """Answers 503 to all but the health check while the site is closed; asks no database."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path == "/health/" or not is_closed():
            return self.get_response(request)
        return closed(request)


def closed(request: HttpRequest) -> HttpResponse:
    """The page that says so, in the language of the person's browser."""
    language = get_language_from_request(request)
    response = problems.alone("maintenance.html", HTTPStatus.SERVICE_UNAVAILABLE, language)
    response["Retry-After"] = str(WAIT)
    response["Cache-Control"] = "no-store"
    return response

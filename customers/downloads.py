"""Private files on their way to a browser: named, kept by nobody unasked, and harmless."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from django.http import HttpRequest, HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header, quote_etag

AnyResponse = TypeVar("AnyResponse", bound=HttpResponseBase)

#: A file from outside may not run or load anything, wherever it is opened.
SANDBOX = "default-src 'none'; sandbox"
#: Browsers show no PDF in a sandbox; what we made ourselves needs none.
OURS = "default-src 'self'; style-src 'self' 'unsafe-inline'"
#: Nothing of it stays in a browser that the next person may use.
NOT_KEPT = "no-store, private"
#: It may stay in the person's own browser, which asks before it shows it again.
ASKED_AGAIN = "private, no-cache"


def private(
    response: AnyResponse, name: str, *, inline: bool, is_ours: bool = False
) -> AnyResponse:
    """The response as a private file of that name, to be shown or (not ``inline``) saved."""
    disposition = content_disposition_header(not inline, name) or "attachment"
    response["Content-Disposition"] = disposition
    response["Content-Security-Policy"] = OURS if is_ours else SANDBOX
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = NOT_KEPT
    return response


def asked_again(
    request: HttpRequest, etag: str, make: Callable[[], HttpResponseBase]
) -> HttpResponseBase:
    """A file that never changes: a browser may keep it, and asks each time whether it still may.

    Call it after the permission check, so that who may no longer see the file is refused, whatever
    the browser keeps. ``etag`` names the content; 304 where the browser has it, else what is made.
    """
    quoted = quote_etag(etag)
    response = get_conditional_response(request, etag=quoted) or make()
    response["Cache-Control"] = ASKED_AGAIN
    response["ETag"] = quoted
    return response

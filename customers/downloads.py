"""Private files on their way to a browser: named, uncached, and harmless."""

from __future__ import annotations

from typing import TypeVar

from django.http import HttpResponseBase
from django.utils.http import content_disposition_header

AnyResponse = TypeVar("AnyResponse", bound=HttpResponseBase)

#: A file from outside may not run or load anything, wherever it is opened.
SANDBOX = "default-src 'none'; sandbox"
#: Browsers show no PDF in a sandbox; what we made ourselves needs none.
OURS = "default-src 'self'; style-src 'self' 'unsafe-inline'"


def private(
    response: AnyResponse, name: str, *, inline: bool, is_ours: bool = False
) -> AnyResponse:
    """The response as a private file of that name, to be shown or (not ``inline``) saved."""
    disposition = content_disposition_header(not inline, name) or "attachment"
    response["Content-Disposition"] = disposition
    response["Content-Security-Policy"] = OURS if is_ours else SANDBOX
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response

"""What a browser may keep of what signed-in people see: nothing, for devices are shared.

With ``no-store`` neither the browser's cache nor the *back* button shows a page to the next
person on a device. Static files never come here; files of their own that name another rule, such
as thumbnails, keep it.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from customers.downloads import NOT_KEPT


class KeptByNobodyMiddleware:
    """Marks every answer to somebody signed in as private and not to be kept.

    Pages for everybody, and the way in and out, are answered to nobody in particular.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        is_somebodys = request.user.is_authenticated
        response = self.get_response(request)
        if is_somebodys:
            response.headers.setdefault("Cache-Control", NOT_KEPT)
        return response

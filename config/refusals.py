"""Answers to what must not be: a rule's refusal, a stranger's visit, a lost session."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase

from config import problems
from customers.access import is_staff_member
from customers.errors import Refusal

#: Pages of the company's own people; to everybody else they do not exist.
STAFF_AREAS = {"customers", "books", "creditnotes", "approvals"}

GetResponse = Callable[[HttpRequest], HttpResponseBase]


class RefusalMiddleware:
    """Turns a :class:`~customers.errors.Refusal` that no form took in into a page that says why."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return problems.refused(request, error) if isinstance(error, Refusal) else None


class StaffAreaMiddleware:
    """Hides the company's pages from customers' contacts (rule 7): 404, as if there were none.

    What each page shows is checked by itself; this is the wall around them.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: object) -> None:
        match = request.resolver_match
        if match and match.namespace in STAFF_AREAS and not is_staff_member(request.user):
            raise Http404


class SignedInMiddleware(LoginRequiredMiddleware):
    """Everybody signs in first, but for views that say they need no sign-in.

    A fragment is answered 401, not with the sign-in page: the page around it stays, with
    what was typed, and says what happened.
    """

    def handle_no_permission(  # type: ignore[override]
        self, request: HttpRequest, view_func: Callable[..., HttpResponseBase]
    ) -> HttpResponse:
        if getattr(request, "htmx", False):
            return HttpResponse(status=HTTPStatus.UNAUTHORIZED)
        return super().handle_no_permission(request, view_func)

"""Answers to what must not be: a rule's refusal, a stranger's visit, a lost session."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _
from psycopg.errors import DeadlockDetected, SerializationFailure

from config import problems
from customers.access import is_staff_member
from customers.errors import Refusal, WrongState

#: Pages of the company's own people; to everybody else they do not exist.
STAFF_AREAS = {"customers", "creditnotes", "approvals"}

GetResponse = Callable[[HttpRequest], HttpResponseBase]


class RefusalMiddleware:
    """Turns a :class:`~customers.errors.Refusal` that no form took in into a page that says why.

    Two changes that got into each other's way are such a refusal of the second one.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        refusal = _somebody_was_faster() if _lost_a_race(error) else error
        return refused(request, refusal) if isinstance(refusal, Refusal) else None


def _lost_a_race(error: Exception) -> bool:
    """Whether the database gave this change up for the sake of another; it can be tried again."""
    lost = isinstance(error.__cause__, DeadlockDetected | SerializationFailure)
    return isinstance(error, OperationalError) and lost


def _somebody_was_faster() -> Refusal:
    return WrongState(_("Somebody changed the same at this moment. Please try again."))


def refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """The refusal's sentence with its status: a page, or a notice beside the page for htmx."""
    if problems.is_fragment(request):
        return problems.notice(request, str(refusal), refusal.status)
    back = _where_from(request)
    return problems.page(request, "refused.html", refusal.status, refusal=refusal, back=back)


def _where_from(request: HttpRequest) -> str:
    """The page the person came from, if it is ours."""
    origin = f"{request.scheme}://{request.get_host()}/"
    referer = request.headers.get("Referer", "")
    return referer if referer.startswith(origin) else ""


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

"""What the database gave up is tried again; what it can't answer is said kindly.

Two changes that lock each other out end with one of them rolled back whole, so it is
simply made again; so is one whose connection broke before anything of it was committed.
Where it broke at the commit, nobody knows whether that reached the database. Looking again
does no harm, so pages are; such a change is left to the person, who is told, and who may send
it again: verbs are made to be repeated.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from http import HTTPStatus

import structlog
from django.db import InterfaceError, OperationalError, connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _
from psycopg.errors import DeadlockDetected, SerializationFailure

from config import problems
from config.commits import Watch
from customers.errors import WrongState

logger = structlog.get_logger(__name__)

#: How often a change that lost a race or its connection is made in all.
TRIES = 3
#: Seconds after which somebody whose connection broke may come again.
WAIT = 1

GetResponse = Callable[[HttpRequest], HttpResponseBase]


class AgainMiddleware:
    """The innermost layer: asks the view again where that is right."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self._once(request)
        for _try in range(1, TRIES):
            if not _worth_another(request, response):
                break
            _rewind(request)
            response = self._once(request)
        return response

    def _once(self, request: HttpRequest) -> HttpResponseBase:
        watch = Watch()
        request.commits = watch  # type: ignore[attr-defined]
        with connection.execute_wrapper(watch):
            return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer for what the database broke off, marked by whether it may be tried again."""
        if lost_a_race(error):
            logger.info("lost a race", error=str(error))
            return _marked(_somebody_was_faster(request), always=True)
        if lost_connection(error):
            was_undone = request.commits.was_undone(error)  # type: ignore[attr-defined]
            logger.warning("lost the database connection", error=str(error), was_undone=was_undone)
            connection.close()
            return _marked(out_of_reach(request), always=was_undone)
        return None


def lost_a_race(error: BaseException) -> bool:
    """Whether the database gave this change up for the sake of another."""
    lost = isinstance(error.__cause__, DeadlockDetected | SerializationFailure)
    return isinstance(error, OperationalError) and lost


def lost_connection(error: BaseException | None) -> bool:
    """Whether the connection to the database is gone, or none could be had."""
    if isinstance(error, InterfaceError):
        return True
    code = getattr(getattr(error, "__cause__", None), "sqlstate", None)
    # Class 08 is a connection's failure, 57P0x a server that shuts it; no code, none was made.
    is_gone = code is None or code.startswith("08") or code in ("57P01", "57P02", "57P03")
    return isinstance(error, OperationalError) and is_gone


def out_of_reach(request: HttpRequest) -> HttpResponse:
    """503: the database can't be reached at this moment; in a moment it most often can."""
    status = HTTPStatus.SERVICE_UNAVAILABLE
    if problems.is_fragment(request):
        words = _("The connection broke for a moment. Please try again.")
        response = problems.bare_notice(words, status)
    else:
        response = problems.alone("out_of_reach.html", status)
    response["Retry-After"] = str(WAIT)
    response["Cache-Control"] = "no-store"
    return response


def server_error(request: HttpRequest) -> HttpResponse:
    """500: a defect of ours; 503 where only the database could not be reached."""
    is_lost = lost_connection(sys.exc_info()[1])  # Django calls this while it handles the error
    return out_of_reach(request) if is_lost else problems.server_error(request)


def _somebody_was_faster(request: HttpRequest) -> HttpResponse:
    words = _("Somebody changed the same at this moment. Please try again.")
    return problems.refused(request, WrongState(words))


def _marked(response: HttpResponse, *, always: bool) -> HttpResponse:
    response.try_again = "always" if always else "looking"  # type: ignore[attr-defined]
    return response


def _worth_another(request: HttpRequest, response: HttpResponseBase) -> bool:
    mark = getattr(response, "try_again", "")
    return mark == "always" or (mark == "looking" and request.method in ("GET", "HEAD"))


def _rewind(request: HttpRequest) -> None:
    """Files that were read once are read from their beginning."""
    if request.method == "POST":
        for _name, uploads in request.FILES.lists():
            for upload in uploads:
                upload.seek(0)

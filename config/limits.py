"""How often one person may do a thing: requests, messages, uploads, searches, invitations.

Counted in the cache for everybody who serves pages, per person, else per address, in
windows of fixed length; what is sent by a link counts for the link as well. While the cache is
away nothing is counted: nobody is kept out by that. Sign-in has its own counts (axes, allauth).
Whoever sends a form too often gets it back with what was typed, to be sent again later; files
have to be chosen anew.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from allauth.core.internal.ratelimit import get_ip
from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import ResolverMatch
from redis.exceptions import RedisError

from config import problems

#: What is counted together, by the names of the addresses to which it is sent.
SENT: Mapping[str, str] = {
    "portal:ask": "requests",
    "portal:draft": "requests",
    "portal:appeal": "requests",
    "portal:answer": "messages",
    "portal:write": "messages",
    "portal:question": "messages",
    "portal:apply_credit": "messages",
    "portal:ask_refund": "messages",
    "portal:rate": "messages",
    "portal:add_photos": "uploads",
    "portal:photos": "uploads",
    "portal:estimate": "typing",
    "portal:keep": "typing",
    "portal:contacts": "invitations",
    "portal:send_again": "invitations",
    "portal:invitation": "accepting",
    "portal:send_photos": "links",
    "creditnotes:ask_for_photos": "invitations",
}
#: Pages that look something up where ``q`` says what.
SEARCHED = {"portal:ask", "portal:credit_notes", "portal:invoices", "search"}
#: Never sent back in a page.
SECRET = {"csrfmiddlewaretoken", "password"}
#: As much of a form as is sent back, in letters.
MOST_TYPED = 100_000

GetResponse = Callable[[HttpRequest], HttpResponseBase]


@dataclass(frozen=True)
class Rate:
    """So many within so many seconds."""

    amount: int
    seconds: int


class LimitMiddleware:
    """Answers 429 to whoever does a thing more often than anybody does by hand."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: object) -> HttpResponse | None:
        kind = kind_of(request, request.resolver_match)
        given = settings.RATE_LIMITS.get(kind)
        if given is None:
            return None
        rate, now = Rate(*given), time.time()
        wait = max(seconds_to_wait(kind, who, rate, now) for who in _whose(request))
        return too_often(request, wait) if wait else None


def kind_of(request: HttpRequest, match: ResolverMatch | None) -> str:
    """What the request counts as; empty for what is not limited."""
    name = match.view_name if match else ""
    if request.method == "POST":
        return SENT.get(name, "")
    return "search" if name in SEARCHED and request.GET.get("q") else ""


def _whose(request: HttpRequest) -> Iterator[str]:
    """For whom it counts: the person, else the address; and the link by which they came."""
    is_known = request.user.is_authenticated
    yield f"user:{request.user.pk}" if is_known else f"ip:{get_ip(request)}"
    match = request.resolver_match
    if match and SENT.get(match.view_name) == "links":
        yield f"link:{hashlib.sha256(match.kwargs['token'].encode()).hexdigest()}"


def seconds_to_wait(kind: str, who: str, rate: Rate, now: float) -> int:
    """Count one more; 0 where it is within the rate, else seconds until the next window."""
    window, into = divmod(int(now), rate.seconds)
    key = f"limit:{kind}:{who}:{window}"
    try:
        cache.add(key, 0, rate.seconds)
        count = cache.incr(key)
    except (ValueError, RedisError, OSError):  # the cache is away, or just forgot the key
        return 0
    return rate.seconds - into if count > rate.amount else 0


def too_often(request: HttpRequest, seconds: int) -> HttpResponse:
    """The page that says so, with all that was typed; a notice for a fragment."""
    if problems.is_fragment(request) or request.method != "POST":
        return problems.too_many(request, seconds)
    context = {"typed": typed(request), "has_files": bool(request.FILES)}
    status = HTTPStatus.TOO_MANY_REQUESTS
    answer = problems.page(request, "429.html", status, minutes=-(-seconds // 60), **context)
    answer["Retry-After"] = str(seconds)
    return answer


def typed(request: HttpRequest) -> list[tuple[str, str]]:
    """What the form held, field by field, but for secrets; nothing where that is too much."""
    fields = [
        (name, value)
        for name, values in request.POST.lists()
        for value in values
        if name not in SECRET and isinstance(value, str)
    ]
    return fields if sum(len(value) for _name, value in fields) <= MOST_TYPED else []

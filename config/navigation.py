"""What the frame of every page shows: where this person can go, and who they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.http.request import split_domain_port
from django.urls import NoReverseMatch, reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from approvals.absence import may_be_asked
from creditnotes.access import may_compose
from customers.access import FINANCE, MANAGERS, REPS, group_names, is_staff_member

#: (address, label, icon, groups who see it; none is everybody on the staff)
PLACES: list[tuple[str, Any, str, tuple[str, ...]]] = [
    ("home", _("Start"), "house", ()),
    ("approvals:review_queue", _("To decide"), "list-checks", (MANAGERS, FINANCE)),
    ("approvals:requests", _("Requests"), "inbox", (REPS, MANAGERS)),
    ("creditnotes:credit_notes", _("Credit notes"), "file-minus", ()),
    ("customers:invoices", _("Invoices"), "receipt-text", ()),
    ("customers:refunds", _("Refunds"), "undo-2", (FINANCE,)),
    ("customers:orders", _("Orders"), "truck", ()),
    ("customers:customers", _("Customers"), "building-2", ()),
    ("books:trial_balance", _("Books"), "book-open", (FINANCE,)),
]

#: How many places a phone's bar holds; where there are more, the last leads to the rest.
BAR = 5

#: What says how much waits at a place.
COUNTS = {
    "approvals:review_queue": "queue_count",
    "approvals:requests": "approvals:requests_count",
}

#: Who can try the demo; the password of all is "demo".
DEMO_SIGN_INS: list[tuple[str, Any]] = [
    ("rep@demo.test", _("sales rep")),
    ("manager@demo.test", _("department manager")),
    ("finance@demo.test", _("receivables")),
    ("admin@demo.test", _("administrator")),
    ("customer@demo.test", _("customer")),
]


@dataclass(frozen=True)
class Place:
    """One entry of the navigation."""

    url: str
    label: str
    icon: str
    is_current: bool
    #: The fragment that counts what waits there, if any.
    count_url: str


class Navigation:
    """Worked out only where a template asks, so that fragments and the portal pay nothing."""

    #: Each by its own name, for those who read no other.
    languages = (("en", "English"), ("fr-ca", "Français"))

    def __init__(self, request: HttpRequest) -> None:
        self.request = request
        self.user: Any = getattr(request, "user", None)

    @cached_property
    def items(self) -> list[Place]:
        """The places of this person's role, the current one marked."""
        if not is_staff_member(self.user):
            return []
        groups = group_names(self.user)
        return [
            Place(url, label, icon, self._is_current(url), address(COUNTS.get(name, "")))
            for name, label, icon, seen_by in PLACES
            if (not seen_by or groups.intersection(seen_by)) and (url := address(name))
        ]

    @cached_property
    def further(self) -> list[Place]:
        """The places for which a phone's bar has no room."""
        return self.items[BAR - 1 :] if len(self.items) > BAR else []

    def _is_current(self, url: str) -> bool:
        path = self.request.path
        return path == url if url == "/" else path.startswith(url)

    @cached_property
    def frame(self) -> str:
        """The template around a page that anybody may meet, such as a refusal."""
        if is_staff_member(self.user):
            return "base.html"
        return "portal/base.html" if self.user.is_authenticated else "entrance.html"

    @cached_property
    def new_credit_note_url(self) -> str:
        composes = is_staff_member(self.user) and may_compose(self.user)
        return address("creditnotes:compose") if composes else ""

    @cached_property
    def sees_books(self) -> bool:
        """Whether documents show the way to the ledger."""
        return is_staff_member(self.user) and FINANCE in group_names(self.user)

    @cached_property
    def news_url(self) -> str:
        return address("creditnotes:news")

    @cached_property
    def news_count_url(self) -> str:
        return address("creditnotes:news_count")

    @cached_property
    def live_url(self) -> str:
        """Where the page hears of changes; empty where it has to ask by itself."""
        return settings.LIVE_URL.format(host=split_domain_port(self.request.get_host())[0])

    @cached_property
    def portal_url(self) -> str:
        return address("portal:portal")

    @cached_property
    def admin_url(self) -> str:
        return address("admin:index") if getattr(self.user, "is_staff", False) else ""

    @cached_property
    def away_url(self) -> str:
        """Where somebody who may be asked says who decides while they are away."""
        is_asked = is_staff_member(self.user) and may_be_asked(self.user)
        return address("approvals:away") if is_asked else ""

    @cached_property
    def demo_mail_url(self) -> str:
        return address("demo_mail") if settings.DEMO else ""

    @cached_property
    def demo_sign_ins(self) -> list[tuple[str, Any]]:
        """The people of the demo's data, for its sign-in page."""
        return DEMO_SIGN_INS if settings.DEMO else []

    @cached_property
    def role(self) -> str:
        """The person's groups, and their company."""
        if not is_staff_member(self.user):
            return ""
        return ", ".join([*sorted(group_names(self.user)), str(self.user.company)])


def navigation(request: HttpRequest) -> dict[str, Navigation]:
    """The context processor."""
    return {"navigation": Navigation(request)}


def address(name: str) -> str:
    """The address of a page, or nothing where this installation has no such page."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""

"""The admin site: signs in where everybody does, and starts with what needs attention."""

from __future__ import annotations

from typing import Any

from allauth.account.decorators import secure_admin_login
from django.contrib.admin import AdminSite
from django.contrib.admin.models import LogEntry
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from config.administration.sections import Section, sections

#: How many of the latest changes the start page shows.
LATEST = 8


class Administration(AdminSite):
    """Where admins tune policy, people and taxes, and everybody with access looks things up."""

    site_title = site_header = "Creditdesk"
    index_title = _("Administration")
    site_url = "/"
    enable_nav_sidebar = False

    def each_context(self, request: Any) -> dict[str, Any]:
        """With the sidebar; Django's own list of apps is not shown anywhere."""
        return super().each_context(request) | {"admin_sections": self.sections(request)}

    def sections(self, request: Any) -> list[Section]:
        """What the person may look at, by task."""
        return sections(self.get_app_list(request), self._registry, request.path)

    def index(self, request: Any, extra_context: dict[str, Any] | None = None) -> Any:
        """The start page; the parts of it are looked up only for those who may see them."""
        from config.administration import overview

        context = {
            "attention": overview.attention(request),
            "in_force": overview.policy_in_force(request),
            "latest": self.latest(request),
        }
        return super().index(request, context | (extra_context or {}))

    def latest(self, request: Any) -> QuerySet[LogEntry]:
        """What was changed here last: by all, for those who may see it, else by oneself."""
        entries = self._registry[LogEntry].get_queryset(request)
        if not request.user.has_perm("admin.view_logentry"):
            entries = entries.filter(user=request.user)
        return entries.select_related("user", "content_type").order_by("-action_time")[:LATEST]

    def app_index(self, request: Any, app_label: str, extra_context: Any = None) -> HttpResponse:  # type: ignore[override]
        """There are no apps here, only tasks."""
        return redirect(self.name + ":index")

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:  # type: ignore[override]
        return redirect("account_change_password")

    def password_change_done(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:  # type: ignore[override]
        return redirect("admin:index")

    def logout(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:  # type: ignore[override]
        return redirect("account_logout")

    def login(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Nobody has another sign-in, with another count of failed attempts, here."""
        return _sign_in(request)


@secure_admin_login
def _sign_in(request: HttpRequest) -> HttpResponse:
    return redirect(reverse("admin:index"))

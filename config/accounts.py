"""Who may get an account, and under which name a sign-in counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from allauth.account import views
from allauth.account.adapter import DefaultAccountAdapter
from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.utils import translation
from django.utils.translation import gettext as _

#: The message of which somebody who signed out is told.
LEFT = "account/messages/logged_out.txt"
#: As many letters of a name as axes keeps.
MOST_LETTERS = 255


class ClosedAccountAdapter(DefaultAccountAdapter):
    """Nobody signs up: staff are added by an admin, contacts are invited."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def add_message(self, request: HttpRequest, *arguments: Any, **options: Any) -> None:
        """Whoever just came in or left is told so in the language of the page they see next."""
        with translation.override(_language_after(request, is_leaving=LEFT in arguments)):
            super().add_message(request, *arguments, **options)


def _language_after(request: HttpRequest, *, is_leaving: bool) -> str:
    if request.user.is_authenticated and not is_leaving:
        return request.user.language
    return translation.get_language_from_request(request)


def change_password(request: HttpRequest) -> HttpResponseBase:
    """One's own password; who has none yet chooses the first one by a link in a mail."""
    if request.user.is_authenticated and request.user.has_usable_password():
        answer: HttpResponseBase = views.password_change(request)
        return answer
    messages.info(request, _("You have no password yet. A link by e-mail lets you choose one."))
    return redirect("account_reset_password")


def name_at_sign_in(request: HttpRequest, credentials: Mapping[str, Any] | None = None) -> str:
    """The address somebody signs in with, as failed attempts are counted: whatever its case.

    The credentials are those of the sign-in form, or those that axes makes up itself.
    """
    given = credentials or {}
    name = given.get("email") or given.get("username") or request.POST.get("login", "")
    return str(name).replace("\0", "").strip().lower()[:MOST_LETTERS]

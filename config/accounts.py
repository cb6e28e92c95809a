"""Who may get an account."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class ClosedAccountAdapter(DefaultAccountAdapter):
    """Nobody signs up: staff are added by an admin, contacts are invited."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

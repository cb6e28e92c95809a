"""The signed part of an invitation's address.

It names the invitation and nothing else; when it expires, and whether it was used or
withdrawn, stands in the database. So a link that was sent again is the same link.
"""

from __future__ import annotations

from django.core import signing

from customers.mailing import address_of
from customers.models import Invitation

_SALT = "customers.invitations"


class BadLink(ValueError):
    """It is not a link of ours, or somebody changed it."""


def token_for(invitation: Invitation) -> str:
    """What the address ends in."""
    return signing.Signer(salt=_SALT).sign(str(invitation.pk))


def read(token: str) -> int:
    """The invitation's id; raises :class:`BadLink` for anything that we did not sign."""
    try:
        return int(signing.Signer(salt=_SALT).unsign(token))
    except (signing.BadSignature, ValueError) as error:
        raise BadLink from error


def url_of(invitation: Invitation) -> str:
    """The address that the mail holds."""
    return address_of("portal:invitation", token_for(invitation))

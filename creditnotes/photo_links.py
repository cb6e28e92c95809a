"""The signed part of the address by which photos of one note are sent.

It names the link and nothing else; of which note, until when, and whether it was ended stands
in the database. So nobody who reads the database has a link.
"""

from __future__ import annotations

from django.core import signing

from creditnotes.models import PhotoLink
from customers.mailing import address_of

_SALT = "creditnotes.photo_links"


class BadLink(ValueError):
    """It is not a link of ours, or somebody changed it."""


def token_for(link: PhotoLink) -> str:
    """What the address ends in."""
    return signing.Signer(salt=_SALT).sign(str(link.pk))


def read(token: str) -> int:
    """The link's id; raises :class:`BadLink` for anything that we did not sign."""
    try:
        return int(signing.Signer(salt=_SALT).unsign(token))
    except (signing.BadSignature, ValueError) as error:
        raise BadLink from error


def url_of(link: PhotoLink) -> str:
    """The whole address, as it is copied and mailed."""
    return address_of("portal:send_photos", token_for(link))

"""Fills the showroom's database, and writes down who is there and what they can look at.

Runs as a process of its own, so that a test process keeps its own database.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.test import Client

from approvals.mail_links import token_for
from approvals.models import Step
from creditnotes import photo_links
from creditnotes.documents.fetching import RENDERER, ask_for_pdf
from creditnotes.models import Dispatch, PhotoLink
from creditnotes.tasks import deliver
from customers.contacts import links
from customers.models import Invitation, User
from tests.looks import worlds
from tests.looks.things import THINGS, People

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
#: So many of the latest deliveries are made: enough mail to look at.
DELIVERED = 60


def furnish(words: list[str]) -> int:
    """Make the companies, do the workers' work, write the inventory to the named file."""
    (target,) = words
    everybody = {"full": worlds.full(), "empty": worlds.empty(), "long": worlds.long()}
    _deliver()
    for people in everybody.values():
        _render(people)
    inventory = {
        state: {
            "sessions": {role: _session(person) for role, person in people.items()},
            "things": _things(people),
        }
        for state, people in everybody.items()
    }
    return 0 if Path(target).write_text(json.dumps(inventory)) else 1


def _deliver() -> None:
    """Send mails as a worker would."""
    waiting = Dispatch.objects.filter(done_at=None).exclude(consumer=RENDERER)
    for pk in waiting.order_by("-pk").values_list("pk", flat=True)[:DELIVERED]:
        deliver(pk)


def _render(people: People) -> None:
    """Make the PDFs that pages show; all others are still under way."""
    for name in ("issued", "own-credit"):
        note = THINGS[name](people).first()
        if note is not None:
            ask_for_pdf(note.document)
            deliver(Dispatch.objects.get(event__note=note, consumer=RENDERER).pk)


def _session(person: User) -> str:
    """The key of a session in which the person is signed in."""
    client = Client()
    client.force_login(person, backend=BACKEND)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def _things(people: People) -> dict[str, list[Any]]:
    """What addresses are made with, by the name of the thing; only what there is."""
    found = {name: find(people).first() for name, find in THINGS.items()}
    things = {name: [row.pk] for name, row in found.items() if row is not None}
    mails = sorted(settings.DEMO_MAIL_ROOT.glob("[0-9]*.eml"))
    rep = people["rep"]
    things["key"] = [user_pk_to_url_str(rep), default_token_generator.make_token(rep)]
    manager = people["manager"]
    if step := Step.objects.decidable_by(manager).select_related("note").order_by("pk").first():
        things["mail-link"] = [token_for(manager, step)]
    for name, is_used in (("invite-link", False), ("used-invite-link", True)):
        invitations = Invitation.objects.filter(accepted_at__isnull=not is_used)
        own = invitations.filter(contact__customer__company=rep.company_id)
        if invitation := own.filter(withdrawn_at=None).order_by("-expires_at").first():
            things[name] = [links.token_for(invitation)]
    for name, is_ended in (("photo-link", False), ("ended-photo-link", True)):
        given = PhotoLink.objects.filter(made_by=rep, ended_at__isnull=not is_ended)
        if link := given.order_by("-pk").first():
            things[name] = [photo_links.token_for(link)]
    return things | ({"mail": [mails[-1].name]} if mails else {})

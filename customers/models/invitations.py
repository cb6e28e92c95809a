"""Inviting people at customers to the portal, and what was done about their access."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, Self

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _

from customers.models.base import AppendOnly
from customers.models.company import User
from customers.models.parties import Contact, Customer


class InvitationQuerySet(models.QuerySet[Any]):
    """Invitations in business words."""

    def open(self) -> Self:
        """Neither accepted nor withdrawn; some of them may have expired."""
        return self.filter(accepted_at=None, withdrawn_at=None)

    def to_mail(self) -> Self:
        """Those of which a mail has not gone out yet."""
        return self.open().filter(mails_sent__lt=F("mails_wanted"))


class Invitation(models.Model):
    """A link, sent by e-mail, by which a contact gets their own sign-in, once."""

    contact = models.ForeignKey(Contact, models.CASCADE, related_name="invitations")
    email = models.EmailField(_("e-mail"), help_text=_("The address it was sent to."))
    invited_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    invited_at = models.DateTimeField(_("invited"))
    last_sent_at = models.DateTimeField(_("sent"))
    expires_at = models.DateTimeField(_("expires"))
    mails_wanted = models.PositiveSmallIntegerField(default=1)
    mails_sent = models.PositiveSmallIntegerField(default=0)
    accepted_at = models.DateTimeField(_("accepted"), null=True, blank=True)
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["contact"],
                condition=Q(accepted_at=None, withdrawn_at=None),
                name="invitation_one_open",
            ),
            models.CheckConstraint(
                condition=Q(accepted_at=None) | Q(withdrawn_at=None), name="invitation_one_end"
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("last_sent_at")), name="invitation_lasts"
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["id"],
                condition=Q(accepted_at=None, withdrawn_at=None, mails_sent__lt=F("mails_wanted")),
                name="invitation_to_mail",
            )
        ]
        triggers: ClassVar = [
            pgtrigger.Trigger(
                name="ends_once",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func="""
                    IF OLD.accepted_at IS NULL AND OLD.withdrawn_at IS NULL THEN
                        IF (OLD.contact_id, OLD.email, OLD.invited_by_id, OLD.invited_at)
                            IS DISTINCT FROM
                           (NEW.contact_id, NEW.email, NEW.invited_by_id, NEW.invited_at) THEN
                            RAISE EXCEPTION 'an invitation stays with whom it was sent to';
                        END IF;
                    ELSIF OLD IS DISTINCT FROM NEW THEN
                        RAISE EXCEPTION 'history is immutable: an invitation ends once';
                    END IF;
                    RETURN NEW;
                """,
            )
        ]

    def __str__(self) -> str:
        return self.email

    def has_expired(self, moment: datetime) -> bool:
        """Whether its link is too old at that moment."""
        return moment >= self.expires_at


class ContactEvent(AppendOnly):
    """What somebody did about a contact's access, and when. Never changed (rule 10).

    Names the contact in words: the record outlives the entry that it is about.
    """

    class Kind(models.TextChoices):
        INVITED = "invited", _("invited")
        SENT_AGAIN = "sent_again", _("invitation sent again")
        WITHDRAWN = "withdrawn", _("invitation withdrawn")
        ACCEPTED = "accepted", _("invitation accepted")
        RIGHTS_CHANGED = "rights_changed", _("rights changed")
        ACCESS_GIVEN = "access_given", _("access given")
        ACCESS_ENDED = "access_ended", _("access ended")

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="contact_events")
    contact = models.ForeignKey(
        Contact, models.DO_NOTHING, null=True, db_constraint=False, related_name="events"
    )
    name = models.CharField(_("name"), max_length=150)
    email = models.EmailField(_("e-mail"))
    kind = models.CharField(_("what"), max_length=20, choices=Kind)
    actor = models.ForeignKey(User, models.PROTECT, related_name="+")
    happened_at = models.DateTimeField(_("when"))
    #: What they may do from then on, by the columns of the contact.
    rights = models.JSONField(default=dict)
    #: What they might do before, where that was changed.
    rights_before = models.JSONField(null=True, blank=True)

    class Meta(AppendOnly.Meta):
        verbose_name = _("change of a contact's access")
        verbose_name_plural = _("changes of contacts' access")
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(fields=["customer", "-id"], name="contact_events_latest"),
            models.Index(Upper("email"), "happened_at", name="contact_events_of_address"),
        ]

    def __str__(self) -> str:
        return f"{self.email}: {self.kind}"

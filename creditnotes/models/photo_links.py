"""Links by which somebody without a sign-in sends photos of one credit note."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, Self

import pgtrigger
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from creditnotes.models.notes import CreditNote
from creditnotes.models.states import TAKES_PHOTOS
from customers.models import User


class PhotoLinkQuerySet(models.QuerySet[Any]):
    """Links in business words."""

    def open(self, moment: datetime) -> Self:
        """Those that take photos at that moment."""
        unended = self.filter(ended_at=None, expires_at__gt=moment)
        return unended.filter(note__state__in=TAKES_PHOTOS)

    def shown(self, moment: datetime) -> Self:
        """The links with ``came``, how many photos came by each, and ``takes``, whether it does."""
        takes = Q(ended_at=None, expires_at__gt=moment, note__state__in=TAKES_PHOTOS)
        links = self.select_related("made_by", "ended_by")
        return links.annotate(came=models.Count("photos"), takes=takes)


class PhotoLink(models.Model):
    """One person's permission to send photos of one note, for a while.

    The address is not kept: it is this row's number, signed. Whom it is for, by when it ends
    and who gave it never change; only that it was ended is added, once.
    """

    note = models.ForeignKey(CreditNote, models.PROTECT, related_name="photo_links")
    whom = models.CharField(_("who it is for"), max_length=100)
    email = models.EmailField(_("e-mail"), blank=True)
    made_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    made_at = models.DateTimeField(_("made"))
    expires_at = models.DateTimeField(_("expires"))
    ended_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    token = models.UUIDField(
        null=True, editable=False, help_text=_("Of the form that asked: sent twice it asks once.")
    )

    objects = PhotoLinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("link for photos")
        verbose_name_plural = _("links for photos")
        ordering: ClassVar = ["-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["made_by", "token"], name="photo_link_once"),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("made_at")), name="photo_link_lasts"
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_by=None)
                | Q(ended_at__isnull=False, ended_by__isnull=False),
                name="photo_link_ended_by_somebody",
            ),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(
                name="as_it_was_given",
                fields=["note", "whom", "email", "made_by", "made_at", "expires_at", "token"],
            ),
            pgtrigger.Protect(
                name="ended_once",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__ended_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.whom

    def is_open(self, moment: datetime) -> bool:
        """Whether it takes photos at that moment: of a closed note no link does."""
        lasts = self.ended_at is None and moment < self.expires_at
        return lasts and self.note.state in TAKES_PHOTOS

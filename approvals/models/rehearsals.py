"""A policy tried on the past: that it was asked for, how far it is, and what came of it."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import uuid4

from django.db import models
from django.utils.translation import gettext_lazy as _

from approvals.models.policies import Policy
from customers.models import User

#: How often one is begun before it is given up.
MOST_TRIES = 3


class RehearsalRun(models.Model):
    """One rehearsal, kept for a while so that it outlives browsers, workers and caches."""

    policy = models.ForeignKey(Policy, models.CASCADE, related_name="rehearsals")
    key = models.UUIDField(default=uuid4, unique=True, editable=False)
    since = models.DateField(_("from"))
    until = models.DateField(_("to"))
    asked_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    asked_at = models.DateTimeField(_("asked for"))
    offered_at = models.DateTimeField(_("offered"), null=True, blank=True)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0, db_default=0)
    begun_at = models.DateTimeField(_("begun"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    result: models.JSONField[dict[str, Any] | None, dict[str, Any] | None] = models.JSONField(
        null=True, blank=True
    )

    class Meta:
        verbose_name = _("rehearsal")
        verbose_name_plural = _("rehearsals")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(until__gte=models.F("since")), name="rehearsal_has_days"
            ),
            models.CheckConstraint(
                condition=models.Q(finished_at__isnull=True) | models.Q(result__isnull=False),
                name="rehearsal_finished_with_its_result",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["asked_at"],
                name="rehearsal_unfinished",
                condition=models.Q(finished_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.policy}: {self.since} – {self.until}"

    @property
    def is_given_up(self) -> bool:
        """Whether it was tried often enough, and never finished."""
        is_idle = self.begun_at is None and self.finished_at is None
        return is_idle and self.tries >= MOST_TRIES

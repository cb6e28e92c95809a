"""What of a list somebody looks at again and again, kept under a name of their own."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from customers.models.company import User

#: As many filters as a person keeps for one list.
MOST_FILTERS = 20
#: As long as what follows a list's address may be: a search of 100 characters, each of which
#: takes up to twelve there, and the rest.
LONGEST_QUERY = 2000


class SavedFilter(models.Model):
    """How a person narrows and sorts a list, as its address says it, under a name."""

    user = models.ForeignKey(User, models.CASCADE, related_name="saved_filters")
    listing = models.CharField(
        _("list"), max_length=60, help_text=_("The name of its address, such as customers:orders.")
    )
    slot = models.PositiveSmallIntegerField(
        _("slot"), help_text=_("One of so many that a person has for a list.")
    )
    name = models.CharField(_("name"), max_length=40)
    query = models.CharField(_("query"), max_length=LONGEST_QUERY, blank=True)

    class Meta:
        verbose_name = _("saved filter")
        verbose_name_plural = _("saved filters")
        constraints: ClassVar = [
            models.UniqueConstraint(
                "user", "listing", Lower("name"), name="saved_filter_name_once"
            ),
            models.UniqueConstraint(fields=["user", "listing", "slot"], name="saved_filter_slot"),
            models.CheckConstraint(
                condition=models.Q(slot__range=(1, MOST_FILTERS)), name="saved_filter_so_many"
            ),
            models.CheckConstraint(condition=~models.Q(name=""), name="saved_filter_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name

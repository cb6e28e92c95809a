"""Credit notes in business words; who may see one is asked of :mod:`creditnotes.access`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.contrib.auth.models import AnonymousUser
from django.db import models

from creditnotes import access

if TYPE_CHECKING:
    from customers.models import User


class CreditNoteQuerySet(models.QuerySet[Any]):
    """Credit notes; pages, counts, files, searches and services all start from here."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Notes that this member of staff may see (rule 7)."""
        return self.filter(access.staff_may_see(user))

    def shown_to_contact(self, user: User | AnonymousUser) -> Self:
        """Notes that this contact may see in the portal (rule 7)."""
        return self.filter(access.contact_may_see(user))

    def with_parties(self) -> Self:
        """Together with what every list shows of a note, in one query."""
        return self.select_related(
            "customer__department", "reason", "owner", "created_by", "document"
        )

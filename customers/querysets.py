"""Lists with business names; each one asks :mod:`customers.access` who may see a row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import Q

from customers import access
from customers.text import sort_key

if TYPE_CHECKING:
    from customers.models import User


class CustomerQuerySet(models.QuerySet[Any]):
    """Customers, and who may see them."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Customers that this member of staff serves."""
        return self.filter(access.served_by(user))

    def represented_by(self, user: User | AnonymousUser, *, right: str = "") -> Self:
        """Customers that this contact acts for in the portal, and has the right for."""
        return self.filter(access.represented_by(user, right=right))

    def matching(self, words: str) -> Self:
        """Customers whose number begins with, or whose name contains, the words."""
        return self.filter(Q(number__istartswith=words) | Q(sort_name__contains=sort_key(words)))


class BelongsToCustomerQuerySet(models.QuerySet[Any]):
    """Rows with a ``customer``; whoever may see the customer may see the row."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Rows of the customers that this member of staff serves."""
        return self.filter(access.served_by(user, "customer"))

    def represented_by(self, user: User | AnonymousUser, *, right: str = "") -> Self:
        """Rows of the customers that this contact acts for in the portal, and has the right for."""
        return self.filter(access.represented_by(user, "customer", right=right))

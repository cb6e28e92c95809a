"""``manage.py make_groups``: the product's groups of staff, with their permissions of today."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from customers.access import STAFF_GROUPS
from customers.groups import make_groups


class Command(BaseCommand):
    """Run it after each ``migrate`` of a real installation; once more does no harm."""

    help = "Makes the groups Reps, Managers, Finance and Admins, or renews their permissions."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Make the groups and say so."""
        make_groups()
        self.stdout.write(f"Groups: {', '.join(STAFF_GROUPS)}")

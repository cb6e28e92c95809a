"""From submission to decision."""

from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ApprovalsConfig(AppConfig):
    """Policies, routing, steps and decisions."""

    name = "approvals"
    verbose_name = _("approvals")

    def ready(self) -> None:
        """Register the approvals' consumers of events."""
        import_module("approvals.emails")
        import_module("approvals.telling")
        import_module("approvals.corresponding")

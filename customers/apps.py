"""The ground of the house."""

from __future__ import annotations

from django.apps import AppConfig
from django.db.models.signals import post_delete, post_migrate
from django.utils.translation import gettext_lazy as _


class CustomersConfig(AppConfig):
    """Customers, their documents and the ledger."""

    name = "customers"
    verbose_name = _("customers")

    def ready(self) -> None:
        """Keep the app's database role in step with the tables; end streams with their sign-in."""
        from django.contrib.sessions.models import Session

        from customers import periods
        from customers.books import deposits, sources  # noqa: F401 - they register themselves
        from customers.books.unposted import unposted
        from customers.live import announce_sign_out
        from customers.roles import grant_app_role

        periods.UNPOSTED.append(unposted)
        post_migrate.connect(grant_app_role, dispatch_uid="grant_app_role")
        post_delete.connect(announce_sign_out, Session, dispatch_uid="announce_sign_out")

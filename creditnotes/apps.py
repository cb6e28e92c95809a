"""The credit note."""

from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CreditNotesConfig(AppConfig):
    """Lines, lifecycle, counters, numbers, events and documents."""

    name = "creditnotes"
    verbose_name = _("credit notes")

    def ready(self) -> None:
        """Register the credit notes' own consumers of events, and what they mean to the books."""
        import_module("creditnotes.emails")
        import_module("creditnotes.issuing")
        import_module("creditnotes.news")
        import_module("creditnotes.documents.rendering")
        import_module("creditnotes.documents.debit")
        import_module("creditnotes.posted")
        import_module("creditnotes.rebilling")
        import_module("creditnotes.settled")
        import_module("creditnotes.written_off")

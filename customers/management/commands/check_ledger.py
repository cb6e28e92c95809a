"""``manage.py check_ledger``: everything worked out anew from the documents, and compared."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from customers.books.checking import check
from customers.importing.effort import Effort

#: As many differences as are printed.
MOST = 50


class Command(BaseCommand):
    """Fails where an entry, an open item or what a customer owes is not what it should be."""

    help = "Compare the ledger with every document, and what customers owe with both."

    def handle(self, *args: Any, **options: Any) -> None:
        effort = Effort()
        outcome = check()
        for difference in outcome.differences[:MOST]:
            self.stderr.write(difference)
        if more := len(outcome.differences[MOST:]):
            self.stderr.write(_("… and %(more)d more") % {"more": more})
        words = {"count": outcome.documents, "differing": outcome.differing}
        self.stdout.write(_("%(count)d documents, %(differing)d differ") % words)
        self.stdout.write(str(effort))
        if outcome.differing:
            raise CommandError(_("The ledger is not what the documents say."))

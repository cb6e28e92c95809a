"""``manage.py check_books``: rules 1 to 4, asserted over the whole database."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from creditnotes.auditing import CHECKS, audit
from customers.importing.effort import Effort


class Command(BaseCommand):
    """Forms every sum again from its parts, and fails where one does not agree."""

    help = "Check that credits, taxes, numbers and the ledger agree, over the whole database."

    def handle(self, *args: Any, **options: Any) -> None:
        effort = Effort()
        findings = audit()
        for finding in findings:
            self.stderr.write(str(finding))
        if findings:
            raise CommandError(_("The books are not sound."))
        self.stdout.write(_("The books are sound: %(count)d checks.") % {"count": len(CHECKS)})
        self.stdout.write(str(effort))

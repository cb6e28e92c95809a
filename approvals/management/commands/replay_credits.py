"""``manage.py replay_credits FILE``: the real credits of an export, through the real services."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from approvals.replay import Document, replay_credits
from creditnotes.auditing import CHECKS, audit
from customers.importing import SalesFile, Unusable, load
from customers.importing.effort import Effort, shown
from customers.importing.mapping import ONLINE_RETAIL
from customers.importing.report import error_file


class Command(BaseCommand):
    """Replays the credit documents of an imported sales export, then audits the books."""

    help = "Replay the credits of a sales export that import_sales has read. Safe to run again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--mapping", type=Path, default=ONLINE_RETAIL, help="how to read it (docs/importing.md)"
        )
        parser.add_argument(
            "--errors", type=Path, help="write what was not placed whole, with reasons, to this CSV"
        )
        parser.add_argument(
            "--json", action="store_true", help="end with one line that holds the figures as JSON"
        )

    def handle(
        self, *args: Any, file: Path, mapping: Path, errors: Path | None, **options: Any
    ) -> None:
        effort = Effort()
        hidden = not options["verbosity"]

        def progress(documents: Sequence[Document]) -> Iterable[Document]:
            return shown(documents, len(documents), " documents", hidden=hidden)

        try:
            source = SalesFile(file, load(mapping))
            with error_file(errors, ["placed", *source.header]) as write:
                report = replay_credits(source, write=write, progress=progress)
        except (Unusable, OSError) as error:
            raise CommandError(str(error)) from error
        for sentence in report.sentences():
            self.stdout.write(sentence)
        self._audit(hidden)
        self.stdout.write(str(effort))
        if options["json"]:
            self.stdout.write(json.dumps(report.figures(effort.seconds)))

    def _audit(self, hidden: bool) -> None:
        findings = audit(lambda checks: shown(checks, len(checks), " checks", hidden=hidden))
        for finding in findings:
            self.stderr.write(str(finding))
        if findings:
            raise CommandError(_("The books are not sound."))
        self.stdout.write(_("The books are sound: %(count)d checks.") % {"count": len(CHECKS)})

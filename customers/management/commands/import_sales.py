"""``manage.py import_sales FILE``: fill a company's books from a sales export."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from customers.importing import Row, SalesFile, Unusable, error_file, import_sales, load
from customers.importing.effort import Effort, shown
from customers.importing.mapping import ONLINE_RETAIL


class Command(BaseCommand):
    """Reads a sales export into customers, products, orders and invoices."""

    help = "Import a sales export (CSV, plain or .gz or .xz). Safe to run again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--mapping", type=Path, default=ONLINE_RETAIL, help="how to read it (docs/importing.md)"
        )
        parser.add_argument(
            "--errors", type=Path, help="write the refused lines, with reasons, to this CSV file"
        )

    def handle(
        self, *args: Any, file: Path, mapping: Path, errors: Path | None, **options: Any
    ) -> None:
        effort = Effort()

        def progress(rows: Iterable[Row], total: int) -> Iterable[Row]:
            return shown(rows, total, " lines", hidden=not options["verbosity"])

        try:
            source = SalesFile(file, load(mapping))
            with error_file(errors, source.header) as write:
                report = import_sales(source, write=write, progress=progress)
        except (Unusable, OSError) as error:
            raise CommandError(str(error)) from error
        for sentence in report.sentences():
            self.stdout.write(sentence)
        self.stdout.write(str(effort))

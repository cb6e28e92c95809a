"""``manage.py check_taxes FILE``: a file of tax cases against the product's own rules."""

from __future__ import annotations

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from functools import cache
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from django.utils.translation import gettext as _

from creditnotes.taxcases import Unusable, read, run
from creditnotes.taxcases.running import Rates
from customers.models import TaxRate
from customers.taxdata import standard_rates_on
from customers.taxes import rates_on


class Command(BaseCommand):
    """Prints each row that comes out differently, and fails where there is one."""

    help = """\
Run a file of tax cases through the product's own rules.

Each row of the CSV file is an invoice or a credit with what every tax, the net and the
total must come to; rows of one group are an invoice and its successive credits. Each row
that comes out differently is printed, and the last line says how many: exit status 1 if any.

The rates are the database's own, of each row's date. So a coming rate can be tried before it
counts: enter it in administration (end the old one, add the next with its first day), and run
a file with rows dated after that day. Nothing that is invoiced before is touched by it.

Columns: case_id, group, province, tax_date, lines_json ([description, quantity, unit price,
net] for each line), exempt_taxes_per_line_json (gst, hst, pst, qst), rounding_level (total or
line), net, gst, hst, pst, qst, tax_total, grand_total. tests/data/ca_tax_cases.csv is one."""

    def create_parser(self, prog_name: str, subcommand: str, **options: Any) -> CommandParser:
        """With the help text laid out as it is written."""
        options["formatter_class"] = RawDescriptionHelpFormatter
        return super().create_parser(prog_name, subcommand, **options)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the cases, as CSV in UTF-8")
        parser.add_argument(
            "--standard",
            action="store_true",
            help="use the rates that every company starts with, not those of the database",
        )

    def handle(self, *args: Any, file: Path, standard: bool, **options: Any) -> None:
        try:
            cases = read(file)
        except Unusable as error:
            raise CommandError(str(error)) from error
        results = run(cases, self._rates(standard=standard))
        differing = [result for result in results if result.differs]
        for result in differing:
            self.stdout.write(str(result))
        words = _("%(rows)d rows, %(differing)d differ")
        self.stdout.write(words % {"rows": len(results), "differing": len(differing)})
        if differing:
            raise SystemExit(1)

    def _rates(self, *, standard: bool) -> Rates:
        if standard:
            return cache(standard_rates_on)
        if not _has_rates():
            self.stderr.write(_("The database holds no tax rates: the standard ones are used."))
            return cache(standard_rates_on)
        return cache(rates_on)


def _has_rates() -> bool:
    """Whether there is a rate to try; a database that was never migrated has none."""
    try:
        return TaxRate.objects.exists()
    except DatabaseError:
        return False

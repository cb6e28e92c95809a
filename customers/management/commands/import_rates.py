"""``manage.py import_rates FILE``: exchange rates from the Bank of Canada's file, or alike."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from customers.importing.rates import UnreadableRates, import_rates
from customers.models import Company


class Command(BaseCommand):
    """Adds the days that are new; a day that is known keeps its rate."""

    help = (
        "Import daily exchange rates: a CSV with a column 'date' and one per currency, such as"
        " FXUSDCAD, as https://www.bankofcanada.ca/valet gives it. Safe to run again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--company", required=True, help="the company's code")

    def handle(self, *args: Any, file: Path, company: str, **options: Any) -> None:
        try:
            added = import_rates(Company.objects.get(code=company), file)
        except (Company.DoesNotExist, UnreadableRates, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Rates: {added} added")

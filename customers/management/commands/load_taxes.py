"""``manage.py load_taxes``: the tax rates and time limits that every company starts with."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from customers.models import TaxRate, TaxTimeLimit
from customers.taxdata import load_tax_rates


class Command(BaseCommand):
    """Run it once in a real installation; once more adds only what is missing."""

    help = "Adds the standard Canadian tax rates and time limits; what is there is left as it is."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Load both and say how many there are."""
        load_tax_rates()
        rates, limits = TaxRate.objects.count(), TaxTimeLimit.objects.count()
        self.stdout.write(f"{rates} tax rates, {limits} time limits")

"""``manage.py seed_demo``: fill an empty demo database."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from config.demo.seed import seed


class Command(BaseCommand):
    """Makes the demo company once; a second run changes nothing."""

    help = "Make the demo company, unless it is there already."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The day on which the demo is, and what chance starts from."""
        parser.add_argument(
            "--anchor",
            type=date.fromisoformat,
            default=None,
            help="the demo's today, such as 2026-06-30 (default: today)",
        )
        parser.add_argument("--seed", type=int, default=1, help="another number, other goods")

    def handle(self, *args: Any, **options: Any) -> None:
        """Make it, and say at each stage how long it took."""
        started = time.monotonic()

        def tell(stage: str) -> None:
            self.stdout.write(f"  {time.monotonic() - started:5.1f} s  {stage}")
            self.stdout.flush()

        made = seed(options["anchor"] or timezone.localdate(), options["seed"], tell)
        took = f"Demo company made in {time.monotonic() - started:.1f} s."
        self.stdout.write(took if made else "The demo company is there already.")

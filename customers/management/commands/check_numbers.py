"""``manage.py check_numbers``: every series counted anew, its gaps and doubles listed (rule 3)."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from customers.numbering import Counted, count_series

#: As many numbers as a line names.
MOST = 20


class Command(BaseCommand):
    """Fails where a number is missing, stands twice, or is not what its document says."""

    help = "List the gaps and doubles of every series of legal numbers."

    def handle(self, *args: Any, **options: Any) -> None:
        series = count_series()
        for counted in series:
            self._write(counted)
        given = sum(counted.given for counted in series)
        wrong = [counted for counted in series if not counted.is_sound]
        words = {"series": len(series), "given": given, "wrong": len(wrong)}
        self.stdout.write(_("%(series)d series, %(given)d numbers, %(wrong)d not sound") % words)
        if wrong:
            raise CommandError(_("The numbers are not sound."))

    def _write(self, counted: Counted) -> None:
        name = f"{counted.company} {counted.series}"
        if counted.is_sound:
            words = {"name": name, "given": counted.given}
            self.stdout.write(_("%(name)s: %(given)d numbers, no gap, no double") % words)
        for says, numbers in (
            (_("missing"), counted.missing),
            (_("twice"), counted.doubled),
            (_("not of this series"), counted.strange),
        ):
            if numbers:
                self.stderr.write(f"{name}: {says}: {_listed(numbers)}")


def _listed(numbers: Any) -> str:
    more = f" … ({len(numbers)})" if len(numbers) > MOST else ""
    return ", ".join(str(number) for number in numbers[:MOST]) + more

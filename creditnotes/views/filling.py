"""What one button fills in on the composer: the offer, all of an invoice, what never arrived."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from creditnotes import creditable
from creditnotes.fields import NumberField
from creditnotes.models import Basis
from creditnotes.views.composer import Composer
from creditnotes.views.rows import Row
from customers.money import HUNDRED
from customers.text import number_in


def with_offer(composer: Composer) -> Composer:
    """Every picked line credited by the percent that policy offers."""
    offer = composer.offer_now()
    if offer is None:
        composer.lines_problem = _("Pick the lines first; the offer is made on them.")
        return composer
    return _filled(composer, (row.filled(Basis.PERCENT, offer.percent) for row in composer.picked))


def with_percent(composer: Composer) -> Composer:
    """Every picked line credited by the percent typed for all of them."""
    try:
        percent = NumberField(above_zero=True, required=False).clean(composer.typed("same_percent"))
    except ValidationError as error:
        composer.percent_problem = str(error.messages[0])
        return composer
    if problem := _why_no_percent(composer, percent):
        composer.percent_problem = problem
        return composer
    return _filled(composer, (row.filled(Basis.PERCENT, percent) for row in composer.picked))


def _why_no_percent(composer: Composer, percent: Decimal | None) -> str:
    if percent is None:
        return _("Which percent?")
    if percent > HUNDRED:
        return _("At most 100 %.")
    if not composer.picked:
        return _("Pick the lines first.")
    if composer.reason and Basis.PERCENT not in composer.reason.bases:
        return _("The reason chosen is not credited by percent.")
    return ""


def with_everything(composer: Composer, invoice: str) -> Composer:
    """All that is left of the invoice."""
    bases = composer.reason.bases if composer.reason else Basis.values
    lines = [row.everything(bases) for row in _rows(composer, invoice)]
    return _filled(composer, [*lines, *_taxes_kept(composer, invoice)])


def _taxes_kept(composer: Composer, invoice: str) -> list[dict[str, str]]:
    """The taxes of the invoice that no net goes with any more."""
    if not composer.allows(Basis.TAX):
        return []
    everything = creditable.whole_invoice(number_in(invoice) or 0, composer.counters)
    kinds = {claim.tax_kind for claim in everything if claim.basis == Basis.TAX}
    of = number_in(invoice)
    taxes = (row for row in composer.taxes_alone if row.invoice.pk == of and row.kind in kinds)
    return [row.picked() for row in taxes]


def with_missing(composer: Composer, invoice: str) -> Composer:
    """All that was invoiced and never delivered."""
    composer.look_at_deliveries()
    if composer.reason and Basis.QUANTITY not in composer.reason.bases:
        composer.lines_problem = _("The reason chosen is not credited by quantity.")
        return composer
    rows = _rows(composer, invoice)
    return _filled(
        composer, (row.filled(Basis.QUANTITY, row.missing) for row in rows if row.missing)
    )


def _rows(composer: Composer, invoice: str) -> list[Row]:
    """The invoice's rows of which something is left, each line once."""
    wanted = number_in(invoice)
    sections = (section for section in composer.sections if section.invoice.pk == wanted)
    rows = [row for section in sections for row in section.rows if not row.is_used_up]
    return list({row.line.pk: row for row in reversed(rows)}.values())[::-1]


def _filled(composer: Composer, rows: Iterable[dict[str, str]]) -> Composer:
    fields: dict[str, str] = {}
    for row in rows:
        fields |= row
    return composer.with_fields(fields) if fields else composer

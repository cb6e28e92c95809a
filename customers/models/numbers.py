"""Legal numbers: series that count by one, and what every numbered document has in common.

A number lives through two steps of one transaction: it is *given* by its series, and
*used* by the document that bears it. The database holds both, whatever the document is,
so that a series has no gap and no number stands on two documents (rule 3).
"""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models.base import AppendOnly
from customers.models.company import Company, User


class NumberSeries(models.Model):
    """Legal numbers of one kind in one fiscal year, given out one by one under a row lock."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="series")
    prefix = models.CharField(_("prefix"), max_length=10)
    fiscal_year = models.PositiveSmallIntegerField(_("fiscal year"))
    last_sequence = models.PositiveIntegerField(_("last number given"), default=0)
    used_sequence = models.PositiveIntegerField(
        _("last number used"), default=0, db_default=0, editable=False
    )

    class Meta:
        verbose_name = _("number series")
        verbose_name_plural = _("number series")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["company", "prefix", "fiscal_year"], name="number_series_once"
            )
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Trigger(
                name="starts_at_nothing",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func="NEW.last_sequence := 0; NEW.used_sequence := 0; RETURN NEW;",
            ),
            # Given to who asks, used by the trigger of the document that bears it.
            pgtrigger.Trigger(
                name="counts_by_one",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func="""
                    IF pg_trigger_depth() > 1 THEN
                        OLD.used_sequence := OLD.used_sequence + 1;
                    ELSE
                        OLD.last_sequence := OLD.last_sequence + 1;
                    END IF;
                    IF OLD IS DISTINCT FROM NEW OR NEW.used_sequence > NEW.last_sequence THEN
                        RAISE EXCEPTION 'a series counts by one';
                    END IF;
                    IF NEW.last_sequence > NEW.used_sequence + 1 THEN
                        RAISE EXCEPTION 'number % was taken and not used', NEW.used_sequence + 1;
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="leaves_no_gap",
                when=pgtrigger.After,
                operation=pgtrigger.Update,
                timing=pgtrigger.Deferred,
                func="""
                    IF EXISTS (
                        SELECT FROM customers_numberseries
                            WHERE id = NEW.id AND used_sequence <> last_sequence
                    ) THEN
                        RAISE EXCEPTION 'number % was taken and not used', NEW.last_sequence;
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.prefix}-{self.fiscal_year}"


def bears_a_number(prefix: str) -> pgtrigger.Trigger:
    """Let a document use the number that its series of ``prefix`` has just given, and no other.

    The number is written as the series says, and the day is that of issue in the company's
    own time, within the series' fiscal year.
    """
    return pgtrigger.Trigger(
        name="bears_a_number",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert,
        declare=[("fiscal", "int"), ("today", "date")],
        func=f"""
            UPDATE customers_numberseries SET used_sequence = NEW.sequence
                WHERE id = NEW.series_id AND company_id = NEW.company_id
                    AND prefix = '{prefix}'
                    AND last_sequence = NEW.sequence AND used_sequence = NEW.sequence - 1
                    AND NEW.number = format('%s-%s-%s', prefix, fiscal_year,
                        lpad(NEW.sequence::text, greatest(6, length(NEW.sequence::text)), '0'))
                RETURNING fiscal_year INTO fiscal;
            IF NOT FOUND THEN
                RAISE EXCEPTION 'number % is not the next', NEW.number;
            END IF;
            SELECT (NEW.issued_at AT TIME ZONE time_zone)::date,
                fiscal - (fiscal_year_start_month > 1
                    AND extract(month FROM NEW.issued_on) >= fiscal_year_start_month)::int
                INTO today, fiscal
                FROM customers_company WHERE id = NEW.company_id;
            IF NEW.issued_on <> today OR fiscal <> extract(year FROM NEW.issued_on) THEN
                RAISE EXCEPTION 'number % is of another day', NEW.number;
            END IF;
            RETURN NEW;
        """,  # noqa: S608 - the prefix is a word of this program
    )


class NumberedDocument(AppendOnly):
    """A document with a legal number; derive from it to have one.

    The class says its ``prefix``, and adds :func:`bears_a_number` of it to the triggers
    of its ``Meta``. ``manage.py check_numbers`` then looks after it too.
    """

    prefix: ClassVar[str]

    company = models.ForeignKey(Company, models.PROTECT, related_name="%(class)ss")
    series = models.ForeignKey(NumberSeries, models.PROTECT, related_name="+")
    sequence = models.PositiveIntegerField(_("sequence"))
    number = models.CharField(_("number"), max_length=30)
    issued_on = models.DateField(_("date"))
    issued_at = models.DateTimeField(_("issued"))
    issued_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("issued by")
    )

    class Meta(AppendOnly.Meta):
        abstract = True
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["series", "sequence"], name="%(class)s_number_in_series_once"
            ),
            models.UniqueConstraint(fields=["company", "number"], name="%(class)s_number_once"),
        ]

    def __str__(self) -> str:
        return self.number

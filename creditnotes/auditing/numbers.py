"""Rule 3: legal numbers are gapless and unique."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from creditnotes.auditing.checks import Check
from customers.numbering import all_numbers

CHECKS: Sequence[Check] = (
    Check(
        3,
        _("legal numbers have no gap and are given once"),
        f"""
        SELECT s.prefix || '-' || s.fiscal_year || ' of company ' || s.company_id
        FROM customers_numberseries s
        LEFT JOIN (
            SELECT series_id, count(*) AS many, count(DISTINCT sequence) AS distinctly,
                min(sequence) AS first, max(sequence) AS last
            FROM ({all_numbers()}) used GROUP BY series_id
        ) d ON d.series_id = s.id
        WHERE coalesce(d.many, 0) <> s.last_sequence
            OR coalesce(d.distinctly, 0) <> s.last_sequence
            OR coalesce(d.last, 0) <> s.last_sequence OR d.first <> 1
        """,  # noqa: S608 - tables of this program
    ),
    Check(
        3,
        _("a document's number and date are those of its series and its day of issue"),
        f"""
        SELECT 'document ' || d.number
        FROM ({all_numbers()}) d
        JOIN customers_numberseries s ON s.id = d.series_id
        JOIN customers_company c ON c.id = d.company_id
        WHERE s.company_id <> d.company_id OR s.prefix <> d.prefix
            OR d.number <> s.prefix || '-' || s.fiscal_year || '-'
                || lpad(d.sequence::text, greatest(6, length(d.sequence::text)), '0')
            OR d.issued_on <> (d.issued_at AT TIME ZONE c.time_zone)::date
            OR s.fiscal_year <> extract(year FROM d.issued_on)
                + (c.fiscal_year_start_month > 1
                    AND extract(month FROM d.issued_on) >= c.fiscal_year_start_month)::int
        """,  # noqa: S608 - tables of this program
    ),
    Check(
        3,
        _("what is issued has its one document, of the content that was approved"),
        """
        SELECT 'credit note ' || coalesce(n.id, d.note_id)
        FROM (SELECT * FROM creditnotes_creditnote WHERE state IN ('issued', 'reversed')) n
        FULL JOIN creditnotes_issueddocument d ON d.note_id = n.id
        WHERE n.content_hash IS DISTINCT FROM d.content_hash
        """,
    ),
)

"""Rule 2: sums and taxes are exact, to the cent."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from creditnotes.auditing.checks import Check

CHECKS: Sequence[Check] = (
    Check(
        2,
        _("an invoice's net and tax are the sums of its lines and taxes"),
        """
        SELECT 'invoice ' || i.number
        FROM customers_invoice i
        LEFT JOIN (
            SELECT invoice_id, sum(net) AS net FROM customers_invoiceline GROUP BY invoice_id
        ) l ON l.invoice_id = i.id
        LEFT JOIN (
            SELECT invoice_id, sum(amount) AS tax FROM customers_invoicetax GROUP BY invoice_id
        ) t ON t.invoice_id = i.id
        WHERE i.net <> coalesce(l.net, 0) OR i.tax_total <> coalesce(t.tax, 0)
            OR i.total <> i.net + i.tax_total
        """,
    ),
    Check(
        2,
        _("an invoice's taxes are its rates on its lines, rounded as it says"),
        """
        SELECT 'invoice ' || i.number || ' ' || t.kind
        FROM customers_invoicetax t
        JOIN customers_invoice i ON i.id = t.invoice_id
        LEFT JOIN (
            SELECT l.invoice_id, x.kind, x.rate, sum(l.net) AS base,
                sum(round(l.net * x.rate / 100, 2)) AS by_line, sum(x.amount) AS written
            FROM customers_invoicelinetax x JOIN customers_invoiceline l ON l.id = x.line_id
            GROUP BY l.invoice_id, x.kind, x.rate
        ) l ON (l.invoice_id, l.kind, l.rate) = (t.invoice_id, t.kind, t.rate)
        WHERE l.base IS DISTINCT FROM t.base
            OR i.tax_rounding = 'total' AND t.amount <> round(t.base * t.rate / 100, 2)
            OR i.tax_rounding = 'line'
                AND (t.amount IS DISTINCT FROM l.by_line OR t.amount IS DISTINCT FROM l.written)
        """,
    ),
    Check(
        2,
        _("a credit note's net and tax are the sums of its lines and taxes"),
        """
        SELECT 'credit note ' || n.id
        FROM creditnotes_creditnote n
        LEFT JOIN (
            SELECT note_id, sum(net) AS net FROM creditnotes_creditline GROUP BY note_id
        ) l ON l.note_id = n.id
        LEFT JOIN (
            SELECT note_id, sum(amount) AS tax FROM creditnotes_credittax GROUP BY note_id
        ) t ON t.note_id = n.id
        WHERE n.net <> coalesce(l.net, 0) OR n.tax_total <> coalesce(t.tax, 0)
            OR n.total <> n.net + n.tax_total
        """,
    ),
    Check(
        2,
        _("a credit note gives back every tax that its lines bear, on their net"),
        """
        SELECT 'credit note ' || coalesce(due.note_id, t.note_id)
        FROM (
            SELECT l.note_id, c.id AS creditable_id,
                coalesce(sum(l.net) FILTER (WHERE NOT l.price_only), 0) AS base,
                sum(l.fee) + coalesce(sum(l.net) FILTER (WHERE l.price_only), 0) AS untaxed_base
            FROM creditnotes_creditline l
            JOIN creditnotes_creditableline line ON line.invoice_line_id = l.creditable_id
            JOIN customers_invoicelinetax x ON x.line_id = l.creditable_id
            LEFT JOIN creditnotes_creditabletax c
                ON (c.invoice_id, c.kind, c.rate) = (line.invoice_id, x.kind, x.rate)
                AND (c.invoice_line_id IS NULL OR c.invoice_line_id = l.creditable_id)
            GROUP BY l.note_id, c.id HAVING sum(l.net + l.fee) > 0
        ) due
        FULL JOIN creditnotes_credittax t
            ON (t.note_id, t.creditable_id) = (due.note_id, due.creditable_id)
        WHERE coalesce(due.base, 0) <> coalesce(t.base, 0)
            OR coalesce(due.untaxed_base, 0) <> coalesce(t.untaxed_base, 0)
        """,
    ),
    Check(
        2,
        _("a tax adjustment gives back, without net, just what its lines say"),
        """
        SELECT 'credit note ' || coalesce(l.note_id, t.note_id)
        FROM (
            SELECT note_id, invoice_id, tax_kind AS kind, sum(tax) AS tax
            FROM creditnotes_creditline WHERE basis = 'tax' GROUP BY note_id, invoice_id, tax_kind
        ) l
        FULL JOIN (
            SELECT t.note_id, t.invoice_id, c.kind, sum(t.adjusted + t.recovered) AS tax
            FROM creditnotes_credittax t
            JOIN creditnotes_creditabletax c ON c.id = t.creditable_id
            GROUP BY t.note_id, t.invoice_id, c.kind
        ) t ON (t.note_id, t.invoice_id, t.kind) = (l.note_id, l.invoice_id, l.kind)
        WHERE coalesce(l.tax, 0) <> coalesce(t.tax, 0)
        """,
    ),
    Check(
        2,
        _("a restocking fee is its percentage of what pieces come to"),
        """
        SELECT 'credit note ' || note_id
        FROM creditnotes_creditline
        WHERE fee <> round((net + fee) * coalesce(fee_percent, 0) / 100, 2)
        """,
    ),
    Check(
        2,
        _("the tax used so far is the rate on the net used so far, but for tax adjustments"),
        """
        SELECT 'tax counter ' || used.id
        FROM (
            SELECT id, rate, charged_base, charged_amount,
                reserved_base + issued_base AS base,
                reserved_amount + issued_amount + reserved_kept + issued_kept AS amount
            FROM creditnotes_creditabletax
            WHERE reserved_adjusted + issued_adjusted + reserved_recovered + issued_recovered = 0
        ) used
        WHERE used.amount <> CASE
                WHEN used.base = used.charged_base THEN used.charged_amount
                ELSE least(round(used.rate * used.base / 100, 2), used.charged_amount)
            END
            AND NOT EXISTS ( -- what was let go, or written anew, may leave a cent for the next
                SELECT FROM creditnotes_credittax t
                JOIN creditnotes_creditnote n ON n.id = t.note_id
                WHERE t.creditable_id = used.id
                    AND (n.submissions > 1 OR n.state = 'returned'
                        OR n.submissions > 0 AND n.hold = 'none'
                        OR EXISTS ( -- approved for less than it had reserved, or reserved anew
                            SELECT FROM creditnotes_event e
                            WHERE e.note_id = n.id AND (e.payload ->> 'asked_total' IS NOT NULL
                                OR e.kind = 'reservation_expired')
                        ))
            )
        """,
    ),
    Check(
        2,
        _("whoever took the last of a line took all that was left of it"),
        """
        SELECT 'invoice line ' || c.invoice_line_id
        FROM creditnotes_creditableline c
        WHERE c.charged_quantity = c.reserved_quantity + c.issued_quantity
            AND c.charged_net <> c.reserved_net + c.issued_net
            AND NOT EXISTS ( -- other bases, and agreed prices, may leave something
                SELECT FROM creditnotes_creditline l
                JOIN creditnotes_creditnote n ON n.id = l.note_id
                WHERE l.creditable_id = c.invoice_line_id AND n.submissions > 0
                    AND (l.basis <> 'quantity' OR l.unit_price IS NOT NULL)
            )
        """,
    ),
)

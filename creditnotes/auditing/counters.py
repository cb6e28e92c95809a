"""Rule 1: nothing is credited beyond what was invoiced."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from creditnotes.auditing.checks import Check

CHECKS: Sequence[Check] = (
    Check(
        1,
        _("line counters are the sums of what credit notes hold"),
        """
        SELECT 'invoice line ' || c.invoice_line_id
        FROM creditnotes_creditableline c
        LEFT JOIN (
            SELECT l.creditable_id,
                sum(l.quantity) FILTER (WHERE n.hold = 'reserved') AS reserved_quantity,
                sum(l.quantity) FILTER (WHERE n.hold = 'issued') AS issued_quantity,
                sum(l.net + l.fee) FILTER (WHERE n.hold = 'reserved') AS reserved_net,
                sum(l.net + l.fee) FILTER (WHERE n.hold = 'issued') AS issued_net
            FROM creditnotes_creditline l JOIN creditnotes_creditnote n ON n.id = l.note_id
            GROUP BY l.creditable_id
        ) held ON held.creditable_id = c.invoice_line_id
        WHERE c.reserved_quantity <> coalesce(held.reserved_quantity, 0)
            OR c.issued_quantity <> coalesce(held.issued_quantity, 0)
            OR c.reserved_net <> coalesce(held.reserved_net, 0)
            OR c.issued_net <> coalesce(held.issued_net, 0)
        """,
    ),
    Check(
        1,
        _("no invoice line is credited beyond its quantity or net"),
        """
        SELECT 'invoice line ' || l.id
        FROM customers_invoiceline l
        JOIN creditnotes_creditableline c ON c.invoice_line_id = l.id
        LEFT JOIN (
            SELECT l.creditable_id, sum(l.quantity) AS quantity, sum(l.net + l.fee) AS net
            FROM creditnotes_creditline l JOIN creditnotes_creditnote n ON n.id = l.note_id
            WHERE n.hold <> 'none' GROUP BY l.creditable_id
        ) held ON held.creditable_id = l.id
        WHERE held.quantity > l.quantity OR held.net > l.net
            OR c.charged_quantity <> l.quantity OR c.charged_net <> l.net
            OR c.invoice_id <> l.invoice_id
        """,
    ),
    Check(
        1,
        _("tax counters are the sums of what credit notes hold"),
        """
        SELECT 'tax counter ' || c.id
        FROM creditnotes_creditabletax c
        LEFT JOIN (
            SELECT t.creditable_id,
                sum(t.base + t.untaxed_base) FILTER (WHERE n.hold = 'reserved') AS reserved_base,
                sum(t.base + t.untaxed_base) FILTER (WHERE n.hold = 'issued') AS issued_base,
                sum(t.amount + t.withheld) FILTER (WHERE n.hold = 'reserved') AS reserved_amount,
                sum(t.amount + t.withheld) FILTER (WHERE n.hold = 'issued') AS issued_amount,
                sum(t.kept) FILTER (WHERE n.hold = 'reserved') AS reserved_kept,
                sum(t.kept) FILTER (WHERE n.hold = 'issued') AS issued_kept,
                sum(t.adjusted) FILTER (WHERE n.hold = 'reserved') AS reserved_adjusted,
                sum(t.adjusted) FILTER (WHERE n.hold = 'issued') AS issued_adjusted,
                sum(t.recovered) FILTER (WHERE n.hold = 'reserved') AS reserved_recovered,
                sum(t.recovered) FILTER (WHERE n.hold = 'issued') AS issued_recovered
            FROM creditnotes_credittax t JOIN creditnotes_creditnote n ON n.id = t.note_id
            GROUP BY t.creditable_id
        ) held ON held.creditable_id = c.id
        WHERE c.reserved_base <> coalesce(held.reserved_base, 0)
            OR c.issued_base <> coalesce(held.issued_base, 0)
            OR c.reserved_amount <> coalesce(held.reserved_amount, 0)
            OR c.issued_amount <> coalesce(held.issued_amount, 0)
            OR c.reserved_kept <> coalesce(held.reserved_kept, 0)
            OR c.issued_kept <> coalesce(held.issued_kept, 0)
            OR c.reserved_adjusted <> coalesce(held.reserved_adjusted, 0)
            OR c.issued_adjusted <> coalesce(held.issued_adjusted, 0)
            OR c.reserved_recovered <> coalesce(held.reserved_recovered, 0)
            OR c.issued_recovered <> coalesce(held.issued_recovered, 0)
        """,
    ),
    Check(
        1,
        _("no tax is given back beyond what the invoice charged"),
        """
        SELECT 'invoice ' || coalesce(i.invoice_id, held.invoice_id) || ' ' || held.kind
        FROM (
            SELECT t.invoice_id, c.kind, c.rate, sum(t.base + t.untaxed_base) AS base,
                sum(t.amount + t.withheld) AS amount
            FROM creditnotes_credittax t
            JOIN creditnotes_creditabletax c ON c.id = t.creditable_id
            JOIN creditnotes_creditnote n ON n.id = t.note_id
            WHERE n.hold <> 'none' GROUP BY t.invoice_id, c.kind, c.rate
        ) held
        LEFT JOIN customers_invoicetax i
            ON (i.invoice_id, i.kind, i.rate) = (held.invoice_id, held.kind, held.rate)
        WHERE i.id IS NULL OR held.base > i.base OR held.amount > i.amount
        """,
    ),
)

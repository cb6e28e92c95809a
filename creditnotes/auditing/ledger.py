"""Rule 4: the ledger balances, and agrees with what was posted."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from creditnotes.auditing.checks import Check

CHECKS: Sequence[Check] = (
    Check(
        4,
        _("every entry balances, within one company and its period"),
        """
        SELECT 'entry ' || e.id
        FROM customers_journalentry e
        JOIN customers_fiscalperiod p ON p.id = e.period_id
        LEFT JOIN (
            SELECT l.entry_id, sum(l.debit) AS debit, sum(l.credit) AS credit,
                min(a.company_id) AS company, max(a.company_id) AS last_company
            FROM customers_journalline l JOIN customers_account a ON a.id = l.account_id
            GROUP BY l.entry_id
        ) l ON l.entry_id = e.id
        WHERE l.debit IS DISTINCT FROM l.credit OR l.debit IS NULL
            OR l.company <> e.company_id OR l.last_company <> e.company_id
            OR p.company_id <> e.company_id
            OR e.posted_on NOT BETWEEN p.starts_on AND p.ends_on
        """,
    ),
    Check(
        4,
        _("every document is posted at its total, as an open item"),
        """
        SELECT document.name
        FROM (
            SELECT 'invoice ' || number AS name, customer_id, entry_id, total, 'owes' AS side
                FROM customers_invoice
            UNION ALL
            SELECT 'payment ' || number, customer_id, entry_id, amount, 'pays'
                FROM customers_payment
            UNION ALL
            SELECT 'credit ' || d.number, n.customer_id, d.entry_id, n.total, 'pays'
                FROM creditnotes_issueddocument d JOIN creditnotes_creditnote n ON n.id = d.note_id
        ) document
        LEFT JOIN customers_openitem item ON item.entry_id = document.entry_id
        LEFT JOIN (
            SELECT l.entry_id, l.customer_id, sum(l.debit - l.credit) AS amount
            FROM customers_journalline l JOIN customers_account a ON a.id = l.account_id
            WHERE a.kind = 'receivable' GROUP BY l.entry_id, l.customer_id
        ) receivable ON receivable.entry_id = document.entry_id
        WHERE (document.total = 0) <> (document.entry_id IS NULL)
            OR document.total > 0 AND (
                (item.customer_id, item.side, item.amount) IS DISTINCT FROM
                    (document.customer_id, document.side, document.total)
                OR receivable.customer_id IS DISTINCT FROM document.customer_id
                OR receivable.amount IS DISTINCT FROM
                    CASE document.side WHEN 'owes' THEN item.base_amount ELSE -item.base_amount END
            )
        """,
    ),
    Check(
        4,
        _("a customer's receivable is the sum of what is open"),
        """
        SELECT 'customer ' || coalesce(l.customer_id, i.customer_id)
        FROM (
            SELECT customer_id, sum(debit - credit) AS balance
            FROM customers_journalline WHERE customer_id IS NOT NULL GROUP BY customer_id
        ) l
        FULL JOIN (
            SELECT customer_id,
                sum(CASE side WHEN 'owes' THEN base_amount - base_applied
                    ELSE base_applied - base_amount END) AS balance
            FROM customers_openitem GROUP BY customer_id
        ) i ON i.customer_id = l.customer_id
        WHERE l.balance IS DISTINCT FROM i.balance
        """,
    ),
    Check(
        4,
        _("what is applied of an open item is the sum of its applications"),
        """
        SELECT 'open item ' || i.id
        FROM customers_openitem i
        LEFT JOIN (
            SELECT item_id, sum(sign * amount) AS applied, sum(sign * base) AS base
            FROM (
                SELECT payer_id AS item_id, amount, payer_base AS base,
                    CASE WHEN undoes_id IS NULL THEN 1 ELSE -1 END AS sign
                    FROM customers_application
                UNION ALL
                SELECT invoice_id, amount, invoice_base,
                    CASE WHEN undoes_id IS NULL THEN 1 ELSE -1 END
                    FROM customers_application
            ) changes
            GROUP BY item_id
        ) a ON a.item_id = i.id
        WHERE i.applied <> coalesce(a.applied, 0) OR i.applied > i.amount
            OR i.base_applied <> coalesce(a.base, 0) OR i.base_applied > i.base_amount
        """,
    ),
    Check(
        4,
        _("an invoice or payment is in the books at its own exchange rate"),
        """
        SELECT document.name
        FROM (
            SELECT 'invoice ' || number AS name, company_id, entry_id, currency, rate
                FROM customers_invoice
            UNION ALL
            SELECT 'payment ' || number, company_id, entry_id, currency, rate
                FROM customers_payment
        ) document
        JOIN customers_company c ON c.id = document.company_id
        JOIN customers_openitem item ON item.entry_id = document.entry_id
        WHERE document.currency = c.base_currency AND document.rate <> 1
            OR item.currency <> document.currency
            OR item.base_amount <> round(item.amount * document.rate, 2)
        """,
    ),
    Check(
        4,
        _("what exchange rates made of an application is posted, and nothing else is"),
        """
        SELECT coalesce('application ' || a.id, 'entry ' || e.id)
        FROM (SELECT * FROM customers_application
            WHERE payer_base <> invoice_base OR entry_id IS NOT NULL) a
        FULL JOIN (
            SELECT e.id, l.customer_id, sum(l.debit - l.credit) AS amount
            FROM customers_journalentry e JOIN customers_journalline l ON l.entry_id = e.id
            WHERE e.kind = 'exchange' AND l.customer_id IS NOT NULL
            GROUP BY e.id, l.customer_id
        ) e ON e.id = a.entry_id
        LEFT JOIN customers_openitem i ON i.id = a.payer_id
        WHERE e.amount IS DISTINCT FROM (a.payer_base - a.invoice_base)
                * CASE WHEN a.undoes_id IS NULL THEN 1 ELSE -1 END
            OR e.customer_id IS DISTINCT FROM i.customer_id
        """,
    ),
)

"""What the database itself asks of a decision, beyond who may make it."""

from __future__ import annotations

import pgtrigger

#: Nobody says yes on two steps of one submission, nor anything else after they said yes.
ONCE_PER_SUBMISSION = pgtrigger.Trigger(
    name="once_per_submission",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert,
    condition=pgtrigger.Q(new__actor__isnull=False),
    func="""
        IF EXISTS (
            SELECT FROM approvals_decision d
                JOIN approvals_step s ON s.id = d.step_id
                JOIN approvals_step asked ON asked.id = NEW.step_id
                WHERE d.note_id = NEW.note_id AND s.submission = asked.submission
                    AND d.verdict IN ('endorse', 'approve')
                    AND (d.actor_id IN (NEW.actor_id, NEW.on_behalf_of_id)
                        OR d.on_behalf_of_id IN (NEW.actor_id, NEW.on_behalf_of_id))
        ) THEN
            RAISE EXCEPTION 'a person decides once per submission';
        END IF;
        RETURN NEW;
    """,
)

#: What is approved is what the others of the chain said yes to, or less of each line and tax.
LESS_THAN_ASKED = pgtrigger.Trigger(
    name="less_than_asked",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert,
    condition=pgtrigger.Q(new__verdict="approve"),
    declare=[("submitted", "text := coalesce(nullif(NEW.asked_hash, ''), NEW.content_hash)")],
    func="""
        IF EXISTS (
            SELECT FROM approvals_decision d
                JOIN approvals_step s ON s.id = d.step_id
                JOIN approvals_step asked ON asked.id = NEW.step_id
                WHERE d.note_id = NEW.note_id AND s.submission = asked.submission
                    AND d.verdict = 'endorse' AND d.content_hash <> submitted
        ) THEN
            RAISE EXCEPTION 'others said yes to something else';
        END IF;
        IF NEW.asked IS NULL THEN
            RETURN NEW;
        END IF;
        IF (SELECT total FROM creditnotes_creditnote WHERE id = NEW.note_id)
            >= (NEW.asked ->> 'total')::numeric THEN
            RAISE EXCEPTION 'not less than what was asked for';
        END IF;
        IF EXISTS (
            SELECT FROM (
                SELECT creditable_id, invoice_id, tax_kind, price_only,
                    sum(quantity) AS quantity, sum(net) AS net, sum(tax) AS tax
                    FROM creditnotes_creditline WHERE note_id = NEW.note_id
                    GROUP BY creditable_id, invoice_id, tax_kind, price_only
            ) now LEFT JOIN (
                SELECT creditable, invoice, tax_kind, price_only,
                    sum(quantity) AS quantity, sum(net) AS net, sum(tax) AS tax
                    FROM jsonb_to_recordset(NEW.asked -> 'lines') AS l(
                        creditable bigint, invoice bigint, tax_kind text, price_only boolean,
                        quantity numeric, net numeric, tax numeric)
                    GROUP BY creditable, invoice, tax_kind, price_only
            ) before ON before.creditable IS NOT DISTINCT FROM now.creditable_id
                AND before.invoice IS NOT DISTINCT FROM now.invoice_id
                AND (before.tax_kind, before.price_only) = (now.tax_kind, now.price_only)
            WHERE before.net IS NULL OR now.quantity > before.quantity
                OR now.net > before.net OR now.tax > before.tax
        ) OR EXISTS (
            SELECT FROM creditnotes_credittax now LEFT JOIN (
                SELECT * FROM jsonb_to_recordset(NEW.asked -> 'taxes')
                    AS t(creditable bigint, amount numeric)
            ) before ON before.creditable = now.creditable_id
            WHERE now.note_id = NEW.note_id
                AND (before.amount IS NULL OR now.amount > before.amount)
        ) THEN
            RAISE EXCEPTION 'more than was asked for';
        END IF;
        RETURN NEW;
    """,
)

"""What the database itself refuses of a credit note, and how its hold moves the counters."""

from __future__ import annotations

import pgtrigger

from creditnotes.models.states import EDITABLE, TRANSITIONS, State

TRIGGERS = [
    pgtrigger.FSM(name="lifecycle", field="state", transitions=TRANSITIONS),
    pgtrigger.Trigger(
        name="starts_as_draft",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert,
        func="""
                    IF NEW.state <> 'draft' OR NEW.hold <> 'none' THEN
                        RAISE EXCEPTION 'a credit note starts as a draft';
                    END IF;
                    RETURN NEW;
                """,
    ),
    pgtrigger.Trigger(
        name="stays_in_its_company",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update,
        func="""
                    IF NEW.company_id IS DISTINCT FROM (
                        SELECT company_id FROM customers_customer WHERE id = NEW.customer_id
                    ) OR NEW.reason_id IS NOT NULL AND NEW.company_id IS DISTINCT FROM (
                        SELECT company_id FROM creditnotes_reason WHERE id = NEW.reason_id
                    ) THEN
                        RAISE EXCEPTION 'customer or reason of another company';
                    END IF;
                    IF TG_OP = 'UPDATE' AND
                        (OLD.company_id, OLD.customer_id, OLD.currency, OLD.origin,
                         OLD.created_by_id, OLD.created_at)
                        IS DISTINCT FROM
                        (NEW.company_id, NEW.customer_id, NEW.currency, NEW.origin,
                         NEW.created_by_id, NEW.created_at) THEN
                        RAISE EXCEPTION 'a credit note stays with its customer';
                    END IF;
                    RETURN NEW;
                """,
    ),
    pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
    pgtrigger.Trigger(
        name="content_is_frozen",
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        condition=pgtrigger.Q(
            old__state__in=[s for s in State if s not in (*EDITABLE, State.REQUESTED)]
        ),
        func="""
                    IF (OLD.reason_id, OLD.language, OLD.customer_reference, OLD.explanation,
                        OLD.net, OLD.tax_total, OLD.total, OLD.content_hash, OLD.submissions,
                        OLD.submitted_at, OLD.offer_percent, OLD.offer_net)
                        IS DISTINCT FROM
                       (NEW.reason_id, NEW.language, NEW.customer_reference, NEW.explanation,
                        NEW.net, NEW.tax_total, NEW.total, NEW.content_hash, NEW.submissions,
                        NEW.submitted_at, NEW.offer_percent, NEW.offer_net) THEN
                        RAISE EXCEPTION 'what was submitted cannot change';
                    END IF;
                    RETURN NEW;
                """,
    ),
    pgtrigger.Trigger(
        name="reopened_by_appeal",
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        condition=pgtrigger.Q(old__state=State.REJECTED, new__state=State.DRAFT),
        func="""
                    IF NOT EXISTS (
                        SELECT FROM creditnotes_appeal WHERE note_id = NEW.id
                            AND transaction = pg_current_xact_id()::text::bigint
                    ) OR EXISTS (
                        SELECT FROM creditnotes_event WHERE note_id = NEW.id AND kind = 'appealed'
                    ) THEN
                        RAISE EXCEPTION 'reopened without an appeal';
                    END IF;
                    RETURN NEW;
                """,
    ),
    pgtrigger.Trigger(
        name="submitted_adds_up",
        when=pgtrigger.Before,
        operation=pgtrigger.Update,
        condition=pgtrigger.Q(new__state=State.SUBMITTED)
        & ~pgtrigger.Q(old__state=State.SUBMITTED),
        declare=[("lines", "record"), ("taxes", "record")],
        func="""
                    SELECT sum(net) AS net, sum(tax) AS tax,
                        sum(net) FILTER (WHERE basis = 'goodwill') AS goodwill,
                        max(fee_percent) AS fee_percent
                        INTO lines FROM creditnotes_creditline WHERE note_id = NEW.id;
                    SELECT coalesce(sum(amount), 0) AS amount,
                        coalesce(sum(adjusted + recovered), 0) AS without_net
                        INTO taxes FROM creditnotes_credittax WHERE note_id = NEW.id;
                    IF (NEW.net, NEW.tax_total, lines.tax) IS DISTINCT FROM
                        (lines.net, taxes.amount, taxes.without_net) THEN
                        RAISE EXCEPTION 'what is submitted does not add up';
                    END IF;
                    IF NOT EXISTS (
                        SELECT FROM creditnotes_reason WHERE id = NEW.reason_id
                            AND (lines.goodwill IS NULL OR lines.goodwill <= goodwill_cap)
                            AND (lines.fee_percent IS NULL OR lines.fee_percent <= restocking_fee)
                    ) THEN
                        RAISE EXCEPTION 'beyond what its reason allows';
                    END IF;
                    RETURN NEW;
                """,
    ),
    pgtrigger.Trigger(
        name="issued_has_document",
        when=pgtrigger.After,
        operation=pgtrigger.UpdateOf("state"),  # type: ignore[no-untyped-call]
        timing=pgtrigger.Deferred,
        condition=pgtrigger.Q(new__state=State.ISSUED),
        func="""
                    IF NOT EXISTS (
                        SELECT FROM creditnotes_issueddocument
                            WHERE note_id = NEW.id AND content_hash = NEW.content_hash
                    ) THEN
                        RAISE EXCEPTION 'issued without its document';
                    END IF;
                    RETURN NULL;
                """,
    ),
    pgtrigger.Trigger(
        name="issued_once_goods_are_back",
        when=pgtrigger.After,
        operation=pgtrigger.UpdateOf("state"),  # type: ignore[no-untyped-call]
        condition=pgtrigger.Q(new__state=State.ISSUED),
        func="""
                    IF (SELECT needs_return FROM creditnotes_reason WHERE id = NEW.reason_id)
                        AND EXISTS (
                            SELECT FROM creditnotes_creditline c
                                JOIN customers_invoiceline i ON i.id = c.creditable_id
                                WHERE c.note_id = NEW.id AND i.kind = 'goods'
                                    AND c.quantity > coalesce((
                                        SELECT sum(r.quantity)
                                            FROM creditnotes_goodsreceiptline r
                                            WHERE r.credit_line_id = c.id
                                    ), 0)
                        ) THEN
                        RAISE EXCEPTION 'issued before the goods are back';
                    END IF;
                    RETURN NULL;
                """,
    ),
    pgtrigger.Trigger(
        name="issued_with_its_rebill",
        when=pgtrigger.After,
        operation=pgtrigger.UpdateOf("state"),  # type: ignore[no-untyped-call]
        timing=pgtrigger.Deferred,
        condition=pgtrigger.Q(new__state=State.ISSUED),
        func="""
                    IF EXISTS (SELECT FROM creditnotes_rebill WHERE note_id = NEW.id)
                        AND NOT EXISTS (
                            SELECT FROM creditnotes_rebilledinvoice WHERE note_id = NEW.id
                        ) THEN
                        RAISE EXCEPTION 'issued without its corrected invoice';
                    END IF;
                    RETURN NULL;
                """,
    ),
    pgtrigger.Trigger(
        name="reversed_has_debit_note",
        when=pgtrigger.After,
        operation=pgtrigger.UpdateOf("state"),  # type: ignore[no-untyped-call]
        timing=pgtrigger.Deferred,
        condition=pgtrigger.Q(new__state=State.REVERSED),
        func="""
                    IF NOT EXISTS (
                        SELECT FROM creditnotes_debitnote WHERE note_id = NEW.id
                    ) THEN
                        RAISE EXCEPTION 'reversed without its debit note';
                    END IF;
                    RETURN NULL;
                """,
    ),
    pgtrigger.Trigger(
        name="hold_moves_counters",
        when=pgtrigger.After,
        operation=pgtrigger.UpdateOf("hold"),  # type: ignore[no-untyped-call]
        condition=pgtrigger.Q(old__hold__df=pgtrigger.F("new__hold")),
        declare=[
            (
                "to_reserved",
                "integer := (NEW.hold = 'reserved')::int - (OLD.hold = 'reserved')::int",
            ),
            (
                "to_issued",
                "integer := (NEW.hold = 'issued')::int - (OLD.hold = 'issued')::int",
            ),
        ],
        func="""
                    -- An older snapshot would not see, and so not count, the newest lines.
                    IF current_setting('transaction_isolation') <> 'read committed' THEN
                        RAISE EXCEPTION 'counters move in read committed transactions only';
                    END IF;
                    PERFORM 1 FROM creditnotes_creditableline WHERE invoice_line_id IN (
                        SELECT creditable_id FROM creditnotes_creditline WHERE note_id = NEW.id
                    ) ORDER BY invoice_line_id FOR UPDATE;
                    UPDATE creditnotes_creditableline c SET
                        reserved_quantity = reserved_quantity + to_reserved * used.quantity,
                        issued_quantity = issued_quantity + to_issued * used.quantity,
                        reserved_net = reserved_net + to_reserved * used.net,
                        issued_net = issued_net + to_issued * used.net
                        FROM (
                            SELECT creditable_id, sum(quantity) AS quantity, sum(net + fee) AS net
                                FROM creditnotes_creditline WHERE note_id = NEW.id
                                GROUP BY creditable_id
                        ) used
                        WHERE c.invoice_line_id = used.creditable_id;
                    PERFORM 1 FROM creditnotes_creditabletax WHERE id IN (
                        SELECT creditable_id FROM creditnotes_credittax WHERE note_id = NEW.id
                    ) ORDER BY id FOR UPDATE;
                    UPDATE creditnotes_creditabletax c SET
                        reserved_base = reserved_base + to_reserved * (t.base + t.untaxed_base),
                        issued_base = issued_base + to_issued * (t.base + t.untaxed_base),
                        reserved_amount = reserved_amount + to_reserved * (t.amount + t.withheld),
                        issued_amount = issued_amount + to_issued * (t.amount + t.withheld),
                        reserved_kept = reserved_kept + to_reserved * t.kept,
                        issued_kept = issued_kept + to_issued * t.kept,
                        reserved_adjusted = reserved_adjusted + to_reserved * t.adjusted,
                        issued_adjusted = issued_adjusted + to_issued * t.adjusted,
                        reserved_recovered = reserved_recovered + to_reserved * t.recovered,
                        issued_recovered = issued_recovered + to_issued * t.recovered
                        FROM creditnotes_credittax t
                        WHERE t.note_id = NEW.id AND c.id = t.creditable_id;
                    RETURN NULL;
                """,
    ),
]

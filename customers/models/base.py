"""What every model of the house may build on: append-only tables and column shapes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, TypeAlias

import pgtrigger
from django.db import models

#: A field that answers an exact :class:`~decimal.Decimal`.
Exact: TypeAlias = "models.DecimalField[Any, Decimal]"

#: What a trigger raises when history is touched; the tests look for these words.
HISTORY_IS_IMMUTABLE = "history is immutable"

#: A trigger whose function refuses whatever operation it hangs on.
REFUSE = f"RAISE EXCEPTION '{HISTORY_IS_IMMUTABLE}: % on %', TG_OP, TG_TABLE_NAME;"


class CurrentTransaction(models.Func):
    """The number of the transaction that inserts the row."""

    template = "(pg_current_xact_id()::text::bigint)"
    output_field = models.BigIntegerField()


def written_in() -> models.BigIntegerField[Any, int]:
    """The transaction that wrote a document; its parts may join it only there."""
    return models.BigIntegerField(editable=False, db_default=CurrentTransaction())


#: Stamps a document with its transaction, whatever the INSERT said.
STAMPED = pgtrigger.Trigger(
    name="stamped",
    when=pgtrigger.Before,
    operation=pgtrigger.Insert,
    func="NEW.transaction := pg_current_xact_id()::text::bigint; RETURN NEW;",
)


#: On what an admin tunes: gives every company a new stamp (:mod:`customers.tuned`).
TUNES = pgtrigger.Trigger(
    name="tunes",
    level=pgtrigger.Statement,
    when=pgtrigger.After,
    operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete | pgtrigger.Truncate,
    func="UPDATE customers_company SET stamp = gen_random_uuid(); RETURN NULL;",
)


def completed_at_once(document: str) -> pgtrigger.Trigger:
    """Refuse a part that joins its document in a later transaction.

    ``document`` is a query of the document's ``transaction``, in terms of ``NEW``.
    """
    return pgtrigger.Trigger(
        name="completed_at_once",
        when=pgtrigger.Before,
        operation=pgtrigger.Insert,
        func=f"""
            IF ({document}) IS DISTINCT FROM pg_current_xact_id()::text::bigint THEN
                RAISE EXCEPTION '{HISTORY_IS_IMMUTABLE}: the document was completed earlier';
            END IF;
            RETURN NEW;
        """,
    )


class AppendOnly(models.Model):
    """A row that is written once: no UPDATE, no DELETE, no TRUNCATE.

    Two locks hold rule 10: these triggers, which stop everybody, and the
    grants of :mod:`customers.roles`, which give the app's role SELECT and
    INSERT alone on every model that derives from this one.
    """

    class Meta:
        abstract = True
        triggers = [
            pgtrigger.Trigger(
                name="append_only",
                when=pgtrigger.Before,
                operation=pgtrigger.Update | pgtrigger.Delete,
                func=REFUSE,
            ),
            pgtrigger.Trigger(
                name="no_truncate",
                level=pgtrigger.Statement,
                when=pgtrigger.Before,
                operation=pgtrigger.Truncate,
                func=REFUSE,
            ),
        ]


def money(**options: Any) -> Exact:
    """An amount in a currency's major unit, exact to the cent."""
    return models.DecimalField(max_digits=14, decimal_places=2, **options)


def quantity(**options: Any) -> Exact:
    """A quantity in the product's unit of measure, to four decimals."""
    return models.DecimalField(max_digits=14, decimal_places=4, **options)


def unit_price(**options: Any) -> Exact:
    """A price for one unit, to four decimals of the currency's major unit."""
    return models.DecimalField(max_digits=14, decimal_places=4, **options)


def percent(**options: Any) -> Exact:
    """A percentage: ten per cent is 10, not 0.10."""
    return models.DecimalField(max_digits=7, decimal_places=4, **options)

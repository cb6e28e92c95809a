"""What the app's database role may not do, whatever code it runs (rule 10)."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.models import Model

from customers.models import AppendOnly, Customer, Invoice
from tests.plugin_database import as_owner
from tests.refusing import database_refuses, sql

HISTORY = sorted(
    (model for model in apps.get_models() if issubclass(model, AppendOnly)),
    key=lambda model: model._meta.db_table,
)
TABLES = [model._meta.db_table for model in HISTORY]


def privileges(table: str) -> set[str]:
    with connection.cursor() as cursor:
        verbs = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
        cursor.execute(
            f"SELECT {', '.join('has_table_privilege(%s, %s)' for _ in verbs)}",
            [value for verb in verbs for value in (table, verb)],
        )
        row = cursor.fetchone()
    return {verb for verb, held in zip(verbs, row, strict=True) if held}


def test_the_tests_run_as_the_apps_role(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        assert cursor.fetchone() == (settings.DATABASE_APP_ROLE,)


def test_history_is_what_we_think_it_is() -> None:
    """A model that ought to be history and is not would be missed by the tests below."""
    assert {model._meta.label for model in HISTORY} >= {
        "customers.Invoice",
        "customers.InvoiceLine",
        "customers.InvoiceLineTax",
        "customers.InvoiceTax",
        "customers.Payment",
        "customers.JournalEntry",
        "customers.JournalLine",
        "customers.Application",
        "creditnotes.Participant",
        "creditnotes.IssuedDocument",
        "creditnotes.DocumentFile",
        "creditnotes.Event",
        "approvals.Decision",
    }


@pytest.mark.parametrize("table", TABLES)
def test_history_is_read_and_added_to_and_nothing_else(db: None, table: str) -> None:
    assert privileges(table) == {"SELECT", "INSERT"}


@pytest.mark.parametrize(
    "model", [model for model in apps.get_models() if model._meta.managed], ids=str
)
def test_no_table_is_emptied_or_given_a_trigger(db: None, model: type[Model]) -> None:
    assert not privileges(model._meta.db_table) & {"TRUNCATE", "TRIGGER", "REFERENCES"}


def test_the_app_owns_nothing(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relowner = current_user::regrole UNION ALL "
            "SELECT proname FROM pg_proc WHERE proowner = current_user::regrole UNION ALL "
            "SELECT nspname FROM pg_namespace WHERE nspowner = current_user::regrole UNION ALL "
            "SELECT datname FROM pg_database WHERE datdba = current_user::regrole"
        )
        assert cursor.fetchall() == []
        cursor.execute(
            "SELECT rolsuper OR rolcreatedb OR rolcreaterole OR rolreplication OR rolbypassrls"
            " FROM pg_roles WHERE rolname = current_user"
        )
        assert cursor.fetchone() == (False,)


STATEMENTS = {
    "UPDATE customers_invoice SET number = 'X'": "permission denied",
    "DELETE FROM customers_invoice": "permission denied",
    "TRUNCATE customers_invoice CASCADE": "permission denied",
    "TRUNCATE creditnotes_creditableline": "permission denied",
    "ALTER TABLE customers_invoice DISABLE TRIGGER ALL": "must be owner",
    "ALTER TABLE customers_invoice ADD COLUMN x integer": "must be owner",
    "ALTER TABLE creditnotes_creditableline DROP CONSTRAINT never_over_credit_net": "must be owner",
    "DROP TABLE customers_journalline": "must be owner",
    "CREATE TABLE x (y integer)": "permission denied",
    "CREATE FUNCTION x() RETURNS integer LANGUAGE sql AS 'SELECT 1'": "permission denied",
    "CREATE TRIGGER x BEFORE INSERT ON customers_invoice EXECUTE FUNCTION x()": "permission denied",
    "SET session_replication_role = replica": "permission denied",
    "SELECT setval('customers_invoice_id_seq', 1)": "permission denied",
    # Triggers on a table of one's own would pass for the triggers that move the counters.
    "CREATE TEMPORARY TABLE x (y integer)": "permission denied",
    "CREATE FUNCTION pg_temp.x() RETURNS integer LANGUAGE sql AS 'SELECT 1'": "permission denied",
}


@pytest.mark.parametrize("statement", STATEMENTS)
def test_refused(db: None, statement: str) -> None:
    with database_refuses(STATEMENTS[statement]):
        sql(statement)


def test_triggers_are_not_switched_off_by_a_setting(invoice: Invoice) -> None:
    """pgtrigger lets a session name triggers to ignore; that is the owner's alone."""
    names = "{" + ",".join(trigger_names("customers_openitem")) + "}"
    sql("SELECT set_config('pgtrigger.ignore', %s, true)", names)
    with database_refuses("through applications only"):
        sql("UPDATE customers_openitem SET applied = 1")
    with as_owner():
        assert sql("UPDATE customers_openitem SET applied = 1") == 1


def trigger_names(table: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal",
            [table],
        )
        return [name for (name,) in cursor.fetchall()]


@pytest.mark.parametrize("table", TABLES)
def test_even_the_owner_meets_the_triggers_of_history(db: None, table: str) -> None:
    with as_owner():
        with database_refuses("history is immutable"):
            sql(f"TRUNCATE {table} CASCADE")
        names = " ".join(trigger_names(table))
    assert "append_only" in names
    assert "no_truncate" in names


def test_the_owner_does_not_alter_a_row_of_history_by_chance(invoice: Invoice) -> None:
    with as_owner():
        with database_refuses("history is immutable: UPDATE"):
            Invoice.objects.update(number="X")
        with database_refuses("history is immutable: DELETE"):
            sql("DELETE FROM customers_invoicetax")


def test_what_is_not_history_can_be_changed(customer: Customer) -> None:
    customer.name = "Érable & Sons"
    customer.save()
    assert Customer.objects.get(pk=customer.pk).name == "Érable & Sons"

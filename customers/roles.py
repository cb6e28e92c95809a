"""What the app's database role may do: everything but own tables and alter history.

The owner's role migrates and then calls :func:`grant_app_role`; the web, worker
and beat processes connect as the app's role (rule 10).
"""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connections
from psycopg import sql

from customers.models.base import AppendOnly

#: pgtrigger lets a session switch triggers off by a setting. Only the owner may.
_IGNORE_IS_THE_OWNERS = """
CREATE OR REPLACE FUNCTION _pgtrigger_should_ignore(trigger_name NAME) RETURNS BOOLEAN AS $$
    SELECT has_table_privilege(current_user, 'django_migrations', 'TRUNCATE')
        AND trigger_name = ANY (
            coalesce(nullif(current_setting('pgtrigger.ignore', true), ''), '{}')::text[]
        );
$$ LANGUAGE sql STABLE;
"""


def grant_app_role(using: str = "default", **_signal: Any) -> None:
    """Give the app's role SELECT and INSERT on history, and all four verbs on the rest."""
    role = sql.Identifier(settings.DATABASE_APP_ROLE)
    history = {
        model._meta.db_table  # noqa: SLF001  (Django's documented API, whatever its name)
        for model in apps.get_models()
        if issubclass(model, AppendOnly)
    }
    with connections[using].cursor() as cursor:
        cursor.execute(_IGNORE_IS_THE_OWNERS)
        # A trigger on a temporary table of one's own would count as a trigger of ours.
        database = sql.Identifier(connections[using].settings_dict["NAME"])
        cursor.execute(
            sql.SQL("REVOKE TEMPORARY ON DATABASE {} FROM PUBLIC, {}").format(database, role)
        )
        cursor.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(role))
        cursor.execute(
            sql.SQL(
                "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {}"
            ).format(role)
        )
        cursor.execute(
            sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {}").format(role)
        )
        for table in sorted(history & set(connections[using].introspection.table_names(cursor))):
            cursor.execute(
                sql.SQL("REVOKE UPDATE, DELETE ON {} FROM {}").format(sql.Identifier(table), role)
            )

#!/usr/bin/env python
"""Django's command line, for the demo unless the environment says otherwise."""

import os
import sys

# What changes the database's structure, or empties it, is the owner's. Everything else,
# shells included, runs as the app, which owns nothing.
OWNER_COMMANDS = {
    "createcachetable",
    "dbshell",
    "flush",
    "inspectdb",
    "makemigrations",
    "migrate",
    "optimizemigration",
    "pgtrigger",
    "showmigrations",
    "sqlflush",
    "sqlmigrate",
    "squashmigrations",
}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ.setdefault("CREDITDESK_ENV", "demo")
    os.environ.setdefault("DATABASE_POOL", "no")
    if OWNER_COMMANDS.intersection(sys.argv[1:2]):
        os.environ.setdefault("CREDITDESK_DATABASE_ROLE", "owner")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()

"""The ASGI entry point: the live process. Pages are WSGI."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# A few threads ask the database now and then: they keep their connections.
os.environ.setdefault("DATABASE_POOL", "yes")
django.setup()

from config.live.app import Live  # noqa: E402 - only after the settings

application = Live()

"""Measurements of the product, one script a question; each prints one JSON line.

Run from the root, as each says: on a database of its own, or on the demo's embedded servers.
"""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
os.environ.setdefault("CREDITDESK_ENV", "demo")
os.environ.setdefault("DATABASE_POOL", "no")
django.setup()

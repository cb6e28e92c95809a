"""The tests' settings: those of the product, with cheap passwords and plain static files."""

import os

os.environ["CREDITDESK_ENV"] = "test"

from config.settings import *
from config.settings import DATABASES, STORAGES

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
DATABASES["default"]["OPTIONS"].pop("pool", None)

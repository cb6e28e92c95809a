"""The tests' settings: those of the product, with a database and queues of their own.

Every test process gets names that no other run can have. The test database is
created and migrated by its owner; ``tests.plugin_database`` then runs the tests
as the app's role.
"""

import os

os.environ["CREDITDESK_ENV"] = "test"
os.environ["CREDITDESK_DATABASE_ROLE"] = "owner"
os.environ["REDIS_PREFIX"] = f"test:{os.getpid()}:"

from config.settings import *
from config.settings import CACHES, DATABASES

DATABASES["default"]["TEST"] = {"NAME": f"test_creditdesk_{os.getpid()}"}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Static files straight from their sources: nothing is collected for a test.
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = True
# On a busy machine the cache may answer late; away it is only where a test takes it away.
CACHES["default"]["OPTIONS"] = {"socket_connect_timeout": 10, "socket_timeout": 10}
# A test does in a second what takes people an hour; those of the limits set their own.
RATE_LIMITS = {}

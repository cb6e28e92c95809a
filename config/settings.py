"""Settings of Creditdesk: one file, read from the environment.

``CREDITDESK_ENV`` chooses among *production* (the default; everything it needs
must be set), *demo* and *test* (embedded servers where no URL is given), and
*build* (commands that need no server: type checks, static files, images).
"""

import os
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import django_stubs_ext
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from config import env, logs

django_stubs_ext.monkeypatch()

ROOT = Path(__file__).resolve().parent.parent
VAR = Path(env.text("CREDITDESK_VAR", str(ROOT / "var")))

ENV = env.text("CREDITDESK_ENV", "production")
if ENV not in {"production", "demo", "test", "build"}:
    raise ImproperlyConfigured(
        f"CREDITDESK_ENV must be production, demo, test or build, not {ENV!r}."
    )
PRODUCTION, DEMO, TEST = ENV == "production", ENV == "demo", ENV == "test"

DEBUG = env.flag("DEBUG")
SECRET_KEY = env.text("SECRET_KEY", None if PRODUCTION else f"not a secret: {ENV}")
#: Earlier keys, whose sessions and links still count.
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS", "")
_local = "localhost,127.0.0.1,[::1],testserver"
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", None if PRODUCTION else _local)
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS", "")

# Servers ---------------------------------------------------------------------

_database_url = os.environ.get("DATABASE_URL", "")
_owner_url = os.environ.get("DATABASE_OWNER_URL", "")
_redis_url = os.environ.get("REDIS_URL", "")
EMBEDDED_SERVERS = None
if ENV == "build":
    _database_url = _owner_url = "postgresql:///build"
    _redis_url = "redis://localhost"
elif (DEMO or TEST) and not (_database_url and _redis_url):
    from config.embedded import servers

    EMBEDDED_SERVERS = servers(ENV)
    EMBEDDED_SERVERS.ensure()
    if not _database_url:
        _database_url, _owner_url = EMBEDDED_SERVERS.app_url, EMBEDDED_SERVERS.owner_url
    _redis_url = _redis_url or EMBEDDED_SERVERS.redis_url

# Two roles: the owner migrates; the app, which owns nothing, does everything else,
# so that nothing the app runs can rewrite history or switch off a trigger.
DATABASE_APP_ROLE = "creditdesk_app"
_as_owner = os.environ.get("CREDITDESK_DATABASE_ROLE") == "owner"
DATABASES = {
    "default": env.database("DATABASE_OWNER_URL", _owner_url or env.text("DATABASE_OWNER_URL"))
    if _as_owner
    else env.database("DATABASE_URL", _database_url or env.text("DATABASE_URL"))
}
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
if env.flag("DATABASE_POOL", PRODUCTION and not _as_owner):
    DATABASES["default"]["OPTIONS"]["pool"] = {
        "min_size": 1,
        "max_size": env.number("DATABASE_POOL_SIZE", 8),
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Everything we put into Redis starts with this, so that several may share one.
REDIS_URL = _redis_url or env.text("REDIS_URL")
REDIS_PREFIX = env.text("REDIS_PREFIX", "creditdesk:")
_broker_seconds = 0.5
CACHES = {
    "default": {
        "BACKEND": "config.cache.ForgivingRedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": REDIS_PREFIX,
        "OPTIONS": {"socket_connect_timeout": _broker_seconds, "socket_timeout": _broker_seconds},
    }
}

# Tasks -----------------------------------------------------------------------

# Nothing is lost with the broker: what is to do is also written in the database, and
# the sweep picks it up. So a request never waits for a broker that does not answer.
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "global_keyprefix": REDIS_PREFIX,
    "max_retries": 0,
    "socket_connect_timeout": _broker_seconds,
    "socket_timeout": _broker_seconds,
    "visibility_timeout": 300,
}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 240
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_MAX_TASKS_PER_CHILD = 200
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_SCHEDULE = {
    "pick up what a lost broker forgot": {"task": "creditnotes.tasks.sweep", "schedule": 15.0},
    "remind and escalate": {"task": "approvals.tasks.watch_clocks", "schedule": 60.0},
    "send waiting invitations": {"task": "customers.tasks.sweep_invitations", "schedule": 30.0},
    "end offers whose time is up": {"task": "approvals.tasks.expire_offers", "schedule": 60.0},
    "tell waiting answers": {"task": "customers.tasks.sweep_answers", "schedule": 30.0},
    "begin waiting rehearsals": {"task": "approvals.tasks.sweep_rehearsals", "schedule": 30.0},
}
CELERY_TIMEZONE = "America/Toronto"

# Closed for a while: everybody reads why, but /health/ goes on answering.
MAINTENANCE = env.flag("MAINTENANCE")
MAINTENANCE_FILE = VAR / "maintenance"

# Apps ------------------------------------------------------------------------

INSTALLED_APPS = [
    "customers",
    "creditnotes",
    "approvals",
    "portal",
    "config.administration.apps.AdministrationConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "axes",
    "csp",
    "django_celery_beat",
    "django_cotton",
    "django_htmx",
    "django_structlog",
    "guardian",
    "lucide",
    "pgtrigger",
]
if DEMO or TEST:
    INSTALLED_APPS.append("config.demo")  # its commands sign everybody in with a known password
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.compressing.CompressedPagesMiddleware",
    "csp.middleware.CSPMiddleware",
    "config.maintenance.MaintenanceMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "config.language.AccountLanguageMiddleware",
    "config.keeping.KeptByNobodyMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "config.refusals.SignedInMiddleware",
    "config.refusals.StaffAreaMiddleware",
    "config.limits.LimitMiddleware",
    "config.refusals.RefusalMiddleware",
    "axes.middleware.AxesMiddleware",
    "config.again.AgainMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "config.navigation.navigation",
            ],
        },
    }
]
COTTON_DIR = "components"
# A component sees what it is given, and what every page has; never its caller's variables.
COTTON_ISOLATE_BY_DEFAULT = True

# Sign-in ---------------------------------------------------------------------

AUTH_USER_MODEL = "customers.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
    "guardian.backends.ObjectPermissionBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "config.accounts.ClosedAccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_SESSION_REMEMBER = True
# axes counts failed sign-ins of one name from one address in the database. Many names tried
# from one address are slowed down by allauth's count, which lives in the cache.
ACCOUNT_RATE_LIMITS = {"login": "30/m/ip", "login_failed": False}
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_USERNAME_CALLABLE = "config.accounts.name_at_sign_in"
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "config.problems.locked_out"
AXES_VERBOSE = False
GUARDIAN_ANONYMOUS_USER_NAME = ANONYMOUS_USER_NAME = None

# Security --------------------------------------------------------------------

_https = env.flag("HTTPS", PRODUCTION)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _https
SECURE_SSL_REDIRECT = _https
SECURE_HSTS_SECONDS = 31_536_000 if _https else 0
SECURE_REDIRECT_EXEMPT = [r"^health/$"]
if env.flag("BEHIND_PROXY"):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    AXES_IPWARE_PROXY_COUNT = ALLAUTH_TRUSTED_PROXY_COUNT = 1
    AXES_IPWARE_META_PRECEDENCE_ORDER = ["HTTP_X_FORWARDED_FOR", "REMOTE_ADDR"]
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "config.problems.forged"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    }
}

# Words and time --------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("fr-ca", _("French (Canada)"))]
LOCALE_PATHS = [ROOT / "locale"]
TIME_ZONE = "America/Toronto"
USE_TZ = True
FORMAT_MODULE_PATH = ["config.formats"]

# Files -----------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = VAR / "static"
STATICFILES_DIRS = [ROOT / "static"]
# Photos and documents are private: no URL leads here, views check and send them.
MEDIA_ROOT = Path(env.text("MEDIA_ROOT", str(VAR / "media")))
# Compressing takes ten seconds, which nobody gains on their own machine; tests take the
# files from where they lie.
_static_storage = (
    "django.contrib.staticfiles.storage.StaticFilesStorage"
    if TEST
    else "config.assets.HashedStorage"
    if DEMO
    else "config.assets.CompressedStorage"
)
WHITENOISE_USE_FINDERS = TEST or DEBUG
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    # Collected by one user, served by another.
    "staticfiles": {"BACKEND": _static_storage, "OPTIONS": {"file_permissions_mode": 0o644}},
}
FILE_UPLOAD_PERMISSIONS = 0o600
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
# The composer sends three fields for every line of an invoice, which may have a thousand.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000

# Mail ------------------------------------------------------------------------

DEMO_MAIL_ROOT = VAR / "mail"
vars().update(env.email("EMAIL_URL", env.text("EMAIL_URL", None if PRODUCTION else "mailbox:")))
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.text(
    "DEFAULT_FROM_EMAIL", "Creditdesk <creditdesk@localhost>"
)
#: Where people reach us, for the links in mails.
SITE_URL = env.text("SITE_URL", None if PRODUCTION else "http://127.0.0.1:8000")

# Live updates ----------------------------------------------------------------

#: Where the live process answers: behind the same address as the pages, or on a port of its
#: own as in "http://{host}:8001/live/". Empty: there is none, and open pages ask now and then.
LIVE_URL = env.text("LIVE_URL", "/live/" if PRODUCTION else "")
LIVE_ORIGINS = {SITE_URL.rstrip("/")}
if "{host}" in LIVE_URL:
    _hosts = [host for host in ALLOWED_HOSTS if "." in host or host == "localhost"]
    LIVE_ORIGINS |= {f"http://{host}:{urlsplit(SITE_URL).port}" for host in _hosts}
    CONTENT_SECURITY_POLICY["DIRECTIVES"]["connect-src"] += [
        LIVE_URL.format(host=host) for host in _hosts
    ]

# Logs ------------------------------------------------------------------------

LOGGING = logs.configure(PRODUCTION, env.text("LOG_LEVEL", "WARNING" if TEST else "INFO"))

# The product ------------------------------------------------------------------

#: How long a credit note that was returned for changes keeps its reservation.
RETURNED_RESERVATION = timedelta(days=env.number("RETURNED_RESERVATION_DAYS", 14))
#: How long the links in a mail let its reader decide without signing in.
MAIL_LINK_LIFETIME = timedelta(days=env.number("MAIL_LINK_DAYS", 7))
#: How often one person may do a thing: see :mod:`config.limits`.
RATE_LIMITS = {
    "requests": env.rate("LIMIT_REQUESTS", "60/h"),
    "messages": env.rate("LIMIT_MESSAGES", "30/10m"),
    "uploads": env.rate("LIMIT_UPLOADS", "120/10m"),
    "typing": env.rate("LIMIT_TYPING", "180/m"),
    "search": env.rate("LIMIT_SEARCH", "120/m"),
    "invitations": env.rate("LIMIT_INVITATIONS", "30/h"),
    "accepting": env.rate("LIMIT_ACCEPTING", "30/h"),
    "links": env.rate("LIMIT_BY_LINK", "60/10m"),
}
#: How many invitations one person sends, and one address is sent, whoever sends them.
INVITATIONS_BY_PERSON = env.rate("LIMIT_INVITATIONS_BY_PERSON", "60/d")
INVITATIONS_TO_ADDRESS = env.rate("LIMIT_INVITATIONS_TO_ADDRESS", "5/d")
#: How long an invitation to the portal can be accepted.
INVITATION_LIFETIME = timedelta(days=env.number("INVITATION_DAYS", 14))
#: How long a link takes photos of a credit note from somebody without a sign-in.
PHOTO_LINK_LIFETIME = timedelta(hours=env.number("PHOTO_LINK_HOURS", 48))
#: Whether a change of a policy or a limit counts only once a second administrator confirms it.
POLICY_NEEDS_SECOND_ADMIN = env.flag("POLICY_NEEDS_SECOND_ADMIN")
ATTACHMENT_MAX_BYTES = 2**20 * env.number("ATTACHMENT_MAX_MB", 15)
ATTACHMENT_MAX_COUNT = env.number("ATTACHMENT_MAX_COUNT", 20)

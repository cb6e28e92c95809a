"""Every address of the site; each app names its own in full."""

from allauth.account import views as account
from django.conf import settings
from django.contrib import admin
from django.urls import include, path, re_path

from config import again, problems
from config.accounts import change_password
from config.assets import favicon
from config.badges import queue_count
from config.demo.errors import demo_error, demo_errors
from config.demo.gallery import components
from config.demo.inbox import demo_attachment, demo_mail, demo_mail_html, demo_message
from config.health import health
from config.home import home
from config.language import set_language
from config.search import search

#: Of allauth only what this site uses: people are invited, and an admin changes addresses.
accounts = [
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("signup/", account.signup, name="account_signup"),
    path("password/change/", change_password, name="account_change_password"),
    path("password/reset/", account.password_reset, name="account_reset_password"),
    path("password/reset/done/", account.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
]

urlpatterns = [
    path("", home, name="home"),
    path("search/", search, name="search"),
    path("approvals/count/", queue_count, name="queue_count"),
    path("language/", set_language, name="set_language"),
    path("", include("customers.urls")),
    path("books/", include("customers.views.books.urls")),
    path("", include("creditnotes.urls")),
    path("", include("approvals.urls")),
    path("", include("approvals.views.mail_urls")),
    path("", include("portal.urls")),
    path("accounts/", include(accounts)),
    path("admin/", admin.site.urls),
    path("health/", health, name="health"),
    path("favicon.ico", favicon, name="favicon"),
]

if settings.DEMO or settings.TEST:
    urlpatterns += [
        path("demo/components/", components, name="components"),
        path("demo/mail/", demo_mail, name="demo_mail"),
        path("demo/mail/<str:name>", demo_message, name="demo_message"),
        path("demo/mail/<str:name>/html/", demo_mail_html, name="demo_mail_html"),
        path("demo/mail/<str:name>/<int:number>/", demo_attachment, name="demo_attachment"),
        path("demo/errors/", demo_errors, name="demo_errors"),
        path("demo/errors/<str:name>/", demo_error, name="demo_error"),
    ]

handler400 = problems.bad_request
handler403 = problems.forbidden
handler404 = problems.not_found
handler429 = problems.too_many  # allauth's
handler500 = again.server_error

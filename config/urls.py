"""Every address of the site; each app names its own in full."""

from django.contrib import admin
from django.urls import include, path

from config.health import health

urlpatterns = [
    path("", include("customers.urls")),
    path("", include("creditnotes.urls")),
    path("", include("approvals.urls")),
    path("", include("portal.urls")),
    path("accounts/", include("allauth.account.urls")),
    path("admin/", admin.site.urls),
    path("health/", health, name="health"),
]

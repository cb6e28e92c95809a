"""Every address of the site, by its first part."""

from django.contrib import admin
from django.urls import include, path
from health_check.views import HealthCheckView

health = HealthCheckView.as_view(checks=["health_check.checks.Database"])

urlpatterns = [
    path("", include("customers.urls")),
    path("", include("creditnotes.urls")),
    path("", include("approvals.urls")),
    path("", include("portal.urls")),
    path("accounts/", include("allauth.account.urls")),
    path("admin/", admin.site.urls),
    path(
        "health/", HealthCheckView.as_view(checks=["health_check.checks.Database"]), name="health"
    ),
]

"""Addresses that mails lead to: whoever has the link needs no sign-in, and no staff area."""

from django.urls import path

from approvals.views.by_mail import decide

app_name = "by_mail"
urlpatterns = [path("decide/<str:token>/", decide, name="decide")]

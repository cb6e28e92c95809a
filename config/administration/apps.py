"""Django's admin, with our site in the place of its own."""

from __future__ import annotations

from django.contrib.admin.apps import AdminConfig


class AdministrationConfig(AdminConfig):
    """What ``django.contrib.admin`` stands for in the settings."""

    default_site = "config.administration.site.Administration"

"""The product's groups of staff, and what each may do on the admin site.

What a group may do elsewhere is said by the ``access`` modules, by name and by object
permission. Only admins tune things on the admin site; they look at everything else.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.contrib.auth.models import Group, Permission
from django.db.models import Q

from customers.access import ADMINS, STAFF_GROUPS

#: What admins tune, as ``app.model``: they add and change it, and delete what is not in use.
TUNED = (
    "customers.department",
    "customers.user",
    "customers.customer",
    "customers.site",
    "customers.contact",
    "customers.customernote",
    "customers.product",
    "customers.taxrate",
    "customers.account",
    "creditnotes.reason",
    "approvals.policy",
    "approvals.policystep",
    "approvals.approvallimit",
    "approvals.offerterms",
    "approvals.delegation",
)
#: What admins change, but neither add nor delete.
CORRECTED = ("customers.company",)
#: Apps of which they may look at everything.
SEEN = ("customers", "creditnotes", "approvals")


def make_groups() -> None:
    """Make the groups, or bring their permissions up to date; people stay in them."""
    groups = {name: Group.objects.get_or_create(name=name)[0] for name in STAFF_GROUPS}
    groups[ADMINS].permissions.set(_admins_permissions())


def _admins_permissions() -> list[Permission]:
    wanted = Q(content_type__app_label__in=SEEN, codename__startswith="view_")
    for app_label, codename in _tuning():
        wanted |= Q(content_type__app_label=app_label, codename=codename)
    return list(Permission.objects.filter(wanted))


def _tuning() -> Iterator[tuple[str, str]]:
    for model in TUNED:
        app_label, name = model.split(".")
        for verb in ("add", "change", "delete"):
            yield app_label, f"{verb}_{name}"
    for model in CORRECTED:
        app_label, name = model.split(".")
        yield app_label, f"change_{name}"

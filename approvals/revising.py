"""A policy is never rewritten: a change makes a new version (rule 9)."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Max, Q

from approvals.models import Policy
from customers.models import Company


@transaction.atomic
def save_as_new_version(policy: Policy, replaces: Policy | None = None) -> Policy:
    """Save an unsaved policy as the next version of its name.

    An active one takes the place of the active version of its name, and of the one that it
    ``replaces``. Notes in flight keep the version that they were submitted under; its steps
    stay as they were.
    """
    Company.objects.select_for_update().get(pk=policy.company_id)
    policies = Policy.objects.filter(company=policy.company_id)
    last = policies.filter(name=policy.name).aggregate(last=Max("version"))["last"]
    policy.version = (last or 0) + 1
    if policy.is_active:
        earlier = Q(name=policy.name) | Q(pk=replaces.pk if replaces else None)
        policies.filter(earlier, is_active=True).update(is_active=False)
    policy.save(force_insert=True)
    return policy


@transaction.atomic
def put_in_force(policy: Policy) -> None:
    """Let a draft count from the next submission on, in the place of the version of its name."""
    Company.objects.select_for_update().get(pk=policy.company_id)
    policies = Policy.objects.filter(company=policy.company_id)
    policies.filter(name=policy.name, is_active=True).exclude(pk=policy.pk).update(is_active=False)
    policies.filter(pk=policy.pk).update(is_active=True)

"""A policy is never rewritten: a change makes a new version (rule 9)."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Max, Q
from django.utils.translation import gettext as _

from approvals.models import Policy
from approvals.soundness import gaps_of, out_of_reach, takes_all, unfinishable
from customers.errors import Refusal
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
        policies.filter(_earlier(policy, replaces), is_active=True).update(is_active=False)
    policy.save(force_insert=True)
    return policy


@transaction.atomic
def put_in_force(policy: Policy, replaces: Policy | None = None) -> None:
    """Let a draft count from the next submission on, in the place of the version of its name.

    Raises :class:`~customers.errors.Refusal` where that would leave something for nobody, or
    nobody could finish what it takes.
    """
    Company.objects.select_for_update().get(pk=policy.company_id)
    policies = Policy.objects.filter(company=policy.company_id)
    earlier = policies.filter(_earlier(policy, replaces), is_active=True).exclude(pk=policy.pk)
    others = list(policies.filter(is_active=True).exclude(pk__in=[policy.pk, *_ids(earlier)]))
    for words in out_of_reach(policy, others):
        raise Refusal(words)
    if not any(map(takes_all, [*others, policy])):
        raise Refusal(_("Nothing would take what no other policy does."))
    if words := unfinishable(policy, list(policy.steps.all())):
        raise Refusal(words)
    earlier.update(is_active=False)
    policies.filter(pk=policy.pk).update(is_active=True)


@transaction.atomic
def switch_off(policy: Policy) -> None:
    """Let a policy count no more from the next submission on; what it routed stays with it.

    Raises :class:`~customers.errors.Refusal` where nothing would take what no other does.
    """
    Company.objects.select_for_update().get(pk=policy.company_id)
    policy.refresh_from_db()
    require_dispensable(policy)
    Policy.objects.filter(pk=policy.pk).update(is_active=False)


def require_dispensable(policy: Policy) -> None:
    """Raise :class:`~customers.errors.Refusal` where the policy can't be done without."""
    if not policy.is_active:
        raise Refusal(_("It is not in force."))
    if not any(map(takes_all, others_in_force(policy))):
        raise Refusal(
            _(
                "It takes what no other policy does. Without it such credit notes could not be"
                " submitted: put another policy without conditions in force first."
            )
        )


def others_in_force(policy: Policy) -> list[Policy]:
    """The company's active policies beside this one, in order."""
    active = Policy.objects.filter(company=policy.company_id, is_active=True)
    return list(active.exclude(pk=policy.pk).order_by("position", "pk"))


def looked_at_instead(policy: Policy) -> list[Policy]:
    """Those in force that would take what falls under this one, in order."""
    return [each for each in others_in_force(policy) if each.position >= policy.position]


def gaps_without(policy: Policy) -> list[tuple[Policy, str]]:
    """What would find nobody were it switched off: under which policy, and in words."""
    return [(each, words) for each in looked_at_instead(policy) for words in gaps_of(each)]


def _earlier(policy: Policy, replaces: Policy | None) -> Q:
    return Q(name=policy.name) | Q(pk=replaces.pk if replaces else None)


def _ids(policies: object) -> list[int]:
    return list(policies.values_list("pk", flat=True))  # type: ignore[attr-defined]

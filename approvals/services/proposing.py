"""Changes of policies and limits: at once, or once a second administrator has confirmed them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from approvals.models import ApprovalLimit, Policy, Proposal, ProposalAnswer
from approvals.revising import put_in_force, require_dispensable, switch_off
from creditnotes.services import require_comment
from customers.access import ADMINS, is_in
from customers.errors import NotAllowed, WrongState
from customers.models import Company, User

Kind = Proposal.Kind


def takes_two() -> bool:
    """Whether policies and limits change only once a second administrator has confirmed it."""
    return bool(settings.POLICY_NEEDS_SECOND_ADMIN)


@transaction.atomic
def propose_policy(
    policy: Policy, kind: str, *, by: User, moment: datetime, replaces: Policy | None = None
) -> Proposal:
    """Propose to put a saved draft in force, or to switch off what is in force."""
    if kind == Kind.SWITCH_OFF:
        require_dispensable(policy)
    proposal = Proposal(
        company=policy.company, kind=kind, policy=policy, replaces=replaces, proposed_by=by
    )
    return _written(proposal, moment)


@transaction.atomic
def propose_limit(limit: ApprovalLimit, kind: str, *, by: User, moment: datetime) -> Proposal:
    """Propose to set a limit to its amount, which is not saved, or to take it away."""
    proposal = Proposal(
        company=limit.company,
        kind=kind,
        role=limit.role,
        user=limit.user,
        amount=limit.amount if kind == Kind.SET_LIMIT else None,
        proposed_by=by,
    )
    return _written(proposal, moment)


def _written(proposal: Proposal, moment: datetime) -> Proposal:
    _require_admin(proposal, proposal.proposed_by)
    Company.objects.select_for_update().get(pk=proposal.company_id)
    proposal.proposed_at = moment
    proposal.before, proposal.after = _standing(proposal), _wanted(proposal)
    proposal.save(force_insert=True)
    return proposal


@transaction.atomic
def confirm(proposal: Proposal, *, by: User, moment: datetime, comment: str = "") -> None:
    """Let the change take effect; never by whoever proposed it.

    Raises :class:`~customers.errors.WrongState` where it was answered, or what it would change
    has changed since.
    """
    proposal = _locked(proposal)
    _require_admin(proposal, by)
    if by.pk == proposal.proposed_by_id:
        raise NotAllowed(_("You proposed this, so another administrator confirms it."))
    if _standing(proposal) != proposal.before:
        raise WrongState(
            _("What it would change has changed since. Refuse it, and propose it anew.")
        )
    _EFFECTS[Kind(proposal.kind)](proposal)
    _answer(proposal, by, moment, comment, is_confirmed=True)


@transaction.atomic
def refuse(proposal: Proposal, *, by: User, moment: datetime, comment: str) -> None:
    """Leave things as they are, with words; who proposed it takes it back so."""
    proposal = _locked(proposal)
    _require_admin(proposal, by)
    require_comment(comment)
    _answer(proposal, by, moment, comment, is_confirmed=False)


def _locked(proposal: Proposal) -> Proposal:
    """The proposal under its company's lock, if nobody has answered it yet."""
    Company.objects.select_for_update().get(pk=proposal.company_id)
    related = ("company", "policy", "replaces", "user", "answer__answered_by")
    proposal = Proposal.objects.select_related(*related).get(pk=proposal.pk)
    if answer := getattr(proposal, "answer", None):
        raise WrongState(_("%(who)s has answered this already.") % {"who": answer.answered_by})
    return proposal


def _require_admin(proposal: Proposal, person: User) -> None:
    ours = is_in(person, ADMINS) and person.company_id == proposal.company_id
    if not (person.is_superuser or ours):
        raise NotAllowed(_("Only an administrator changes policies and limits."))


def _answer(
    proposal: Proposal, by: User, moment: datetime, comment: str, *, is_confirmed: bool
) -> None:
    ProposalAnswer.objects.create(
        proposal=proposal,
        is_confirmed=is_confirmed,
        answered_by=by,
        answered_at=moment,
        comment=comment.strip(),
    )


# What is so, what would be, and how it comes to be so ---------------------------------------


def _standing(proposal: Proposal) -> dict[str, Any]:
    """What the proposal is about as it is now: versions in force, or the limit."""
    if proposal.policy is None:
        limit = _limit(proposal).first()
        return _amount(limit.amount) if limit else {}
    names = {proposal.policy.name, *([proposal.replaces.name] if proposal.replaces else [])}
    active = Policy.objects.filter(company=proposal.company_id, is_active=True, name__in=names)
    return {"policies": [str(each) for each in active.order_by("name", "pk")]}


def _wanted(proposal: Proposal) -> dict[str, Any]:
    match proposal.kind:
        case Kind.SET_LIMIT:
            return _amount(proposal.amount)
        case Kind.IN_FORCE:
            return {"policies": [str(proposal.policy)]}
    return {"policies": []} if proposal.policy else {}


def _amount(amount: Any) -> dict[str, Any]:
    """A limit; None is no limit, which is another thing than none at all."""
    return {"limit": None if amount is None else f"{amount:.2f}"}


def _limit(proposal: Proposal) -> Any:
    of = {"user": proposal.user} if proposal.user else {"role": proposal.role, "user": None}
    return ApprovalLimit.objects.filter(company=proposal.company_id, **of)


def _set_limit(proposal: Proposal) -> None:
    if not _limit(proposal).update(amount=proposal.amount):
        ApprovalLimit.objects.create(
            company=proposal.company,
            role=proposal.role,
            user=proposal.user,
            amount=proposal.amount,
        )


def _drop_limit(proposal: Proposal) -> None:
    _limit(proposal).delete()


def _put_in_force(proposal: Proposal) -> None:
    if proposal.policy:
        put_in_force(proposal.policy, proposal.replaces)


def _switch_off(proposal: Proposal) -> None:
    if proposal.policy:
        switch_off(proposal.policy)


_EFFECTS: Mapping[Kind, Callable[[Proposal], None]] = {
    Kind.IN_FORCE: _put_in_force,
    Kind.SWITCH_OFF: _switch_off,
    Kind.SET_LIMIT: _set_limit,
    Kind.DROP_LIMIT: _drop_limit,
}

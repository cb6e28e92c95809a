"""Switching an absence on and off."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from approvals.absence import Absence, objections
from approvals.models import Delegation
from customers.access import ADMINS, is_in
from customers.errors import NotAllowed, WrongState
from customers.models import Company, User


def may_switch(actor: User, person: User) -> bool:
    """Everybody switches their own absence, admins all of their company's."""
    is_admin = is_in(actor, ADMINS) and actor.company_id == person.company_id
    return actor.is_superuser or actor == person or is_admin


@transaction.atomic
def go_away(absence: Absence, *, actor: User, moment: datetime) -> Delegation:
    """Let somebody else decide from a day on; raises the first objection that there is."""
    if not may_switch(actor, absence.delegator):
        raise NotAllowed(_("You may switch on your own absence only."))
    Company.objects.select_for_update().get(people=absence.delegator)
    for refusal in objections(absence, moment):
        raise refusal
    return Delegation.objects.create(
        delegator=absence.delegator,
        delegate=absence.delegate,
        starts_at=absence.starts_at,
        ends_at=absence.ends_at,
        department=absence.department,
        up_to=absence.up_to,
        given_by=actor,
    )


@transaction.atomic
def come_back(delegation: Delegation, *, actor: User, moment: datetime) -> None:
    """Switch it off: what was to come never begins, what runs ends now and stays on record."""
    found = Delegation.objects.select_for_update().filter(pk=delegation.pk).first()
    if found is None:
        raise WrongState(_("That absence was taken back already."))
    delegation = found
    if not may_switch(actor, delegation.delegator):
        raise NotAllowed(_("You may switch off your own absence only."))
    if delegation.ends_at <= moment:
        raise WrongState(_("That absence is over already."))
    if delegation.starts_at >= moment:
        delegation.delete()
        return
    delegation.ends_at = moment
    delegation.save(update_fields=["ends_at"])

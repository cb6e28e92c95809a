"""Approvals on the admin site: policies, limits, offers and stand-ins to tune; the rest to see."""

from approvals.admin import delegations, limits, policies, proposals, replies, steps

__all__ = ["delegations", "limits", "policies", "proposals", "replies", "steps"]

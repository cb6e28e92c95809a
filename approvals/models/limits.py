"""Up to what amount somebody approves, and what policy offers: an admin's to tune."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from approvals.models.policies import Role
from customers.models import Company, Tier, User
from customers.models.base import TUNES, money, percent


class ApprovalLimit(models.Model):
    """The most that a role, or one person in their own right, may finally approve.

    In the company's base currency, tax included; a person's own limit wins over the role's.
    """

    company = models.ForeignKey(Company, models.PROTECT, related_name="approval_limits")
    role = models.CharField(_("role"), max_length=20, choices=Role, blank=True)
    user = models.ForeignKey(
        User, models.CASCADE, null=True, blank=True, related_name="approval_limits"
    )
    amount: models.DecimalField[Any, Decimal | None] = money(
        verbose_name=_("limit"), null=True, blank=True, help_text=_("Empty for no limit.")
    )

    class Meta:
        verbose_name = _("approval limit")
        triggers: ClassVar = [TUNES]
        verbose_name_plural = _("approval limits")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["company", "role"],
                condition=models.Q(user__isnull=True),
                name="approval_limit_once_per_role",
            ),
            models.UniqueConstraint(
                fields=["company", "user"],
                condition=models.Q(user__isnull=False),
                name="approval_limit_once_per_user",
            ),
            models.CheckConstraint(
                condition=models.Q(role="", user__isnull=False)
                | (~models.Q(role="") & models.Q(user__isnull=True)),
                name="approval_limit_of_role_or_user",
            ),
            models.CheckConstraint(
                condition=models.Q(amount__isnull=True) | models.Q(amount__gte=0),
                name="approval_limit_not_negative",
                violation_error_message=_("A limit is zero or above."),
            ),
        ]

    def __str__(self) -> str:
        amount = _("no limit") if self.amount is None else self.amount
        return f"{self.user or self.get_role_display()}: {amount}"


class OfferTerms(models.Model):
    """The standard offer: a percent of the claimed lines' remaining net, in full settlement."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="offer_terms")
    reason = models.ForeignKey(
        "creditnotes.Reason",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="offer_terms",
        help_text=_("Empty for every reason without terms of its own."),
    )
    tier = models.CharField(
        _("tier"),
        max_length=10,
        choices=Tier,
        blank=True,
        default="",
        db_default="",
        help_text=_("Empty for every tier without terms of its own."),
    )
    percent = percent(verbose_name=_("percent"), default=10)
    cap: models.DecimalField[Any, Decimal | None] = money(
        verbose_name=_("at most"),
        null=True,
        blank=True,
        help_text=_(
            "Before tax, in its currency, with what the customer took on the same invoices already;"
            " empty for no cap."
        ),
    )
    times = models.PositiveSmallIntegerField(
        _("times"),
        null=True,
        blank=True,
        help_text=_("How often a customer gets it."),
    )
    days = models.PositiveSmallIntegerField(_("within days"), null=True, blank=True)
    days_open = models.PositiveSmallIntegerField(
        _("open for days"),
        default=7,
        db_default=7,
        help_text=_("How long a customer who asked in the portal may accept it."),
    )

    class Meta:
        verbose_name = _("offer terms")
        verbose_name_plural = _("offer terms")
        triggers: ClassVar = [TUNES]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["company", "reason", "tier"],
                nulls_distinct=False,
                name="offer_terms_once_per_tier",
            ),
            models.CheckConstraint(
                condition=models.Q(percent__gt=0, percent__lte=100), name="offer_terms_percent"
            ),
            models.CheckConstraint(
                condition=models.Q(cap__isnull=True) | models.Q(cap__gt=0),
                name="offer_terms_cap",
                violation_error_message=_("More than zero, please."),
            ),
            models.CheckConstraint(
                condition=models.Q(days_open__gt=0, days_open__lte=365),
                name="offer_terms_days_open",
                violation_error_message=_("From 1 to 365 days."),
            ),
            models.CheckConstraint(
                condition=models.Q(times__isnull=True, days__isnull=True)
                | models.Q(times__isnull=False, days__isnull=False, times__gt=0, days__gt=0),
                name="offer_terms_how_often",
                violation_error_message=_("Say how many times within how many days, or neither."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.percent.normalize():f} %"

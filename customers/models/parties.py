"""Customers, their sites and contacts, and the grants that say who may see them."""

from __future__ import annotations

from typing import ClassVar

import pgtrigger
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models.functions import Upper
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from guardian.models import UserObjectPermissionBase

from customers.matching import Digits, Folded
from customers.models.base import money
from customers.models.company import LANGUAGES, Company, Department, User
from customers.querysets import CustomerQuerySet

PROVINCES = [
    ("AB", _("Alberta")),
    ("BC", _("British Columbia")),
    ("MB", _("Manitoba")),
    ("NB", _("New Brunswick")),
    ("NL", _("Newfoundland and Labrador")),
    ("NS", _("Nova Scotia")),
    ("NT", _("Northwest Territories")),
    ("NU", _("Nunavut")),
    ("ON", _("Ontario")),
    ("PE", _("Prince Edward Island")),
    ("QC", _("Québec")),
    ("SK", _("Saskatchewan")),
    ("YT", _("Yukon")),
]


class Tier(models.TextChoices):
    """How the company ranks a customer; offers and policies may depend on it."""

    STANDARD = "standard", _("Standard")
    PREFERRED = "preferred", _("Preferred")
    KEY = "key", _("Key account")


class Customer(models.Model):
    """A business that buys from the company."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="customers")
    department = models.ForeignKey(Department, models.PROTECT, related_name="customers")
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="job_accounts"
    )
    account_manager = models.ForeignKey(
        User,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="accounts_managed",
        verbose_name=_("account manager"),
        help_text=_("Whom a policy may ask about this customer's credit notes."),
    )
    number = models.CharField(_("number"), max_length=30)
    name = models.CharField(_("name"), max_length=200)
    sort_name = models.CharField(
        max_length=200,
        editable=False,
        help_text=_("The name without accents and in lower case, as lists order it."),
    )
    tier = models.CharField(_("tier"), max_length=20, choices=Tier, default=Tier.STANDARD)
    language = models.CharField(_("language"), max_length=10, choices=LANGUAGES, default="en")
    billing_address = models.TextField(_("billing address"), blank=True)
    province = models.CharField(_("province"), max_length=2, choices=PROVINCES, blank=True)
    country = models.CharField(_("country"), max_length=60, default="CA")
    currency = models.CharField(_("currency"), max_length=3, default="CAD")
    credit_limit = money(verbose_name=_("credit limit"), null=True, blank=True)
    payment_terms_days = models.PositiveSmallIntegerField(_("payment terms in days"), default=30)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = CustomerQuerySet.as_manager()

    class Meta:
        verbose_name = _("customer")
        verbose_name_plural = _("customers")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["company", "number"], name="customer_number_once"),
            models.CheckConstraint(
                condition=models.Q(credit_limit__isnull=True) | models.Q(credit_limit__gte=0),
                name="customer_credit_limit_not_negative",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["department", "sort_name", "id"], name="customer_by_name"),
            models.Index(fields=["company", "sort_name", "id"], name="customer_of_company_by_name"),
            GinIndex(
                fields=["sort_name"], opclasses=["gin_trgm_ops"], name="customer_name_trigram"
            ),
            GinIndex(OpClass(Upper("number"), "gin_trgm_ops"), name="customer_number_trigram"),
        ]
        permissions: ClassVar = [
            ("serve_customer", _("Can serve the customer")),
            ("represent_customer", _("Can act for the customer in the portal")),
        ]
        triggers: ClassVar = [pgtrigger.ReadOnly(name="stays_in_its_company", fields=["company"])]

    def __str__(self) -> str:
        return self.name


class Site(models.Model):
    """An address to which the customer has goods delivered; decides the place of supply."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="sites")
    name = models.CharField(_("name"), max_length=150)
    address = models.TextField(_("address"))
    province = models.CharField(_("province"), max_length=2, choices=PROVINCES, blank=True)
    country = models.CharField(_("country"), max_length=60, default="CA")

    class Meta:
        verbose_name = _("site")
        verbose_name_plural = _("sites")

    def __str__(self) -> str:
        return self.name


class Contact(models.Model):
    """A person at the customer; with a user they can sign in to the portal.

    Whoever signs in sees the customer's credit notes and invoices; the three rights say
    what else. They count from the day on which there is a user.
    """

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="contacts")
    user = models.ForeignKey(User, models.SET_NULL, null=True, blank=True, related_name="contacts")
    name = models.CharField(_("name"), max_length=150)
    email = models.EmailField(_("e-mail"))
    phone = models.CharField(_("telephone"), max_length=30, blank=True)
    language = models.CharField(_("language"), max_length=10, choices=LANGUAGES, default="en")
    gets_credit_notes = models.BooleanField(
        _("is sent the credit notes"), default=True, help_text=_("By e-mail, when issued.")
    )
    may_request = models.BooleanField(
        _("may ask for credits"),
        default=True,
        db_default=True,
        help_text=_("And answer questions, add photos and appeal."),
    )
    sees_statement = models.BooleanField(
        _("sees the account"),
        default=True,
        db_default=True,
        help_text=_("Balances, payments and the statement."),
    )
    manages_contacts = models.BooleanField(
        _("manages contacts"),
        default=False,
        db_default=False,
        help_text=_("Invites colleagues, and says what they may do."),
    )

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["customer", "email"], name="contact_email_once")
        ]
        indexes: ClassVar = [
            GinIndex(
                OpClass(Folded("name"), "gin_trgm_ops"),
                OpClass(Upper("email"), "gin_trgm_ops"),
                OpClass(Digits("phone"), "gin_trgm_ops"),
                name="contact_trigram",
            )
        ]

    def __str__(self) -> str:
        return self.name


class CustomerNote(models.Model):
    """What a colleague should know about the customer; never shown to the customer."""

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="notes")
    author = models.ForeignKey(User, models.PROTECT, related_name="customer_notes")
    text = models.TextField(_("note"))
    written_at = models.DateTimeField(_("written"), default=timezone.now)

    class Meta:
        verbose_name = _("customer note")
        verbose_name_plural = _("customer notes")
        ordering: ClassVar = ["-written_at", "-id"]

    def __str__(self) -> str:
        return self.text[:60]


class DepartmentUserGrant(UserObjectPermissionBase):
    """Guardian's direct-foreign-key grant: this person serves that department."""

    content_object = models.ForeignKey(Department, models.CASCADE)


class CustomerUserGrant(UserObjectPermissionBase):
    """Guardian's direct-foreign-key grant: this person serves or represents that customer."""

    content_object = models.ForeignKey(Customer, models.CASCADE)

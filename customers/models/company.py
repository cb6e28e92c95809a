"""The supplier who issues, its departments and its people."""

from __future__ import annotations

from datetime import date, time
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import pgtrigger
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.functions import RandomUUID
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from guardian.mixins import GuardianUserMixin

from customers.businesshours import BusinessCalendar

LANGUAGES = [("en", _("English")), ("fr-ca", _("French"))]


class AppliesCredits(models.TextChoices):
    """How far an issued credit is applied by itself."""

    NOWHERE = "nowhere", _("By finance only")
    OWN = "own", _("To the invoices that they credit")
    OVERDUE = "overdue", _("To the invoices that they credit, then to overdue ones, oldest first")


class AppliesWishes(models.TextChoices):
    """Whether customers say themselves which invoice money on account settles."""

    NEVER = "never", _("No")
    ASKED = "asked", _("They ask, and finance does it")
    AT_ONCE = "at_once", _("At once, as they choose")


class Weekday(models.IntegerChoices):
    """The days of a week, counted as :meth:`datetime.date.weekday` does."""

    MONDAY = 0, _("Monday")
    TUESDAY = 1, _("Tuesday")
    WEDNESDAY = 2, _("Wednesday")
    THURSDAY = 3, _("Thursday")
    FRIDAY = 4, _("Friday")
    SATURDAY = 5, _("Saturday")
    SUNDAY = 6, _("Sunday")


def monday_to_friday() -> list[int]:
    """The usual working days."""
    return [day.value for day in Weekday if day < Weekday.SATURDAY]


class Company(models.Model):
    """A supplier who issues invoices and credit notes; the wall between tenants."""

    code = models.SlugField(_("code"), max_length=20, unique=True)
    legal_name = models.CharField(_("legal name"), max_length=200)
    address = models.TextField(_("address"))
    province = models.CharField(_("province"), max_length=2, blank=True)
    country = models.CharField(_("country"), max_length=2, default="CA")
    gst_number = models.CharField(_("GST/HST number"), max_length=20, blank=True)
    qst_number = models.CharField(_("QST number"), max_length=20, blank=True)
    email = models.EmailField(_("e-mail for questions"))
    phone = models.CharField(_("telephone for questions"), max_length=30, blank=True)
    base_currency = models.CharField(_("base currency"), max_length=3, default="CAD")
    time_zone = models.CharField(_("time zone"), max_length=50, default="America/Toronto")
    fiscal_year_start_month = models.PositiveSmallIntegerField(
        _("first month of the fiscal year"),
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(12)],
    )
    applies_credits = models.CharField(
        _("issued credits are applied"),
        max_length=8,
        choices=AppliesCredits,
        default=AppliesCredits.OVERDUE,
        db_default=AppliesCredits.OVERDUE,
        help_text=_("What is left stays on account until finance applies or refunds it."),
    )
    review_percent = models.PositiveSmallIntegerField(
        _("automatic approvals looked at again"),
        default=20,
        validators=[MaxValueValidator(100)],
        help_text=_("So many of a hundred are chosen for a manager to look at."),
    )
    work_days = ArrayField(
        models.PositiveSmallIntegerField(choices=Weekday),
        verbose_name=_("working days"),
        default=monday_to_friday,
    )
    opens_at = models.TimeField(_("opens at"), default=time(8))
    closes_at = models.TimeField(_("closes at"), default=time(17))
    closed_days = ArrayField(
        models.DateField(),
        verbose_name=_("closed besides"),
        default=list,
        blank=True,
    )
    appeal_days = models.PositiveSmallIntegerField(
        _("days to appeal"),
        default=30,
        db_default=30,
        validators=[MinValueValidator(1)],
        help_text=_("So long after it a customer may appeal a rejection or a part, once."),
    )
    shows_names = models.BooleanField(
        _("names are shown to customers"),
        default=False,
        db_default=False,
        help_text=_("Who looks at a request and who decides; else only what they are."),
    )
    shows_offers = models.BooleanField(
        _("offers are shown to customers"),
        default=False,
        db_default=False,
        help_text=_("On the page that states the credit policy, those of the customer's tier."),
    )
    applies_wishes = models.CharField(
        _("customers choose what money on account settles"),
        max_length=8,
        choices=AppliesWishes,
        default=AppliesWishes.AT_ONCE,
        db_default=AppliesWishes.AT_ONCE,
        help_text=_("Among their own open invoices, in the portal."),
    )
    takes_refund_wishes = models.BooleanField(
        _("customers may ask for refunds"),
        default=True,
        db_default=True,
        help_text=_("Finance decides on each, and a second person confirms it."),
    )
    #: Another one after each change of the company or of a rule: see :mod:`customers.tuned`.
    stamp = models.UUIDField(editable=False, db_default=RandomUUID())

    class Meta:
        verbose_name = _("company")
        verbose_name_plural = _("companies")
        triggers: ClassVar = [
            pgtrigger.Trigger(
                name="stamped_anew",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                func="NEW.stamp := gen_random_uuid(); RETURN NEW;",
            )
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(fiscal_year_start_month__range=(1, 12)),
                name="company_fiscal_month",
            ),
            models.CheckConstraint(
                condition=models.Q(review_percent__lte=100), name="company_review_percent"
            ),
            models.CheckConstraint(
                condition=models.Q(appeal_days__gte=1), name="company_appeal_days"
            ),
            models.CheckConstraint(
                condition=models.Q(closes_at__gt=models.F("opens_at")),
                name="company_opens_before_it_closes",
                violation_error_message=_("The company closes after it opens."),
            ),
            models.CheckConstraint(
                condition=models.Q(work_days__len__gt=0)
                & models.Q(work_days__contained_by=list(Weekday.values)),
                name="company_works_some_day",
            ),
        ]

    def __str__(self) -> str:
        return self.legal_name

    def day_of(self, moment: Any) -> date:
        """The calendar day of ``moment`` in the company's own time zone (rule 3)."""
        return timezone.localtime(moment, ZoneInfo(self.time_zone)).date()

    def calendar(self, province: str = "") -> BusinessCalendar:
        """When its clocks run, with the public holidays of that province or else its own."""
        return BusinessCalendar(
            time_zone=self.time_zone,
            opens=self.opens_at,
            closes=self.closes_at,
            weekdays=frozenset(self.work_days),
            country=self.country,
            province=province or self.province,
            closed=frozenset(self.closed_days),
        )

    def fiscal_year_of(self, day: date) -> int:
        """The fiscal year of ``day``, named after the calendar year in which it ends."""
        start = self.fiscal_year_start_month
        return day.year + 1 if start > 1 and day.month >= start else day.year


class Department(models.Model):
    """A part of the company that serves customers and has one manager."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="departments")
    name = models.CharField(_("name"), max_length=100)
    province = models.CharField(
        _("province"),
        max_length=2,
        blank=True,
        help_text=_("Whose public holidays its people keep; empty for the company's."),
    )
    manager = models.ForeignKey(
        "customers.User",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="managed_departments",
        verbose_name=_("manager"),
        help_text=_("Decides on the credit notes of this department's customers."),
    )

    class Meta:
        verbose_name = _("department")
        verbose_name_plural = _("departments")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["company", "name"], name="department_name_once")
        ]
        permissions: ClassVar = [("serve_department", _("Can serve the department's customers"))]

    def __str__(self) -> str:
        return self.name

    def calendar(self) -> BusinessCalendar:
        """When its people work."""
        return self.company.calendar(self.province)


class UserManager(BaseUserManager["User"]):
    """Makes users whose name is their e-mail address."""

    use_in_migrations = True

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A user with a normalised address; without a password nobody can sign in as them."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A user who may do everything in Django admin."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(GuardianUserMixin, AbstractBaseUser, PermissionsMixin):
    """A person who signs in by e-mail: staff of one company, or a customer's contact."""

    email = models.EmailField(_("e-mail"), unique=True)
    full_name = models.CharField(_("full name"), max_length=150)
    language = models.CharField(_("language"), max_length=10, choices=LANGUAGES, default="en")
    company = models.ForeignKey(
        Company,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="people",
        verbose_name=_("company"),
        help_text=_("Set for staff; empty for a customer's contact."),
    )
    reports_to = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="reports",
        verbose_name=_("reports to"),
        help_text=_("Decides where nobody's limit below covers the amount."),
    )
    is_active = models.BooleanField(_("active"), default=True)
    is_staff = models.BooleanField(_("may open the admin site"), default=False)
    date_joined = models.DateTimeField(_("joined"), default=timezone.now)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["full_name"]

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints: ClassVar = [
            models.UniqueConstraint(Lower("email"), name="user_email_once_in_any_case")
        ]
        triggers: ClassVar = [
            pgtrigger.Trigger(
                name="reports_up_the_line",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("reports_to_id", "company_id"),  # type: ignore[no-untyped-call]
                condition=pgtrigger.Q(new__reports_to__isnull=False),
                func="""
                    IF NEW.company_id IS NULL OR NEW.company_id IS DISTINCT FROM (
                        SELECT company_id FROM customers_user WHERE id = NEW.reports_to_id
                    ) THEN
                        RAISE EXCEPTION 'reports to somebody of another company';
                    END IF;
                    IF EXISTS (
                        WITH RECURSIVE line(id) AS (
                            SELECT NEW.reports_to_id
                            UNION
                            SELECT u.reports_to_id FROM customers_user u JOIN line
                                ON u.id = line.id
                        ) SELECT FROM line WHERE id = NEW.id
                    ) THEN
                        RAISE EXCEPTION 'the line of management is a circle';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.full_name or self.email

    def get_full_name(self) -> str:
        return self.full_name

    def get_short_name(self) -> str:
        return self.full_name.split(" ")[0] or self.email

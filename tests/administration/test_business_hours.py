"""An admin says when the company works."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time
from typing import Any

from django.test import Client

from customers.models import Company, User
from tests.administration.conftest import address

Opens = Callable[[User], Client]


def filled(company: Company, **changes: Any) -> dict[str, Any]:
    """The company's form as the page shows it, with changes."""
    names = ("code", "legal_name", "address", "province", "country", "email", "base_currency")
    same = {name: getattr(company, name) for name in names}
    return {
        **same,
        "time_zone": company.time_zone,
        "fiscal_year_start_month": 1,
        "applies_credits": company.applies_credits,
        "review_percent": 20,
        "appeal_days": company.appeal_days,
        "applies_wishes": company.applies_wishes,
        "work_days": [0, 1, 2, 3, 4],
        "opens_at": "07:30",
        "closes_at": "16:00",
        "closed_days": "2026-12-24\n2026-12-31",
        **changes,
    }


def test_an_admin_sets_the_hours_and_further_days_off(
    opens: Opens, admin: User, company: Company
) -> None:
    browser = opens(admin)
    url = address(Company, "change", company.pk)
    assert browser.post(url, filled(company)).status_code == 302
    company.refresh_from_db()
    assert (company.opens_at, company.closes_at) == (time(7, 30), time(16))
    assert company.closed_days == [date(2026, 12, 24), date(2026, 12, 31)]
    page = browser.get(url).content.decode()
    assert "2026-12-24\n2026-12-31" in page


def test_what_is_no_day_or_no_hours_is_said_beside_the_field(
    opens: Opens, admin: User, company: Company
) -> None:
    url = address(Company, "change", company.pk)
    wrong = filled(company, closed_days="Christmas", closes_at="06:00", work_days=[])
    answer = opens(admin).post(url, wrong)
    assert answer.status_code == 422
    errors = answer.context["adminform"].form.errors
    assert "“Christmas” is no day." in str(errors["closed_days"])
    assert "work_days" in errors
    late = opens(admin).post(url, filled(company, closes_at="06:00"))
    assert "The company closes after it opens." in late.content.decode()
    assert "Christmas" in answer.content.decode()

"""Another company's things do not exist on the admin site: not in lists, choices or filters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib import admin as admin_site
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from customers.models import Account, Company, Customer, Department, Invoice, User
from tests import factories
from tests.administration.conftest import address

Opens = Callable[[User], Client]
OURS = ("customers", "creditnotes", "approvals", "admin")


@pytest.fixture
def foreign_note(foreign_invoice: Invoice, foreign_rep: User, foreign_finance: User) -> Any:
    """A credit note of the other company, and so a row of everything of theirs."""
    return factories.issued_note(foreign_invoice, foreign_rep)


def test_no_row_of_a_foreign_company_is_listed_or_opens(
    opens: Opens, admin: User, foreign_note: Any, foreign_company: Company
) -> None:
    browser = opens(admin)
    for model, page in admin_site.site._registry.items():
        lookup = getattr(page, "company_lookup", "")
        if model._meta.app_label not in OURS or not lookup:
            continue
        for row in model._default_manager.filter(**{lookup: foreign_company.pk})[:1]:
            answer = browser.get(address(model, "change", row.pk))
            assert answer.status_code == 404, model
        listed = browser.get(address(model, "changelist"))
        assert listed.context["cl"].result_count == 0 or model is Company or _ours(listed), model


def _ours(listed: Any) -> bool:
    names = {"Maritime Decks", "Faye Foreignrep", "Frank Foreignmanager", "South Supply Ltd."}
    page = listed.content.decode()
    return not any(name in page for name in names)


@pytest.mark.parametrize(
    ("model", "field", "term"),
    [
        ("customers.Department", "manager", "Frank"),
        ("customers.Customer", "department", "Halifax"),
        ("customers.Customer", "parent", "Maritime"),
        ("customers.Site", "customer", "Maritime"),
        ("customers.Contact", "customer", "Maritime"),
        ("customers.CustomerNote", "author", "Faye"),
        ("approvals.ApprovalLimit", "user", "Faye"),
        ("creditnotes.Reason", "account", "4190"),
    ],
)
def test_what_is_found_by_typing_is_the_companys_own(
    model: str, field: str, term: str, opens: Opens, admin: User, foreign_note: Any
) -> None:
    app_label, name = model.split(".")
    found = opens(admin).get(
        reverse("admin:autocomplete"),
        {"app_label": app_label, "model_name": name.lower(), "field_name": field, "term": term},
    )
    assert found.status_code == 200
    ids = {int(each["id"]) for each in found.json()["results"]}
    own = set(Account.objects.filter(company=admin.company, code=term).values_list("pk", flat=True))
    assert ids == own


def test_the_company_is_the_persons_own_whatever_is_sent(
    opens: Opens, admin: User, foreign_company: Company
) -> None:
    data = {"company": foreign_company.pk, "code": "4199", "name": "Odd", "kind": "allowance"}
    assert opens(admin).post(address(Account, "add"), data).status_code == 302
    assert Account.objects.get(code="4199").company == admin.company
    page = opens(admin).get(address(Account, "add")).content.decode()
    assert foreign_company.legal_name not in page


def test_filters_and_the_log_name_no_other_company(
    opens: Opens, admin: User, foreign_note: Any, foreign_rep: User
) -> None:
    LogEntry.objects.create(
        user=foreign_rep, action_flag=2, object_repr="Their secret", change_message="[]"
    )
    browser = opens(admin)
    for model in (Customer, Department, User, LogEntry):
        page = browser.get(address(model, "changelist")).content.decode()
        assert "Halifax" not in page
        assert "South Supply" not in page
        assert "Their secret" not in page
    assert "Their secret" not in browser.get("/admin/").content.decode()


def test_a_superuser_chooses_among_all_companies(
    opens: Opens, admin: User, foreign_note: Any, foreign_company: Company
) -> None:
    admin.is_superuser = True
    browser = opens(admin)
    data = {"company": foreign_company.pk, "code": "4199", "name": "Odd", "kind": "allowance"}
    assert browser.post(address(Account, "add"), data).status_code == 302
    assert Account.objects.get(code="4199").company == foreign_company
    assert "Maritime Decks" in browser.get(address(Customer, "changelist")).content.decode()

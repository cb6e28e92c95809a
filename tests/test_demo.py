"""The demo company: made once, the same each time, through the rules."""

from __future__ import annotations

from datetime import date

import pytest
from django.core.management import call_command
from django.db import transaction
from django.test import Client

from config.demo.credits import FATES
from config.demo.seed import seed
from config.demo.tables import table
from creditnotes.models import CreditNote, State
from customers.models import Customer, Invoice, TaxRate, User

ANCHOR = date(2026, 6, 30)


def figures() -> list[object]:
    """What of the company is not left to the database's counting."""
    return [
        list(User.objects.order_by("email").values_list("email", flat=True)),
        list(Invoice.objects.order_by("number").values_list("number", "issued_on", "total")),
        list(CreditNote.objects.order_by("pk").values_list("customer__number", "state", "total")),
    ]


def test_the_same_seed_and_day_make_the_same_company_once(
    db: None, capsys: pytest.CaptureFixture[str]
) -> None:
    with transaction.atomic():
        seed(ANCHOR, number=4)
        first = figures()
        transaction.set_rollback(True)
    call_command("seed_demo", anchor=ANCHOR, seed=4)
    assert figures() == first
    call_command("seed_demo")
    assert "already" in capsys.readouterr().out
    assert figures() == first


def test_every_state_and_province_is_there_and_nothing_lies_in_the_future(db: None) -> None:
    seed(ANCHOR)
    assert set(CreditNote.objects.values_list("state", flat=True)) == set(State)
    assert {row["fate"] for row in table("stories")} == set(FATES)
    provinces = set(Customer.objects.values_list("province", flat=True))
    assert provinces <= set(TaxRate.objects.values_list("province", flat=True))
    assert not Invoice.objects.filter(tax_total=0).exists()
    assert not Invoice.objects.filter(issued_on__gt=ANCHOR).exists()
    assert not CreditNote.objects.filter(changed_at__date__gt=ANCHOR).exists()
    assert [user.email for user in User.objects.filter(is_staff=True)] == ["admin@demo.test"]
    assert not User.objects.filter(is_superuser=True).exists()
    assert User.objects.get(email="admin@demo.test").has_perm("approvals.change_policy")
    for name in ("rep", "manager", "finance", "admin", "customer"):
        assert signs_in(f"{name}@demo.test"), name


def signs_in(email: str) -> bool:
    browser = Client()
    browser.post("/accounts/login/", {"login": email, "password": "demo"})
    return browser.session.get("_auth_user_id") == str(User.objects.get(email=email).pk)

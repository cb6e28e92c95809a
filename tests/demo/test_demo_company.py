"""The demo company is what the product is shown with: large, varied, sound and safe."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db.models import Count, F
from django.test import Client

from approvals.models import Decision, Delegation, Step
from config.demo.stories import FATES
from config.demo.tables import table
from creditnotes.auditing import audit
from creditnotes.models import Attachment, CreditNote, Event, IssuedDocument, News, Reason, State
from customers.models import (
    PROVINCES,
    Company,
    Contact,
    Customer,
    DeliveryLine,
    Department,
    Invoice,
    InvoiceLine,
    OpenItem,
    Order,
    Payment,
    Product,
    User,
)
from tests.demo.conftest import ANCHOR, DemoDatabase

pytestmark = pytest.mark.usefixtures("seen")
TODAY = date.fromisoformat(ANCHOR)
MORNING = datetime.combine(TODAY, time(9), ZoneInfo("America/Toronto"))
STAFF = ("rep", "rep2", "rep3", "rep4", "rep5", "rep6", "manager", "manager2", "manager3")
OTHERS = ("finance", "finance2", "admin", "customer", "customer2", "customer3", "customer4")


def person(name: str) -> User:
    return User.objects.get(email=f"{name}@demo.test")


def waiting_for(name: str) -> list[Step]:
    return list(Step.objects.filter(status="open", assignments__user=person(name)))


# How much there is ----------------------------------------------------------------


def test_customers_live_in_every_province_and_territory() -> None:
    assert Customer.objects.count() >= 60
    provinces = set(Customer.objects.values_list("province", flat=True))
    assert provinces == {code for code, _ in PROVINCES} | {""}
    quebec = Customer.objects.filter(province="QC")
    assert set(quebec.values_list("language", flat=True)) == {"fr-ca"}
    assert set(Customer.objects.values_list("tier", flat=True)) == {"standard", "preferred", "key"}
    assert Customer.objects.filter(parent__isnull=False).count() >= 4
    assert not Customer.objects.filter(contacts__isnull=True).exists()
    assert max(len(name) for name in Customer.objects.values_list("name", flat=True)) > 120


def test_products_have_names_in_both_languages_and_earn_something() -> None:
    assert Product.objects.count() >= 150
    assert not Product.objects.filter(name_fr="").exists()
    assert Product.objects.values("category").distinct().count() >= 15
    for row in table("products"):
        if row["unit_cost"]:
            assert 0.5 < float(row["unit_cost"]) / float(row["price"]) < 0.85, row["sku"]


def test_a_year_of_trade() -> None:
    first = Invoice.objects.earliest("issued_on").issued_on
    assert timedelta(days=330) < TODAY - first < timedelta(days=400)
    assert Invoice.objects.count() >= 500
    assert Payment.objects.count() >= 300
    assert DeliveryLine.objects.filter(condition="damaged").count() >= 30
    assert Order.objects.filter(invoices__isnull=True).count() >= 20
    assert Invoice.objects.annotate(size=Count("lines")).filter(size__gte=40).exists()
    unapplied = OpenItem.objects.filter(side="pays", applied__lt=F("amount"))
    assert unapplied.count() >= 5
    short = OpenItem.objects.filter(side="owes", applied__gt=0, applied__lt=F("amount"))
    assert short.count() >= 8


def test_taxes_are_those_of_the_place_of_supply() -> None:
    kinds: dict[str, set[str]] = {}
    taxed = Invoice.objects.exclude(customer__number__in=["C-1024", "C-1026", "C-1030"])
    for province, kind in taxed.values_list("province", "taxes__kind"):
        kinds.setdefault(province, set()).add(kind or "")
    assert kinds.pop("QC") == {"gst", "qst"}
    assert kinds.pop("") == {""}  # exported
    for province in ("BC", "MB", "SK"):
        assert kinds.pop(province) == {"gst", "pst"}, province
    for province in ("AB", "NT", "NU", "YT"):
        assert kinds.pop(province) == {"gst"}, province
    assert all(each == {"hst"} for each in kinds.values()), kinds


def test_exempt_customers_and_collected_goods() -> None:
    assert not Invoice.objects.filter(customer__number="C-1026", tax_total__gt=0).exists()
    resale = Invoice.objects.filter(customer__number="C-1030")
    assert set(resale.values_list("taxes__kind", flat=True)) == {"gst"}
    collected = Invoice.objects.filter(customer__number="C-1015")  # of Gatineau, at our yard
    assert set(collected.values_list("province", flat=True)) == {"ON"}


def test_credit_notes_of_every_kind() -> None:
    assert set(CreditNote.objects.values_list("state", flat=True)) == set(State)
    reasons = Reason.objects.filter(is_active=True)
    assert not reasons.filter(credit_notes__isnull=True).exists()
    assert {row["fate"] for row in table("stories")} == set(FATES)
    assert set(Event.objects.values_list("kind", flat=True)) >= set(Event.Kind) - {
        *("reservation_expired", "reversal_declined", "reversal_withdrawn", "offer_expired"),
        "acknowledged",  # of a file that the worker draws once the demo runs
    }
    several = CreditNote.objects.annotate(on=Count("lines__creditable__invoice", distinct=True))
    assert several.filter(on__gte=3).exists()
    months = {day.month for day in IssuedDocument.objects.values_list("issued_on", flat=True)}
    assert len(months) >= 10
    assert Decision.objects.filter(on_behalf_of__isnull=False).count() >= 2
    assert Decision.objects.exclude(comment="").count() >= 30


def test_numbers_and_references_rise_with_time() -> None:
    days = list(IssuedDocument.objects.order_by("series", "sequence").values_list("issued_on"))
    assert days == sorted(days)
    begun = list(CreditNote.objects.order_by("pk").values_list("created_at", flat=True))
    assert begun == sorted(begun)


# What each person finds -------------------------------------------------------------


def test_the_managers_queue_has_all_degrees_of_urgency() -> None:
    steps = waiting_for("manager")
    assert 12 <= len(steps) <= 22
    left = [step.due_at - MORNING for step in steps if step.due_at]
    assert min(left) < timedelta(0)
    assert max(left) > timedelta(days=2, hours=20)
    assert any(timedelta(0) < each < timedelta(hours=10) for each in left)
    totals = [step.note.total for step in steps]
    assert min(totals) < 250
    assert max(totals) > 2500
    lines = Counter(line.creditable_id for step in steps for line in step.note.lines.all())
    assert max(lines.values()) > 1  # two ask for the same


def test_finance_has_second_approvals_and_what_to_issue() -> None:
    assert len(waiting_for("finance")) >= 4
    assert CreditNote.objects.filter(state="approved").count() >= 5
    pending = CreditNote.objects.filter(
        state="approved",
        events__dispatches__consumer="issue",
        events__dispatches__done_at=None,
        events__payload__issue_at_once=True,
    )
    assert pending.exists()


def test_a_rep_has_drafts_returned_notes_requests_and_news() -> None:
    own = Counter(CreditNote.objects.filter(owner=person("rep")).values_list("state", flat=True))
    assert own["draft"] >= 3
    assert own["returned"] >= 2
    assert own["submitted"] >= 3
    requests = CreditNote.objects.visible_to(person("rep")).filter(state="requested")
    assert requests.count() >= 3
    news = News.objects.filter(user=person("rep"))
    assert news.filter(seen_at=None).exists()
    assert news.filter(seen_at__isnull=False).exists()


def test_a_customer_has_a_rich_but_not_endless_portal() -> None:
    customer = person("customer")
    assert 12 <= CreditNote.objects.shown_to_contact(customer).count() <= 30
    owed = OpenItem.objects.represented_by(customer).filter(side="owes", applied__lt=F("amount"))
    assert 14 <= owed.count() <= 26
    asked = Event.objects.filter(kind="requested", actor=customer)
    assert all(event.comment for event in asked)
    french = Event.objects.filter(kind="requested", actor=person("customer2"))
    assert any("é" in event.comment for event in french)


def test_departments_do_not_see_each_others_customers() -> None:
    assert Department.objects.count() >= 2
    assert not Department.objects.filter(manager=None).exists()
    seen = {
        name: set(Customer.objects.visible_to(person(name)).values_list("pk", flat=True))
        for name in ("rep", "rep2", "rep6")
    }
    assert all(seen.values())
    assert not seen["rep"] & seen["rep2"]
    assert not seen["rep"] & seen["rep6"]
    assert len(Customer.objects.visible_to(person("finance"))) == Customer.objects.count()
    now = Delegation.objects.get(starts_at__lt=MORNING, ends_at__gt=MORNING)
    assert now.delegate == person("manager")


def test_everybody_signs_in(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    proven = set()
    for name in ("rep", "manager", "finance", "admin", "customer", "customer2"):
        browser = Client()
        browser.post("/accounts/login/", {"login": f"{name}@demo.test", "password": "demo"})
        assert browser.session.get("_auth_user_id") == str(person(name).pk), name
        proven.add(person(name).password)
    for name in (*STAFF, *OTHERS):  # one hash is made for all of them
        assert person(name).password in proven, name


def test_reps_and_customers_stay_out_of_administration_and_nobody_is_above_permissions() -> None:
    staff = User.objects.filter(is_staff=True).values_list("email", flat=True)
    assert {email.partition("@")[0].rstrip("0123456789") for email in staff} == {
        *("admin", "manager", "finance")
    }
    assert not User.objects.filter(is_superuser=True).exists()
    assert person("admin").has_perm("approvals.change_policy")


# Sound and safe ---------------------------------------------------------------------


def test_the_books_are_sound() -> None:
    assert audit() == []


def test_nothing_lies_in_the_future() -> None:
    midnight = datetime.combine(TODAY, time(), ZoneInfo("America/Toronto"))
    assert not Invoice.objects.filter(issued_on__gte=TODAY).exists()
    assert not Payment.objects.filter(received_on__gte=TODAY).exists()
    assert not Order.objects.filter(deliveries__delivered_on__gte=TODAY).exists()
    assert not Event.objects.filter(happened_at__gte=midnight).exists()
    assert not Decision.objects.filter(decided_at__gte=midnight).exists()
    assert not CreditNote.objects.filter(changed_at__gte=midnight).exists()


def test_addresses_and_numbers_are_nobodys() -> None:
    company = Company.objects.get()
    addresses = [company.email, *User.objects.values_list("email", flat=True)]
    addresses += Contact.objects.values_list("email", flat=True)
    assert all(address.endswith(".test") for address in addresses)
    phones = [company.phone, *Contact.objects.values_list("phone", flat=True)]
    assert all(re.fullmatch(r"\d{3}-555-01\d\d", phone) for phone in phones)


def test_photos_are_light(seen: DemoDatabase) -> None:
    sizes = list(Attachment.objects.values_list("size", flat=True))
    assert len(sizes) >= 60
    assert max(sizes) < 220_000
    assert Attachment.objects.values("note").annotate(n=Count("pk")).filter(n__gte=6).exists()
    file = seen.files / "media" / str(Attachment.objects.order_by("pk")[0].file.name)
    assert file.read_bytes().startswith(b"\xff\xd8")


def test_cents_that_round_and_names_with_accents() -> None:
    assert InvoiceLine.objects.exclude(net=F("quantity") * F("unit_price")).exists()
    names = " ".join(Customer.objects.values_list("name", flat=True))
    assert "'" in names
    assert "É" in names

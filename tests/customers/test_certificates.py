"""A customer's certificates and deposits on the pages where they matter."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from customers.certificates import standings_of
from customers.depositing import receive_deposit
from customers.groups import make_groups
from customers.models import Customer, Invoice, InvoiceLine, OpenItem, TaxExemption, User
from customers.services import NewLine, post_invoice
from tests import factories
from tests.factories import MOMENT

SignIn = Callable[[User], Client]
TODAY = date(2026, 3, 10)


def certificate(customer: Customer, **fields: object) -> TaxExemption:
    values = {"certificate": "PST-1", "kinds": ["pst"], "valid_from": date(2025, 1, 1)}
    return TaxExemption.objects.create(customer=customer, **(values | fields))


@pytest.mark.parametrize(
    ("start", "end", "state"),
    [
        (TODAY, None, "valid"),
        (TODAY + timedelta(days=1), None, "coming"),
        (date(2025, 1, 1), TODAY + timedelta(days=61), "valid"),
        (date(2025, 1, 1), TODAY + timedelta(days=60), "expiring"),
        (date(2025, 1, 1), TODAY, "expiring"),
        (date(2025, 1, 1), TODAY - timedelta(days=1), "expired"),
    ],
)
def test_how_a_certificate_stands(
    customer: Customer, start: date, end: date | None, state: str
) -> None:
    certificate(customer, valid_from=start, valid_to=end)
    assert [each.state for each in standings_of(customer, TODAY)] == [state]


def test_the_customers_page_warns_of_an_expired_one(
    customer: Customer, rep: User, client_of: SignIn
) -> None:
    certificate(customer, province="BC", valid_to=date(2025, 6, 30), remark="Resale")
    receive_deposit(customer, "DEP-9", TODAY, Decimal("250.00"))
    page = client_of(rep).get(f"/customers/{customer.pk}/").content.decode()
    for words in ("PST BC", "expired", "Ask for a new certificate", "Resale", "DEP-9", "$250.00"):
        assert words in page, words


def test_the_certificate_is_sent_to_those_who_serve_the_customer(
    customer: Customer, rep: User, other_rep: User, client_of: SignIn
) -> None:
    on_file = certificate(customer, file=ContentFile(b"%PDF-1", name="x"), file_name="PST é.pdf")
    bare = certificate(customer, certificate="PST-2")
    answer = client_of(rep).get(reverse("customers:certificate", args=[on_file.pk]))
    assert b"".join(answer) == b"%PDF-1"
    assert "attachment" in answer["Content-Disposition"]
    assert client_of(other_rep).get(f"/certificates/{on_file.pk}/").status_code == 404
    assert client_of(rep).get(f"/certificates/{bare.pk}/").status_code == 404


@pytest.fixture
def browser(finance: User, client_of: SignIn) -> Client:
    """Finance at the admin site."""
    make_groups()
    finance.is_staff = True
    finance.save()
    return client_of(finance)


def sent(customer: Customer, **fields: object) -> dict[str, object]:
    return {
        "customer": customer.pk,
        "certificate": "PST-1",
        "kinds": ["pst"],
        "province": "BC",
        "valid_from": "2026-01-01",
        "valid_to": "2026-12-31",
        "remark": "",
    } | fields


def test_finance_keeps_certificates_with_their_file(customer: Customer, browser: Client) -> None:
    add = reverse("admin:customers_taxexemption_add")
    upload = SimpleUploadedFile("scan.pdf", b"%PDF-1.7 scan")
    assert browser.post(add, sent(customer, upload=upload)).status_code == 302
    kept = TaxExemption.objects.get()
    assert (kept.kinds, kept.file_name) == (["pst"], "scan.pdf")
    assert kept.file.read() == b"%PDF-1.7 scan"
    kept.file.close()
    page = browser.get(reverse("admin:customers_taxexemption_change", args=[kept.pk]))
    assert f"/certificates/{kept.pk}/" in page.content.decode()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"valid_to": "2025-12-31"}, "must come after"),
        ({"kinds": []}, "required"),
        ({"upload": SimpleUploadedFile("x.pdf", b"MZ not one")}, "neither a photo"),
    ],
)
def test_a_wrong_one_is_said_beside_its_field(
    customer: Customer, browser: Client, wrong: dict[str, object], words: str
) -> None:
    answer = browser.post(reverse("admin:customers_taxexemption_add"), sent(customer, **wrong))
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not TaxExemption.objects.exists()


# Deposits on the invoice's page -----------------------------------------------


def test_finance_pays_an_invoice_from_a_deposit(
    invoice: Invoice, finance: User, rep: User, client_of: SignIn
) -> None:
    deposit = receive_deposit(invoice.customer, "DEP-9", TODAY, Decimal("250.00"))
    page = f"/invoices/{invoice.pk}/"
    assert client_of(rep).get(page).context["deposit_form"] is None
    form = client_of(finance).get(page).context["deposit_form"]
    assert form.initial == {"deposit": deposit, "amount": Decimal("250.00")}
    data = {"deposit": deposit.pk, "amount": "200.00"}
    answer = client_of(finance).post(f"{page}deposit/", data, follow=True)
    assert "$200.00 of deposit DEP-9 is applied" in answer.content.decode()
    assert OpenItem.objects.get(entry__invoice=invoice).applied == Decimal(200)


@pytest.mark.parametrize("amount", ["", "x", "0", "250.01", "1e99"])
def test_a_wrong_amount_keeps_what_was_typed(
    invoice: Invoice, finance: User, client_of: SignIn, amount: str
) -> None:
    deposit = receive_deposit(invoice.customer, "DEP-9", TODAY, Decimal("250.00"))
    data = {"deposit": deposit.pk, "amount": amount}
    answer = client_of(finance).post(f"/invoices/{invoice.pk}/deposit/", data)
    assert answer.status_code == 422
    form = answer.context["deposit_form"]
    assert form.errors["amount"]
    assert form["amount"].value() == amount


def test_another_customers_deposit_can_not_be_chosen(
    invoice: Invoice, other_customer: Customer, finance: User, client_of: SignIn
) -> None:
    theirs = receive_deposit(other_customer, "DEP-8", TODAY, Decimal("250.00"))
    data = {"deposit": theirs.pk, "amount": "1.00"}
    answer = client_of(finance).post(f"/invoices/{invoice.pk}/deposit/", data)
    assert answer.status_code == 422
    assert answer.context["deposit_form"].errors["deposit"]


def test_the_invoices_page_tells_discounts_promotions_and_deposits(
    customer: Customer, rep: User, client_of: SignIn
) -> None:
    promoted = NewLine(
        Decimal(2),
        Decimal("9.00"),
        "Boards",
        discount=Decimal("1.00"),
        regular_price=Decimal("11.00"),
        promotion="Deck days",
        levies=[factories.HST_ON],
    )
    pallet = NewLine(Decimal(1), Decimal(20), "Pallet", kind=InvoiceLine.Kind.CONTAINER)
    invoice = post_invoice(
        customer, "I-1", MOMENT, [promoted, pallet], discount=Decimal(2), handover="collected"
    )
    page = client_of(rep).get(f"/invoices/{invoice.pk}/").content.decode()
    for words in (
        "Deck days",
        "instead of $11.00",
        "discount $1.00",
        "invoice discount $2.00",
        "Discounts taken off",
        "untaxed",
        "Picked up",
    ):
        assert words in page, words


def test_administration_points_to_certificates_that_end(
    customer: Customer, other_customer: Customer, browser: Client
) -> None:
    today = customer.company.day_of(timezone.now())
    ended = certificate(customer, valid_to=today - timedelta(days=3))
    certificate(other_customer, valid_to=today + timedelta(days=30))
    certificate(other_customer, certificate="PST-2", valid_from=today)
    points = {point.url: point.title for point in browser.get("/admin/").context["attention"]}
    told = points.pop(reverse("admin:customers_taxexemption_change", args=[ended.pk]))
    assert told == f"A tax exemption of {customer} ended on {ended.valid_to}"
    assert not any("taxexemption" in url for url in points)

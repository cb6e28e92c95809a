"""The printed credit note: what the law asks, the same bytes each time, made once."""

from __future__ import annotations

import hashlib
import io
import json
import re
import subprocess
import sys
from decimal import Decimal
from typing import Any

import pytest
from pypdf import PdfReader

from creditnotes import tasks
from creditnotes.creditable import Claim
from creditnotes.documents.page import html_of
from creditnotes.documents.rendering import pdf_of, stored_pdf
from creditnotes.documents.words import WORDS
from creditnotes.models import Basis, CreditNote, Dispatch, DocumentFile, IssuedDocument, Reason
from customers import ledger
from customers.models import Company, Customer, Invoice, User
from customers.services import receive_payment
from customers.settling import apply
from tests import factories
from tests.racing import at_once

NO_SERVERS = {"DJANGO_SETTINGS_MODULE": "config.settings_build", "PATH": "/usr/bin:/bin"}


def text_of(pdf: bytes) -> str:
    """The words of all pages, with single spaces."""
    pages = PdfReader(io.BytesIO(pdf)).pages
    return " ".join(" ".join(page.extract_text().split()) for page in pages)


def printed(note: CreditNote) -> str:
    return text_of(pdf_of(note.document))


def python(program: str, *arguments: str) -> str:
    """What a Python process of its own prints; it has the product's settings and no server."""
    setup = "import django; django.setup();"
    done = subprocess.run(
        [sys.executable, "-c", setup + program, *arguments],
        env=NO_SERVERS,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


# What it shows -----------------------------------------------------------------------


def test_it_shows_all_that_the_law_asks(
    rep: User, company: Company, customer: Customer, invoice: Invoice
) -> None:
    company.phone = "+1 613 555 0100"
    company.save()
    note = factories.issued_note(
        invoice,
        rep,
        factories.claim(invoice, 1, "3"),
        customer_reference="PO 77812",
        explanation="Three boards were split.",
    )
    words = printed(note)
    expected = [
        "Credit note",
        "North Supply Ltd.",
        "1 Yard Road",
        "GST/HST no. 123456789 RT0001",
        "Érable Builders",
        "5 Site Street",
        "Your reference PO 77812",
        note.document.number,
        "March 10, 2026",
        "Invoice INV-1 of March 10, 2026",
        "Reason Wrong price",
        "Three boards were split.",
        "Lumber 2×4×8",
        "3 ea 33.33 HST 13% 99.99",
        "HST 13% on 99.99 13.00",
        "Total credit 112.99 CAD",
        "Taken off what is open on invoice INV-1 112.99",
        "credit@north.test · +1 613 555 0100",
        "Page 1 of 1",
    ]
    assert [words_ for words_ in expected if words_ not in words] == []
    assert "QST" not in words
    assert not re.search(r"\b(pay|remit|due|virement|payer)\b", words.lower())


def test_in_quebec_it_is_in_french_with_both_numbers(
    other_rep: User, quebec_invoice: Invoice
) -> None:
    words = printed(factories.issued_note(quebec_invoice, other_rep))
    expected = [
        "Note de crédit",
        "10 mars 2026",
        "N° de TPS/TVH 123456789 RT0001",
        "N° de TVQ 1234567890 TQ0001",
        "Motif Wrong price (fr)",
        "1 un. 33,33",
        "TPS 5 % sur 33,33 1,67",
        "TVQ 9,975 % sur 33,33 3,32",
        "Crédit total 38,32 CAD",
        "Page 1 de 1",
    ]
    assert [words_ for words_ in expected if words_ not in words] == []
    assert "Credit note" not in words


def test_in_quebec_who_chose_english_gets_french_first(
    other_rep: User, other_customer: Customer, quebec_invoice: Invoice
) -> None:
    other_customer.language = "en"
    other_customer.save()
    words = printed(factories.issued_note(quebec_invoice, other_rep))
    assert words.index("Note de crédit") < words.index("Credit note")
    assert "TPS/GST 5 %" in words
    assert "Crédit total Total credit 38,32 CAD" in words


def test_what_the_invoice_no_longer_owes_stays_on_account(
    rep: User, invoice: Invoice, customer: Customer
) -> None:
    payment = receive_payment(customer, "P-1", factories.MOMENT.date(), invoice.total - Decimal(10))
    apply(
        payment.entry.open_item,
        invoice.entry.open_item,  # type: ignore[union-attr]
        payment.amount,
        factories.MOMENT.date(),
    )
    words = printed(factories.issued_note(invoice, rep))
    assert "Taken off what is open on invoice INV-1 10.00" in words
    assert "Kept on your account in your favour 27.66" in words


def test_each_basis_says_how_the_amount_came_about(rep: User, invoice: Invoice) -> None:
    claims = [
        factories.claim(invoice, 1, None, basis=Basis.UNIT_PRICE, unit_price=Decimal("30.5")),
        factories.claim(invoice, 2, None, basis=Basis.PERCENT, percent=Decimal("12.5")),
        factories.claim(invoice, 3, None, basis=Basis.AMOUNT, amount=Decimal(20)),
    ]
    words = printed(factories.issued_note(invoice, rep, *claims))
    assert "Price corrected to 30.50" in words
    assert "Allowance of 12.5%" in words
    assert "Agreed amount" in words


def test_several_invoices_each_have_their_own_lines(rep: User, customer: Customer) -> None:
    first = factories.invoice(customer)
    second = factories.invoice(customer, "INV-9", [("Shingles", "4", "25.00", "goods")])
    words = printed(
        factories.issued_note(first, rep, factories.claim(first), factories.claim(second))
    )
    assert words.index("Invoice INV-1 of") < words.index("Invoice INV-9 of")
    assert "Credited on this invoice, before tax 25.00" in words
    assert "Total before tax 58.33" in words


def test_markup_in_data_is_printed_and_nothing_is_fetched(
    rep: User, customer: Customer, invoice: Invoice
) -> None:
    customer.name = '<img src="http://127.0.0.1:9/x.png"> & Sons'
    customer.save()
    note = factories.issued_note(invoice, rep)
    assert "<img" not in html_of(note.document.snapshot)
    assert '<img src="http://127.0.0.1:9/x.png"> & Sons' in printed(note)


def test_all_words_are_there_in_both_languages() -> None:
    assert {key for key, texts in WORDS.items() if set(texts) != {"en", "fr"}} == set()


# Long ones ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def long_pages() -> list[str]:
    """The pages of a credit note with 300 lines."""
    return [
        " ".join(page.extract_text().split())
        for page in PdfReader(io.BytesIO(pdf_of(_document(300)))).pages
    ]


def _document(lines: int) -> IssuedDocument:
    tax = {"kind": "hst", "province": "ON", "rate": "13", "base": "300.00", "amount": "39.00"}
    line = {
        "sku": "SKU",
        "description_fr": "",
        "basis": "percent",
        "quantity": "0",
        "unit": "ea",
        "charged_unit_price": "10",
        "unit_price": None,
        "percent": "10",
        "net": "1.00",
        "taxes": [tax],
    }
    party = {"address": "1 Street", "province": "ON", "country": "CA"}
    snapshot: dict[str, Any] = {
        "shape": 1,
        "number": "CN-2026-000300",
        "reference": "CR-000300",
        "issued_on": "2026-03-10",
        "language": "en",
        "currency": "CAD",
        "supplier": party
        | {"legal_name": "North", "gst_number": "1", "qst_number": "", "email": "a@b.test"}
        | {"phone": ""},
        "customer": party | {"number": "C-1", "name": "Érable " * 12},
        "customer_reference": "",
        "reason": {"en": "Rebate", "fr": "Ristourne"},
        "explanation": "",
        "invoices": [
            {
                "number": "INV-300",
                "issued_on": "2026-02-01",
                "province": "ON",
                "customer_reference": "",
                "site": "",
                "lines": [line | {"description": f"Board {n:03d}"} for n in range(1, lines + 1)],
                "net": "300.00",
                "taxes": [tax],
            }
        ],
        "taxes": [tax],
        "net": "300.00",
        "tax_total": "39.00",
        "total": "339.00",
        "applied": {"invoices": [], "on_account": "339.00"},
    }
    return IssuedDocument(snapshot=snapshot)


def test_300_lines_are_all_there_in_order_once(long_pages: list[str]) -> None:
    found = re.findall(r"Board (\d{3})", " ".join(long_pages))
    assert found == [f"{number:03d}" for number in range(1, 301)]


def test_every_page_repeats_what_it_is_and_its_columns(long_pages: list[str]) -> None:
    total = len(long_pages)
    assert total > 5
    for number, page in enumerate(long_pages, start=1):
        assert f"Page {number} of {total}" in page
        assert "Credit note" in page
        assert "CN-2026-000300" in page
        if "Board" in page:
            assert "Invoice INV-300 of February 1, 2026" in page
            assert "Description Quantity Unit Price Tax Amount" in page


def test_a_line_is_not_torn_apart(long_pages: list[str]) -> None:
    for page in long_pages:
        assert page.count("Board") == page.count("Allowance of 10%")


def test_the_totals_stay_together(long_pages: list[str]) -> None:
    assert (
        "Total before tax 300.00 HST 13% on 300.00 39.00 Total credit 339.00 CAD" in long_pages[-1]
    )


# The file ---------------------------------------------------------------------------------

_HASH = (
    "import sys, json, hashlib;"
    "from creditnotes.models import IssuedDocument;"
    "from creditnotes.documents.rendering import pdf_of;"
    "document = IssuedDocument(snapshot=json.loads(sys.argv[1]));"
    "print(hashlib.sha256(pdf_of(document)).hexdigest())"
)


def test_two_processes_make_the_same_bytes() -> None:
    document = _document(40)
    snapshot = json.dumps(document.snapshot)
    first, second = python(_HASH, snapshot), python(_HASH, snapshot)
    assert first == second == hashlib.sha256(pdf_of(document)).hexdigest()


def test_it_is_archival_and_carries_its_fonts() -> None:
    reader = PdfReader(io.BytesIO(pdf_of(_document(1))))
    xmp = reader.trailer["/Root"]["/Metadata"].get_data().decode()  # type: ignore[index]
    assert 'pdfaid:part="3"' in xmp
    assert 'pdfaid:conformance="A"' in xmp or "<pdfaid:conformance>A" in xmp
    assert reader.metadata is not None
    assert reader.metadata.title == "Credit note CN-2026-000300"
    fonts = reader.pages[0]["/Resources"]["/Font"].values()  # type: ignore[index]
    assert {str(font.get_object()["/BaseFont"]).split("+")[1][:5] for font in fonts} == {"Inter"}


def test_no_web_process_ever_loads_the_renderer() -> None:
    loaded = python(
        "import config.wsgi, sys; from django.urls import get_resolver;"
        "get_resolver().url_patterns;"
        "print([name for name in sys.modules if name.startswith('weasyprint')])"
    )
    assert loaded == "[]"


def test_it_is_made_once_and_kept(rep: User, invoice: Invoice, customer: Customer) -> None:
    document = factories.issued_note(invoice, rep).document
    kept = stored_pdf(document)
    assert kept.sha256 == hashlib.sha256(kept.content).hexdigest()
    customer.name = "Renamed Builders"
    customer.save()
    assert stored_pdf(document) == kept
    assert bytes(DocumentFile.objects.get().content) == bytes(kept.content)
    assert pdf_of(IssuedDocument.objects.get()) == bytes(kept.content)


def test_delivered_twice_it_is_made_once(rep: User, invoice: Invoice) -> None:
    factories.issued_note(invoice, rep)
    dispatch = Dispatch.objects.get(consumer="pdf")
    tasks.deliver(dispatch.pk)
    Dispatch.objects.filter(pk=dispatch.pk).update(done_at=None, attempts=0)
    tasks.deliver(dispatch.pk)
    assert DocumentFile.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_make_one(rep: User, invoice: Invoice, reason: Reason) -> None:
    document = factories.issued_note(invoice, rep).document
    first, second = at_once(lambda: stored_pdf(document), lambda: stored_pdf(document))
    assert first == second == DocumentFile.objects.get()


def test_fees_price_only_and_adjustments_are_printed(invoice: Invoice, rep: User) -> None:
    restocked = factories.reason(invoice.company, "restocked", restocking_fee=Decimal(15))
    claims = [
        factories.claim(invoice, 1, "10"),
        factories.claim(invoice, 2, None, basis=Basis.WHOLE, price_only=True),
        factories.claim(invoice, 3, None, basis=Basis.FREIGHT),
        Claim(basis=Basis.TAX, invoice_id=invoice.pk, tax_kind="hst", amount=Decimal("1.25")),
    ]
    words = printed(factories.issued_note(invoice, rep, *claims, reason=restocked))
    expected = [
        "Taxes Tax adjusted, but for lines marked price only",
        "Restocking fee kept back: 50.00 (15%)",
        "All that was left of it",
        "price only",
        "Freight credited",
        "Tax given back without a change of price: 1.25",
        "Credited before fees 408.30",
        "Restocking fees kept back -54.50",
        "Total before tax 353.80",
        "HST 13% on 328.30 42.68",
        "HST 13% adjustment 1.25",
        "Total credit 397.73 CAD",
    ]
    assert [each for each in expected if each not in words] == []


def test_goodwill_is_printed_without_an_invoice(invoice: Invoice, rep: User) -> None:
    reason = factories.reason(
        invoice.company,
        "sorry",
        bases=["goodwill"],
        goodwill_cap=Decimal(80),
        goodwill_account=ledger.account(invoice.company, "4140"),
    )
    given = Claim(basis=Basis.GOODWILL, amount=Decimal("56.70"), description="For the long wait.")
    words = printed(factories.issued_note(invoice, rep, given, reason=reason))
    assert "Goodwill, on no invoice" in words
    assert "For the long wait. no tax 56.70" in words
    assert "INV-1" not in words
    assert "Kept on your account in your favour 56.70" in words

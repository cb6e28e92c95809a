"""Credit and rebill: one decision credits a wrong invoice whole and issues the right one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from approvals import services as approvals
from creditnotes import services
from creditnotes.auditing import audit
from creditnotes.content import Content, hash_of
from creditnotes.creditable import look
from creditnotes.deliveries import arrivals_of
from creditnotes.models import CreditableLine, CreditNote, Reason, Rebill, RebilledInvoice, State
from creditnotes.rebilling import Added, Corrected, Correction, lines_of
from customers import ledger
from customers.errors import Incomplete, Refusal, StaleContent
from customers.exposure import exposure_of
from customers.models import (
    Delivery,
    DeliveryLine,
    Department,
    Invoice,
    OpenItem,
    Order,
    OrderLine,
    Product,
    Site,
    User,
)
from customers.services import NewLine, post_invoice, receive_payment
from customers.settling import apply
from tests import factories
from tests.factories import MOMENT, claim
from tests.racing import at_once, refusals
from tests.refusing import database_refuses, sql

pytestmark = pytest.mark.usefixtures("policy")


@pytest.fixture
def draft(invoice: Invoice, rep: User) -> CreditNote:
    """461.38 credited whole; ten pieces at 30.00 instead of 33.33: 375.00 net, 423.75 in all."""
    return factories.rebilled_draft(invoice, rep)


def approve(note: CreditNote, rep: User, manager: User) -> CreditNote:
    note = approvals.submit(note, actor=rep, moment=MOMENT)
    return approvals.approve(note, actor=manager, moment=MOMENT)


@pytest.fixture
def issued(draft: CreditNote, rep: User, manager: User) -> CreditNote:
    return services.issue(approve(draft, rep, manager), actor=None, moment=MOMENT)


def new_invoice(note: CreditNote) -> Invoice:
    return note.rebilled.invoice


def item_of(invoice: Invoice) -> OpenItem:
    return OpenItem.objects.get(entry__invoice=invoice)


def test_a_draft_credits_all_and_says_what_is_billed(draft: CreditNote, invoice: Invoice) -> None:
    assert (draft.net, draft.total) == (invoice.net, invoice.total)
    rebill = Rebill.objects.get(note=draft)
    assert (rebill.net, rebill.total) == (Decimal("375.00"), Decimal("423.75"))
    assert not RebilledInvoice.objects.exists()


def test_both_are_issued_at_once(issued: CreditNote, invoice: Invoice) -> None:
    new = new_invoice(issued)
    assert (issued.state, issued.document.number) == (State.ISSUED, "CN-2026-000001")
    assert (new.number, new.total) == ("IN-2026-000001", Decimal("423.75"))
    assert new.lines.get(position=1).unit_price == Decimal("30.00")
    assert issued.document.snapshot["replaced_by"] == "IN-2026-000001"
    assert item_of(invoice).open == 0
    assert item_of(new).open == Decimal("423.75")
    assert ledger.receivable_of(invoice.customer) == Decimal("423.75")


def test_the_books_stay_sound(issued: CreditNote) -> None:
    assert audit() == []
    call_command("check_ledger")
    call_command("check_numbers")


def test_what_was_paid_settles_the_new_invoice(
    draft: CreditNote, invoice: Invoice, rep: User, manager: User
) -> None:
    payment = receive_payment(invoice.customer, "P-1", date(2026, 3, 10), invoice.total)
    apply(payment.entry.open_item, item_of(invoice), invoice.total, date(2026, 3, 10))
    note = services.issue(approve(draft, rep, manager), actor=None, moment=MOMENT)
    assert item_of(new_invoice(note)).open == 0
    assert ledger.receivable_of(invoice.customer) == Decimal("423.75") - Decimal("461.38")
    assert audit() == []


def test_another_site_is_taxed_where_it_is(invoice: Invoice, rep: User) -> None:
    from customers.taxdata import load_tax_rates

    load_tax_rates()
    site = Site.objects.create(customer=invoice.customer, name="Gatineau", province="QC")
    lines = [Corrected(line, line.quantity, line.unit_price) for line in lines_of(invoice)]
    note = services.start_rebill(
        Correction(invoice, lines, site, ""),
        Content(reason=factories.reason(invoice.company)),
        actor=rep,
        moment=MOMENT,
    )
    rebill = Rebill.objects.get(note=note)
    assert rebill.net == invoice.net
    assert rebill.tax_total == Decimal("20.42") + Decimal("40.73")


def test_the_decision_is_on_both(draft: CreditNote, rep: User) -> None:
    before = hash_of(draft)
    Rebill.objects.update(customer_reference="PO-2")
    assert hash_of(CreditNote.objects.get(pk=draft.pk)) != before
    approvals.submit(draft, actor=rep, moment=MOMENT)
    with database_refuses("what was submitted cannot change"):
        sql("UPDATE creditnotes_rebill SET customer_reference = 'PO-3'")


def test_the_database_refuses_one_without_the_other(
    draft: CreditNote, rep: User, manager: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    from creditnotes.services import issuing

    note = approve(draft, rep, manager)
    monkeypatch.setattr(issuing, "bill_anew", lambda *_args, **_fields: None)
    with database_refuses("issued without its corrected invoice"):
        services.issue(note, actor=None, moment=MOMENT)


def test_what_somebody_credited_meanwhile_is_looked_at_again(
    draft: CreditNote, invoice: Invoice, rep: User
) -> None:
    factories.submitted_note(invoice, rep, claim(invoice, quantity="2"))
    with pytest.raises(StaleContent, match="Look at the correction again"):
        approvals.submit(draft, actor=rep, moment=MOMENT)
    draft.refresh_from_db()
    assert draft.state == State.DRAFT


def test_nothing_changed_is_no_correction(invoice: Invoice, rep: User) -> None:
    with pytest.raises(Incomplete, match="Nothing is changed"):
        factories.rebilled_draft(invoice, rep, price="33.33")


def test_a_reason_that_takes_goods_back_corrects_nothing(
    invoice: Invoice, rep: User, returned_goods: Reason
) -> None:
    with pytest.raises(Refusal, match="corrects no invoice"):
        factories.rebilled_draft(invoice, rep, reason=returned_goods)


def test_a_returned_one_is_corrected_and_submitted_again(
    draft: CreditNote, invoice: Invoice, rep: User, manager: User
) -> None:
    note = approvals.submit(draft, actor=rep, moment=MOMENT)
    note = approvals.return_for_changes(note, actor=manager, moment=MOMENT, comment="31?")
    lines = [Corrected(line, line.quantity, line.unit_price) for line in lines_of(invoice)]
    lines[0] = Corrected(lines[0].line, Decimal(10), Decimal(31))
    content = Content(reason=factories.reason(invoice.company))
    note = services.edit_rebill(note, Correction(invoice, lines), content, actor=rep, moment=MOMENT)
    assert Rebill.objects.get(note=note).net == Decimal("385.00")
    line = CreditableLine.objects.get(invoice_line=lines[0].line)
    assert line.reserved_net == Decimal("333.30")
    services.issue(approve(note, rep, manager), actor=None, moment=MOMENT)
    assert audit() == []


@pytest.mark.django_db(transaction=True)
def test_issued_twice_at_once(draft: CreditNote, rep: User, manager: User) -> None:
    note = approve(draft, rep, manager)
    issue = lambda: services.issue(note, actor=None, moment=MOMENT)  # noqa: E731
    assert not refusals(at_once(issue, issue, issue))
    assert RebilledInvoice.objects.count() == 1
    assert Invoice.objects.count() == 2


def test_a_paid_invoice_in_us_dollars_is_billed_anew_at_the_days_rate(
    department: Department, rep: User, manager: User
) -> None:
    """The credit is worth the old rate, the new invoice today's: the difference is realised."""
    factories.rate(department.company, "1.3333", day=date(2026, 3, 1))
    factories.rate(department.company, "1.41", day=date(2026, 3, 10))
    american = factories.customer(
        department, "C-300", "Vermont Decks", province="", country="US", currency="USD"
    )
    wrong = factories.invoice(american, "INV-US", levies=[], moment=MOMENT.replace(day=2))
    payment = receive_payment(american, "P-US", date(2026, 3, 2), wrong.total)
    apply(payment.entry.open_item, item_of(wrong), wrong.total, date(2026, 3, 2))
    draft = factories.rebilled_draft(wrong, rep)
    note = services.issue(approve(draft, rep, manager), actor=None, moment=MOMENT)
    new = new_invoice(note)
    assert (new.rate, item_of(new).open) == (Decimal("1.41"), Decimal(0))
    left = OpenItem.objects.get(entry__credit_document__note=note)
    assert ledger.receivable_of(american) == -left.base_open
    assert audit() == []
    call_command("check_ledger")


def test_what_is_billed_anew_counts_once_as_invoiced(
    department: Department, rep: User, manager: User
) -> None:
    """Of thirty ordered ten are invoiced, wrongly first: twenty at 33.33 are still to come."""
    customer = factories.customer(department, "C-400", "Cedar Homes")
    product = Product.objects.create(company=department.company, sku="LUM", name="Lumber")
    order = Order.objects.create(
        company=department.company, customer=customer, number="SO-1", ordered_on=MOMENT.date()
    )
    ordered = OrderLine.objects.create(
        order=order, product=product, position=1, quantity=30, unit_price=Decimal("33.33")
    )
    line = NewLine(
        Decimal(10), Decimal("33.33"), "Lumber", product, ordered, levies=[factories.HST_ON]
    )
    wrong = post_invoice(customer, "INV-O", MOMENT, [line], province="ON", order=order)
    twenty = Decimal("666.60")
    assert exposure_of(customer, MOMENT.date()).on_order == twenty
    note = approve(factories.rebilled_draft(wrong, rep), rep, manager)
    assert exposure_of(customer, MOMENT.date()).on_order == twenty
    note = services.issue(note, actor=None, moment=MOMENT)
    assert exposure_of(customer, MOMENT.date()).on_order == twenty

    # Ten came: nothing is missing of the new invoice, and nothing left of the wrong one.
    delivery = Delivery.objects.create(order=order, number="D-1", delivered_on=MOMENT.date())
    DeliveryLine.objects.create(delivery=delivery, order_line=ordered, quantity=10)
    for each in (new_invoice(note), wrong):
        lines = each.lines.all()
        arrival = arrivals_of(lines, look([line.pk for line in lines]))
        assert [found.missing for found in arrival.values()] == [0]


def test_a_forgotten_line_bills_what_was_ordered(
    department: Department, rep: User, manager: User
) -> None:
    """Ordered: A, and B twice (ten, then four), thereof nothing of B invoiced; all is, at last.

    A fourth B was never ordered.
    """
    customer = factories.customer(department, "C-500", "Oak Homes")
    first, second = (
        Product.objects.create(company=department.company, sku=sku, name=sku) for sku in "AB"
    )
    order = Order.objects.create(
        company=department.company, customer=customer, number="SO-2", ordered_on=MOMENT.date()
    )
    ordered = [
        OrderLine.objects.create(
            order=order, product=product, position=position, quantity=quantity, unit_price=5
        )
        for position, (product, quantity) in enumerate([(first, 3), (second, 10), (second, 4)], 1)
    ]
    line = NewLine(Decimal(3), Decimal(5), "A", first, ordered[0], levies=[factories.HST_ON])
    wrong = post_invoice(customer, "INV-F", MOMENT, [line], province="ON", order=order)

    def exposed() -> Decimal:
        return exposure_of(customer, MOMENT.date()).on_order

    assert exposed() == Decimal(70)
    added = [Added(second, Decimal(each), Decimal(5), "B") for each in (4, 7, 3, 1)]
    kept = [Corrected(each, each.quantity, each.unit_price) for each in lines_of(wrong)]
    draft = services.start_rebill(
        Correction(wrong, kept, added=added),
        Content(reason=factories.reason(wrong.company)),
        actor=rep,
        moment=MOMENT,
    )
    assert exposed() == Decimal(70)
    note = services.issue(approve(draft, rep, manager), actor=None, moment=MOMENT)
    assert exposed() == 0
    billed = new_invoice(note).lines.select_related("order_line")
    positions = [each.order_line.position if each.order_line else None for each in billed]
    assert positions == [1, 3, 2, 2, None]


def test_a_line_already_billed_by_another_invoice_is_not_tied_to_its_order(
    department: Department, rep: User, manager: User
) -> None:
    customer = factories.customer(department, "C-501", "Elm Homes")
    product = Product.objects.create(company=department.company, sku="B", name="B")
    order = Order.objects.create(
        company=department.company, customer=customer, number="SO-3", ordered_on=MOMENT.date()
    )
    ordered = OrderLine.objects.create(
        order=order, product=product, position=1, quantity=10, unit_price=5
    )
    line = NewLine(Decimal(10), Decimal(5), "B", product, ordered, levies=[factories.HST_ON])
    post_invoice(customer, "INV-1", MOMENT, [line], province="ON", order=order)
    charge = NewLine(Decimal(1), Decimal(9), "Cutting", levies=[factories.HST_ON])
    wrong = post_invoice(customer, "INV-2", MOMENT, [charge], province="ON", order=order)
    kept = [Corrected(each, each.quantity, each.unit_price) for each in lines_of(wrong)]
    draft = services.start_rebill(
        Correction(wrong, kept, added=[Added(product, Decimal(2), Decimal(5), "B")]),
        Content(reason=factories.reason(wrong.company)),
        actor=rep,
        moment=MOMENT,
    )
    note = services.issue(approve(draft, rep, manager), actor=None, moment=MOMENT)
    assert new_invoice(note).lines.get(product=product).order_line is None


def test_what_was_forgotten_is_billed_as_what_it_is(
    invoice: Invoice, rep: User, manager: User
) -> None:
    """A fee by the catalogue; freight and pallets as they were invoiced to somebody before.

    Pallets are a deposit and bear no tax: 13 % of 375.00 + 20 + 30.
    """
    from customers.taxdata import load_tax_rates

    load_tax_rates()
    fee, freight, pallet = (
        Product.objects.create(company=invoice.company, sku=sku, name=sku, is_charge=True)
        for sku in ("FEE", "FREIGHT", "PALLET")
    )
    before = [
        NewLine(Decimal(1), Decimal(9), "Freight", freight, kind="freight", levies=[]),
        NewLine(Decimal(1), Decimal(9), "Pallet", pallet, kind="container"),
    ]
    post_invoice(invoice.customer, "INV-K", MOMENT, before, province="ON")
    lines = [Corrected(line, line.quantity, line.unit_price) for line in lines_of(invoice)]
    lines[0] = Corrected(lines[0].line, Decimal(10), Decimal(30))
    prices = ((fee, 20), (freight, 30), (pallet, 40))
    added = [Added(product, Decimal(1), Decimal(price), product.name) for product, price in prices]
    draft = services.start_rebill(
        Correction(invoice, lines, added=added),
        Content(reason=factories.reason(invoice.company)),
        actor=rep,
        moment=MOMENT,
    )
    note = services.issue(approve(draft, rep, manager), actor=None, moment=MOMENT)
    new = new_invoice(note)
    billed = new.lines.filter(position__gt=3).values_list("product__sku", "kind")
    assert dict(billed) == {"FEE": "charge", "FREIGHT": "freight", "PALLET": "container"}
    assert (new.net, new.tax_total) == (Decimal("465.00"), Decimal("55.25"))
    call_command("check_ledger")
    assert audit() == []


# Pages ------------------------------------------------------------------------

SignIn = Callable[[User], Client]


def filled(invoice: Invoice, reason: Reason, **fields: str) -> dict[str, str]:
    data = {"token": str(uuid4()), "reason": str(reason.pk), "do": "submit"}
    for line in invoice.lines.all():
        data |= {f"quantity-{line.pk}": f"{line.quantity:f}"}
        data |= {f"price-{line.pk}": f"{line.unit_price:f}"}
    return data | fields


def test_from_the_invoices_page_to_both_pages(
    invoice: Invoice, rep: User, manager: User, reason: Reason, client_of: SignIn
) -> None:
    client = client_of(rep)
    url = reverse("creditnotes:rebill", args=[invoice.pk])
    invoice_page = reverse("customers:invoice", args=[invoice.pk])
    assert url in client.get(invoice_page).content.decode()
    assert "33.33" in client.get(url).content.decode()
    data = filled(invoice, reason)
    assert "Nothing is changed" in client.post(url, data).content.decode()
    price = f"price-{invoice.lines.get(position=1).pk}"
    computed = client.post(url, data | {price: "30", "do": "preview"}).content.decode()
    assert "$423.75" in computed
    sent = client.post(url, data | {price: "30"})
    again = client.post(url, data | {price: "30"})
    note = CreditNote.objects.get()
    assert sent.status_code == 302
    assert again.status_code == 302
    assert note.state == State.SUBMITTED
    decision = client_of(manager).get(reverse("approvals:decide", args=[note.pk]))
    assert "$461.38 becomes $423.75" in decision.content.decode()
    note = approvals.approve(note, actor=manager, moment=MOMENT)
    services.issue(note, actor=None, moment=MOMENT)
    note_page = client.get(reverse("creditnotes:credit_note", args=[note.pk])).content.decode()
    assert "IN-2026-000001" in note_page
    assert "billed anew as IN-2026-000001" in client.get(invoice_page).content.decode()
    new = reverse("customers:invoice", args=[RebilledInvoice.objects.get().invoice_id])
    assert invoice.number in client.get(new).content.decode()


def test_what_is_typed_anew_after_a_refusal_is_what_is_submitted(
    invoice: Invoice, rep: User, client_of: SignIn
) -> None:
    client = client_of(rep)
    photographed = factories.reason(invoice.company, "damaged", needs_photo=True)
    url = reverse("creditnotes:rebill", args=[invoice.pk])
    price = f"price-{invoice.lines.get(position=1).pk}"
    data = filled(invoice, photographed) | {price: "30"}
    assert client.post(url, data).status_code == 422
    assert not CreditNote.objects.exists()
    other = str(factories.reason(invoice.company).pk)
    assert client.post(url, data | {"reason": other, price: "31"}).status_code == 302
    assert Rebill.objects.get().net == Decimal("385.00")


def test_a_saved_page_that_is_sent_again_changes_its_draft(
    invoice: Invoice, reason: Reason, rep: User, client_of: SignIn
) -> None:
    client, url = client_of(rep), reverse("creditnotes:rebill", args=[invoice.pk])
    price = f"price-{invoice.lines.get(position=1).pk}"
    data = filled(invoice, reason, do="save") | {price: "30"}
    assert client.post(url, data).status_code == 302
    assert client.post(url, data | {price: "31"}).status_code == 302
    assert Rebill.objects.get().net == Decimal("385.00")


def test_a_page_gone_back_to_overwrites_nobody_unasked(
    invoice: Invoice, reason: Reason, rep: User, manager: User, client_of: SignIn
) -> None:
    client, url = client_of(rep), reverse("creditnotes:rebill", args=[invoice.pk])
    price = f"price-{invoice.lines.get(position=1).pk}"
    data = filled(invoice, reason, do="save", version="") | {price: "30"}
    assert client.post(url, data).status_code == 302
    note = CreditNote.objects.get()
    lines = [Corrected(line, line.quantity, line.unit_price) for line in lines_of(invoice)]
    lines[0] = Corrected(lines[0].line, Decimal(10), Decimal(31))
    content = Content(reason=reason)
    services.edit_rebill(note, Correction(invoice, lines), content, actor=manager, moment=MOMENT)

    computed = client.post(url, data | {price: "32", "do": "preview"})
    assert computed.status_code == 200
    carried = str(computed.context["form"]["version"].value())
    for version in ("", carried):
        again = client.post(url, data | {price: "32", "version": version})
        assert again.status_code == 422
        assert "Somebody changed this credit note meanwhile" in again.content.decode()
        assert 'value="32"' in again.content.decode()
        assert Rebill.objects.get().net == Decimal("385.00")
    version = str(again.context["form"]["version"].value())
    assert client.post(url, data | {price: "32", "version": version}).status_code == 302
    assert Rebill.objects.get().net == Decimal("395.00")


def test_a_page_that_is_out_of_date_can_be_saved_once_that_is_said(
    draft: CreditNote, invoice: Invoice, rep: User, manager: User, client_of: SignIn
) -> None:
    client, url = client_of(rep), reverse("creditnotes:edit_rebill", args=[draft.pk])
    reason = draft.reason
    assert reason
    price = f"price-{invoice.lines.get(position=1).pk}"
    data = filled(invoice, reason, do="save", version=str(draft.version)) | {price: "32"}
    lines = [Corrected(line, line.quantity, line.unit_price) for line in lines_of(invoice)]
    lines[0] = Corrected(lines[0].line, Decimal(10), Decimal(31))
    correction = Correction(invoice, lines)
    services.edit_rebill(draft, correction, Content(reason=reason), actor=manager, moment=MOMENT)
    stale = client.post(url, data)
    assert stale.status_code == 422
    version = str(stale.context["form"]["version"].value())
    assert client.post(url, data | {"version": version}).status_code == 302


def test_a_page_changes_the_note_of_its_own_invoice_only(
    invoice: Invoice, reason: Reason, rep: User, client_of: SignIn
) -> None:
    client, url = client_of(rep), reverse("creditnotes:rebill", args=[invoice.pk])
    price = f"price-{invoice.lines.get(position=1).pk}"
    data = filled(invoice, reason, do="save") | {price: "30"}
    assert client.post(url, data).status_code == 302
    other = factories.invoice(invoice.customer, "INV-OTHER")
    token = {"token": data["token"], f"price-{other.lines.get(position=1).pk}": "30"}
    crossed = filled(other, reason, do="save") | token
    assert client.post(reverse("creditnotes:rebill", args=[other.pk]), crossed).status_code == 404
    assert Rebill.objects.get().invoice == invoice


@pytest.mark.parametrize("field", ["quantity", "price"])
def test_a_zero_on_a_row_to_add_is_asked_about(
    field: str, invoice: Invoice, reason: Reason, rep: User, client_of: SignIn
) -> None:
    url = reverse("creditnotes:rebill", args=[invoice.pk])
    price = f"price-{invoice.lines.get(position=1).pk}"
    data = filled(invoice, reason, do="save") | {price: "30", f"{field}-added-1": "0"}
    answer = client_of(rep).post(url, data)
    assert answer.status_code == 422
    assert "There is no such product" in answer.content.decode()


def test_a_forgotten_line_is_added_with_its_own_taxes(
    invoice: Invoice, reason: Reason, rep: User, manager: User, client_of: SignIn
) -> None:
    """Two bags at 12.50 that bear no HST, and three at 7.77 that do."""
    from customers.taxdata import load_tax_rates

    load_tax_rates()
    company = invoice.company
    Product.objects.create(company=company, sku="SEED", name="Seed", exempt_taxes=["hst"])
    Product.objects.create(company=company, sku="SCREW", name="Screws", unit="box")
    client, url = client_of(rep), reverse("creditnotes:rebill", args=[invoice.pk])
    data = filled(invoice, reason) | {"sku-added-1": "seed", "quantity-added-1": "2"}
    wrong = client.post(url, data | {"sku-added-2": "none"})
    assert wrong.status_code == 422
    for words in ("There is no such product", "Say how many", "Say the price of one"):
        assert words in wrong.content.decode()
    data |= {"price-added-1": "12.50", "sku-added-3": "SCREW", "quantity-added-3": "3"}
    assert client.post(url, data | {"price-added-3": "7.77"}).status_code == 302

    rebill = Rebill.objects.get()
    taxed = invoice.net + Decimal("23.31")
    assert rebill.net == taxed + 25
    assert rebill.tax_total == (taxed * Decimal("0.13")).quantize(Decimal("0.01"))
    note = approvals.approve(rebill.note, actor=manager, moment=MOMENT)
    note_page = client.get(reverse("creditnotes:credit_note", args=[note.pk])).content.decode()
    assert "Screws" in note_page
    note = services.issue(note, actor=None, moment=MOMENT)
    new = new_invoice(note)
    assert new.total == rebill.total
    added = new.lines.filter(position__gt=3).values_list("product__sku", "unit", "net")
    assert list(added) == [("SEED", "ea", Decimal("25.00")), ("SCREW", "box", Decimal("23.31"))]
    assert audit() == []


def test_what_was_added_stands_in_the_form_again(
    draft: CreditNote, invoice: Invoice, rep: User, client_of: SignIn
) -> None:
    product = Product.objects.create(company=invoice.company, sku="SEED", name="Seed")
    lines = [Corrected(line, line.quantity, line.unit_price) for line in lines_of(invoice)]
    added = [Added(product, Decimal(2), Decimal("12.5"), "Seed")]
    content = Content(reason=draft.reason)
    correction = Correction(invoice, lines, added=added)
    services.edit_rebill(draft, correction, content, actor=rep, moment=MOMENT)
    page = client_of(rep).get(reverse("creditnotes:edit_rebill", args=[draft.pk])).content.decode()
    assert 'value="SEED"' in page
    assert 'value="12.50"' in page


def test_a_product_that_is_billed_anew_stays(
    draft: CreditNote, invoice: Invoice, rep: User
) -> None:
    """Whatever becomes of the note: its page and its decision name it."""
    named, other = (
        Product.objects.create(company=invoice.company, sku=sku, name=sku) for sku in ("S", "T")
    )
    lines = [Corrected(line, line.quantity, line.unit_price) for line in lines_of(invoice)]
    correction = Correction(invoice, lines, added=[Added(named, Decimal(2), Decimal(1), "S")])
    content = Content(reason=draft.reason)
    services.edit_rebill(draft, correction, content, actor=rep, moment=MOMENT)
    other.delete()
    with database_refuses("a credit note bills this product anew"):
        Product.objects.filter(pk=named.pk).delete()
    rebill = Rebill.objects.get(note=draft)
    rebill.lines[-1]["product"] = 0
    with database_refuses("a product that is not there"):
        rebill.save()


def test_another_companys_product_is_not_billed(
    draft: CreditNote, invoice: Invoice, rep: User
) -> None:
    foreign = Product.objects.create(company=factories.company("south"), sku="X", name="X")
    lines = [Corrected(line, line.quantity, line.unit_price) for line in lines_of(invoice)]
    correction = Correction(invoice, lines, added=[Added(foreign, Decimal(1), Decimal(1), "X")])
    with pytest.raises(Refusal, match="product of the company"):
        services.edit_rebill(
            draft, correction, Content(reason=draft.reason), actor=rep, moment=MOMENT
        )


def test_its_draft_is_edited_as_a_correction(
    draft: CreditNote, rep: User, client_of: SignIn
) -> None:
    client = client_of(rep)
    answer = client.get(reverse("creditnotes:edit", args=[draft.pk]))
    assert answer["Location"] == reverse("creditnotes:edit_rebill", args=[draft.pk])
    assert 'value="30.00"' in client.get(answer["Location"]).content.decode()


def test_who_reverses_it_is_told_that_the_new_invoice_stands(
    issued: CreditNote, finance: User, second_finance: User, client_of: SignIn
) -> None:
    factories.unapply(issued)
    page = reverse("creditnotes:credit_note", args=[issued.pk])
    new = reverse("customers:invoice", args=[new_invoice(issued).pk])
    told = f'<a href="{new}">Open IN-2026-000001</a>'
    assert told in client_of(finance).get(page).content.decode()
    services.propose_reversal(issued, actor=finance, moment=MOMENT, comment="It was right.")
    shown = client_of(second_finance).get(page).content.decode()
    assert shown.index("IN-2026-000001 stands") < shown.index("Confirm the reversal")
    assert told in shown

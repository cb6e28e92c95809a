"""The admin site's pages: what needs attention, the way to the product, errors beside the field."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib import admin as admin_site
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.forms import ModelChoiceField, Select
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from approvals.models import ApprovalLimit, OfferTerms, Policy
from creditnotes import services
from creditnotes.content import Content
from creditnotes.models import CreditNote, Reason
from creditnotes.rebilling import Added, Corrected, Correction, lines_of
from customers import access
from customers.administration import ReadOnly
from customers.models import (
    Account,
    Company,
    Customer,
    Department,
    Invoice,
    Order,
    Product,
    TaxRate,
    User,
)
from tests import factories
from tests.administration.conftest import address

Opens = Callable[[User], Client]
INDEX = "/admin/"


def titles(browser: Client) -> list[str]:
    return [point.title for point in browser.get(INDEX).context["attention"]]


def test_the_start_page_says_what_needs_attention_and_falls_silent(
    opens: Opens, admin: User, company: Company, policy: Policy, manager: User, rep: User
) -> None:
    browser = opens(admin)
    policy.steps.all()
    calm = titles(browser)
    assert not any("manager" in title for title in calm)

    Department.objects.create(company=company, name="Nobody’s")
    ApprovalLimit.objects.filter(amount__isnull=True).update(amount=5)
    OfferTerms.objects.all().delete()
    company.gst_number = ""
    company.save()
    access.serve_exactly(rep, [])
    TaxRate.objects.all().delete()
    soon = timezone.localdate() + timedelta(days=20)
    TaxRate.objects.create(
        kind="hst", province="ON", rate=13, valid_from="2010-07-01", valid_to=soon
    )
    said = " | ".join(titles(browser))
    for words in (
        "Without an active manager: Nobody’s",
        "Nobody may approve without a limit",
        "No standard offer",
        "no GST/HST number",
        "1 person serves no department",
        f"ends on {soon}",
    ):
        assert words in said, words

    Policy.objects.update(is_active=False)
    assert "No approval policy is active" in titles(browser)


def test_what_the_start_page_points_to_is_there(
    opens: Opens, admin: User, company: Company, customer: Customer, rep: User
) -> None:
    access.serve_exactly(rep, [])
    browser = opens(admin)
    points = browser.get(INDEX).context["attention"]
    assert len(points) > 3
    for point in points:
        assert browser.get(point.url).status_code == 200, point


def test_the_start_page_costs_the_same_however_much_there_is(
    opens: Opens, admin: User, invoice: Invoice, rep: User, customer: Customer, policy: Policy
) -> None:
    browser = opens(admin)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            browser.get(INDEX)
        return len(captured)

    queries()
    LogEntry.objects.create(user=admin, action_flag=2, object_repr="x", change_message="[]")
    before = queries()
    for number in range(3):
        factories.invoice(customer, f"INV-9{number}")
        LogEntry.objects.create(user=admin, action_flag=2, object_repr="x", change_message="[]")
    assert queries() == before <= 40


def test_the_policy_in_force_is_told_in_words(opens: Opens, admin: User, policy: Policy) -> None:
    page = opens(admin).get(INDEX).content.decode()
    assert "up to $1,000.00" in page
    assert "without a limit" in page
    assert "Standard offer 10" in page


def test_what_is_changed_is_named_on_the_start_page_and_in_the_history(
    opens: Opens, admin: User, policy: Policy
) -> None:
    browser = opens(admin)
    terms = OfferTerms.objects.get()
    assert (
        browser.post(address(OfferTerms, "change", terms.pk), {"percent": "12"}).status_code == 302
    )
    assert admin.full_name in browser.get(INDEX).content.decode()
    history = browser.get(address(OfferTerms, "history", terms.pk)).content.decode()
    assert admin.full_name in history
    assert address(OfferTerms, "change", terms.pk) in browser.get(INDEX).content.decode()


def test_the_way_to_the_products_page_leads_there(
    opens: Opens, admin: User, invoice: Invoice, rep: User, finance: User
) -> None:
    note = factories.issued_note(invoice, rep)
    order = Order.objects.create(
        company=invoice.company,
        customer=invoice.customer,
        number="SO-1",
        ordered_on=invoice.issued_on,
    )
    browser = opens(admin)
    for row in (invoice, invoice.customer, order, note):
        context = browser.get(address(type(row), "change", row.pk)).context
        url = context["site_url_of_it"]
        assert url, row
        assert url in browser.get(address(type(row), "change", row.pk)).content.decode()
        assert browser.get(url).status_code == 200, row


def test_there_is_no_way_to_a_page_that_one_may_not_see(
    opens: Opens, admin: User, invoice: Invoice
) -> None:
    access.serve_exactly(admin, [])
    page = opens(admin).get(address(Invoice, "change", invoice.pk))
    assert page.status_code == 200
    assert page.context["site_url_of_it"] == ""


def test_an_error_stands_beside_its_field_and_what_was_typed_is_kept(
    opens: Opens, admin: User, company: Company
) -> None:
    data = {"code": "two words", "name_en": "Short payment", "name_fr": "Paiement partiel"}
    answer = opens(admin).post(address(Reason, "add"), data)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert 'value="Short payment"' in page
    assert 'id="id_code_error"' in page
    assert 'aria-invalid="true"' in page
    assert not Reason.objects.filter(name_en="Short payment").exists()


def test_a_row_that_the_database_knows_is_refused_kindly(
    opens: Opens, admin: User, company: Company
) -> None:
    reason = factories.reason(company)
    data = {
        "code": reason.code,
        "name_en": "Again",
        "name_fr": "Encore",
        "position": 1,
        "bases": ["amount"],
        "account": reason.account_id,
    }
    answer = opens(admin).post(address(Reason, "add"), data)
    assert answer.status_code == 422
    assert answer.context["errors"]


def test_what_is_in_use_is_not_deleted_and_the_page_says_why(
    opens: Opens, admin: User, invoice: Invoice, rep: User
) -> None:
    note = factories.draft_note(invoice, rep)
    assert note.reason
    browser = opens(admin)
    page = browser.get(address(Reason, "delete", note.reason.pk)).content.decode()
    assert "It is in use, and stays" in page
    browser.post(address(Reason, "delete", note.reason.pk), {"post": "yes"})
    assert Reason.objects.filter(pk=note.reason.pk).exists()


@pytest.mark.parametrize("by_action", [True, False])
def test_a_product_that_a_note_bills_anew_is_not_deleted(
    by_action: bool, opens: Opens, admin: User, invoice: Invoice, rep: User
) -> None:
    product = Product.objects.create(company=invoice.company, sku="SEED", name="Seed")
    added = [Added(product, Decimal(2), Decimal("12.5"), "Seed")]
    lines = [Corrected(line, line.quantity, line.unit_price) for line in lines_of(invoice)]
    content = Content(reason=factories.reason(invoice.company))
    correction = Correction(invoice, lines, added=added)
    note = services.start_rebill(correction, content, actor=rep, moment=factories.MOMENT)
    browser = opens(admin)
    url = address(Product, "delete", product.pk)
    data: dict[str, Any] = {"post": "yes"}
    if by_action:
        url = address(Product, "changelist")
        data |= {"action": "delete_selected", "_selected_action": product.pk}
    page = browser.post(url, data).content.decode()
    assert "It is in use, and stays" in page
    assert str(note) in page
    assert Product.objects.filter(pk=product.pk).exists()


def test_history_says_why_it_cannot_be_changed(
    opens: Opens, admin: User, invoice: Invoice, rep: User
) -> None:
    note = factories.issued_note(invoice, rep)
    browser = opens(admin)
    page = browser.get(address(Invoice, "change", invoice.pk)).content.decode()
    assert "neither changed nor deleted" in page
    assert 'name="_save"' not in page
    assert (
        "worked on in the product"
        in browser.get(address(CreditNote, "change", note.pk)).content.decode()
    )


def test_a_note_is_found_by_its_reference(
    opens: Opens, admin: User, invoice: Invoice, rep: User
) -> None:
    note = factories.draft_note(invoice, rep)
    factories.draft_note(invoice, rep, customer_reference=f"PO 4{note.pk}")
    answer = opens(admin).get(address(CreditNote, "changelist"), {"q": note.reference})
    assert [row.pk for row in answer.context["cl"].result_list] == [note.pk]


@pytest.mark.parametrize("path", ["customers/", "approvals/", "creditnotes/"])
def test_there_are_tasks_instead_of_apps(path: str, opens: Opens, admin: User) -> None:
    answer = opens(admin).get(f"/admin/{path}")
    assert (answer.status_code, answer["Location"]) == (302, INDEX)


def test_the_admin_site_has_no_password_page_of_its_own(opens: Opens, admin: User) -> None:
    answer = opens(admin).get("/admin/password_change/")
    assert answer["Location"] == "/accounts/password/change/"


def test_a_password_that_an_admin_sets_is_recorded(opens: Opens, admin: User, rep: User) -> None:
    browser = opens(admin)
    data = {"password1": "yard-and-lumber-7", "password2": "yard-and-lumber-7"}
    url = f"/admin/customers/user/{rep.pk}/password/"
    assert browser.post(url, {}).context["form"].errors
    assert browser.post(url, data).status_code == 302
    rep.refresh_from_db()
    assert rep.check_password("yard-and-lumber-7")
    entry = LogEntry.objects.get(object_id=rep.pk)
    assert entry.user == admin
    assert "password" in entry.get_change_message().lower()


def test_people_are_deactivated_on_the_record_but_never_oneself(
    opens: Opens, admin: User, rep: User, colleague: User, foreign_rep: User
) -> None:
    ids = [admin.pk, rep.pk, colleague.pk, foreign_rep.pk]
    data = {"action": "deactivate", "_selected_action": ids}
    assert opens(admin).post(address(User, "changelist"), data).status_code == 302
    active = set(User.objects.filter(is_active=True, pk__in=ids))
    assert active == {admin, foreign_rep}
    assert LogEntry.objects.count() == 2


def test_who_has_no_password_is_sent_a_link_instead(
    rep: User, client_of: Callable[[User], Client]
) -> None:
    assert not rep.has_usable_password()
    answer = client_of(rep).get("/accounts/password/change/", follow=True)
    assert answer.status_code == 200
    assert answer.redirect_chain == [("/accounts/password/reset/", 302)]
    assert "no password yet" in answer.content.decode()


def test_no_list_of_choices_is_longer_than_a_company_has_departments(
    opens: Opens, admin: User, customer: Customer
) -> None:
    """Big relations are found by typing; what is listed whole is small by nature."""
    request: Any = opens(admin).get(INDEX).wsgi_request
    small = {"Department", "Group", "Company", "Reason", "Account"}
    for model, page in admin_site.site._registry.items():
        ours = model._meta.app_label in ("customers", "creditnotes", "approvals")
        if not ours or isinstance(page, ReadOnly):
            continue
        form = page.get_form(request)
        for name, field in form.base_fields.items():
            if isinstance(field, ModelChoiceField) and type(field.widget) is Select:
                assert field.queryset is not None
                related = field.queryset.model.__name__
                assert related in small or model.__name__ == "Delegation", (model, name)


def test_fields_are_named_in_the_readers_language(
    opens: Opens, admin: User, customer: Customer
) -> None:
    admin.language = "fr-ca"
    admin.save()
    browser = opens(admin)

    form = browser.get(address(Customer, "change", customer.pk)).content.decode()
    assert "Compte principal" in form
    assert "Department" not in form

    rows = browser.get(address(Customer, "changelist")).content.decode()
    assert 'data-label="Service"' in rows
    assert "Department" not in rows


@pytest.mark.parametrize(
    ("percent", "words"), [("0", "More than 0"), ("101", "More than 0"), ("ten", "number")]
)
def test_an_offer_beyond_reason_is_refused_beside_its_field(
    percent: str, words: str, opens: Opens, admin: User, policy: Policy
) -> None:
    terms = OfferTerms.objects.get()
    url = address(OfferTerms, "change", terms.pk)
    answer = opens(admin).post(url, {"percent": percent})
    errors = answer.context["adminform"].form.errors
    assert list(errors) == ["percent"]
    assert words in str(errors["percent"])


def test_a_tax_rate_names_the_one_that_is_in_its_way(opens: Opens, admin: User) -> None:
    TaxRate.objects.all().delete()
    TaxRate.objects.create(kind="hst", province="ON", rate=13, valid_from="2010-07-01")
    data = {"kind": "hst", "province": "ON", "rate": "15", "valid_from": "2020-01-01"}
    errors = opens(admin).post(address(TaxRate, "add"), data).context["adminform"].form.errors
    assert list(errors) == ["valid_from"]
    assert "HST ON 13 % from 2010-07-01" in str(errors["valid_from"])


def test_a_taken_code_is_refused_beside_the_code(
    opens: Opens, admin: User, company: Company
) -> None:
    data = {"code": "4190", "name": "Again", "kind": "allowance"}
    errors = opens(admin).post(address(Account, "add"), data).context["adminform"].form.errors
    assert list(errors) == ["code"]

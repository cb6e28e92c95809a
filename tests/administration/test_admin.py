"""The admin site: admins tune their company's policy there; history can only be looked at."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib import admin as admin_site
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from approvals.models import ApprovalLimit, Delegation, OfferTerms, Policy, Pool
from creditnotes.models import CreditNote, Reason
from customers import access, ledger
from customers.administration import ReadOnly
from customers.groups import make_groups
from customers.models import (
    AppendOnly,
    Contact,
    ContactEvent,
    Customer,
    Department,
    Invoice,
    TaxRate,
    User,
)
from tests import factories

OURS = ("customers", "creditnotes", "approvals")
REGISTERED = [model for model in admin_site.site._registry if model._meta.app_label in OURS]


@pytest.fixture
def browser(admin: User, client_of: Callable[[User], Client]) -> Client:
    make_groups()
    return client_of(admin)


def address(model: Any, page: str, *arguments: Any) -> str:
    return reverse(f"admin:{model._meta.label_lower.replace('.', '_')}_{page}", args=arguments)


@pytest.fixture
def something_of_everything(
    invoice: Invoice, rep: User, manager: User, finance: User, moment: datetime
) -> CreditNote:
    """A credit note issued on an invoice, and so a row or more in nearly every table."""
    return factories.issued_note(invoice, rep)


def test_every_list_opens_and_can_be_searched(
    browser: Client, something_of_everything: CreditNote
) -> None:
    for model in REGISTERED:
        for query in ({}, {"q": "1"}):
            assert browser.get(address(model, "changelist"), query).status_code == 200, model


def test_every_row_opens(browser: Client, something_of_everything: CreditNote) -> None:
    for model in REGISTERED:
        for row in model._default_manager.all()[:2]:
            assert browser.get(address(model, "change", row.pk)).status_code == 200, model


def test_lists_cost_the_same_however_long(
    browser: Client, something_of_everything: CreditNote, rep: User, customer: Customer
) -> None:
    def queries() -> dict[str, int]:
        counts = {}
        for model in REGISTERED:
            with CaptureQueriesContext(connection) as captured:
                browser.get(address(model, "changelist"))
            counts[model._meta.label] = len(captured)
        return counts

    queries()  # fills the caches of the process
    before = queries()
    factories.issued_note(factories.invoice(customer, "INV-9"), rep)
    factories.contact(customer, "Second Contact")
    assert queries() == before


def test_history_can_only_be_looked_at_even_by_a_superuser(
    admin: User, client_of: Callable[[User], Client], something_of_everything: CreditNote
) -> None:
    admin.is_superuser = True
    admin.save()
    browser = client_of(admin)
    for model in [model for model in REGISTERED if issubclass(model, (AppendOnly, CreditNote))]:
        assert browser.get(address(model, "add")).status_code == 403, model
        for row in model._default_manager.all()[:1]:
            change = browser.post(address(model, "change", row.pk), {"comment": "x"})
            assert change.status_code == 403, model
            delete = browser.post(address(model, "delete", row.pk), {"post": "yes"})
            assert delete.status_code == 403, model


def test_no_append_only_model_is_registered_otherwise() -> None:
    editable = [
        model
        for model, page in admin_site.site._registry.items()
        if issubclass(model, AppendOnly) and not isinstance(page, ReadOnly)
    ]
    assert editable == []


@pytest.mark.parametrize("name", ["rep", "manager", "finance", "contact"])
def test_others_are_kept_out(
    name: str, db: None, request: pytest.FixtureRequest, client_of: Callable[[User], Client]
) -> None:
    make_groups()
    browser = client_of(request.getfixturevalue(name))
    assert browser.get("/admin/").status_code in {302, 403}
    assert browser.get(address(Reason, "changelist")).status_code in {302, 403}


def test_strangers_sign_in_where_everybody_does(client: Client, db: None) -> None:
    answer = client.get("/admin/", follow=True)
    assert answer.redirect_chain[-1][0].startswith("/accounts/login/")
    login = client.get("/admin/login/", follow=True)
    assert login.redirect_chain[-1][0].startswith("/accounts/login/")


def test_a_foreign_company_does_not_exist(
    browser: Client, foreign_invoice: Invoice, foreign_rep: User, foreign_customer: Customer
) -> None:
    for row in (foreign_invoice, foreign_rep, foreign_customer, foreign_customer.company):
        for page in ("change", "history", "delete"):
            answer = browser.get(address(type(row), page, row.pk))
            assert answer.status_code in {403, 404}, (page, row)
        assert browser.get(address(type(row), "change", row.pk)).status_code == 404, row
    found = browser.get(address(Customer, "changelist")).content.decode()
    assert foreign_customer.name not in found


def test_what_a_field_offers_is_the_companys_own(
    browser: Client, foreign_department: Department, department: Department, customer: Customer
) -> None:
    data = {
        "company": customer.company_id,
        "department": foreign_department.pk,
        "number": customer.number,
        "name": customer.name,
        "tier": "key",
        "language": "en",
        "country": "CA",
        "currency": "CAD",
        "payment_terms_days": 30,
        **_inline("sites", 0),
        **_inline("contacts", 0),
    }
    answer = browser.post(address(Customer, "change", customer.pk), data)
    assert answer.status_code == 422
    assert "department" in answer.context["adminform"].form.errors
    customer.refresh_from_db()
    assert customer.department == department


def test_a_contacts_private_draft_is_private(
    browser: Client, contact: User, invoice: Invoice, moment: datetime
) -> None:
    draft = factories.draft_note(invoice, contact)
    assert browser.get(address(CreditNote, "change", draft.pk)).status_code == 404


# Tuning -------------------------------------------------------------------------------


def test_a_customers_name_files_without_its_accents(
    browser: Client, department: Department, customer: Customer
) -> None:
    data = {
        "company": department.company_id,
        "department": department.pk,
        "number": "C-900",
        "name": "Équipements Ébène",
        "tier": "standard",
        "language": "fr-ca",
        "country": "CA",
        "currency": "CAD",
        "payment_terms_days": 30,
        **_inline("sites", 0),
        **_inline("contacts", 0),
    }
    assert browser.post(address(Customer, "add"), data).status_code == 302
    assert Customer.objects.get(number="C-900").sort_name == "equipements ebene"


def test_a_reason_is_added_with_ticked_bases(browser: Client, admin: User) -> None:
    assert admin.company
    account = ledger.account(admin.company, ledger.ALLOWANCES)
    data = {
        "company": admin.company_id,
        "code": "short-payment",
        "name_en": "Short payment",
        "name_fr": "Paiement partiel",
        "position": 3,
        "is_active": "on",
        "bases": ["amount", "percent"],
        "restocking_fee": "0",
        "account": account.pk,
    }
    assert browser.post(address(Reason, "add"), data).status_code == 302
    assert Reason.objects.get(code="short-payment").bases == ["amount", "percent"]
    answer = browser.post(address(Reason, "add"), data | {"code": "none", "bases": []})
    assert "bases" in answer.context["adminform"].form.errors


def test_saving_a_policy_makes_a_new_version_and_leaves_notes_in_flight_alone(
    browser: Client, invoice: Invoice, rep: User, manager: User, finance: User
) -> None:
    note = factories.submitted_note(invoice, rep)
    policy = Policy.objects.get()
    data = {
        "company": policy.company_id,
        "name": policy.name,
        "is_active": "on",
        "auto_approval_limit": "25.00",
        "issues_at_once": "on",
        **_inline("steps", 2, {"position": 1, "role": "finance", "hours": 8}),
    }
    steps = list(policy.steps.all())
    data |= {"steps-0-id": steps[0].pk, "steps-1-id": steps[1].pk, "steps-1-DELETE": "on"}
    data |= {"steps-0-policy": policy.pk, "steps-1-policy": policy.pk}
    wrong = browser.post(address(Policy, "change", policy.pk), data | {"auto_approval_limit": ""})
    assert 'name="_save"' in wrong.content.decode()
    answer = browser.post(address(Policy, "change", policy.pk), data)
    assert answer.status_code == 302, answer.context["errors"]
    policy.refresh_from_db()
    new = Policy.objects.get(is_active=True)
    assert (policy.version, policy.is_active) == (1, False)
    assert policy.auto_approval_limit == Decimal(0)
    assert (new.version, new.auto_approval_limit) == (2, Decimal(25))
    assert [step.role for step in policy.steps.all()] == ["department_manager", "finance"]
    assert [step.role for step in new.steps.all()] == ["finance"]
    assert {step.policy for step in note.steps.all()} == {policy}


def test_a_policy_is_never_deleted(browser: Client, policy: Policy) -> None:
    assert browser.post(address(Policy, "delete", policy.pk), {"post": "yes"}).status_code == 403


def test_a_limit_is_of_a_role_or_a_person(
    browser: Client, admin: User, manager: User, foreign_manager: User
) -> None:
    url = address(ApprovalLimit, "add")
    data = {"company": admin.company_id, "role": "finance", "user": manager.pk, "amount": "500"}
    assert "role" in browser.post(url, data).context["adminform"].form.errors
    foreign = data | {"role": "", "user": foreign_manager.pk}
    assert "user" in browser.post(url, foreign).context["adminform"].form.errors
    assert browser.post(url, data | {"role": ""}).status_code == 302
    assert ApprovalLimit.objects.get().user == manager


def test_a_limit_that_leaves_a_policy_without_anybody_is_said(
    browser: Client, policy: Policy, manager: User, finance: User
) -> None:
    policy.steps.filter(role="finance").delete()
    data = {"company": policy.company_id, "role": "", "user": manager.pk, "amount": "50"}
    answer = browser.post(address(ApprovalLimit, "add"), data, follow=True)
    warned = [str(each) for each in answer.context["messages"] if each.level_tag == "warning"]
    assert any("Standard: For customers of Ottawa" in each and "$50.00" in each for each in warned)
    limit = ApprovalLimit.objects.get(user=manager)
    answer = browser.post(
        address(ApprovalLimit, "change", limit.pk), data | {"amount": ""}, follow=True
    )
    assert not [each for each in answer.context["messages"] if each.level_tag == "warning"]


def test_offers_are_tuned(browser: Client, policy: Policy) -> None:
    terms = OfferTerms.objects.get()
    data = {"company": terms.company_id, "reason": "", "percent": "12.5"}
    assert browser.post(address(OfferTerms, "change", terms.pk), data).status_code == 302
    terms.refresh_from_db()
    assert terms.percent == Decimal("12.5")
    answer = browser.post(address(OfferTerms, "change", terms.pk), data | {"percent": "101"})
    assert answer.status_code == 422


def test_a_delegation_stays_within_the_company(
    browser: Client, manager: User, other_manager: User, foreign_manager: User
) -> None:
    url = address(Delegation, "add")
    data = {
        "delegator": manager.pk,
        "delegate": foreign_manager.pk,
        **_moment("starts_at", datetime(2099, 3, 1, tzinfo=UTC)),
        **_moment("ends_at", datetime(2099, 3, 8, tzinfo=UTC)),
    }
    assert "delegate" in browser.post(url, data).context["adminform"].form.errors
    itself = data | {"delegate": manager.pk}
    assert "delegate" in browser.post(url, itself).context["adminform"].form.errors
    assert browser.post(url, data | {"delegate": other_manager.pk}).status_code == 302
    assert Delegation.objects.get().delegate == other_manager


def test_tax_rates_do_not_overlap(browser: Client) -> None:
    TaxRate.objects.all().delete()
    data = {"kind": "hst", "province": "ON", "rate": "13", "valid_from": "2010-07-01"}
    assert browser.post(address(TaxRate, "add"), data).status_code == 302
    answer = browser.post(address(TaxRate, "add"), data | {"valid_from": "2020-01-01"})
    assert answer.status_code == 422
    assert answer.context["adminform"].form.errors


# People -------------------------------------------------------------------------------


def test_a_person_is_added_who_signs_in_by_email(
    browser: Client, client: Client, department: Department
) -> None:
    data = {
        "email": "New.Rep@North.Test",
        "full_name": "Nora New",
        "language": "en",
        "company": department.company_id,
        "usable_password": "true",
        "password1": "yard-and-lumber-7",
        "password2": "yard-and-lumber-7",
    }
    assert browser.post(address(User, "add"), data).status_code == 302
    new = User.objects.get(email="new.rep@north.test")
    change = {
        "email": new.email,
        "full_name": "Nora New",
        "language": "en",
        "company": new.company_id,
        "groups": [Group.objects.get(name=access.REPS).pk],
        "serves": [department.pk],
        "is_active": "on",
    }
    assert browser.post(address(User, "change", new.pk), change).status_code == 302
    assert access.departments_served_by(new) == [department.pk]
    signed_in = client.post(
        "/accounts/login/", {"login": "NEW.REP@north.test", "password": "yard-and-lumber-7"}
    )
    assert signed_in.status_code == 302
    assert browser.post(address(User, "change", new.pk), change | {"serves": []}).status_code == 302
    assert access.departments_served_by(new) == []


def test_the_line_of_management_goes_up_in_words(
    browser: Client, rep: User, manager: User, foreign_manager: User
) -> None:
    manager.reports_to = rep
    manager.save()
    data = {"email": rep.email, "full_name": "Rita Rep", "language": "en", "is_active": "on"}
    data |= {"company": str(rep.company_id)}
    for superior, words in (
        (rep, "Nobody reports to themselves."),
        (manager, "Manon Manager reports to this person, so this would be a circle."),
        (foreign_manager, "valid choice|another company"),
    ):
        sent = data | {"reports_to": str(superior.pk)}
        answer = browser.post(address(User, "change", rep.pk), sent)
        assert answer.status_code == 422
        assert re.search(words, str(answer.context["adminform"].form.errors["reports_to"]))
    moved = data | {"reports_to": "", "company": str(rep.company_id)}
    assert browser.post(address(User, "change", rep.pk), moved).status_code == 302


def test_an_address_that_was_changed_signs_nobody_in(
    browser: Client, client: Client, rep: User
) -> None:
    rep.set_password("yard-and-lumber-7")
    rep.save()
    old = rep.email
    EmailAddress.objects.create(user=rep, email=old, verified=True, primary=True)
    data = {"email": "moved@north.test", "full_name": "Rita", "language": "en", "is_active": "on"}
    data |= {"company": str(rep.company_id)}
    assert browser.post(address(User, "change", rep.pk), data).status_code == 302
    tried = {"login": old, "password": "yard-and-lumber-7"}
    assert client.post("/accounts/login/", tried).status_code == 200
    assert client.post("/accounts/login/", tried | {"login": "moved@north.test"}).status_code == 302


def test_an_admin_makes_nobody_a_superuser(browser: Client, rep: User) -> None:
    data: dict[str, Any] = {
        "email": rep.email,
        "full_name": rep.full_name,
        "language": "en",
        "is_active": "on",
    }
    data |= {"company": rep.company_id, "is_superuser": "on", "user_permissions": "1"}
    assert browser.post(address(User, "change", rep.pk), data).status_code == 302
    rep.refresh_from_db()
    assert not rep.is_superuser
    assert not rep.user_permissions.exists()


def test_a_superuser_is_out_of_an_admins_reach(browser: Client, rep: User) -> None:
    rep.is_superuser = True
    rep.save()
    page = reverse("admin:auth_user_password_change", args=[rep.pk])
    assert browser.get(page).status_code == 404


def test_what_becomes_of_somebodys_work_is_written_down(
    browser: Client, colleague: User, other_department: Department, admin: User
) -> None:
    managers = Group.objects.get(name=access.MANAGERS)
    data = {
        "email": colleague.email,
        "full_name": colleague.full_name,
        "language": colleague.language,
        "company": colleague.company_id,
        "groups": [managers.pk],
        "serves": [other_department.pk],
        "is_active": "on",
    }
    assert browser.post(address(User, "change", colleague.pk), data).status_code == 302
    entry = LogEntry.objects.latest("pk")
    assert entry.user == admin
    told = entry.get_change_message()
    assert "groups: Reps → Managers" in told
    assert "serves: Ottawa → Montréal" in told


def test_a_department_gets_a_manager_who_then_serves_it(
    browser: Client, department: Department, colleague: User, foreign_manager: User
) -> None:
    url = address(Department, "change", department.pk)
    data = {"company": department.company_id, "name": department.name}
    refused = browser.post(url, data | {"manager": foreign_manager.pk})
    assert "manager" in refused.context["adminform"].form.errors
    access.stop_serving_department(colleague, department)
    assert browser.post(url, data | {"manager": colleague.pk}).status_code == 302
    assert access.departments_served_by(colleague) == [department.pk]


def test_a_contact_is_given_portal_access_and_it_follows_them(
    browser: Client, customer: Customer, other_customer: Customer, rep: User
) -> None:
    data = {"customer": customer.pk, "name": "Nadia", "email": "Nadia@site.test", "language": "en"}
    on = {"may_sign_in": "on"}
    assert browser.post(address(Contact, "add"), data | on).status_code == 302
    person = Contact.objects.get(name="Nadia")
    assert person.user
    assert person.user.email == "nadia@site.test"
    assert not person.user.has_usable_password()
    assert access.represents(person.user, customer)

    url = address(Contact, "change", person.pk)
    assert browser.post(url, data | on | {"customer": other_customer.pk}).status_code == 302
    assert access.represents(person.user, other_customer)
    assert not access.represents(person.user, customer)

    assert browser.post(url, data).status_code == 302
    assert not access.represents(person.user, customer)
    assert not access.represents(person.user, other_customer)

    staff = browser.post(url, data | on | {"email": rep.email.upper()})
    assert "email" in staff.context["adminform"].form.errors


def test_what_an_administrator_does_to_access_is_written_down(
    browser: Client, admin: User, customer: Customer
) -> None:
    data = {"customer": customer.pk, "name": "Nadia", "email": "nadia@site.test", "language": "en"}
    on = {"may_sign_in": "on"}
    browser.post(address(Contact, "add"), data | on | {"may_request": "on"})
    person = Contact.objects.get(name="Nadia")
    url = address(Contact, "change", person.pk)
    browser.post(url, data | on | {"may_request": "on", "phone": "613-555-0199"})  # no access
    browser.post(url, data | on | {"sees_statement": "on"})
    browser.post(url, data | on | {"sees_statement": "on", "email": "nora@site.test"})
    browser.post(address(Contact, "delete", person.pk), {"post": "yes"})
    asks = {"may_request": True, "sees_statement": False, "manages_contacts": False}
    reads = {"may_request": False, "sees_statement": True, "manages_contacts": False}
    found = ContactEvent.objects.filter(customer=customer).order_by("pk")
    told = found.values_list("kind", "email", "rights_before", "rights")
    assert list(told) == [
        ("access_given", "nadia@site.test", None, asks),
        ("rights_changed", "nadia@site.test", asks, reads),
        ("access_ended", "nadia@site.test", reads, reads),
        ("access_given", "nora@site.test", None, reads),
        ("access_ended", "nora@site.test", reads, reads),
    ]
    assert {event.actor for event in found} == {admin}


@pytest.mark.parametrize("by_action", [True, False])
def test_deleting_a_contact_ends_their_access(
    by_action: bool, browser: Client, contact: User, customer: Customer
) -> None:
    person = Contact.objects.get(user=contact)
    action = {"action": "delete_selected", "_selected_action": person.pk, "post": "yes"}
    if by_action:
        browser.post(address(Contact, "changelist"), action)
    else:
        browser.post(address(Contact, "delete", person.pk), {"post": "yes"})
    assert not Contact.objects.filter(pk=person.pk).exists()
    assert not access.represents(contact, customer)


def test_a_second_contact_keeps_the_access_of_the_first(
    browser: Client, contact: User, customer: Customer
) -> None:
    person = Contact.objects.get(user=contact)
    Contact.objects.create(customer=customer, user=contact, name="Again", email="again@site.test")
    browser.post(address(Contact, "delete", person.pk), {"post": "yes"})
    assert access.represents(contact, customer)


#: What finance and managers may write in administration, each their own part.
TUNED_OUTSIDE = {"delegation", "fiscalperiod", "exchangerate", "taxexemption"}


def test_groups_are_made_once_and_only_admins_tune(db: None) -> None:
    make_groups()
    make_groups()
    assert set(Group.objects.values_list("name", flat=True)) == set(access.STAFF_GROUPS)
    assert not Group.objects.get(name=access.REPS).permissions.exists()
    for name in (access.FINANCE, access.MANAGERS):
        more = Permission.objects.filter(group__name=name).exclude(codename__startswith="view_")
        codenames = set(more.values_list("codename", flat=True))
        assert {each.split("_")[1] for each in codenames} <= TUNED_OUTSIDE, name
    codenames = set(
        Permission.objects.filter(group__name=access.ADMINS).values_list("codename", flat=True)
    )
    assert {"change_reason", "add_policy", "view_journalentry"} <= codenames
    assert not codenames & {"change_journalentry", "delete_creditnote", "change_creditnote"}


def _inline(prefix: str, count: int, *rows: dict[str, Any]) -> dict[str, Any]:
    data: dict[str, Any] = {f"{prefix}-TOTAL_FORMS": max(count, len(rows))}
    data |= {f"{prefix}-INITIAL_FORMS": count}
    for number, row in enumerate(rows):
        data |= {f"{prefix}-{number}-{name}": value for name, value in row.items()}
    return data


def _moment(name: str, value: datetime) -> dict[str, str]:
    return {f"{name}_0": f"{value:%Y-%m-%d}", f"{name}_1": f"{value:%H:%M:%S}"}


# Policies by condition ----------------------------------------------------------------


def _policy_data(policy: Policy, **fields: Any) -> dict[str, Any]:
    return {
        "company": policy.company_id,
        "name": "Québec",
        "is_active": "on",
        "position": "10",
        "auto_approval_limit": "0",
        "issues_at_once": "on",
        **_inline("steps", 0, {"position": 1, "role": "finance", "hours": 8}),
        **fields,
    }


def _errors(answer: Any) -> str:
    form, formsets = answer.context["adminform"].form, answer.context["inline_admin_formsets"]
    inline = [str(each.formset.errors) + str(each.formset.non_form_errors()) for each in formsets]
    return str(form.errors) + " ".join(inline)


def test_a_policy_with_conditions_is_added_beside_the_last_one(
    browser: Client, policy: Policy, customer: Customer
) -> None:
    reason = factories.reason(policy.company)
    data = _policy_data(
        policy,
        province=["QC"],
        reason=[str(reason.pk)],
        department=[str(customer.department_id)],
        amount_from="500",
        amount_to="2000",
        doubled="no",
        valid_from="2026-01-01",
    )
    answer = browser.post(address(Policy, "add"), data)
    assert answer.status_code == 302, _errors(answer)
    assert set(Policy.objects.filter(is_active=True).values_list("name", flat=True)) == {
        "Québec",
        "Standard",
    }
    made = Policy.objects.get(name="Québec")
    assert made.conditions == [
        {"fact": "amount", "from": "500", "to": "2000"},
        {
            "fact": "reason",
            "among": [str(reason.pk)],
            "names": {str(reason.pk): [reason.name_en, reason.name_fr]},
        },
        {"fact": "province", "among": ["QC"]},
        {
            "fact": "department",
            "among": [str(customer.department_id)],
            "names": {str(customer.department_id): customer.department.name},
        },
        {"fact": "doubled", "is": False},
    ]
    page = browser.get(address(Policy, "change", made.pk)).content.decode()
    assert 'value="500"' in page
    form = browser.get(address(Policy, "change", made.pk)).context["adminform"].form
    assert (form.initial["province"], form.initial["doubled"]) == (["QC"], "no")


def test_an_edit_may_rename_it_and_still_takes_the_place_of_its_version(
    browser: Client, policy: Policy
) -> None:
    browser.post(address(Policy, "add"), _policy_data(policy, province=["QC"]))
    made = Policy.objects.get(name="Québec")
    data = _policy_data(policy, name="The East", province=["QC", "NB"])
    answer = browser.post(address(Policy, "change", made.pk), data)
    assert answer.status_code == 302, _errors(answer)
    made.refresh_from_db()
    assert not made.is_active
    assert Policy.objects.get(name="The East").conditions == [
        {"fact": "province", "among": ["NB", "QC"]}
    ]


def test_an_edit_that_falls_behind_another_of_its_place_is_refused(
    browser: Client, policy: Policy
) -> None:
    """A new version comes last among those of its number, so what it replaces came before."""
    browser.post(address(Policy, "add"), _policy_data(policy, province=["QC"]))
    made = Policy.objects.get(name="Québec")
    browser.post(address(Policy, "add"), _policy_data(policy, name="Wide", province=["QC", "NB"]))
    data = _policy_data(policy, province=["QC"], auto_approval_limit="5")
    answer = browser.post(address(Policy, "change", made.pk), data)
    assert answer.status_code == 422
    assert "“Wide” comes before it" in _errors(answer)
    data |= {"position": "9"}
    assert browser.post(address(Policy, "change", made.pk), data).status_code == 302


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"amount_from": "9", "amount_to": "8"}, "Less than where it begins"),
        ({"valid_from": "2026-02-01", "valid_to": "2026-01-01"}, "last day comes before"),
        ({"position": "2000", "province": ["QC"]}, "“Standard” comes before it"),
        ({"position": "10"}, "would leave nothing for: Standard"),
        ({"steps-0-role": "pool"}, "Choose the pool"),
        ({"steps-0-role": "person"}, "Choose the person"),
    ],
)
def test_a_policy_that_cannot_be_meant_is_refused_in_words(
    fields: dict[str, Any], words: str, browser: Client, policy: Policy
) -> None:
    conditions = {} if fields.keys() <= {"position"} else {"province": ["QC"]}
    answer = browser.post(address(Policy, "add"), _policy_data(policy, **(conditions | fields)))
    assert answer.status_code == 422
    assert words in _errors(answer)
    assert Policy.objects.count() == 1


def test_the_policy_that_takes_what_is_left_cannot_be_given_conditions(
    browser: Client, policy: Policy
) -> None:
    data = _policy_data(policy, name="Standard", position="1000", province=["QC"])
    answer = browser.post(address(Policy, "change", policy.pk), data)
    assert answer.status_code == 422
    assert "without conditions and always valid" in _errors(answer)


def test_a_policy_that_is_not_ticked_is_a_draft_and_changes_nothing(
    browser: Client, policy: Policy
) -> None:
    data = _policy_data(policy, name="Standard", position="1000")
    del data["is_active"]
    assert browser.post(address(Policy, "change", policy.pk), data).status_code == 302
    policy.refresh_from_db()
    assert policy.is_active
    draft = Policy.objects.get(version=2)
    assert not draft.is_active
    url = address(Policy, "rehearsal", draft.pk)
    assert browser.post(url, {"put_in_force": "yes"}).status_code == 302
    draft.refresh_from_db()
    policy.refresh_from_db()
    assert (policy.is_active, draft.is_active) == (False, True)


def test_an_empty_pool_is_refused_and_one_in_use_is_not_emptied(
    browser: Client, policy: Policy, manager: User
) -> None:
    pool = Pool.objects.create(company=policy.company, name="Claims")
    asks = {"steps-0-role": "pool", "steps-0-pool": pool.pk, "province": ["QC"]}
    answer = browser.post(address(Policy, "add"), _policy_data(policy, **asks))
    assert "could never be asked" in _errors(answer)
    data = {"company": policy.company_id, "name": "Claims", "members": [manager.pk]}
    assert browser.post(address(Pool, "change", pool.pk), data).status_code == 302
    answer = browser.post(address(Policy, "add"), _policy_data(policy, **asks))
    assert answer.status_code == 422
    assert "has an approval limit" in _errors(answer), "members of no role have none"
    ApprovalLimit.objects.create(company=policy.company, user=manager, amount=700)
    answer = browser.post(address(Policy, "add"), _policy_data(policy, **asks), follow=True)
    said = [str(message) for message in answer.context["messages"]]
    assert any("nobody may approve more than $700.00" in words for words in said), said
    answer = browser.post(address(Pool, "change", pool.pk), data | {"members": []})
    assert answer.status_code == 422


def test_a_policy_that_reaches_as_far_as_it_must_is_saved_without_a_warning(
    browser: Client, policy: Policy, manager: User, finance: User
) -> None:
    data = _policy_data(
        policy, amount_to="900", **{"steps-0-role": "department_manager", "province": ["ON"]}
    )
    answer = browser.post(address(Policy, "add"), data, follow=True)
    assert not [m for m in answer.context["messages"] if m.level_tag == "warning"]

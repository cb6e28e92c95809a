"""Who gets what answer at which address (rule 7): every page, every role.

A row of ``data/access_matrix.txt`` says, role by role: ``in`` is sent to sign in, ``go``
redirected after the deed (or to where the person belongs), else the status. What may not
be seen answers 404, what may be seen but not done 403. An address without a row fails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.conf import settings
from django.contrib import admin as admin_site
from django.contrib.auth.hashers import make_password
from django.core.files.base import ContentFile
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from approvals import services as approvals
from approvals.mail_links import token_for
from approvals.models import Decision, Delegation, Policy
from creditnotes import photo_links
from creditnotes import services as creditnotes
from creditnotes.models import CreditNote
from customers import contacts, refunding, wishes, write_offs
from customers.contacts import Invitee, links
from customers.depositing import receive_deposit
from customers.models import (
    Customer,
    Invoice,
    OpenItem,
    Order,
    Refund,
    RefundBatch,
    TaxExemption,
    User,
)
from customers.saved_filters import save_filter
from customers.services import receive_payment
from customers.settling import apply
from tests import factories
from tests.factories import MOMENT, claim

#: The columns of the table: the customer's own department, the other one, contacts, others.
ROLES = (
    "anonymous",
    "rep",
    "colleague",
    "manager",
    "finance",
    "admin",
    "other_rep",
    "other_manager",
    "contact",
    "stranger_contact",
    "foreign_rep",
    "foreign_contact",
)

#: Data that a form sends, and what follows the path, by the name of the address.
SENT = {
    "customers:account_wish": {"do": "answer", "text": "Because."},
    "portal:question": {"text": "Why?"},
    "portal:apply_credit": {"invoice": "{owed}", "amount": "1.00"},
    "portal:ask_refund": {"amount": "1.00"},
    "customers:contacts": {"name": "Ned", "email": "ned@customer.test", "language": "en"},
    "customers:contact": {"may_request": "on"},
    "customers:add_note": {"text": "Call before noon."},
    "customers:apply_deposit": {"deposit": "{deposit}", "amount": "1.00"},
    "customers:release_deposit": {"amount": "1.00"},
    "customers:receive_deposit": {
        "amount": "1.00",
        "currency": "CAD",
        "received_on": "2026-03-10",
        "number": "TT-1",
    },
    "books:set_state": {"state": "finance_only"},
    "books:propose_reopening": {"why": "A bank file was late."},
    "books:recover": {"amount": "5"},
    "books:give_up": {"amount": "1", "evidence": "Bankrupt."},
    "creditnotes:ask_for_photos": {"whom": "Dan Driver"},
    "portal:send_photos": {},
    "creditnotes:preview": {"invoice": "{invoice}"},
    "creditnotes:compose": {"do": "save"},
    "creditnotes:receive_goods": {"token": "0" * 32, "restock-{line}": "1"},
    "set_language": {"language": "en"},
    "customers:apply": {"amount-{owed}": "1.00", "day": "2026-03-10"},
    "customers:unapply": {"reason": "Because."},
    "customers:propose_refund": {
        "amount": "1.00",
        "method": "eft",
        "bank_reference": "Acct 1",
        "override_reason": "Because.",
    },
    "customers:new_refund_batch": {"refund": "{refund}"},
    "portal:draft": {"invoice": "{invoice}"},
    "portal:add": {"invoice": "{invoice}"},
    "portal:answer": {"text": "Two of them."},
    "portal:appeal": {"words": "Look again."},
    "portal:rate": {"stars": "4"},
    "portal:write": {"text": "Hello."},
    "creditnotes:write": {"text": "Hello."},
    "creditnotes:remark": {"text": "Hello."},
    "approvals:make_offer": {"percent": "5"},
    "approvals:approve": {"comment": "Yes.", "seen": "{seen}"},
    "approvals:review": {"is_right": "True"},
    "approvals:endorse": {"comment": "Yes.", "seen": "{seen}"},
}
COMMENT = {"comment": "Because."}
#: Which of a message's files.
PART = {"demo_attachment": [1]}


class Row(NamedTuple):
    """One address with one object, and the answer to each role."""

    method: str
    name: str
    thing: str
    expected: tuple[str, ...]


def rows() -> Iterator[Row]:
    for line in (Path(__file__).parent / "data" / "access_matrix.txt").read_text().splitlines():
        words = line.split()
        if words and words[0] in ("GET", "POST"):
            head, expected = words[: -len(ROLES)], words[-len(ROLES) :]
            yield Row(head[0], head[1], head[2] if len(head) > 2 else "", tuple(expected))


World = dict[str, Any]


def money_of(invoice: Invoice, one: Callable[[str], Any]) -> World:
    """What is on account of the invoice's customer, and what is to be done with it."""
    customer, second = invoice.customer, one("second_finance")
    paid = receive_payment(customer, "P-1", MOMENT.date(), Decimal("90.00")).entry.open_item
    owed = OpenItem.objects.get(entry__invoice=invoice)

    def refund() -> Refund:
        return refunding.propose(
            paid,
            Decimal("2.00"),
            method="eft",
            bank_reference="Acct 1",
            by=second,
            moment=MOMENT,
            override_reason="As agreed.",
        )

    def batch() -> RefundBatch:
        numbers = [refund().pk]
        return refunding.make_batch(customer.company, numbers, by=second, moment=MOMENT)

    return {
        "payer": paid,
        "paid": paid.entry,
        "owed": owed,
        "application": apply(paid, owed, Decimal("5.00"), MOMENT.date()),
        "refund": refund(),
        "batch": batch(),
        "approved-batch": refunding.approve_batch(batch(), by=one("finance"), moment=MOMENT),
    }


def _questions(ours: CreditNote, theirs: CreditNote, manager: User, rep: User) -> World:
    """Asked by the manager: one of the rep, one of the customer."""
    ask = partial(approvals.ask, actor=manager, moment=MOMENT, text="Why?")
    return {"question": ask(ours, to=rep), "to-customer": ask(theirs, to=None)}


@pytest.fixture
def world(invoice: Invoice, large_invoice: Invoice, request: pytest.FixtureRequest) -> World:
    """One of everything, of the first department's customer."""
    one = request.getfixturevalue
    rep, contact = one("rep"), one("contact")
    one("policy")
    deposit = receive_deposit(invoice.customer, "DEP-1", MOMENT.date(), Decimal(500))
    assert invoice.entry
    draft = factories.draft_note(invoice, rep)
    requested, private = (factories.draft_note(invoice, contact) for _ in range(2))
    creditnotes.request(requested, actor=contact, moment=MOMENT)
    rejected = factories.draft_note(invoice, contact)
    creditnotes.request(rejected, actor=contact, moment=MOMENT)
    creditnotes.decline(rejected, actor=rep, moment=timezone.now(), comment="Because.")
    offered = factories.offered(invoice, contact)
    submitted = factories.submitted_note(invoice, rep)
    unsent = factories.unsent_request(invoice, contact)
    return money_of(invoice, one) | {
        "unsent": unsent,
        "customer": invoice.customer,
        **_people(invoice.customer, contact, rep),
        "account-wish": wishes.question(
            invoice.customer, invoice.entry, "Why?", by=contact, moment=MOMENT
        ),
        "invoice": invoice,
        "certificate": TaxExemption.objects.create(
            customer=invoice.customer,
            certificate="PST-1",
            kinds=["pst"],
            valid_from=MOMENT.date(),
            file=ContentFile(b"%PDF-", name="x"),
            file_name="certificate.pdf",
        ),
        "order": Order.objects.create(
            company=invoice.company,
            customer=invoice.customer,
            number="SO-1",
            ordered_on=invoice.issued_on,
        ),
        "deposit": deposit,
        "draft": draft,
        "requested": requested,
        "private": private,
        "rejected": rejected,
        "offer": offered,
        "said": creditnotes.send_message(
            requested, actor=contact, moment=MOMENT, text="Look.", uploads=[factories.photo()]
        ).files.get(),
        "submitted": submitted,
        "asked": submitted.steps.get().assignments.get(),
        **_questions(submitted, factories.asked_for(invoice, contact, rep), one("manager"), rep),
        "large": factories.submitted_note(large_invoice, rep, claim(large_invoice, quantity="50")),
        "approved": factories.approved_note(invoice, rep, reason=one("returned_goods")),
        "rebill": factories.rebilled_draft(invoice, rep),
        "goods-back": _with_goods_back(
            factories.approved_note(invoice, rep, reason=one("returned_goods")), one("finance")
        ),
        "issued": factories.issued_note(invoice, rep),
        "reversing": factories.note_to_reverse(invoice, rep, one("second_finance")),
        "reversed": creditnotes.confirm_reversal(
            factories.note_to_reverse(invoice, rep, one("second_finance")),
            actor=one("finance"),
            moment=MOMENT,
        ),
        "photo-link": creditnotes.ask_for_photos(
            draft, "Dan Driver", actor=rep, moment=timezone.now()
        ),
        "photo": creditnotes.attach(draft, factories.photo(), actor=rep, moment=MOMENT),
        "account": invoice.entry.lines.order_by("pk")[0].account,
        "entry": invoice.entry,
        "period": invoice.entry.period,
        "bad_debt": factories.bad_debt(large_invoice, one("finance"), one("second_finance"), "5"),
        "wish": write_offs.propose_bad_debt(
            large_invoice,
            Decimal(7),
            write_offs.Evidence("Bankrupt.", "letter.pdf", "application/pdf", b"%PDF-1.7"),
            by=one("second_finance"),
            moment=MOMENT,
        ),
        "passed": _passed(invoice, rep),
        "kept": save_filter(
            one("manager"), "approvals:review_queue", name="Late", query="due=late"
        ),
        "absence": Delegation.objects.create(  # not yet, so that it opens nothing to anybody
            delegator=one("manager"),
            delegate=one("other_manager"),
            starts_at=timezone.now() + timedelta(days=30),
            ends_at=timezone.now() + timedelta(days=40),
        ),
        "theirs": creditnotes.attach(
            private, factories.photo(colour="red"), actor=contact, moment=MOMENT
        ),
    }


def _people(customer: Customer, contact: User, rep: User) -> World:
    """A contact who signs in, and one who was invited."""
    invitee = Invitee("Nora New", "nora@customer.test", "en")
    invitation = contacts.invite(customer, invitee, by=rep, moment=MOMENT)
    return {"person": contact.contacts.get(), "invited": invitation.contact}


def _passed(invoice: Invoice, rep: User) -> Decision:
    """What policy approves by itself."""
    before = Policy.objects.get(company=invoice.company)
    policy = Policy.objects.create(
        company=invoice.company, name="Small", position=1, auto_approval_limit=100000
    )
    decision = factories.submitted_note(invoice, rep).decisions.get()
    Policy.objects.filter(pk=policy.pk).update(is_active=False)
    assert before.is_active
    return decision


def _with_goods_back(note: CreditNote, finance: User) -> CreditNote:
    factories.goods_back(note, finance)
    return note


@pytest.fixture
def visitor(request: pytest.FixtureRequest) -> Callable[[str], Client]:
    """A browser of somebody in that role, with a password of their own."""

    def visit(role: str) -> Client:
        if role == "anonymous":
            return Client()
        person: User = request.getfixturevalue(role)
        person.password = make_password("secret")
        person.save()
        return request.getfixturevalue("client_of")(person)  # type: ignore[no-any-return]

    return visit


def mail() -> str:
    """The name of a message in the demo's mail folder."""
    settings.DEMO_MAIL_ROOT.mkdir(parents=True, exist_ok=True)
    (settings.DEMO_MAIL_ROOT / "1-00000000.eml").write_text("Subject: Hello\n\nHello.")
    return "1-00000000.eml"


def address(row: Row, world: World) -> str:
    if row.thing.startswith("?"):
        return f"{reverse(row.name)}{row.thing}={world[row.thing[1:]].pk}"
    match row.thing:
        case "":
            return reverse(row.name)
        case "mail":
            return reverse(row.name, args=[mail(), *PART.get(row.name, [])])
        case "409":
            return reverse(row.name, args=[row.thing])
        case "mail-link" | "invite-link" | "to-photos":
            return reverse(row.name, args=[_token(row.thing, world)])
        case "key" if row.name in ("by_mail:decide", "portal:invitation", "portal:send_photos"):
            return reverse(row.name, args=["abc:def"])
        case "key":
            return reverse(row.name, args=["1", "abc-def"])
    return reverse(row.name, args=[world[row.thing].pk])


def _token(kind: str, world: World) -> str:
    """What the address of a link in a mail ends in."""
    if kind == "invite-link":
        return links.token_for(world["invited"].invitations.get())
    if kind == "to-photos":
        return photo_links.token_for(world["photo-link"])
    step = world["submitted"].steps.get()
    return token_for(step.assignments.get().user, step)


def sent(row: Row, world: World) -> dict[str, str]:
    if row.method == "GET":
        return {}
    thing = world.get(row.thing)
    seen = thing.content_hash if isinstance(thing, CreditNote) else ""
    line = thing.lines.first() if isinstance(thing, CreditNote) else None
    known = {
        **{name: world[name].pk for name in ("invoice", "deposit", "owed", "refund")},
        "line": line.pk if line else "",
        "seen": seen,
    }
    data = SENT.get(row.name, {**COMMENT, "seen": "{seen}"})
    return {key.format_map(known): value.format_map(known) for key, value in data.items()}


def answer(response: Any) -> str:
    if response.streaming:
        list(response.streaming_content)  # read to its end a file is closed
    if response.status_code != 302:
        return str(response.status_code)
    to_sign_in = response["Location"].startswith(("/accounts/login/", "/admin/login/"))
    return "in" if to_sign_in else "go"


def ask(client: Client, method: str, url: str, data: dict[str, str]) -> str:
    """The answer to one request, whose effect is undone."""
    with transaction.atomic():
        response = client.post(url, data) if method == "POST" else client.get(url)
        got = answer(response)
        transaction.set_rollback(True)
    return got


@pytest.mark.parametrize("role", ROLES)
def test_every_page(role: str, world: World, visitor: Callable[[str], Client]) -> None:
    browser, column = visitor(role), ROLES.index(role)
    wrong = [
        f"{row.method} {row.name} {row.thing}: expected {row.expected[column]}, got {got}"
        for row in rows()
        if (got := ask(browser, row.method, address(row, world), sent(row, world)))
        != row.expected[column]
    ]
    assert not wrong, "\n".join(wrong)


# The admin site -----------------------------------------------------------------

#: What an admin gets of their own company's rows: the list, a new one, one to change, to delete.
TUNED, SEEN = "200 200 200 200", "200 403 200 403"
ADMIN = {
    "customers.account": TUNED,
    "customers.contact": TUNED,
    "customers.customer": TUNED,
    "customers.customernote": TUNED,
    "customers.department": TUNED,
    "customers.product": TUNED,
    "customers.site": TUNED,
    "customers.taxrate": TUNED,
    "customers.exchangerate": TUNED,
    "customers.writeofflimit": TUNED,
    "customers.taxtimelimit": TUNED,
    "customers.taxexemption": TUNED,
    "customers.user": TUNED,
    "customers.company": SEEN,
    "customers.application": SEEN,
    "customers.delivery": SEEN,
    "customers.fiscalperiod": SEEN,
    "customers.invoice": SEEN,
    "customers.journalentry": SEEN,
    "customers.writeoff": SEEN,
    "customers.baddebtproposal": SEEN,
    "customers.numberseries": SEEN,
    "customers.openitem": SEEN,
    "customers.order": SEEN,
    "customers.payment": SEEN,
    "customers.customerdeposit": SEEN,
    "creditnotes.reason": TUNED,
    "creditnotes.creditableline": SEEN,
    "creditnotes.creditabletax": SEEN,
    "creditnotes.creditnote": SEEN,
    "creditnotes.dispatch": SEEN,
    "creditnotes.event": SEEN,
    "creditnotes.issueddocument": SEEN,
    "creditnotes.news": SEEN,
    "approvals.approvallimit": TUNED,
    "approvals.delegation": TUNED,
    "approvals.offerterms": TUNED,
    "approvals.replytemplate": TUNED,
    "approvals.policy": "200 200 200 403",
    "approvals.pool": TUNED,
    "approvals.proposal": SEEN,
    "approvals.decision": SEEN,
    "approvals.step": SEEN,
    "admin.logentry": SEEN,
    "auth.group": SEEN,
}
#: What libraries bring along is for superusers.
ADMIN |= dict.fromkeys(
    [
        model._meta.label_lower
        for model in admin_site.site._registry
        if model._meta.app_label in ("account", "axes", "django_celery_beat")
    ],
    "403 403 403 403",
)
PAGES_OF_A_MODEL = ("changelist", "add", "change", "delete")
#: The site's own pages, as an admin gets them.
ADMIN_PAGES = {
    "index": "200",
    "login": "go",
    "logout": "go",
    "password_change": "go",
    "password_change_done": "go",
    "autocomplete": "403",
    "jsi18n": "200",
}


def of_model(label: str, world: World) -> list[str]:
    """The addresses of a model's pages; of its first row in the admin's company, if any."""
    model = next(each for each in admin_site.site._registry if each._meta.label_lower == label)
    lookup = getattr(admin_site.site._registry[model], "company_lookup", "")
    company = world["invoice"].company_id
    row = model._default_manager.filter(**{lookup: company} if lookup else {}).first()
    pk = row.pk if row else None
    name = f"admin:{label.replace('.', '_')}"
    return [
        reverse(f"{name}_{page}", args=[pk] if page in ("change", "delete") else [])
        for page in PAGES_OF_A_MODEL
        if pk is not None or page not in ("change", "delete")
    ]


def test_an_admin_tunes_some_and_sees_the_rest(
    world: World, visitor: Callable[[str], Client]
) -> None:
    browser = visitor("admin")
    expected = {
        url: status
        for label, statuses in ADMIN.items()
        for url, status in zip(of_model(label, world), statuses.split(), strict=False)
    }
    expected |= {reverse(f"admin:{name}"): status for name, status in ADMIN_PAGES.items()}
    got = {url: ask(browser, "GET", url, {}) for url in expected}
    assert got == expected


def test_nobody_else_opens_the_admin_site(world: World, visitor: Callable[[str], Client]) -> None:
    urls = [url for label in ADMIN for url in of_model(label, world)[:1]]
    urls += [*of_model("customers.user", world), reverse("admin:index")]
    urls += [reverse("admin:password_change"), reverse("admin:autocomplete")]
    for role in ROLES:
        if role != "admin":
            browser = visitor(role)
            got = {url: ask(browser, "GET", url, {}) for url in urls}
            assert set(got.values()) <= {"in", "403", "404"}, (role, got)


# Nothing is left out ----------------------------------------------------------------


def named(resolver: URLResolver, namespace: str = "") -> Iterator[str]:
    """The names of all addresses, with their namespaces."""
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLPattern):
            yield f"{namespace}{pattern.name or pattern.pattern}"
        else:
            prefix = f"{pattern.namespace}:" if pattern.namespace else ""
            yield from named(pattern, f"{namespace}{prefix}")


def test_every_address_has_a_row() -> None:
    pages = {name for name in named(get_resolver()) if not name.startswith("admin:")}
    assert pages == {row.name for row in rows()}


def test_every_page_of_the_admin_site_has_a_row() -> None:
    registered = {model._meta.label_lower for model in admin_site.site._registry}
    assert registered == set(ADMIN)
    per_model = {
        f"admin:{label.replace('.', '_')}_{page}"
        for label in ADMIN
        for page in (*PAGES_OF_A_MODEL, "history")
    }
    own = {f"admin:{name}" for name in ADMIN_PAGES}
    others = {name for name in named(get_resolver()) if name.startswith("admin:")}
    assert others - per_model - own <= BESIDES


#: What belongs to the pages above: short forms, the list of an app, a new password.
BESIDES = {
    "admin:<path:object_id>/",
    "admin:(?P<url>.*)$",
    "admin:app_list",
    "admin:approvals_policy_rehearsal",
    "admin:approvals_policy_switch_off",
    "admin:close_account",
    "admin:view_on_site",
    "admin:auth_user_password_change",
}


def test_the_table_is_whole() -> None:
    answers = {"in", "go", "200", "204", "403", "404", "409", "422"}
    assert {each for row in rows() for each in row.expected} == answers

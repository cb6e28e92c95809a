"""Composing by every basis: what each asks for, what it comes to, and that an edit keeps it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from approvals.models import Policy
from creditnotes.availability import tax_holdings_of
from creditnotes.creditable import Claim
from creditnotes.models import Basis, CreditNote, Reason, State
from customers import ledger
from customers.models import Customer, Invoice, User
from customers.taxdata import load_tax_rates
from tests import factories
from tests.creditnotes.typing import NEW, PREVIEW, filled, line

SignIn = Callable[[User], Client]


@pytest.fixture
def browser(client_of: SignIn, rep: User) -> Client:
    """The rep's."""
    return client_of(rep)


@pytest.fixture
def generous(invoice: Invoice) -> Reason:
    """By every basis, up to 250.00 of goodwill, 15 % kept of what comes back."""
    return factories.reason(
        invoice.company,
        "generous",
        bases=Basis.values,
        goodwill_cap=250,
        goodwill_account=ledger.account(invoice.company, ledger.ALLOWANCES),
        restocking_fee=15,
    )


def goodwill(number: int, description: str, value: str) -> dict[str, str]:
    """One goodwill line as it is typed."""
    return {f"goodwill-{number}-description": description, f"goodwill-{number}-value": value}


def tax(invoice: Invoice, value: str = "", kind: str = "hst") -> dict[str, str]:
    """A tax of the invoice to be given back alone."""
    return {f"tax-{invoice.pk}-{kind}-pick": "on", f"tax-{invoice.pk}-{kind}-value": value}


def test_all_that_is_left_and_freight_need_no_figure(
    browser: Client, invoice: Invoice, reason: Reason, policy: Policy
) -> None:
    sent = filled(invoice, reason=reason) | line(invoice, 1, "", "whole")

    browser.post(NEW, sent | line(invoice, 3, "", "freight"))

    note = CreditNote.objects.get()
    assert note.state == State.SUBMITTED
    assert [(each.basis, each.net) for each in note.lines.all()] == [
        ("whole", Decimal("333.30")),
        ("freight", Decimal("45.00")),
    ]


def test_only_freight_is_credited_as_freight(
    browser: Client, invoice: Invoice, reason: Reason
) -> None:
    sent = filled(invoice, reason=reason, do="save") | line(invoice, 1, "", "freight")

    answer = browser.post(NEW, sent)

    assert answer.status_code == 422
    assert "Only freight is credited as freight." in answer.content.decode()


def test_a_tax_alone_is_given_back_in_part_or_whole(
    browser: Client, invoice: Invoice, reason: Reason, policy: Policy
) -> None:
    some = browser.post(PREVIEW, filled(invoice, reason=reason) | tax(invoice, "10")).content
    browser.post(NEW, filled(invoice, reason=reason) | tax(invoice))

    note = CreditNote.objects.get()
    assert "$10.00" in some.decode()
    assert (note.net, note.tax_total) == (0, Decimal("53.08"))
    too_much = browser.post(PREVIEW, filled(invoice, reason=reason) | tax(invoice, "10"))
    assert "At most 0 can still be given back of this tax." in too_much.content.decode()


def test_who_holds_a_tax_is_named_beside_it(
    browser: Client, invoice: Invoice, rep: User, client_of: SignIn, other_rep: User
) -> None:
    """Even where all of it is reserved, so that nobody wonders where the tax has gone."""
    some = Claim(basis=Basis.TAX, invoice_id=invoice.pk, tax_kind="hst", amount=Decimal(13))
    reserving = factories.submitted_note(invoice, rep, some)
    page = " ".join(browser.get(f"{NEW}?invoice={invoice.pk}").content.decode().split())
    assert f'$13.00 of $53.08 reserved by <a href="/credit-notes/{reserving.pk}/">' in page
    factories.issued_note(invoice, rep, factories.claim(invoice, 1, "1"))
    rest = Claim(basis=Basis.TAX, invoice_id=invoice.pk, tax_kind="hst")
    factories.submitted_note(invoice, rep, rest)
    page = " ".join(browser.get(f"{NEW}?invoice={invoice.pk}").content.decode().split())
    assert "$3.27 of $53.08 credited by" in page
    assert "$36.81 of $53.08 reserved by" in page
    held = tax_holdings_of([invoice.pk], other_rep)[invoice.pk, "hst"]
    assert (held[0].note, held[0].net) == (None, Decimal(13))


def test_the_price_alone_gives_no_tax_back(
    browser: Client, invoice: Invoice, reason: Reason, policy: Policy
) -> None:
    browser.post(NEW, filled(invoice, lines={1: "1"}, reason=reason, tax="price_only"))

    note = CreditNote.objects.get()
    assert (note.net, note.tax_total) == (Decimal("33.33"), 0)
    page = browser.get(f"/credit-notes/{note.pk}/").content.decode()
    assert "price only, no tax given back" in page


def test_each_line_may_say_by_itself_whether_its_tax_goes_back(
    browser: Client, invoice: Invoice, reason: Reason
) -> None:
    lines = line(invoice, 1, "1") | line(invoice, 2, "1")
    first = f"line-{invoice.lines.get(position=1).pk}-price_only"

    sent = filled(invoice, reason=reason, do="save", tax="each_line") | lines
    browser.post(NEW, sent | {first: "on"})

    note = CreditNote.objects.get()
    assert [each.price_only for each in note.lines.all()] == [True, False]
    page = browser.get(f"/credit-notes/{note.pk}/edit/").content.decode()
    assert '<option value="each_line" selected>' in page
    assert page.count("-price_only") == 2


def test_the_fee_is_kept_shown_and_lowered_with_a_word(
    browser: Client, invoice: Invoice, generous: Reason, policy: Policy
) -> None:
    row = f"line-{invoice.lines.get(position=1).pk}"
    sent = filled(invoice, lines={1: "2"}, reason=generous)

    kept = browser.post(PREVIEW, sent).content.decode()
    silent = browser.post(NEW, sent | {f"{row}-fee": "5"})
    browser.post(NEW, sent | {f"{row}-fee": "5", f"{row}-fee_words": "Our mistake"})

    assert "$10.00 kept back" in kept
    assert silent.status_code == 422
    assert "Say why the fee is lowered." in silent.content.decode()
    credited = CreditNote.objects.get().lines.get()
    assert (credited.net, credited.fee, credited.fee_words) == (
        Decimal("63.33"),
        Decimal("3.33"),
        "Our mistake",
    )


def test_goodwill_needs_no_invoice(
    browser: Client, customer: Customer, generous: Reason, policy: Policy
) -> None:
    page = browser.get(f"{NEW}?customer={customer.pk}&goodwill=1").content.decode()
    assert f'name="customer" value="{customer.pk}"' in page

    sent = filled(reason=generous, customer=customer.pk)
    browser.post(NEW, sent | goodwill(1, "Late delivery", "100") | goodwill(2, "The wait", "50"))

    note = CreditNote.objects.get()
    assert (note.state, note.net, note.tax_total) == (State.SUBMITTED, 150, 0)
    page = browser.get(f"/credit-notes/{note.pk}/").content.decode()
    assert "Late delivery" in page
    assert "No lines yet" not in page


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (goodwill(1, "", "10"), "Say what this is for."),
        (goodwill(1, "The wait", ""), "How much?"),
        (goodwill(1, "The wait", "0"), "Enter a number above zero"),
        (goodwill(1, "One", "200") | goodwill(2, "Two", "51"), "gives at most 50 without"),
    ],
)
def test_goodwill_out_of_shape_is_refused_beside_its_line_and_kept(
    browser: Client, invoice: Invoice, generous: Reason, lines: dict[str, str], words: str
) -> None:
    answer = browser.post(NEW, filled(invoice, reason=generous, do="save") | lines)

    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    for typed in filter(None, lines.values()):
        assert f'value="{typed}"' in page
    assert not CreditNote.objects.exists()


def test_goodwill_for_a_strangers_customer_answers_404(
    browser: Client, other_customer: Customer, generous: Reason
) -> None:
    sent = filled(reason=generous, customer=other_customer.pk) | goodwill(1, "Why", "1")

    assert browser.post(NEW, sent).status_code == 404
    assert browser.get(f"{NEW}?customer={other_customer.pk}&goodwill=1").status_code == 404
    assert not CreditNote.objects.exists()


def test_an_edit_that_changes_nothing_keeps_every_basis(
    browser: Client, rep: User, invoice: Invoice, generous: Reason
) -> None:
    claims: list[Any] = [
        factories.claim(invoice, 1, "2", fee_percent=Decimal(5), fee_words="Ours"),
        factories.claim(invoice, 2, None, basis="whole", price_only=True),
        factories.claim(invoice, 3, None, basis="freight", amount=Decimal(20)),
    ]
    note = factories.draft_note(invoice, rep, *claims, reason=generous)
    sent = filled(invoice, reason=generous, do="save", tax="each_line", explanation="")
    row = f"line-{invoice.lines.get(position=1).pk}"
    second = f"line-{invoice.lines.get(position=2).pk}-price_only"
    sent |= line(invoice, 1, "2") | {f"{row}-fee": "5", f"{row}-fee_words": "Ours"}
    sent |= line(invoice, 2, "", "whole") | {second: "on"} | line(invoice, 3, "20", "freight")

    page = browser.get(f"/credit-notes/{note.pk}/edit/").content.decode()
    answer = browser.post(f"/credit-notes/{note.pk}/edit/", sent | {"version": note.version})

    assert 'value="Ours"' in page
    assert answer.status_code == 302
    assert CreditNote.objects.get().version == note.version


@pytest.mark.parametrize("asked", ["goodwill", "tax"])
def test_what_is_on_no_invoice_line_can_be_edited(
    browser: Client, customer: Customer, invoice: Invoice, generous: Reason, asked: str
) -> None:
    lines = goodwill(1, "The wait", "20") if asked == "goodwill" else tax(invoice, "7")
    of = () if asked == "goodwill" else (invoice,)
    sent = filled(*of, reason=generous, customer=customer.pk, do="save") | lines
    browser.post(NEW, sent)
    note = CreditNote.objects.get()

    page = browser.get(f"/credit-notes/{note.pk}/edit/")
    again = browser.post(f"/credit-notes/{note.pk}/edit/", sent | {"version": note.version})

    assert page.status_code == 200
    for typed in lines.values():
        assert typed in page.content.decode()
    assert again.status_code == 302
    assert CreditNote.objects.get().version == note.version


def test_whole_takes_also_the_tax_that_price_only_credits_left(
    browser: Client, rep: User, invoice: Invoice, reason: Reason, policy: Policy
) -> None:
    factories.issued_note(invoice, rep, factories.claim(invoice, 1, "10", price_only=True))

    page = browser.post(NEW, filled(invoice, reason=reason, do=f"all-{invoice.pk}"))

    text = page.content.decode()
    assert text.count('<option value="whole" selected>') == 2
    assert "$128.08" in text  # 30.00, 45.00, and all of the invoice's tax of 53.08


def test_a_passed_time_limit_is_told_with_what_follows(
    browser: Client, customer: Customer, reason: Reason
) -> None:
    load_tax_rates()
    old = factories.invoice(customer, "INV-OLD", moment=factories.MOMENT - timedelta(days=1500))
    sent = filled(old, lines={1: "1"}, reason=reason)

    late = browser.post(PREVIEW, sent).content.decode()
    without_tax = browser.post(PREVIEW, sent | {"tax": "price_only"}).content.decode()

    assert "A tax time limit has passed" in late
    assert "HST of invoice INV-OLD could be given back until" in late
    assert "A tax time limit has passed" not in without_tax

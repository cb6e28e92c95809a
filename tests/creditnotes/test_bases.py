"""Every basis from the draft to the books: what it takes and posts, what the database holds."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Sum

from approvals import services as approvals
from creditnotes import creditable, services
from creditnotes.auditing import audit
from creditnotes.content import Content, claims_of, hash_of
from creditnotes.creditable import Claim
from creditnotes.models import (
    Basis,
    CreditableLine,
    CreditableTax,
    CreditLine,
    CreditNote,
    CreditTax,
    Reason,
)
from customers import ledger
from customers.errors import Incomplete, OverCredit, Refusal
from customers.models import Account, Invoice, JournalLine, OpenItem, User
from customers.money import ZERO
from tests import factories
from tests.factories import MOMENT, claim
from tests.refusing import database_refuses, sql

pytestmark = pytest.mark.usefixtures("policy", "finance")

D = Decimal


def tax(of: Invoice, amount: str | None = None, kind: str = "hst") -> Claim:
    return Claim(
        basis=Basis.TAX, invoice_id=of.pk, tax_kind=kind, amount=D(amount) if amount else None
    )


def whole(of: Invoice) -> list[Claim]:
    return creditable.whole_invoice(of.pk, creditable.look(of.lines.values_list("pk", flat=True)))


def posted(note: CreditNote) -> dict[str, Decimal]:
    """What was posted, by account: debits above zero, credits below."""
    lines = JournalLine.objects.filter(entry=note.document.entry).values_list("account__code")
    sums = lines.annotate(on=Sum("debit"), off=Sum("credit"))
    return {code: debit - credit for code, debit, credit in sums}


@pytest.fixture
def goodwill(reason: Reason) -> Reason:
    """The reason by every basis, goodwill on no invoice up to 80.00 included."""
    reason.bases = list(Basis.values)
    reason.goodwill_cap = D(80)
    reason.goodwill_account = ledger.account(reason.company, "4140")
    reason.save()
    return reason


@pytest.fixture
def restocked(company: Any) -> Reason:
    """A reason that keeps 15 % of goods that come back."""
    return factories.reason(company, "restocked", restocking_fee=D(15))


# Tax adjustments --------------------------------------------------------------


def test_a_tax_adjustment_credits_and_posts_the_tax_alone(invoice: Invoice, rep: User) -> None:
    note = factories.issued_note(invoice, rep, tax(invoice, "53.08"))
    assert (note.net, note.tax_total, note.total) == (ZERO, D("53.08"), D("53.08"))
    assert posted(note) == {"22-HST-ON": D("53.08"), "1200": D("-53.08")}
    assert OpenItem.objects.get(entry__invoice=invoice).applied == D("53.08")
    assert all(line.net_left == line.charged_net for line in CreditableLine.objects.all())
    assert CreditableTax.objects.get().amount_left == 0
    assert audit() == []


def test_after_it_the_net_is_credited_with_what_is_left_of_the_tax(
    invoice: Invoice, rep: User
) -> None:
    """53.08 on 408.30: 13.08 are given back; 40.00 on 408.30 go with the rest."""
    factories.issued_note(invoice, rep, tax(invoice, "13.08"))
    note = factories.issued_note(invoice, rep, claim(invoice, 1, "5"))
    assert (note.net, note.tax_total) == (D("166.65"), D("16.33"))
    last = factories.issued_note(invoice, rep, *whole(invoice))
    assert (last.net, last.tax_total) == (D("241.65"), D("23.67"))
    assert ledger.receivable_of(invoice.customer) == 0
    assert audit() == []


def test_more_tax_than_was_charged_is_refused(invoice: Invoice, rep: User) -> None:
    with pytest.raises(OverCredit, match=r"53\.08") as refusal:
        factories.draft_note(invoice, rep, tax(invoice, "53.09"))
    assert refusal.value.field == "amount"


def test_one_tax_of_two_comes_back_alone(quebec_invoice: Invoice, other_rep: User) -> None:
    note = factories.issued_note(quebec_invoice, other_rep, tax(quebec_invoice, kind="qst"))
    assert note.total == D("40.73")
    assert posted(note) == {"22-QST-QC": D("40.73"), "1200": D("-40.73")}
    rest = factories.issued_note(quebec_invoice, other_rep, *whole(quebec_invoice))
    assert rest.tax_total == D("20.42")


def test_an_invoice_rounded_by_line_gives_its_tax_back_over_its_lines(
    customer: Any, rep: User
) -> None:
    invoice = factories.invoice(customer, "INV-L", tax_rounding="line")
    note = factories.issued_note(invoice, rep, tax(invoice, "10.00"))
    assert [row.amount for row in note.taxes.order_by("creditable_id")] == [
        D("8.16"),
        D("0.74"),
        D("1.10"),
    ]
    rest = factories.issued_note(invoice, rep, *whole(invoice))
    assert note.total + rest.total == invoice.total
    assert audit() == []


def test_the_tax_of_somebody_elses_invoice_is_refused(
    invoice: Invoice, quebec_invoice: Invoice, rep: User, reason: Reason
) -> None:
    content = Content(reason=reason, claims=[tax(quebec_invoice, kind="gst")])
    with pytest.raises(Refusal, match="another customer"):
        services.start(invoice.customer, content, actor=rep, moment=MOMENT)


# Price only -------------------------------------------------------------------


def test_price_only_gives_no_tax_back_and_says_so(invoice: Invoice, rep: User) -> None:
    note = factories.issued_note(invoice, rep, claim(invoice, 1, "3", price_only=True))
    assert (note.net, note.tax_total) == (D("99.99"), ZERO)
    (row,) = note.taxes.all()
    assert (row.base, row.untaxed_base, row.kept) == (ZERO, D("99.99"), D("13.00"))
    assert posted(note) == {"4190": D("99.99"), "1200": D("-99.99")}
    (line,) = note.document.snapshot["invoices"][0]["lines"]
    assert line["price_only"] is True


def test_the_last_credit_leaves_the_tax_that_was_left_on_purpose(
    invoice: Invoice, rep: User
) -> None:
    factories.issued_note(invoice, rep, claim(invoice, 1, "3", price_only=True))
    lines = [each for each in whole(invoice) if each.basis == Basis.WHOLE]
    note = factories.issued_note(invoice, rep, *lines)
    assert note.tax_total == D("53.08") - D("13.00")
    assert CreditableTax.objects.get().amount_left == D("13.00")
    later = factories.issued_note(invoice, rep, tax(invoice))
    assert later.total == D("13.00")
    assert ledger.receivable_of(invoice.customer) == 0
    assert audit() == []


# Freight, whole invoices ------------------------------------------------------


def test_freight_is_credited_by_amount_and_then_in_full(invoice: Invoice, rep: User) -> None:
    some = claim(invoice, 3, None, basis=Basis.FREIGHT, amount=D("20.00"))
    assert factories.issued_note(invoice, rep, some).net == D("20.00")
    rest = factories.draft_note(invoice, rep, claim(invoice, 3, None, basis=Basis.FREIGHT))
    assert [(line.net, line.quantity, line.in_full) for line in rest.lines.all()] == [
        (D("25.00"), D(1), True)
    ]
    assert claims_of(rest) == [claim(invoice, 3, None, basis=Basis.FREIGHT)]


def test_goods_are_not_freight(invoice: Invoice, rep: User) -> None:
    with pytest.raises(Refusal, match="Only freight") as refusal:
        factories.draft_note(invoice, rep, claim(invoice, 1, None, basis=Basis.FREIGHT))
    assert (refusal.value.field, refusal.value.line) == ("basis", 0)


def test_a_whole_invoice_is_the_invoice(quebec_invoice: Invoice, other_rep: User) -> None:
    note = factories.issued_note(quebec_invoice, other_rep, *whole(quebec_invoice))
    assert (note.net, note.tax_total) == (quebec_invoice.net, quebec_invoice.tax_total)
    assert ledger.receivable_of(quebec_invoice.customer) == 0


def test_what_is_whole_follows_what_is_left_at_submission(invoice: Invoice, rep: User) -> None:
    draft = factories.draft_note(invoice, rep, *whole(invoice))
    factories.issued_note(invoice, rep, claim(invoice, 1, "4"))
    note = approvals.submit(draft, actor=rep, moment=MOMENT)
    assert note.net == D("408.30") - D("133.32")
    assert note.lines.all()[0].quantity == 6


def test_what_was_charged_is_what_can_be_credited(customer: Any, rep: User) -> None:
    """Line and invoice discounts and promotional prices are in the net: nothing more is left."""
    invoice = factories.invoice(customer, "INV-D", [("Promo studs", "10", "33.33", "goods")])
    discounted = factories.invoice(customer, "INV-D2", [("Promo studs", "1", "0.01", "goods")])
    assert discounted.net == D("0.01")
    with pytest.raises(OverCredit, match=r"333\.3"):
        factories.draft_note(
            invoice, rep, claim(invoice, 1, None, basis=Basis.AMOUNT, amount=D("333.31"))
        )


# Restocking fees --------------------------------------------------------------


def test_a_restocking_fee_is_kept_back_before_tax_and_uses_up_net_and_tax(
    invoice: Invoice, rep: User, restocked: Reason
) -> None:
    note = factories.issued_note(invoice, rep, claim(invoice, 1, "10"), reason=restocked)
    line = note.lines.get()
    assert (line.taken, line.fee, line.net) == (D("333.30"), D("50.00"), D("283.30"))
    assert (note.net, note.tax_total) == (D("283.30"), D("36.83"))
    assert posted(note) == {"4190": D("283.30"), "22-HST-ON": D("36.83"), "1200": D("-320.13")}
    counter = CreditableLine.objects.get(pk=line.creditable_id)
    assert counter.quantity_left == counter.net_left == 0
    levied = CreditableTax.objects.get()
    assert levied.issued_base == D("333.30")
    assert levied.issued_amount == D("43.33"), "13 % of 333.30, 6.50 of it with the fee"
    assert note.document.snapshot["fees"] == "50.00"
    assert audit() == []


def test_a_rep_lowers_the_fee_with_a_word(invoice: Invoice, rep: User, restocked: Reason) -> None:
    lowered = claim(invoice, 1, "5", fee_percent=D(5), fee_words="Unopened.")
    note = factories.submitted_note(invoice, rep, lowered, reason=restocked)
    assert [(line.fee, line.fee_percent, line.fee_words) for line in note.lines.all()] == [
        (D("8.33"), D(5), "Unopened.")
    ]
    assert claims_of(note) == [lowered]
    with pytest.raises(Incomplete, match="why"):
        factories.draft_note(invoice, rep, replace(lowered, fee_words=""), reason=restocked)
    with pytest.raises(Refusal, match="lowered from 15"):
        factories.draft_note(invoice, rep, replace(lowered, fee_percent=D(16)), reason=restocked)


# Goodwill ---------------------------------------------------------------------


def on_no_invoice(amount: str = "50.00") -> Claim:
    return Claim(basis=Basis.GOODWILL, amount=D(amount), description="For the long wait.")


def test_goodwill_alone_has_no_invoice_no_tax_and_its_own_account(
    invoice: Invoice, rep: User, goodwill: Reason
) -> None:
    note = factories.issued_note(invoice, rep, on_no_invoice(), reason=goodwill)
    assert (note.net, note.tax_total, note.total) == (D("50.00"), ZERO, D("50.00"))
    assert posted(note) == {"4140": D("50.00"), "1200": D("-50.00")}
    assert note.document.snapshot["invoices"] == []
    assert note.document.snapshot["goodwill"] == [
        {"description": "For the long wait.", "net": "50.00"}
    ]
    assert OpenItem.objects.get(entry__invoice=invoice).applied == 0
    assert OpenItem.objects.get(entry=note.document.entry).applied == 0
    assert audit() == []


def test_goodwill_beside_a_credit_goes_to_its_own_account(
    invoice: Invoice, rep: User, goodwill: Reason
) -> None:
    note = factories.issued_note(invoice, rep, claim(invoice), on_no_invoice(), reason=goodwill)
    assert posted(note) == {
        "4190": D("33.33"),
        "4140": D("50.00"),
        "22-HST-ON": D("4.33"),
        "1200": D("-87.66"),
    }


def test_goodwill_is_within_its_cap(invoice: Invoice, rep: User, goodwill: Reason) -> None:
    with pytest.raises(OverCredit, match="at most 30") as refusal:
        factories.draft_note(invoice, rep, on_no_invoice(), on_no_invoice(), reason=goodwill)
    assert (refusal.value.line, refusal.value.field) == (1, "amount")
    draft = factories.draft_note(invoice, rep, on_no_invoice("80.00"), reason=goodwill)
    goodwill.goodwill_cap = D(60)
    goodwill.save()
    with pytest.raises(OverCredit, match="at most 60"):
        approvals.submit(draft, actor=rep, moment=MOMENT)


def test_goodwill_in_pieces_counts_together_against_a_limit(
    invoice: Invoice, rep: User, goodwill: Reason
) -> None:
    first = factories.submitted_note(invoice, rep, on_no_invoice(), reason=goodwill)
    second = factories.submitted_note(invoice, rep, on_no_invoice("30.00"), reason=goodwill)
    assert [note.steps.get().amount_counted for note in (first, second)] == [50, 80]


# Content ----------------------------------------------------------------------


def test_the_hash_covers_every_new_part(
    invoice: Invoice, rep: User, goodwill: Reason, restocked: Reason
) -> None:
    goodwill.restocking_fee = D(10)
    goodwill.save()
    claims = [
        claim(invoice, 1, "1"),
        claim(invoice, 1, "1", price_only=True),
        claim(invoice, 1, "1", fee_percent=D(5), fee_words="One."),
        claim(invoice, 1, "1", fee_percent=D(5), fee_words="Another."),
        claim(invoice, 3, None, basis=Basis.FREIGHT),
        claim(invoice, 3, None, basis=Basis.FREIGHT, amount=D("45.00")),
        claim(invoice, 3, None, basis=Basis.WHOLE),
        tax(invoice),
        tax(invoice, "53.08"),
        on_no_invoice(),
        replace(on_no_invoice(), description="For something else."),
    ]
    notes = [factories.draft_note(invoice, rep, each, reason=goodwill) for each in claims]
    assert len({hash_of(note) for note in notes}) == len(claims)
    before = hash_of(notes[-1])
    goodwill.goodwill_account = ledger.account(goodwill.company, "4150")
    goodwill.save()
    assert hash_of(CreditNote.objects.get(pk=notes[-1].pk)) != before


def test_the_hash_of_an_older_kind_of_content_is_what_it_always_was(
    invoice: Invoice, rep: User
) -> None:
    """Notes that were submitted before are still issued: new columns say nothing there."""
    note = factories.submitted_note(invoice, rep)
    line, levied = note.lines.get(), note.taxes.get()
    content = {
        "customer": note.customer_id,
        "reason": [
            note.reason_id,
            note.required_reason.account_id,
            note.required_reason.name_en,
            note.required_reason.name_fr,
        ],
        "currency": "CAD",
        "language": "en",
        "customer_reference": "",
        "explanation": "",
        "lines": [[line.creditable_id, "quantity", "1", None, None, "33.33"]],
        "taxes": [[levied.creditable_id, "33.33", "4.33"]],
        "total": "37.66",
    }
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    assert note.content_hash == hashlib.sha256(text.encode()).hexdigest()


# The database alone -----------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("basis = 'amount'", "quantity_by_basis"),
        ("percent = 10", "one_basis"),
        ("in_full = true", "one_basis"),
        ("basis = 'unit_price', quantity = 0, unit_price = NULL", "one_basis"),
        ("basis = 'tax', quantity = 0", "one_shape"),
        ("basis = 'goodwill', quantity = 0, creditable_id = NULL, invoice_id = NULL", "one_shape"),
        ("creditable_id = NULL", "one_shape"),
        ("tax = 1", "one_shape"),
        ("tax_kind = 'hst'", "one_shape"),
        ("description = 'x'", "one_shape"),
        ("fee = 1", "fee_on_pieces"),
        ("fee_words = 'x'", "fee_on_pieces"),
        ("fee_percent = 100", "fee_on_pieces"),
        ("basis = 'freight'", "only freight"),
        ("net = -1", "credits_something"),
        ("basis = 'whole', quantity = 0, net = 0", "credits_something"),
    ],
)
def test_a_line_of_two_shapes_is_refused(
    invoice: Invoice, rep: User, change: str, words: str
) -> None:
    note = factories.draft_note(invoice, rep)
    with database_refuses(words):
        sql(f"UPDATE creditnotes_creditline SET {change} WHERE note_id = %s", note.pk)  # noqa: S608


def test_a_line_names_the_invoice_of_what_it_credits(
    invoice: Invoice, large_invoice: Invoice, rep: User
) -> None:
    line = factories.draft_note(invoice, rep).lines.get()
    CreditLine.objects.filter(pk=line.pk).update(invoice=large_invoice)
    line.refresh_from_db()
    assert line.invoice == invoice


@pytest.mark.parametrize(
    "change",
    [
        "SET adjusted = 1",
        "SET base = base - 1, untaxed_base = -1",
        "SET kept = -1",
        "SET withheld = -0.01",
        "SET recovered = 4.34",
        "SET base = 0, amount = 0",
    ],
)
def test_a_tax_that_does_not_fit_is_refused(invoice: Invoice, rep: User, change: str) -> None:
    note = factories.draft_note(invoice, rep)
    with database_refuses("credit_tax_not_negative|does not add up"):
        sql(f"UPDATE creditnotes_credittax {change} WHERE note_id = %s", note.pk)
        sql(
            "UPDATE creditnotes_creditnote SET state = 'submitted', hold = 'reserved'"
            " WHERE id = %s",
            note.pk,
        )


def submit_by_sql(note: CreditNote) -> None:
    sql(
        "UPDATE creditnotes_creditnote SET state = 'submitted', hold = 'reserved' WHERE id = %s",
        note.pk,
    )


def test_two_tax_adjustments_of_all_do_not_both_fit(invoice: Invoice, rep: User) -> None:
    notes = [factories.draft_note(invoice, rep, tax(invoice)) for _ in range(2)]
    submit_by_sql(notes[0])
    with database_refuses("never_over_credit_tax"):
        submit_by_sql(notes[1])


def test_tax_for_net_still_to_come_is_not_given_to_price_only_and_adjustment_both(
    invoice: Invoice, rep: User
) -> None:
    """Drafts that know nothing of each other: all net price only, and all tax adjusted."""
    claims = [replace(each, price_only=True) for each in whole(invoice)]
    notes = [
        factories.draft_note(invoice, rep, *claims),
        factories.draft_note(invoice, rep, tax(invoice)),
    ]
    submit_by_sql(notes[0])
    with database_refuses("never_over_credit_tax"):
        submit_by_sql(notes[1])


def test_beyond_the_cap_or_the_fee_of_the_reason_is_refused(
    invoice: Invoice, rep: User, goodwill: Reason, restocked: Reason
) -> None:
    given = factories.draft_note(invoice, rep, on_no_invoice("80.00"), reason=goodwill)
    kept = factories.draft_note(invoice, rep, claim(invoice), reason=restocked)
    Reason.objects.update(goodwill_cap=79, restocking_fee=14)
    for note in (given, kept):
        with database_refuses("beyond what its reason allows"):
            submit_by_sql(note)


def test_a_reason_needs_cap_and_account_for_goodwill(reason: Reason) -> None:
    for fields in ({"goodwill_cap": 5}, {"goodwill_account": Account.objects.first()}):
        with database_refuses("reason_goodwill"):
            Reason.objects.filter(pk=reason.pk).update(bases=["goodwill"], **fields)
    with database_refuses("reason_fee"):
        Reason.objects.filter(pk=reason.pk).update(restocking_fee=100)


# Long notes -------------------------------------------------------------------


def test_three_hundred_lines_take_as_many_statements_as_three(
    customer: Any, rep: User, django_assert_max_num_queries: Any
) -> None:
    counts = []
    for lines in (2, 3, 300):  # with the first the rules are read, which are remembered then
        rows = [(f"Part {n}", "2", "0.99", "goods") for n in range(lines)]
        long = factories.invoice(customer, f"INV-{lines}", rows)
        draft = factories.draft_note(long, rep, *whole(long))
        with django_assert_max_num_queries(60) as statements:
            note = approvals.submit(draft, actor=rep, moment=MOMENT)
        counts.append(len(statements))
        assert note.total == long.total
        assert CreditTax.objects.filter(note=note).count() == 1
    assert counts[1] == counts[2]

"""The decision page: what it shows, and approving, endorsing, returning, rejecting from it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from approvals import services
from approvals.dossier import dossier_of
from approvals.dossier.brief import brief_of
from approvals.margin import Sold, margin_of
from approvals.models import Decision, Delegation, Pool, Role
from creditnotes import services as creditnote_services
from creditnotes.content import Content
from creditnotes.creditable import Claim
from creditnotes.models import Basis, CreditNote, Reason, State
from customers.access import MANAGERS
from customers.models import (
    Customer,
    CustomerNote,
    Delivery,
    DeliveryLine,
    Invoice,
    Order,
    OrderLine,
    Product,
    User,
)
from customers.services import NewLine, post_invoice, receive_payment
from tests import factories

SignIn = Callable[[User], Client]


def address(note: CreditNote, verb: str = "") -> str:
    return f"/approvals/{note.pk}/" + (f"{verb}/" if verb else "")


def seen(note: CreditNote, comment: str = "") -> dict[str, str]:
    """What the page sends: the hash of what the person saw, and their words."""
    return {"seen": note.content_hash, "comment": comment}


@pytest.fixture
def note(rep: User, manager: User, invoice: Invoice) -> CreditNote:
    """Waits for the manager, who decides."""
    return factories.submitted_note(invoice, rep, factories.claim(invoice, 1, "2"))


@pytest.fixture
def large(rep: User, manager: User, finance: User, large_invoice: Invoice) -> CreditNote:
    """Waits for the manager to endorse; finance decides."""
    claim = factories.claim(large_invoice, quantity="50")
    return factories.submitted_note(large_invoice, rep, claim)


# What it shows ------------------------------------------------------------------------------


def test_it_shows_all_that_the_decision_needs(
    client_of: SignIn, rep: User, manager: User, customer: Customer, moment: Any
) -> None:
    product = Product.objects.create(
        company=customer.company, sku="LUM-1", name="Lumber", unit_cost=Decimal(20)
    )
    order = Order.objects.create(
        company=customer.company, customer=customer, number="SO-1", ordered_on=moment.date()
    )
    ordered = OrderLine.objects.create(
        order=order, product=product, position=1, quantity=12, unit_price=Decimal(30)
    )
    delivery = Delivery.objects.create(order=order, number="D-1", delivered_on=moment.date())
    for quantity, condition in ((8, "good"), (1, "damaged")):
        DeliveryLine.objects.create(
            delivery=delivery, order_line=ordered, quantity=quantity, condition=condition
        )
    charged = NewLine(
        Decimal(10), Decimal(30), "Lumber", product, ordered, levies=[factories.HST_ON]
    )
    invoice = post_invoice(customer, "INV-7", moment, [charged], order=order, province="ON")
    receive_payment(customer, "P-1", moment.date(), Decimal(39))
    CustomerNote.objects.create(customer=customer, author=rep, text="Pays on the tenth.")
    factories.policy(invoice.company)
    note = factories.draft_note(
        invoice, rep, factories.claim(invoice, 1, "2"), internal_note="Third time.", moment=moment
    )
    creditnote_services.attach(note, factories.photo(), actor=rep, moment=moment)
    note = services.submit(note, actor=rep, moment=moment)

    page = client_of(manager).get(address(note)).content.decode()

    for words in (
        "SO-1",
        "INV-7",
        "LUM-1",
        ">12<",
        "1 damaged",
        "1 missing",
        "Third time.",
        "Pays on the",
    ):
        assert words in page
    # 300 less 200 of cost; then 240 less 200
    for words in ("33.3\u00a0%", "16.7\u00a0%", "100.00 → 40.00"):
        assert words in page
    for words in ("$67.80", "60.00", "HST 7.80", "$360.00", "$1,000.00", "Standard, version 1"):
        assert words in page
    assert "10\u00a0%; this is 30.00 above" in page
    assert f"/credit-notes/attachments/{note.attachments.get().pk}/" in page


def test_it_names_possible_duplicates_and_similar_decisions(
    client_of: SignIn, rep: User, manager: User, invoice: Invoice, note: CreditNote
) -> None:
    earlier = factories.issued_note(invoice, rep)
    gone = factories.draft_note(invoice, rep)
    creditnote_services.withdraw(gone, actor=rep, moment=factories.MOMENT)

    page = client_of(manager).get(address(note)).content.decode()

    duplicates, similar = page.split("Possible duplicates")[1].split("Similar decisions")
    similar = similar.split("What happened")[0]
    assert str(earlier) in duplicates
    assert str(gone) not in duplicates
    assert str(earlier) in similar


def test_similar_decisions_elsewhere_stay_there(
    client_of: SignIn,
    other_rep: User,
    other_manager: User,
    manager: User,
    quebec_invoice: Invoice,
    note: CreditNote,
) -> None:
    theirs = factories.issued_note(quebec_invoice, other_rep)
    assert theirs.reason == note.reason

    assert str(theirs) not in client_of(manager).get(address(note)).content.decode()


def test_it_says_why_it_came_and_who_is_next(
    client_of: SignIn, manager: User, large: CreditNote
) -> None:
    page = client_of(manager).get(address(large)).content.decode()

    assert "The amount is above the limit of those asked" in page
    assert "Then Fiona Finance" in page
    assert "Endorse" in page
    assert f'action="{address(large, "endorse")}"' in page
    assert f'action="{address(large, "approve")}"' not in page


@pytest.fixture
def in_parallel(
    large_invoice: Invoice, rep: User, manager: User, finance: User, other_manager: User
) -> CreditNote:
    """Asks the manager and somebody of a pool at once, then finance."""
    policy = factories.policy(large_invoice.company)
    pool = Pool.objects.create(company=policy.company, name="Claims")
    pool.members.add(other_manager)
    policy.steps.filter(position=1).update(is_required=True)
    policy.steps.create(position=1, role=Role.POOL, pool=pool, is_required=True, hours=40)
    claim = factories.claim(large_invoice, quantity="50")
    return factories.submitted_note(large_invoice, rep, claim)


def test_of_steps_at_once_each_reads_their_own(
    in_parallel: CreditNote, rep: User, manager: User, other_manager: User, second_finance: User
) -> None:
    now = timezone.now()
    Delegation.objects.create(
        delegator=other_manager,
        delegate=second_finance,
        starts_at=now,
        ends_at=now + timedelta(days=1),
    )
    for reader, role in (
        (manager, Role.DEPARTMENT_MANAGER),
        (other_manager, Role.POOL),
        (second_finance, Role.POOL),  # for somebody
        (rep, Role.DEPARTMENT_MANAGER),  # nobody's: the first
    ):
        for glance in (
            dossier_of(in_parallel, reader, now),
            brief_of(in_parallel, reader, now),
        ):
            assert glance.stop is not None
            assert glance.stop.step.role == role, reader


def test_the_customer_is_waited_for_while_the_clock_stands_still(
    note: CreditNote, manager: User
) -> None:
    now = factories.MOMENT
    services.stop_clocks(note, moment=now)
    assert dossier_of(note, manager, now).waits_for_customer
    services.run_clocks(note, moment=now)
    assert not dossier_of(note, manager, now).waits_for_customer


def test_others_read_it_without_the_form(
    client_of: SignIn, rep: User, finance: User, note: CreditNote
) -> None:
    for reader in (rep, finance):
        page = client_of(reader).get(address(note))
        assert page.status_code == 200
        assert "waits for somebody else" in page.content.decode()
        assert f'action="{address(note, "approve")}"' not in page.content.decode()


def test_the_other_department_gets_404(
    client_of: SignIn,
    other_rep: User,
    other_manager: User,
    foreign_manager: User,
    contact: User,
    note: CreditNote,
) -> None:
    for stranger in (other_rep, other_manager, foreign_manager, contact):
        browser = client_of(stranger)
        assert browser.get(address(note)).status_code == 404
        for verb in ("approve", "endorse", "return", "reject"):
            assert browser.post(address(note, verb), seen(note, "No.")).status_code == 404
    assert not Decision.objects.exists()


def test_what_the_note_itself_holds_is_not_counted_twice(
    rep: User, manager: User, invoice: Invoice
) -> None:
    factories.issued_note(invoice, rep, factories.claim(invoice, 1, "3"))
    factories.submitted_note(invoice, rep, factories.claim(invoice, 1, "1"))
    waiting = factories.submitted_note(invoice, rep, factories.claim(invoice, 1, "2"))
    issued = factories.issued_note(invoice, rep, factories.claim(invoice, 1, "4"))

    for note, credited, reserved in ((waiting, "7", "1"), (issued, "3", "3")):
        (facts,) = dossier_of(note, manager, factories.MOMENT).invoices[0].lines
        assert facts.credited.quantity == Decimal(credited)
        assert facts.reserved.quantity == Decimal(reserved)
        assert facts.left.quantity == 0
        assert facts.left.net == 0


def test_what_was_never_submitted_has_nothing_to_decide(
    client_of: SignIn, rep: User, invoice: Invoice
) -> None:
    draft = factories.draft_note(invoice, rep)

    assert client_of(rep).get(address(draft)).headers["Location"] == f"/credit-notes/{draft.pk}/"


# Deciding -------------------------------------------------------------------------------------


def test_approving_leads_to_the_next_of_the_queue(
    client_of: SignIn, rep: User, manager: User, invoice: Invoice, note: CreditNote
) -> None:
    following = factories.submitted_note(invoice, rep)

    answer = client_of(manager).post(address(note, "approve"), seen(note, "Fine."), follow=True)

    decision = Decision.objects.get()
    assert answer.redirect_chain == [(f"{address(following)}?done=1", 302)]
    page = answer.content.decode()
    assert f'<a href="/credit-notes/{note.pk}/">{note}</a>: Approved.' in page
    assert "2 of 2" in page
    assert (decision.actor, decision.verdict, decision.comment) == (manager, "approve", "Fine.")
    assert CreditNote.objects.get(pk=note.pk).state == State.APPROVED


def test_the_last_one_leads_back_to_the_empty_queue(
    client_of: SignIn, manager: User, note: CreditNote
) -> None:
    answer = client_of(manager).post(address(note, "approve"), seen(note), follow=True)

    assert answer.redirect_chain == [("/approvals/", 302)]
    assert "All done" in answer.content.decode()
    assert f"{note}</a>: Approved." in answer.content.decode()


def test_it_leads_on_in_the_order_and_among_those_that_one_looks_at(
    client_of: SignIn, rep: User, manager: User, invoice: Invoice, note: CreditNote
) -> None:
    smallest = factories.submitted_note(invoice, rep, factories.claim(invoice, 2, "1"))
    freight = factories.reason(invoice.company, "freight")
    largest = factories.submitted_note(invoice, rep, factories.claim(invoice, 1, "4"))
    factories.submitted_note(invoice, rep, factories.claim(invoice, 1, "3"), reason=freight)
    browser, way = client_of(manager), f"?reason={note.reason_id}&sort=-total"

    page = browser.get(address(note) + way).content.decode()
    assert "2 of 3" in page
    for neighbour in (largest, smallest):
        assert f'href="{address(neighbour)}{way}"'.replace("&", "&amp;") in page
    assert f'name="following" value="{smallest.pk}"' in page

    onward = seen(note) | {"following": str(smallest.pk)}
    answer = browser.post(address(note, "approve") + way, onward, follow=True)
    assert answer.redirect_chain[0][0] == f"{address(smallest)}{way}&done=1"
    assert "3 of 3" in answer.content.decode()
    answer = browser.post(address(smallest, "approve") + f"{way}&done=1", seen(smallest))
    assert answer.headers["Location"] == f"{address(largest)}{way}&done=2"
    answer = browser.post(address(largest, "approve") + f"{way}&done=2", seen(largest), follow=True)
    assert answer.redirect_chain[0][0] == f"/approvals/{way}"
    assert "Nothing fits" in answer.content.decode()


@pytest.mark.parametrize("following", ["", "nonsense", "999999999", "-1"])
def test_a_wish_for_what_does_not_wait_leads_to_what_does(
    client_of: SignIn,
    rep: User,
    manager: User,
    invoice: Invoice,
    note: CreditNote,
    following: str,
) -> None:
    other = factories.submitted_note(invoice, rep)

    sent = seen(note) | {"following": following}
    answer = client_of(manager).post(f"{address(note, 'approve')}?done=x&sort=y", sent)

    assert answer.headers["Location"] == f"{address(other)}?done=1"


def test_words_in_the_question_whether_to_reject_are_part_of_the_comment(
    client_of: SignIn, manager: User, note: CreditNote
) -> None:
    browser = client_of(manager)
    long = browser.post(address(note, "reject"), seen(note) | {"why": "x" * 2001})
    assert long.status_code == 422
    assert "x" * 2001 in long.content.decode()

    browser.post(address(note, "reject"), seen(note, "No.") | {"why": "Signed as complete."})

    assert Decision.objects.get().comment == "No.\n\nSigned as complete."


def test_the_way_on_is_offered_where_there_is_nothing_to_decide(
    client_of: SignIn, rep: User, manager: User, invoice: Invoice, note: CreditNote
) -> None:
    other = factories.submitted_note(invoice, rep)
    services.recall(note, actor=rep, moment=factories.MOMENT)

    answer = client_of(manager).post(address(note, "approve"), seen(note, "Fine."))

    page = answer.content.decode()
    assert answer.status_code == 409
    assert "This was not decided" in page
    assert "Fine." in page
    assert f'href="{address(other)}"' in page
    assert 'href="/approvals/"' in page


def test_endorsing_hands_it_on(
    client_of: SignIn, manager: User, finance: User, large: CreditNote
) -> None:
    client_of(manager).post(address(large, "endorse"), seen(large))

    assert str(large) in client_of(finance).get("/approvals/").content.decode()
    client_of(finance).post(address(large, "approve"), seen(large))
    assert CreditNote.objects.get().state == State.APPROVED


def test_returning_needs_words_and_keeps_nothing_back(
    client_of: SignIn, manager: User, note: CreditNote
) -> None:
    silent = client_of(manager).post(address(note, "return"), seen(note))
    assert silent.status_code == 422
    assert "Say why, please." in silent.content.decode()
    assert 'id="id_comment_error"' in silent.content.decode()

    client_of(manager).post(address(note, "return"), seen(note, "Which boards?"))
    assert CreditNote.objects.get().state == State.RETURNED
    assert Decision.objects.get().comment == "Which boards?"


def test_rejecting_a_reps_note_needs_no_words(
    client_of: SignIn, manager: User, note: CreditNote
) -> None:
    client_of(manager).post(address(note, "reject"), seen(note))

    assert CreditNote.objects.get().state == State.REJECTED


def test_a_double_click_decides_once(client_of: SignIn, manager: User, note: CreditNote) -> None:
    browser = client_of(manager)

    answers = [browser.post(address(note, "approve"), seen(note)) for _click in range(2)]

    assert [answer.status_code for answer in answers] == [302, 302]
    assert Decision.objects.count() == 1


def test_another_decision_after_the_first_is_refused(
    client_of: SignIn, manager: User, note: CreditNote
) -> None:
    browser = client_of(manager)
    browser.post(address(note, "approve"), seen(note))

    answer = browser.post(address(note, "reject"), seen(note, "On second thought, no."))

    assert answer.status_code == 409
    assert "You have decided on" in answer.content.decode()
    assert "On second thought, no." in answer.content.decode()
    assert CreditNote.objects.get().state == State.APPROVED


def test_what_somebody_else_decided_is_said_with_their_name(
    client_of: SignIn, rep: User, manager: User, invoice: Invoice, note: CreditNote
) -> None:
    deputy = factories.person("Della Deputy", MANAGERS, invoice.company)
    now, day = timezone.now(), timedelta(days=1)
    Delegation.objects.create(
        delegator=manager, delegate=deputy, starts_at=now - day, ends_at=now + day
    )
    assert "for Manon Manager" in client_of(deputy).get(address(note)).content.decode()
    client_of(deputy).post(address(note, "approve"), seen(note))
    decision = Decision.objects.get()
    assert (decision.actor, decision.on_behalf_of) == (deputy, manager)

    answer = client_of(manager).post(address(note, "approve"), seen(note, "Me too."))

    assert answer.status_code == 409
    assert "Della Deputy has decided on" in answer.content.decode()
    assert "Me too." in answer.content.decode()


@pytest.mark.parametrize("verb", ["approve", "return", "reject"])
def test_a_stale_page_is_told_and_keeps_the_comment(
    client_of: SignIn, rep: User, manager: User, note: CreditNote, verb: str
) -> None:
    old = seen(note, "As on the phone.")
    services.recall(note, actor=rep, moment=factories.MOMENT)
    note.refresh_from_db()
    creditnote_services.edit(
        note,
        with_quantity(note, quantity="9"),
        actor=rep,
        moment=factories.MOMENT,
    )
    note = services.submit(note, actor=rep, moment=factories.MOMENT)

    stale = client_of(manager).post(address(note, verb), old)

    page = stale.content.decode()
    assert stale.status_code == 409
    assert "The content changed since you opened the page." in page
    assert "As on the phone." in page
    assert f'value="{note.content_hash}"' in page
    assert not Decision.objects.exists()
    assert client_of(manager).post(address(note, verb), seen(note, "Yes.")).status_code == 302


def with_quantity(note: CreditNote, quantity: str) -> Any:
    """The note's content with another quantity on the first line of its invoice."""
    invoice = note.lines.get().counter.invoice
    return Content(reason=note.reason, claims=[factories.claim(invoice, 1, quantity)])


def test_a_page_that_says_not_what_it_saw_decides_nothing(
    client_of: SignIn, manager: User, note: CreditNote
) -> None:
    answer = client_of(manager).post(address(note, "approve"), {"comment": "Yes."})

    assert answer.status_code == 409
    assert not Decision.objects.exists()


def test_nobody_decides_their_own(
    client_of: SignIn, manager: User, finance: User, invoice: Invoice
) -> None:
    note = factories.submitted_note(invoice, manager)

    answer = client_of(manager).post(address(note, "approve"), seen(note, "Looks right to me."))

    assert answer.status_code == 403
    assert "Looks right to me." in answer.content.decode()
    assert not Decision.objects.exists()


def test_whoever_is_not_asked_decides_nothing(
    client_of: SignIn, rep: User, finance: User, note: CreditNote
) -> None:
    for person in (rep, finance):
        answer = client_of(person).post(address(note, "approve"), seen(note))
        assert answer.status_code == 403
        assert "waits for somebody else" in answer.content.decode()


def test_an_endorser_does_not_approve(client_of: SignIn, manager: User, large: CreditNote) -> None:
    answer = client_of(manager).post(address(large, "approve"), seen(large))

    assert answer.status_code == 409
    assert not Decision.objects.exists()


def test_a_comment_too_long_is_refused_and_kept(
    client_of: SignIn, manager: User, note: CreditNote
) -> None:
    answer = client_of(manager).post(address(note, "approve"), seen(note, "x" * 2001))

    assert answer.status_code == 422
    assert "x" * 2001 in answer.content.decode()
    assert not Decision.objects.exists()


@pytest.mark.parametrize("verb", ["approve", "endorse", "return", "reject"])
def test_nothing_is_decided_by_looking(
    client_of: SignIn, manager: User, note: CreditNote, verb: str
) -> None:
    assert client_of(manager).get(address(note, verb)).status_code == 405


# Speed -------------------------------------------------------------------------------------------


def test_the_number_of_queries_does_not_grow(
    client_of: SignIn, rep: User, manager: User, customer: Customer
) -> None:
    browser, counts = client_of(manager), []
    for number, size in (("A", 1), ("B", 6)):
        rows = [(f"Line {each}", "10", "1", "goods") for each in range(size)]
        invoice = factories.invoice(customer, number, rows)
        claims = [factories.claim(invoice, each + 1) for each in range(size)]
        for _earlier in range(size):
            factories.issued_note(invoice, rep, *claims)
        note = factories.draft_note(invoice, rep, *claims)
        for each in range(size):
            creditnote_services.attach(
                note,
                factories.photo(f"{each}.jpg", f"#0{each}0"),
                actor=rep,
                moment=factories.MOMENT,
            )
            CustomerNote.objects.create(customer=customer, author=rep, text="Once more.")
        note = services.submit(note, actor=rep, moment=factories.MOMENT)
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(address(note)).status_code == 200
        counts.append(len(queries))

    assert counts[0] == counts[1]
    assert counts[0] <= 15


# Margin ------------------------------------------------------------------------------------------


def test_margin_counts_lines_of_known_cost_only() -> None:
    known = Sold(Decimal(300), Decimal(200), Decimal(60))
    unknown = Sold(Decimal(50), None, Decimal(50))

    margin = margin_of([known, unknown])

    assert margin is not None
    assert (margin.before, margin.after) == (Decimal(100), Decimal(40))
    assert (margin.rate_before, margin.rate_after) == (Decimal("33.3"), Decimal("16.7"))
    assert (margin.known, margin.lines) == (1, 2)
    assert margin_of([unknown]) is None


def test_goods_that_come_back_bring_their_cost_back() -> None:
    margin = margin_of([Sold(Decimal(300), Decimal(200), Decimal(300), cost_back=Decimal(200))])

    assert margin is not None
    assert (margin.after, margin.rate_after) == (Decimal(0), None)


def test_what_others_hold_of_a_line_is_shown_and_the_note_itself_counts_once(
    client_of: SignIn, rep: User, manager: User, invoice: Invoice
) -> None:
    factories.issued_note(invoice, rep, factories.claim(invoice, 1, "5"))
    factories.submitted_note(invoice, rep, factories.claim(invoice, 1, "2"))
    own = [factories.claim(invoice, 1, each) for each in ("1", "1")]  # one line in two rows
    note = factories.submitted_note(invoice, rep, *own)

    rows = dossier_of(note, manager, factories.MOMENT).invoices[0].lines
    page = client_of(manager).get(address(note)).content.decode()

    for row in rows:
        held = [row.credited.quantity, row.reserved.quantity, row.left.quantity]
        assert held == [5, 2, 1]
    for label, net in (("Credited", "166.65"), ("Reserved", "66.66"), ("Left", "33.33")):
        assert page.count(f'data-label="{label}">{net}<span') == 2


def test_it_tells_the_person_asked_that_their_decision_is_final(
    client_of: SignIn, manager: User, finance: User, note: CreditNote
) -> None:
    sentence = "Your limit covers the amount, so your decision is final."
    assert sentence in client_of(manager).get(address(note)).content.decode()
    assert sentence not in client_of(finance).get(address(note)).content.decode()


# Lines that are on no invoice line ---------------------------------------------------------------


def test_tax_alone_and_goodwill_are_shown(
    client_of: SignIn, rep: User, manager: User, invoice: Invoice, reason: Reason
) -> None:
    reason.bases = list(Basis.values)
    reason.goodwill_cap = Decimal(80)
    reason.goodwill_account = reason.account
    reason.save()
    claims = [
        Claim(basis=Basis.TAX, invoice_id=invoice.pk, tax_kind="hst", amount=Decimal("12.34")),
        Claim(basis=Basis.GOODWILL, amount=Decimal("56.70"), description="For the long wait."),
    ]
    note = factories.submitted_note(invoice, rep, *claims, reason=reason)
    page = client_of(manager).get(address(note)).content.decode()
    assert "HST given back, with no change of price" in page
    assert "12.34" in page
    assert "For the long wait." in page
    assert "56.70" in page

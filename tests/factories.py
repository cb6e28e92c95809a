"""What tests are made of, built through the product's own services.

Plain functions: each makes one thing with sensible values and lets a test name what
matters to it. The cast in ``conftest`` is made of these.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from approvals import services as approval_services
from approvals.models import (
    ApprovalLimit,
    CustomerOffer,
    OfferTerms,
    Policy,
    PolicyStep,
    Role,
    Step,
)
from creditnotes import rebilling
from creditnotes import services as creditnote_services
from creditnotes.content import Content
from creditnotes.creditable import Claim
from creditnotes.models import CreditNote, GoodsReceipt, Reason
from creditnotes.rebilling import Corrected, Correction
from creditnotes.restocking import awaited
from creditnotes.services import Came, reversing
from customers import access, ledger, refunding, write_offs
from customers.models import (
    Application,
    Company,
    Contact,
    Customer,
    Department,
    ExchangeRate,
    Invoice,
    InvoiceLine,
    OpenItem,
    Refund,
    User,
    WriteOff,
)
from customers.services import NewLine, post_invoice
from customers.taxes import Levy
from customers.text import sort_key
from portal.asking import Typed

#: When things happen unless a test says otherwise: a Tuesday morning in Toronto.
MOMENT = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)

HST_ON = Levy("hst", "ON", Decimal(13))
GST = Levy("gst", "QC", Decimal(5))
QST = Levy("qst", "QC", Decimal("9.975"))

#: Three lines: 333.30, 30.00 and 45.00 of freight; 408.30 net.
LINES = [
    ("Lumber 2×4×8", "10", "33.33", InvoiceLine.Kind.GOODS),
    ("Nails, box of 500", "3", "10.00", InvoiceLine.Kind.GOODS),
    ("Freight", "1", "45.00", InvoiceLine.Kind.FREIGHT),
]


def company(code: str = "north", **fields: Any) -> Company:
    """A company with its chart of accounts."""
    made = Company.objects.create(
        code=code,
        **fields,
        legal_name=f"{code.title()} Supply Ltd.",
        address="1 Yard Road\nOttawa ON  K1A 0A1",
        province="ON",
        gst_number="123456789 RT0001",
        qst_number="1234567890 TQ0001",
        email=f"credit@{code}.test",
    )
    ledger.open_accounts(made)
    return made


def person(name: str, group: str, of: Company, *serves: Department) -> User:
    """A member of staff in one of the product's groups, serving these departments."""
    email = f"{name.lower().replace(' ', '.')}@{of.code}.test"
    made = User.objects.create_user(email, None, full_name=name, company=of)
    made.groups.add(Group.objects.get_or_create(name=group)[0])
    for department in serves:
        access.let_serve_department(made, department)
    return made


def department(of: Company, name: str, manager: str) -> Department:
    """A department with a manager of that name, who serves it."""
    made = Department.objects.create(company=of, name=name)
    made.manager = person(manager, access.MANAGERS, of, made)
    made.save()
    return made


def customer(of: Department, number: str, name: str, **fields: Any) -> Customer:
    """A customer of the department, in Ontario unless told otherwise."""
    values = {"province": "ON", "billing_address": "5 Site Street\nOttawa ON"} | fields
    return Customer.objects.create(
        company=of.company,
        department=of,
        number=number,
        name=name,
        sort_name=sort_key(name),
        **values,
    )


def contact(of: Customer, name: str, **rights: bool) -> User:
    """Somebody who acts for the customer in the portal; asks and sees the account, if not told."""
    email = f"{name.lower().replace(' ', '.')}@customer.test"
    user = User.objects.create_user(email, None, full_name=name, language=of.language)
    let_act(user, of, **rights)
    return user


def let_act(user: User, of: Customer, **rights: bool) -> Contact:
    """Let somebody act for one more customer in the portal, with these rights."""
    access.let_represent(user, of)
    return Contact.objects.create(
        customer=of,
        user=user,
        name=user.full_name,
        email=user.email,
        language=user.language,
        **rights,
    )


def invoice(
    of: Customer,
    number: str = "INV-1",
    lines: Sequence[tuple[str, str, str, str]] = LINES,
    levies: Sequence[Levy] = (HST_ON,),
    moment: datetime = MOMENT,
    **details: Any,
) -> Invoice:
    """An invoice of ``(description, quantity, unit price, kind)`` lines, all with the levies."""
    rows = [
        NewLine(Decimal(quantity), Decimal(price), description, kind=kind, levies=levies)
        for description, quantity, price, kind in lines
    ]
    return post_invoice(of, number, moment, rows, **({"province": of.province} | details))


def rate(of: Company, worth: str, currency: str = "USD", day: date = date(2026, 1, 1)) -> None:
    """What one unit of the currency is worth to the company from that day on."""
    ExchangeRate.objects.update_or_create(
        company=of, currency=currency, day=day, defaults={"rate": Decimal(worth)}
    )


def reason(of: Company, code: str = "wrong-price", **fields: Any) -> Reason:
    """A reason of that code, by every basis and without a photo unless told otherwise."""
    name = code.replace("-", " ").capitalize()
    values = {
        "name_en": name,
        "name_fr": f"{name} (fr)",
        "account": ledger.account(of, ledger.ALLOWANCES),
    }
    return Reason.objects.get_or_create(company=of, code=code, defaults=values | fields)[0]


def policy(of: Company, **fields: Any) -> Policy:
    """The default policy: the manager up to 1,000, then finance; 10 per cent offered.

    Answers the active one where the company has one already.
    """
    active = Policy.objects.filter(company=of, is_active=True).first()
    if active:
        return active
    made = Policy.objects.create(company=of, name="Standard", **fields)
    roles = [Role.DEPARTMENT_MANAGER, Role.FINANCE]
    for position, role in enumerate(roles, start=1):
        PolicyStep.objects.create(policy=made, position=position, role=role)
    ApprovalLimit.objects.create(company=of, role=Role.DEPARTMENT_MANAGER, amount=1000)
    ApprovalLimit.objects.create(company=of, role=Role.FINANCE, amount=None)
    OfferTerms.objects.create(company=of, percent=10)
    return made


def claim(of: Invoice, line: int = 1, quantity: str | None = "1", **fields: Any) -> Claim:
    """A claim on the invoice's line at that position (from 1): one piece, unless told otherwise."""
    pieces = Decimal(quantity) if quantity is not None else None
    return Claim(of.lines.get(position=line).pk, quantity=pieces, **fields)


def draft_note(
    of: Invoice,
    actor: User,
    *claims: Claim,
    moment: datetime = MOMENT,
    quiet: bool = False,
    **content: Any,
) -> CreditNote:
    """A draft on the invoice; without claims it credits one piece of the first line."""
    content.setdefault("reason", reason(of.company))
    return creditnote_services.start(
        of.customer,
        Content(claims=claims or [claim(of)], **content),
        actor=actor,
        moment=moment,
        currency=of.currency,
        quiet=quiet,
    )


def unsent_request(of: Invoice, contact: User, moment: datetime = MOMENT) -> CreditNote:
    """What a customer's contact has begun to ask for: two pieces of the first line, half said."""
    note = creditnote_services.start(
        of.customer, Content(), actor=contact, moment=moment, currency=of.currency, token=uuid4()
    )
    typed = Typed(
        (of.pk,),
        head={"comment": "Two were spl"},
        lines={of.lines.get(position=1).pk: ("2", "quantity")},
    )
    creditnote_services.keep_typed(note, typed.to_keep(), actor=contact, moment=moment)
    return note


def submitted_note(
    of: Invoice, actor: User, *claims: Claim, moment: datetime = MOMENT, **content: Any
) -> CreditNote:
    """A note that waits for its first decision, by the company's policy."""
    policy(of.company)
    note = draft_note(of, actor, *claims, moment=moment, **content)
    return approval_services.submit(note, actor=actor, moment=moment)


def asked_for(of: Invoice, contact: User, rep: User, *claims: Claim) -> CreditNote:
    """What a customer's contact asked for and a rep submitted: it waits for its first decision."""
    policy(of.company)
    note = draft_note(of, contact, *claims)
    creditnote_services.request(note, actor=contact, moment=MOMENT)
    creditnote_services.pick_up(note, actor=rep, moment=MOMENT)
    return approval_services.submit(note, actor=rep, moment=MOMENT)


def offered(of: Invoice, contact: User, moment: datetime | None = None) -> CustomerOffer:
    """What policy offers a contact who asks for all of the second line; now, unless told."""
    policy(of.company)
    note = draft_note(of, contact, claim(of, 2, "3"))
    approval_services.request(note, actor=contact, moment=moment or timezone.now())
    return note.customer_offers.get()


def approved_note(
    of: Invoice, actor: User, *claims: Claim, moment: datetime = MOMENT, **content: Any
) -> CreditNote:
    """A note that everybody whom the policy asked has said yes to; not issued yet."""
    note = submitted_note(of, actor, *claims, moment=moment, **content)
    while step := note.steps.filter(status=Step.Status.OPEN).first():
        decide = approval_services.approve if step.is_final else approval_services.endorse
        approver = User.objects.filter(assignments__step=step).order_by("pk")[0]
        note = decide(note, actor=approver, moment=moment)
    return note


def issued_note(
    of: Invoice, actor: User, *claims: Claim, moment: datetime = MOMENT, **content: Any
) -> CreditNote:
    """A note with its legal number, posted and applied to its invoice."""
    note = approved_note(of, actor, *claims, moment=moment, **content)
    return creditnote_services.issue(note, actor=None, moment=moment)


def unapply(note: CreditNote) -> CreditNote:
    """An issued note, applied to nothing any more."""
    for each in reversing.applied_to(note):
        Application.objects.create(
            payer=each.payer,
            invoice=each.invoice,
            amount=each.amount,
            applied_on=each.applied_on,
            undoes=each,
        )
    return note


def rebilled_draft(of: Invoice, actor: User, price: str = "30.00", **content: Any) -> CreditNote:
    """A draft that credits all that is left of the invoice, and bills its first line for less."""
    lines = rebilling.lines_of(of)
    corrected = [Corrected(line, line.quantity, line.unit_price) for line in lines]
    corrected[0] = Corrected(lines[0], lines[0].quantity, Decimal(price))
    correction = Correction(of, corrected, of.site, of.customer_reference)
    content.setdefault("reason", reason(of.company))
    return creditnote_services.start_rebill(
        correction, Content(**content), actor=actor, moment=MOMENT, token=uuid4()
    )


def goods_back(note: CreditNote, recorder: User, condition: str = "restock") -> GoodsReceipt:
    """All goods that the note waits for came back, in that condition."""
    came = [Came(each.line.pk, each.missing, condition) for each in awaited(note)]
    return creditnote_services.receive_goods(
        note, came, actor=recorder, moment=MOMENT, token=uuid4()
    )


def note_to_reverse(
    of: Invoice, actor: User, proposer: User, *claims: Claim, moment: datetime = MOMENT
) -> CreditNote:
    """An issued note, applied to nothing, whose reversal waits for a second person."""
    note = unapply(issued_note(of, actor, *claims, moment=moment))
    why = "The slip was misread: nothing was missing."
    return creditnote_services.propose_reversal(note, actor=proposer, moment=moment, comment=why)


def bad_debt(of: Invoice, proposer: User, second: User, amount: str) -> WriteOff:
    """So much of the invoice written off as a bad debt, by two people."""
    proposal = write_offs.propose_bad_debt(
        of, Decimal(amount), write_offs.Evidence("Bankrupt."), by=proposer, moment=MOMENT
    )
    return write_offs.confirm_bad_debt(proposal, by=second, moment=MOMENT)


def refund(payer: OpenItem, amount: str = "10.00", moment: datetime = MOMENT) -> Refund:
    """A refund of so much of the item, proposed and confirmed by two people of finance."""
    of = payer.customer
    one, other = (
        User.objects.filter(email=f"{name}.refunds@{of.company.code}.test").first()
        or person(f"{name} refunds", access.FINANCE, of.company, of.department)
        for name in ("one", "other")
    )
    proposed = refunding.propose(
        payer,
        Decimal(amount),
        method=Refund.Method.EFT,
        bank_reference="Acct 1",
        by=one,
        moment=moment,
        override_reason="As agreed.",
    )
    return refunding.confirm(proposed, by=other, moment=moment)


def photo(name: str = "pallet.jpg", colour: str = "orange") -> SimpleUploadedFile:
    """A small real picture, as a browser would send it."""
    picture = io.BytesIO()
    Image.new("RGB", (32, 24), colour).save(picture, "JPEG")
    return SimpleUploadedFile(name, picture.getvalue(), "image/jpeg")

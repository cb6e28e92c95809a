"""The companies that the pages are looked at with: the demo's, an empty and a wordy one."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from django.core.management import call_command
from django.utils import timezone

from approvals import services as approvals
from creditnotes import services as creditnotes
from customers.access import ADMINS, FINANCE, REPS
from customers.groups import make_groups
from customers.models import (
    Company,
    Customer,
    CustomerNote,
    Department,
    Invoice,
    Order,
    OrderLine,
    Product,
    Site,
    User,
)
from tests import factories

People = dict[str, User]

#: Names as long as the database takes some of them, and longer than any page expects.
FIRM = (
    "Société coopérative de construction et de rénovation résidentielle de "
    "Saint-Louis-du-Ha! Ha! et de Notre-Dame-du-Bon-Conseil (Bas-Saint-Laurent) ltée"
)
PERSON = "Maximiliana-Théodora Featherstonehaugh-Wolfeschlegelsteinhausen de la Bruère"
GOODS = (
    "Engineered laminated-veneer-lumber ridge beam, 2.1E grade, 1¾ × 18 × 48 ft, FSC-certified, "
    "pre-drilled at both ends for galvanised joist hangers, wrapped for outdoor storage"
)
WORDS = (
    "The driver said that the strap had snapped on the highway and that everything behind the "
    "third row had shifted; see https://photos.larchmere.test/deliveries/2026/11/19/"
    "SO-2041187-strap-and-load-as-it-arrived-at-the-gate.jpg for what it looked like. "
)


def full() -> People:
    """The demo company, as a stranger meets it."""
    call_command("seed_demo")
    names = ("rep", "manager", "finance", "admin", "customer")
    return {name: User.objects.get(email=f"{name}@demo.test") for name in names}


def empty() -> People:
    """A company on its first day: people who may sign in, one customer, nothing sold."""
    company = factories.company("first-day")
    department = factories.department(company, "Yard", "Mona Manager")
    customer = factories.customer(department, "1", "Newcomer Homes")
    factories.policy(company)
    return _people(department, customer)


def long() -> People:
    """A company whose every name, word and number is long."""
    company = factories.company("wordy")
    company.legal_name = f"{FIRM} {FIRM}"[:200]
    company.save()
    department = factories.department(company, f"{FIRM}"[:100], PERSON[:70])
    customer = factories.customer(
        department,
        "CUSTOMER-NUMBER-2026-0000001",
        f"{FIRM} {FIRM}"[:200],
        billing_address=f"{GOODS}\n{FIRM}\nSaint-Louis-du-Ha! Ha! QC  G0L 3S0",
        credit_limit=Decimal("99999999.99"),
        tier="key",
    )
    people = _people(department, customer, PERSON)
    _surroundings(customer, people)
    reason = factories.reason(
        company, "long", name_en=GOODS[:100], name_fr=GOODS[:100], customer_visible=True
    )
    _notes(customer, people, timezone.now() - timedelta(days=2), reason=reason)
    return people


def _people(department: Department, customer: Customer, suffix: str = "") -> People:
    """Somebody in each role; the wordy company's people have more name than that."""
    make_groups()
    company: Company = department.company
    assert department.manager
    people = {
        "rep": factories.person("Rita Rep", REPS, company, department),
        "manager": department.manager,
        "finance": factories.person("Fiona Finance", FINANCE, company, department),
        "admin": factories.person("Adam Admin", ADMINS, company, department),
        "customer": factories.contact(customer, f"Connie of {company.code}", manages_contacts=True),
    }
    people["admin"].is_staff = True
    for person in people.values():
        person.full_name = f"{person.full_name} {suffix}".strip()
        person.save()
    return people


def _surroundings(customer: Customer, people: People) -> None:
    """Sites, words of colleagues and an order, all of them long."""
    Site.objects.create(
        customer=customer, name=FIRM[:150], address=f"{GOODS}\n{FIRM}", province="ON"
    )
    CustomerNote.objects.create(customer=customer, author=people["rep"], text=WORDS * 4)
    product = Product.objects.create(
        company=customer.company,
        sku="LVL-21E-134-18-48-FSC-DRILLED-WRAPPED",
        name=GOODS,
        category="Engineered wood and structural members",
        unit="bundle of 250",
        unit_cost=Decimal("1234.56"),
    )
    order = Order.objects.create(
        company=customer.company,
        customer=customer,
        number="SALES-ORDER-2026-000000001234567",
        customer_reference="PURCHASE-ORDER/BAS-SAINT-LAURENT/2026/000012345",
        ordered_on=timezone.localdate() - timedelta(days=9),
    )
    OrderLine.objects.create(
        order=order,
        product=product,
        position=1,
        quantity=Decimal("123456.75"),
        unit_price=Decimal("1999.99"),
    )


def _notes(customer: Customer, people: People, moment: datetime, **content: object) -> None:
    """A credit note in each state that pages show, on one long invoice."""
    rep, contact = people["rep"], people["customer"]
    invoice = _invoice(customer, moment - timedelta(days=5))
    said = {"explanation": WORDS * 2, "customer_reference": "PO/BAS-ST-LAURENT/000012345"}

    def claim(quantity: str) -> object:
        return factories.claim(invoice, quantity=quantity)

    made = {"moment": moment, **said, **content}
    draft = factories.draft_note(invoice, rep, claim("2"), **made)  # type: ignore[arg-type]
    name = "IMG_20261119_074512_strap_and_load_as_it_arrived_at_the_gate_of_the_yard.jpg"
    creditnotes.attach(draft, factories.photo(name), actor=rep, moment=moment)
    link = creditnotes.ask_for_photos(draft, PERSON[:100], actor=rep, moment=timezone.now())
    late = [factories.photo(f"2_{name}", "teal")]
    creditnotes.receive_photos(link, late, moment=timezone.now())
    wished = factories.draft_note(invoice, contact, claim("3"), **(made | {"explanation": ""}))  # type: ignore[arg-type]
    creditnotes.attach(wished, factories.photo(name), actor=contact, moment=moment)
    approvals.request(wished, actor=contact, moment=moment, comment=WORDS)
    factories.submitted_note(invoice, rep, claim("120"), **made)  # type: ignore[arg-type]
    back = factories.submitted_note(invoice, rep, claim("4"), **made)  # type: ignore[arg-type]
    approvals.return_for_changes(back, actor=people["manager"], moment=moment, comment=WORDS)
    waits = {"reason": factories.reason(customer.company, "goods-come-back", needs_return=True)}
    factories.approved_note(invoice, rep, claim("5000"), **(made | waits))  # type: ignore[arg-type]
    factories.issued_note(invoice, rep, claim("10000"), **made)  # type: ignore[arg-type]


def _invoice(customer: Customer, moment: datetime) -> Invoice:
    goods = [(GOODS, "98765.5", "1999.99", "goods"), (GOODS.upper(), "7", "0.01", "goods")]
    return factories.invoice(
        customer,
        "INVOICE-2026-BAS-SAINT-LAURENT-0001",
        goods,
        moment=moment,
        customer_reference="PURCHASE-ORDER/BAS-SAINT-LAURENT/2026/000012345",
    )

"""Following a request on a phone, in French: live answers, messages, an appeal."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Page, expect

from approvals import services as approvals
from approvals.models import Policy
from creditnotes import services
from creditnotes.models import CreditNote, Message, State
from customers.models import Customer, Department, Invoice, User
from tests import factories
from tests.e2e.conftest import Site

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PHONE = {"width": 390, "height": 844}


@pytest.fixture
def chantier(department: Department) -> Customer:
    """A customer who reads French."""
    return factories.customer(department, "C-300", "Toitures du Nord inc.", language="fr-ca")


@pytest.fixture
def luc(chantier: Customer) -> User:
    return factories.contact(chantier, "Luc Duchantier")


@pytest.fixture
def note(chantier: Customer, luc: User, rep: User, policy: Policy) -> CreditNote:
    """What Luc asked for, which waits for the manager."""
    bill: Invoice = factories.invoice(chantier, "INV-30")
    return factories.asked_for(bill, luc, rep, factories.claim(bill, 1, "2"))


@pytest.fixture
def phone(site: Site, luc: User, note: CreditNote) -> Iterator[Page]:
    """The page of the request on Luc's phone."""
    with site.signed_in(luc, viewport=PHONE, has_touch=True, is_mobile=True) as page:
        page.goto(f"/portal/credit-notes/{note.pk}/")
        expect(page.locator("html")).to_have_attribute("data-live", "on")
        yield page


def violations(page: Page) -> list[tuple[str, str]]:
    """What axe finds wrong for people who see, hear or move differently."""
    found = Axe().run(page).response["violations"]
    return [(each["id"], each["nodes"][0]["html"]) for each in found]


def test_the_answer_appears_by_itself_and_is_appealed_by_thumb(
    phone: Page, note: CreditNote, luc: User, manager: User, finance: User
) -> None:
    assert phone.locator("html").get_attribute("lang") == "fr-ca"
    expect(phone.locator("#appeal-form")).to_have_count(0)
    approvals.reject(
        note, actor=manager, moment=timezone.now(), comment="Le bon est signé sans réserve."
    )
    standing = phone.locator("#request-standing")
    expect(standing).to_contain_text("Le bon est signé sans réserve.", timeout=3000)
    expect(phone.locator("[popovertarget=withdraw], #withdraw")).to_have_count(0)

    phone.locator("#appeal-form summary").tap()
    phone.locator("#id_words").fill("Regardez la deuxième photo: la réserve y est.")
    assert violations(phone) == []
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    phone.locator("#appeal-form button").tap()

    expect(phone.locator("#request-appeal")).to_contain_text("la réserve y est")
    expect(phone.locator("#appeal-form")).to_have_count(0)
    appealed = CreditNote.objects.get()
    assert (appealed.state, appealed.submissions) == (State.SUBMITTED, 2)
    heading = phone.locator("h1")
    expect(heading).to_have_text(f"Demande {appealed.reference}")
    approvals.approve(appealed, actor=finance, moment=timezone.now())
    expect(phone.locator("#request-story .timeline-approved")).to_have_count(1, timeout=3000)
    expect(heading).to_contain_text("Note de crédit")


def test_a_message_appears_by_itself_and_what_is_typed_stays(
    phone: Page, note: CreditNote, rep: User, luc: User
) -> None:
    words = phone.locator("#message_text")
    words.fill("Nous avons encore deux")
    services.send_message(note, actor=rep, moment=timezone.now(), text="De quel camion s'agit-il?")
    story = phone.locator("#request-story")
    expect(story).to_contain_text("De quel camion s'agit-il?", timeout=3000)
    expect(words).to_have_value("Nous avons encore deux")
    words.fill("Le bleu.")
    phone.locator("#write button[type=submit]").tap()
    expect(story).to_contain_text("Le bleu.")
    assert Message.objects.filter(from_customer=True).get().author == luc
    assert violations(phone) == []


def test_a_question_appears_by_itself_and_a_second_event_leaves_the_answer_alone(
    phone: Page, note: CreditNote, manager: User, rep: User
) -> None:
    question = approvals.ask(note, actor=manager, moment=timezone.now(), text="Combien?", to=None)
    form = phone.locator(f"#question-{question.pk}")
    expect(form).to_be_visible(timeout=3000)
    form.locator("textarea").fill("Deux, je cr")
    services.send_message(note, actor=rep, moment=timezone.now(), text="Bonjour.")
    expect(phone.locator("#request-story")).to_contain_text("Bonjour.", timeout=3000)
    expect(form.locator("textarea")).to_have_value("Deux, je cr")


def test_a_photo_that_came_by_a_link_appears_by_itself(
    phone: Page, note: CreditNote, rep: User
) -> None:
    expect(phone.locator("#request-photos img")).to_have_count(0)
    link = services.ask_for_photos(note, "Luc", actor=rep, moment=timezone.now())
    services.receive_photos(link, [factories.photo()], moment=timezone.now())
    expect(phone.locator("#request-photos img")).to_have_count(1, timeout=3000)
    assert violations(phone) == []


def test_where_nothing_can_be_heard_the_page_asks_by_itself(
    site: Site, luc: User, note: CreditNote, manager: User
) -> None:
    with site.signed_in(luc, viewport=PHONE) as page:
        page.clock.install()
        page.goto(f"/portal/credit-notes/{note.pk}/")
        expect(page.locator("html")).to_have_attribute("data-live", "on")
        assert site.live
        site.live.kill()
        expect(page.locator("html")).to_have_attribute("data-live", "off")
        approvals.reject(note, actor=manager, moment=timezone.now(), comment="Trop tard.")
        page.clock.fast_forward(31_000)
        expect(page.locator("#request-standing")).to_contain_text("Trop tard.")

"""A believable distributor to try the product on, made through its own services.

The same seed and anchor day give the same company. What the data files under
``data/`` hold is made as it stands there; ``chance`` fills in the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from random import Random
from zoneinfo import ZoneInfo

from django.db import transaction

from config.demo import asking, deliberating, market, mistakes, paying, settling
from config.demo import company as people_of
from config.demo.account_wishes import ask_some
from config.demo.closing import close_the_books
from config.demo.days import Calendar
from config.demo.goods import Catalogue
from config.demo.market import Account
from config.demo.past import past_rows
from config.demo.people_at_customers import invite_some
from config.demo.stories import Cast, Chapter, Story
from config.demo.tables import Row, table
from config.demo.trade import Sale, Yard
from config.demo.wishes import SAME_AS_ABOVE, wanted_invoices
from creditnotes import news
from creditnotes.models import Event, News, Reason
from customers.models import Company
from customers.taxdata import load_tax_rates

#: How far back trade goes, and how many orders are still open.
DAYS, OPEN_ORDERS = 365, 26
#: For how many days there is news, and after how many it has been seen.
NEWS_DAYS, SEEN_DAYS = 12, 3

Progress = Callable[[str], None]


@transaction.atomic
def seed(anchor: date, number: int = 1, progress: Progress = lambda stage: None) -> bool:
    """Make the demo company as of ``anchor``; answers False where it exists already.

    ``progress`` is told of each stage once it is done.
    """
    if Company.objects.filter(code=people_of.CODE).exists():
        return False
    load_tax_rates()
    Seeding(people_of.make_company(), anchor, number).run(progress)
    return True


class Seeding:
    """The stages in which the company comes to life."""

    def __init__(self, company: Company, anchor: date, number: int) -> None:
        self.company, self.number = company, number
        self.days = Calendar(anchor, ZoneInfo(company.time_zone))
        self.chance = Random(number)  # noqa: S311
        self.accounts: dict[str, Account] = {}
        self.stories: list[Story] = []
        self.sales: list[Sale] = []

    def run(self, progress: Progress) -> None:
        """All stages, in order."""
        self._populate()
        progress(f"{len(self.accounts)} customers, their contacts, products and staff")
        self._trade()
        progress(f"{len(self.sales)} orders, deliveries and invoices of a year")
        runs = self._receive()
        progress("payments")
        asked = deliberating.make_questions(self.stories, self.cast.people, self.days)
        appealed = deliberating.make_appeals(self.stories, self.cast.people, self.days)
        written = deliberating.make_messages(self.stories, self.cast.people, self.days)
        rated = deliberating.make_ratings(self.stories, self.cast.people, self.days)
        told = (chapter for story in self.stories for chapter in story.chapters())
        self._tell([*runs, *told, *asked, *appealed, *written, *rated])
        deliberating.let_time_pass(self.days.since(0))
        deliberating.hand_on(self.cast.people, self.days)
        deliberating.look_again(self.cast.people, self.days)
        deliberating.see_off(self.cast.people, self.days)
        deliberating.rehearse_a_draft(self.company, self.cast.people, self.days)
        progress(f"{len(self.stories)} credit notes, with photos and decisions")
        paying.make_prepaid(self.accounts, self.days)
        mistakes.make_reversals(self.company, self.cast.people, self.days)
        mistakes.make_rebills(self.company, self.cast.people, self.days)
        progress("mistakes put right")
        settling.refund_some(self.accounts, self.cast.people, self.days)
        asking.begin_a_request(self.company, self.cast.people, self.days)
        asking.ask_for_photos(self.cast.people, self.days)
        ask_some(self.accounts, self.cast.people, self.days)
        progress("deposits paid ahead, refunds, questions about accounts")
        close_the_books(self.company, self.cast.people, self.days)
        progress("write-offs, and months closed")
        self._spread_news()
        progress("news")

    def _populate(self) -> None:
        people = people_of.make_people(self.company)
        people_of.make_delegations(people, self.days)
        market.make_products(self.company)
        settling.make_rates(self.company, self.days, self.number)
        self.accounts = market.make_customers(self.company, self.days)
        market.make_certificates(self.accounts, self.days)
        people |= market.make_contacts(self.accounts)
        market.make_notes(self.accounts, people, self.days)
        invite_some(self.accounts, people, self.days)
        reasons = {reason.code: reason for reason in Reason.objects.filter(company=self.company)}
        self.cast = Cast(people, reasons, self.days, str(self.number))

    # Trade --------------------------------------------------------------------

    def _trade(self) -> None:
        """All sales: the stories', everyday ones, and orders that are still open."""
        yard = Yard(self.company, self.days, Catalogue(self.chance))
        rows = table("stories")
        self.stories = self._stories(yard, [*past_rows(self.accounts, yard.catalogue), *rows])
        told = dict.fromkeys(sale for story in self.stories for sale in story.sales)
        self.sales = [*told, *self._everyday(yard)]
        yard.book([*self.sales, *self._open_orders(yard)])
        market.make_certificates(self.accounts, self.days, late="yes")
        self.cast.learn_lines([sale.invoice for sale in told])

    def _stories(self, yard: Yard, rows: Iterable[Row]) -> list[Story]:
        stories: list[Story] = []
        for position, row in enumerate(rows):
            if row["goods"] == SAME_AS_ABOVE:
                sales, claimed = stories[-1].sales, stories[-1].claimed
            else:
                sales, claimed = self._story_sales(yard, row)
            chance = Random(f"{self.number} {position}")  # noqa: S311
            stories.append(Story(row, sales, claimed, self.cast, chance))
        return stories

    def _story_sales(self, yard: Yard, row: Row) -> tuple[Sequence[Sale], Sequence[int]]:
        account = self.accounts[row["customer"]]
        wanted = wanted_invoices(row["goods"], row["trouble"])
        sales = [
            yard.sale(account, each.days_ago, yard.catalogue.basket(account, each.items, each.more))
            for each in wanted
        ]
        return sales, [len(each.items) for each in wanted]

    def _everyday(self, yard: Yard) -> list[Sale]:
        """What every customer bought without a story; a few deliveries were not as ordered."""
        return [
            yard.sale(account, self.chance.randint(2, DAYS), yard.catalogue.everyday(account))
            for account in self.accounts.values()
            for _ in range(int(account.row["orders"]))
        ]

    def _open_orders(self, yard: Yard) -> list[Sale]:
        """Orders that are not invoiced yet; every second one was delivered."""
        with_sites = [account for account in self.accounts.values() if account.sites]
        accounts = [self.chance.choice(with_sites) for _ in range(OPEN_ORDERS)]
        return [
            yard.sale(
                account,
                self.chance.randint(1, 9),
                yard.catalogue.basket(account),
                is_delivered=bool(number % 2),
                is_invoiced=False,
            )
            for number, account in enumerate(accounts)
        ]

    # Money and credit ---------------------------------------------------------

    def _receive(self) -> list[Chapter]:
        """Payments: at once where nothing is in dispute, else when their day comes."""
        disputed = {
            sale: int(story.row["started"]) for story in self.stories for sale in story.sales
        }
        runs = paying.plan_runs(self.sales, disputed, self.days, self.chance)
        plain = [run for run in runs if not disputed.keys() & run.withheld.keys()]
        paying.pay(self.company, plain, self.days)
        paying.make_deposits(self.company, self.accounts, self.days)
        others = [run for run in runs if disputed.keys() & run.withheld.keys()]
        return [(paying.moment_of(run, self.days), self._payment(run)) for run in others]

    def _payment(self, run: paying.Run) -> Callable[[], None]:
        return lambda: paying.pay(self.company, [run], self.days)

    def _tell(self, chapters: Iterable[Chapter]) -> None:
        for _, tell in sorted(chapters, key=lambda chapter: chapter[0]):
            tell()

    def _spread_news(self) -> None:
        """The news that a worker would have spread; what is older was seen."""
        recent = Event.objects.filter(happened_at__gte=self.days.since(NEWS_DAYS))
        for event in recent.filter(kind__in=news.TOLD).select_related("note").order_by("pk"):
            news.tell(event)
        seen = News.objects.filter(event__happened_at__lt=self.days.since(SEEN_DAYS))
        seen.update(seen_at=self.days.at(1, "16:00"))

"""The older credit notes, of which nobody remembers much: told from templates.

``past.csv`` says what tends to go wrong and with what; ``chance`` picks the customer,
the goods and the day. The rows are like those of ``stories.csv``.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from random import Random

from config.demo.goods import Catalogue
from config.demo.market import Account
from config.demo.tables import Row, table

#: How many there are, and how many days ago the last and the first of them began.
NOTES, LAST, FIRST = 72, 16, 330
#: The customers who sign in most: their stories are all in ``stories.csv``.
TOLD = ("C-1001", "C-2001")
#: What becomes of most credit notes, and what of some.
FATES = ["issued"] * 17 + ["rejected", "withdrawn", "cancelled"]
COMMENTS = {
    ("issued", "en"): ["", "", "", "Agreed.", "Matches the slip.", "As the driver reported."],
    ("issued", "fr"): ["", "", "", "D'accord.", "Conforme au bon.", "Comme le chauffeur l'a dit."],
    ("automatic", "en"): [""],
    ("automatic", "fr"): [""],
    ("rejected", "en"): ["The slip shows the full count, signed by the customer."],
    ("rejected", "fr"): ["Le bon signé montre le compte complet."],
    ("cancelled", "en"): ["The missing goods were found at the site."],
    ("cancelled", "fr"): ["Les marchandises manquantes ont été retrouvées au chantier."],
    ("withdrawn", "en"): [""],
    ("withdrawn", "fr"): [""],
}


def past_rows(accounts: dict[str, Account], catalogue: Catalogue) -> Iterator[Row]:
    """Credit notes of the last year, oldest first."""
    chance = catalogue.chance
    templates = table("past")
    reps = _reps_by_department()
    candidates = [account for account in accounts.values() if account.row["number"] not in TOLD]
    weights = [int(account.row["orders"]) for account in candidates]
    days = sorted((chance.randint(LAST, FIRST) for _ in range(NOTES)), reverse=True)
    for position, started in enumerate(days):
        account = chance.choices(candidates, weights)[0]
        template = templates[position % len(templates)]
        while template["reason"] == "freight" and account.row["supply"] == "collects":
            template = chance.choice(templates)
        rep = chance.choice(reps[account.row["department"]])
        yield _row(account, template, started, rep, catalogue)


def _row(account: Account, template: Row, started: int, rep: str, catalogue: Catalogue) -> Row:
    chance = catalogue.chance
    fate = chance.choice(FATES)
    if template["reason"] == "short-payment":
        fate = "automatic"
    language = account.row["language"][:2]
    return {
        "customer": account.row["number"],
        "goods": _goods(template, started, catalogue),
        "trouble": template["trouble"],
        "credit": template["credit"],
        "by": rep,
        "handler": "",
        "reason": template["reason"],
        "started": str(started),
        "at": "",
        "fate": fate,
        "decided": str(max(LAST - 6, started - chance.choice([0, 0, 1, 1, 2, 4]))),
        "decider": "",
        "photos": template["photos"],
        "words": template[language],
        "comment": chance.choice(COMMENTS[fate, language]),
        "note": "",
    }


def _goods(template: Row, started: int, catalogue: Catalogue) -> str:
    """One invoice of the template's goods, or several where a rebate counts a quarter."""
    chance = catalogue.chance
    days_ago = started + chance.randint(2, 16)
    invoices = 3 if template["reason"] == "volume-rebate" else 1
    return "|".join(
        _item(template, catalogue, chance) + f"@{days_ago + 14 * number}"
        for number in range(invoices)
    )


def _item(template: Row, catalogue: Catalogue, chance: Random) -> str:
    """A good quantity of one of the template's products, for 600 to 3,600 dollars."""
    sku = chance.choice(template["skus"].split("|"))
    worth = Decimal(chance.randint(600, 3600))
    quantity = max(8, int(worth / Decimal(catalogue.rows[sku]["price"])))
    return f"{sku}×{quantity}"


def _reps_by_department() -> dict[str, list[str]]:
    reps: dict[str, list[str]] = {}
    for row in table("people"):
        if row["group"] == "Reps" and not row["successor"]:
            reps.setdefault(row["departments"], []).append(row["email"].split("@")[0])
    return reps

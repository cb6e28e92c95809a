"""A document's page as HTML, made from its snapshot and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from babel.dates import format_date
from babel.numbers import format_decimal, format_percent
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

from creditnotes.documents.words import FR, Words, languages_of
from customers.money import HUNDRED, extend

Snapshot = Mapping[str, Any]


def html_of(snapshot: Snapshot) -> str:
    """The whole page, to be printed."""
    return render_to_string("documents/credit_note.html", page_of(snapshot, "title"))


def page_of(snapshot: Snapshot, title: str) -> dict[str, Any]:
    """What the template shows, every number and date written out; ``title`` names its words."""
    words = Words(languages_of(snapshot["language"], snapshot["customer"]["province"]))
    write = Writer(words)
    return {
        "words": words,
        "plain": words.plain,
        "snapshot": snapshot,
        "title": f"{words.plain[title]} {snapshot['number']}",
        "dated": snapshot["issued_on"],
        "date": write.date(snapshot["issued_on"]),
        "reason": words.both(snapshot["reason"]),
        "names_qst": any(tax["kind"] == "qst" for tax in snapshot["taxes"]),
        "invoices": [_invoice(invoice, write) for invoice in snapshot["invoices"]],
        "goodwill": [
            {"description": line["description"], "net": write.amount(line["net"])}
            for line in snapshot.get("goodwill", ())
        ],
        "tax_treatment": _tax_treatment(snapshot, words),
        **_fees(snapshot, write),
        "net": write.amount(snapshot["net"]),
        "taxes": [_tax(tax, write) for tax in snapshot["taxes"]],
        "total": write.amount(snapshot["total"]),
        "applied": [
            {"invoice": row["invoice"], "amount": write.amount(row["amount"])}
            for row in snapshot["applied"]["invoices"]
        ],
        "on_account": Decimal(snapshot["applied"]["on_account"])
        and write.amount(snapshot["applied"]["on_account"]),
    }


def _fees(snapshot: Snapshot, write: Writer) -> dict[str, str]:
    """The restocking fees kept back, and what the lines came to before them."""
    fees = Decimal(snapshot.get("fees", 0))
    if not fees:
        return {}
    before = Decimal(snapshot["net"]) + fees
    return {"fees": write.amount(str(-fees)), "before_fees": write.amount(str(before))}


def _tax_treatment(snapshot: Snapshot, words: Words) -> SafeString | str:
    """Whether the credit gives tax back; nothing where no tax was charged."""
    lines = [line for invoice in snapshot["invoices"] for line in invoice["lines"]]
    marks = {line["price_only"] for line in lines if line["taxes"] and "price_only" in line}
    if any(line["basis"] == "tax" for line in lines):
        marks.add(False)
    if not marks:
        return ""
    return words[
        {
            (False,): "tax_adjusted",
            (True,): "all_price_only",
            (False, True): "some_price_only",
        }[tuple(sorted(marks))]
    ]


class Writer:
    """Writes numbers and dates as the document's first language does."""

    def __init__(self, words: Words) -> None:
        self.words = words

    def date(self, iso: str) -> str:
        """``March 10, 2026`` or ``10 mars 2026``."""
        return format_date(date.fromisoformat(iso), "long", locale=self.words.locale)

    def amount(self, text: str) -> str:
        """An amount with its cents; the currency is named once, beside the total."""
        return format_decimal(Decimal(text), "#,##0.00", locale=self.words.locale)

    def price(self, text: str) -> str:
        """A price for one, with up to four decimals."""
        return format_decimal(Decimal(text), "#,##0.00##", locale=self.words.locale)

    def number(self, text: str) -> str:
        """A quantity without trailing zeros."""
        return format_decimal(Decimal(text), "#,##0.####", locale=self.words.locale)

    def rate(self, text: str) -> str:
        """``9.975%`` or ``9,975 %``."""
        pattern = self.words.locale.percent_formats[None].pattern.replace("0%", "0.####%")
        pattern = pattern.replace("0\xa0%", "0.####\xa0%")
        return format_percent(Decimal(text) / HUNDRED, pattern, locale=self.words.locale)


def _invoice(invoice: Mapping[str, Any], write: Writer) -> dict[str, Any]:
    return {
        **invoice,
        "date": write.date(invoice["issued_on"]),
        "lines": [_line(line, write) for line in invoice["lines"]],
        "net": write.amount(invoice["net"]),
    }


def _line(line: Mapping[str, Any], write: Writer) -> dict[str, Any]:
    if line["basis"] == "tax":
        return _tax_line(line, write)
    french = write.words.first == FR and line["description_fr"]
    by_quantity = Decimal(line["quantity"]) > 0
    before_fee = Decimal(line["net"]) + Decimal(line.get("fee", 0))
    return {
        "sku": line["sku"],
        "description": french or line["description"],
        "also": line["description"] if french and len(write.words.languages) > 1 else "",
        "remarks": [remark for remark in (_remark(line, write), _fee(line, write)) if remark],
        "quantity": write.number(line["quantity"]) if by_quantity else "",
        "unit": write.words.unit(line["unit"]),
        "price": write.price(line["charged_unit_price"]),
        "rates": _rates_of(line, write),
        "net": write.amount(str(before_fee)),
    }


def _tax_line(line: Mapping[str, Any], write: Writer) -> dict[str, Any]:
    """A tax adjustment: its sum stands with the taxes, not among the nets."""
    return {
        "description": _with(write.words["tax_only"], write.amount(line["tax"])),
        "rates": _rates(line["taxes"], write),
    }


def _rates_of(line: Mapping[str, Any], write: Writer) -> list[SafeString | str]:
    rates: list[SafeString | str] = [*_rates(line["taxes"], write)]
    if rates and line.get("price_only"):
        return [write.words["price_only"]]
    return rates or [write.words["untaxed"]]


def _fee(line: Mapping[str, Any], write: Writer) -> SafeString | str:
    """The restocking fee that the line bears."""
    if not Decimal(line.get("fee", 0)):
        return ""
    rate, amount = write.rate(line["fee_percent"]), write.amount(line["fee"])
    return format_html("{} {} ({})", write.words["restocking_fee"], amount, rate)


def _remark(line: Mapping[str, Any], write: Writer) -> SafeString | str:
    """How the amount came about, where it is not simply quantity × price."""
    words = write.words
    match line["basis"]:
        case "percent":
            return _with(words["percent"], write.rate(line["percent"]))
        case "amount":
            return words["agreed_amount"]
        case "unit_price":
            return _with(words["corrected_price"], write.price(line["unit_price"]))
        case "freight":
            return words["freight"]
        case "whole":
            return words["whole"]
    if line["unit_price"] is not None:
        return _with(words["agreed_price"], write.price(line["unit_price"]))
    full = extend(Decimal(line["quantity"]), Decimal(line["charged_unit_price"]))
    before_fee = Decimal(line["net"]) + Decimal(line.get("fee", 0))
    return "" if before_fee == full else words["reduced"]


def _with(label: SafeString, value: str) -> SafeString:
    return format_html("{} {}", label, value)


def _rates(taxes: Iterable[Mapping[str, str]], write: Writer) -> list[str]:
    return [_named(tax, write) for tax in taxes]


def _tax(tax: Mapping[str, Any], write: Writer) -> dict[str, str]:
    return {
        "name": _named(tax, write),
        "base": write.amount(tax["base"]) if tax["base"] else "",
        "amount": write.amount(tax["amount"]),
    }


def _named(tax: Mapping[str, str], write: Writer) -> str:
    name = write.words.tax(tax["kind"], tax.get("province", ""))
    return f"{name} {write.rate(tax['rate'])}"

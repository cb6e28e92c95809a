"""The order of the admin site: by task, not by app."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Entry:
    """One kind of thing: its list, and where to add one, as far as the person may."""

    name: str
    about: str
    url: str
    add_url: str
    is_current: bool


@dataclass(frozen=True)
class Section:
    """Kinds of things that belong to one task."""

    key: str
    name: Any
    icon: str
    entries: list[Entry]
    #: Opened by itself in the sidebar.
    is_open: bool

    @cached_property
    def is_current(self) -> bool:
        return any(entry.is_current for entry in self.entries)


#: (key, name, icon, open by itself, the kinds of things in it, as app.Model)
SECTIONS: list[tuple[str, Any, str, bool, tuple[str, ...]]] = [
    (
        "policy",
        _("Policy"),
        "scale",
        True,
        (
            "approvals.Policy",
            "approvals.Pool",
            "approvals.ApprovalLimit",
            "approvals.Proposal",
            "approvals.OfferTerms",
            "creditnotes.Reason",
            "approvals.ReplyTemplate",
            "approvals.Delegation",
        ),
    ),
    (
        "people",
        _("People"),
        "users",
        True,
        ("customers.User", "customers.Department", "auth.Group"),
    ),
    (
        "company",
        _("Company and taxes"),
        "landmark",
        True,
        (
            "customers.Company",
            "customers.TaxRate",
            "customers.TaxTimeLimit",
            "customers.ExchangeRate",
            "customers.Account",
            "customers.FiscalPeriod",
            "customers.NumberSeries",
            "customers.WriteOffLimit",
        ),
    ),
    (
        "trade",
        _("Customers and trade"),
        "building-2",
        False,
        (
            "customers.Customer",
            "customers.Contact",
            "customers.Site",
            "customers.CustomerNote",
            "customers.TaxExemption",
            "customers.Product",
            "customers.Order",
            "customers.Delivery",
            "customers.Invoice",
            "customers.Payment",
            "customers.CustomerDeposit",
        ),
    ),
    (
        "history",
        _("History"),
        "history",
        False,
        (
            "creditnotes.CreditNote",
            "approvals.Step",
            "approvals.Decision",
            "creditnotes.Event",
            "creditnotes.Dispatch",
            "creditnotes.News",
            "creditnotes.IssuedDocument",
            "creditnotes.CreditableLine",
            "creditnotes.CreditableTax",
            "customers.JournalEntry",
            "customers.OpenItem",
            "customers.WriteOff",
            "customers.BadDebtProposal",
            "customers.Application",
            "admin.LogEntry",
        ),
    ),
]
#: Whatever no task of ours names: the libraries' own, for superusers.
REST = ("system", _("System"), "server", False)


def sections(apps: list[dict[str, Any]], pages: Mapping[Any, Any], path: str) -> list[Section]:
    """The person's part of the admin site, given Django's list of apps and the page they are on."""
    entries = {
        model["model"]._meta.label: _entry(model, pages, path)  # noqa: SLF001
        for app in apps
        for model in app["models"]
        if model["admin_url"]
    }
    ordered = [
        Section(
            key, name, icon, [entries.pop(label) for label in labels if label in entries], is_open
        )
        for key, name, icon, is_open, labels in SECTIONS
    ]
    key, name, icon, is_open = REST
    rest = Section(key, name, icon, sorted(entries.values(), key=lambda e: e.name), is_open)
    return [section for section in [*ordered, rest] if section.entries]


def _entry(model: dict[str, Any], pages: Mapping[Any, Any], path: str) -> Entry:
    url, page = model["admin_url"], pages[model["model"]]
    name, about = getattr(page, "named", "") or model["name"], getattr(page, "about", "")
    return Entry(name, about, url, model["add_url"] or "", path.startswith(url))

"""The ground on the admin site: people and customers to tune, documents and books to look at."""

from customers.admin import (
    books,
    companies,
    currencies,
    exemptions,
    groups,
    parties,
    people,
    taxes,
    trade,
    write_offs,
)

__all__ = [
    "books",
    "companies",
    "currencies",
    "exemptions",
    "groups",
    "parties",
    "people",
    "taxes",
    "trade",
    "write_offs",
]

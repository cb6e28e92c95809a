"""The ground on the admin site: people and customers to tune, documents and books to look at."""

from customers.admin import (
    books,
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
    "exemptions",
    "groups",
    "parties",
    "people",
    "taxes",
    "trade",
    "write_offs",
]

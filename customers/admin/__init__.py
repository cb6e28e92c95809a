"""The ground on the admin site: people and customers to tune, documents and books to look at."""

from customers.admin import books, groups, parties, people, taxes, trade, write_offs

__all__ = ["books", "groups", "parties", "people", "taxes", "trade", "write_offs"]

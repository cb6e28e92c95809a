"""The ground on the admin site: people and customers to tune, documents and books to look at."""

from customers.admin import books, parties, people, trade

__all__ = ["books", "parties", "people", "trade"]

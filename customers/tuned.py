"""What an admin tunes, remembered by each process for as long as nobody changes any of it.

Every company carries a stamp that the database renews with each change of a rule
(:data:`customers.models.base.TUNES`) or of the company itself. Who has read the company's row
knows from its stamp whether what was remembered still holds, so that nothing out of date is used.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from customers.models import Company

T = TypeVar("T")

_remembered: dict[tuple[int, Callable[[Company], object]], tuple[UUID, object]] = {}


def tuned(read: Callable[[Company], T]) -> Callable[[Company], T]:
    """``read``, asked again only once a rule has changed. What it answers is not to be changed."""

    def remembered(company: Company) -> T:
        key = (company.pk, read)
        stamp, found = _remembered.get(key, (None, None))
        if stamp != company.stamp:
            found = read(company)
            _remembered[key] = (company.stamp, found)
        return found  # type: ignore[return-value]

    return remembered

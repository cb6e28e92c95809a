"""What every page of the admin site builds on."""

from customers.administration.base import (
    OwnCompanyAdmin,
    OwnCompanyInline,
    ReadOnly,
    ReadOnlyAdmin,
    ReadOnlyInline,
    WithinCompany,
)
from customers.administration.columns import (
    data_of,
    day_of,
    moment_of,
    money_in_words,
    money_of,
    number_of,
    price_of,
    rate_of,
)

__all__ = [
    "OwnCompanyAdmin",
    "OwnCompanyInline",
    "ReadOnly",
    "ReadOnlyAdmin",
    "ReadOnlyInline",
    "WithinCompany",
    "data_of",
    "day_of",
    "moment_of",
    "money_in_words",
    "money_of",
    "number_of",
    "price_of",
    "rate_of",
]

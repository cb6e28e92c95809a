"""The lists of customers, orders and invoices: what is searched, how narrowed, in which order."""

from customers.browsing.customers import (
    CUSTOMER_ORDERS,
    Standing,
    contacts_matching,
    customers_matching,
    customers_narrowed,
    customers_spelt_like,
    standings_of,
)
from customers.browsing.invoices import (
    INVOICE_ORDERS,
    invoices_matching,
    invoices_narrowed,
    invoices_of,
    latest_with_product,
)
from customers.browsing.orders import (
    ORDER_ORDERS,
    OrderFacts,
    order_facts,
    orders_matching,
    orders_narrowed,
    orders_of,
)

__all__ = [
    "CUSTOMER_ORDERS",
    "INVOICE_ORDERS",
    "ORDER_ORDERS",
    "OrderFacts",
    "Standing",
    "contacts_matching",
    "customers_matching",
    "customers_narrowed",
    "customers_spelt_like",
    "invoices_matching",
    "invoices_narrowed",
    "invoices_of",
    "latest_with_product",
    "order_facts",
    "orders_matching",
    "orders_narrowed",
    "orders_of",
    "standings_of",
]

"""Pages of the ground: customers, orders, invoices."""

from customers.views.certificates import certificate
from customers.views.customer import add_note, customer
from customers.views.customers import customers
from customers.views.depositing import apply_deposit
from customers.views.invoice import invoice
from customers.views.invoices import invoices
from customers.views.order import order
from customers.views.orders import orders

__all__ = [
    "add_note",
    "apply_deposit",
    "certificate",
    "customer",
    "customers",
    "invoice",
    "invoices",
    "order",
    "orders",
]

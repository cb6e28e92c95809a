"""Pages of the ground: customers, orders, invoices."""

from customers.views.customers import add_note, customer, customers
from customers.views.invoices import invoice, invoices
from customers.views.orders import order

__all__ = ["add_note", "customer", "customers", "invoice", "invoices", "order"]

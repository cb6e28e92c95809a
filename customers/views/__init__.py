"""Pages of the ground: customers, orders, invoices."""

from customers.views.customer import add_note, customer
from customers.views.customers import customers
from customers.views.invoice import invoice
from customers.views.invoices import invoices
from customers.views.order import order
from customers.views.orders import orders

__all__ = ["add_note", "customer", "customers", "invoice", "invoices", "order", "orders"]

"""Pages of the ground: customers, orders, invoices; what is on account, refunds, statements."""

from customers.views.certificates import certificate
from customers.views.contacts import (
    contact,
    contacts,
    end_access,
    send_again,
    withdraw_invitation,
)
from customers.views.customer import add_note, customer
from customers.views.customers import customers
from customers.views.depositing import (
    apply_deposit,
    deposit,
    receive_deposit,
    release_deposit,
)
from customers.views.invoice import invoice
from customers.views.invoices import invoices
from customers.views.order import order
from customers.views.orders import orders
from customers.views.refund_batches import (
    approve_refund_batch,
    cancel_refund_batch,
    new_refund_batch,
    refund_batch,
    refund_batch_file,
    refund_batches,
)
from customers.views.refunds import cancel_refund, confirm_refund, propose_refund, refund, refunds
from customers.views.settling import apply, unapply
from customers.views.statement import statement, statement_pdf
from customers.views.wishes import account_wish, account_wishes

__all__ = [
    "account_wish",
    "account_wishes",
    "add_note",
    "apply",
    "apply_deposit",
    "approve_refund_batch",
    "cancel_refund",
    "cancel_refund_batch",
    "certificate",
    "confirm_refund",
    "contact",
    "contacts",
    "customer",
    "customers",
    "deposit",
    "end_access",
    "invoice",
    "invoices",
    "new_refund_batch",
    "order",
    "orders",
    "propose_refund",
    "receive_deposit",
    "refund",
    "refund_batch",
    "refund_batch_file",
    "refund_batches",
    "refunds",
    "release_deposit",
    "send_again",
    "statement",
    "statement_pdf",
    "unapply",
    "withdraw_invitation",
]

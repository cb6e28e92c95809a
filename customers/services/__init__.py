"""The ground's verbs: post an invoice, receive a payment, write a note."""

from customers.services.invoicing import post_invoice, post_invoices
from customers.services.new_invoices import NewInvoice, NewLine
from customers.services.noting import write_note
from customers.services.receiving import receive_payment

__all__ = [
    "NewInvoice",
    "NewLine",
    "post_invoice",
    "post_invoices",
    "receive_payment",
    "write_note",
]

"""The ground: company, people, customers, goods, invoices and the ledger."""

from customers.models.applications import Application
from customers.models.bad_debts import BadDebtProposal, BadDebtRefusal
from customers.models.base import AppendOnly
from customers.models.catalogue import Product, TaxKind, TaxRate, TaxTimeLimit
from customers.models.company import LANGUAGES, AppliesWishes, Company, Department, User
from customers.models.currencies import ExchangeRate
from customers.models.deposits import CustomerDeposit, DepositUse
from customers.models.exemptions import TaxExemption
from customers.models.invitations import ContactEvent, Invitation
from customers.models.invoices import (
    Handover,
    Invoice,
    InvoiceLine,
    InvoiceLineTax,
    InvoiceTax,
    TaxRounding,
)
from customers.models.ledger import Account, JournalEntry, JournalLine
from customers.models.numbers import NumberedDocument, NumberSeries
from customers.models.open_items import OpenItem
from customers.models.orders import Delivery, DeliveryLine, Order, OrderLine
from customers.models.parties import (
    PROVINCES,
    Contact,
    Customer,
    CustomerNote,
    CustomerUserGrant,
    DepartmentUserGrant,
    Site,
    Tier,
)
from customers.models.payments import Payment
from customers.models.periods import FiscalPeriod, PeriodChange, ReopeningProposal
from customers.models.refunds import Refund, RefundBatch
from customers.models.saved_filters import SavedFilter
from customers.models.wishes import AccountWish, WishNews
from customers.models.write_offs import WriteOff, WriteOffLimit, WriteOffTax

__all__ = [
    "LANGUAGES",
    "PROVINCES",
    "Account",
    "AccountWish",
    "AppendOnly",
    "Application",
    "AppliesWishes",
    "BadDebtProposal",
    "BadDebtRefusal",
    "Company",
    "Contact",
    "ContactEvent",
    "Customer",
    "CustomerDeposit",
    "CustomerNote",
    "CustomerUserGrant",
    "Delivery",
    "DeliveryLine",
    "Department",
    "DepartmentUserGrant",
    "DepositUse",
    "ExchangeRate",
    "FiscalPeriod",
    "Handover",
    "Invitation",
    "Invoice",
    "InvoiceLine",
    "InvoiceLineTax",
    "InvoiceTax",
    "JournalEntry",
    "JournalLine",
    "NumberSeries",
    "NumberedDocument",
    "OpenItem",
    "Order",
    "OrderLine",
    "Payment",
    "PeriodChange",
    "Product",
    "Refund",
    "RefundBatch",
    "ReopeningProposal",
    "SavedFilter",
    "Site",
    "TaxExemption",
    "TaxKind",
    "TaxRate",
    "TaxRounding",
    "TaxTimeLimit",
    "Tier",
    "User",
    "WishNews",
    "WriteOff",
    "WriteOffLimit",
    "WriteOffTax",
]

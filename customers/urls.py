"""Addresses of the customers', orders' and invoices' pages."""

from django.urls import path

from customers import views

app_name = "customers"
urlpatterns = [
    path("customers/", views.customers, name="customers"),
    path("customers/<int:pk>/", views.customer, name="customer"),
    path("customers/<int:pk>/notes/", views.add_note, name="add_note"),
    path("customers/<int:pk>/contacts/", views.contacts, name="contacts"),
    path("contacts/<int:pk>/", views.contact, name="contact"),
    path("contacts/<int:pk>/end/", views.end_access, name="end_access"),
    path("contacts/<int:pk>/send-again/", views.send_again, name="send_again"),
    path("contacts/<int:pk>/withdraw/", views.withdraw_invitation, name="withdraw_invitation"),
    path("account-questions/", views.account_wishes, name="account_wishes"),
    path("account-questions/<int:pk>/", views.account_wish, name="account_wish"),
    path("orders/", views.orders, name="orders"),
    path("orders/<int:pk>/", views.order, name="order"),
    path("invoices/", views.invoices, name="invoices"),
    path("invoices/<int:pk>/", views.invoice, name="invoice"),
    path("invoices/<int:pk>/deposit/", views.apply_deposit, name="apply_deposit"),
    path("certificates/<int:pk>/", views.certificate, name="certificate"),
    path("customers/<int:pk>/deposits/new/", views.receive_deposit, name="receive_deposit"),
    path("deposits/<int:pk>/", views.deposit, name="deposit"),
    path("deposits/<int:pk>/release/", views.release_deposit, name="release_deposit"),
    path("customers/<int:pk>/statement/", views.statement, name="statement"),
    path("customers/<int:pk>/statement/pdf/", views.statement_pdf, name="statement_pdf"),
    path("open-items/<int:pk>/", views.apply, name="apply"),
    path("open-items/<int:pk>/refund/", views.propose_refund, name="propose_refund"),
    path("applications/<int:pk>/take-back/", views.unapply, name="unapply"),
    path("refunds/", views.refunds, name="refunds"),
    path("refunds/<int:pk>/", views.refund, name="refund"),
    path("refunds/<int:pk>/confirm/", views.confirm_refund, name="confirm_refund"),
    path("refunds/<int:pk>/cancel/", views.cancel_refund, name="cancel_refund"),
    path("refunds/batches/", views.refund_batches, name="refund_batches"),
    path("refunds/batches/new/", views.new_refund_batch, name="new_refund_batch"),
    path("refunds/batches/<int:pk>/", views.refund_batch, name="refund_batch"),
    path(
        "refunds/batches/<int:pk>/approve/", views.approve_refund_batch, name="approve_refund_batch"
    ),
    path("refunds/batches/<int:pk>/cancel/", views.cancel_refund_batch, name="cancel_refund_batch"),
    path("refunds/batches/<int:pk>/file/", views.refund_batch_file, name="refund_batch_file"),
]

"""Addresses of the customer's pages."""

from django.urls import path

from portal import views

app_name = "portal"
urlpatterns = [
    path("portal/", views.portal, name="portal"),
    path("portal/credit-notes/", views.credit_notes, name="credit_notes"),
    path("portal/credit-notes/<int:pk>/", views.credit_note, name="credit_note"),
    path("portal/credit-notes/<int:pk>/pdf/", views.credit_note_pdf, name="credit_note_pdf"),
    path("portal/credit-notes/<int:pk>/debit-note/", views.debit_note_pdf, name="debit_note_pdf"),
    path("portal/credit-notes/<int:pk>/sent/", views.sent, name="sent"),
    path("portal/credit-notes/<int:pk>/photos/", views.add_photos, name="add_photos"),
    path("portal/offers/<int:pk>/accept/", views.accept_offer, name="accept_offer"),
    path("portal/offers/<int:pk>/decline/", views.decline_offer, name="decline_offer"),
    path("portal/questions/<int:pk>/", views.answer, name="answer"),
    path("portal/credit-notes/<int:pk>/withdraw/", views.withdraw, name="withdraw"),
    path("portal/credit-notes/<int:pk>/appeal/", views.appeal, name="appeal"),
    path("portal/credit-notes/<int:pk>/received/", views.acknowledge, name="acknowledge"),
    path("portal/credit-notes/<int:pk>/rating/", views.rate, name="rate"),
    path("portal/credit-notes/<int:pk>/write/", views.write, name="write"),
    path("portal/messages/files/<int:pk>/", views.message_file, name="message_file"),
    path("portal/policy/", views.policy, name="policy"),
    path("portal/invoices/", views.invoices, name="invoices"),
    path("portal/invoices/<int:pk>/", views.invoice, name="invoice"),
    path("portal/account/", views.account, name="account"),
    path("portal/account/payments/", views.payments, name="payments"),
    path("portal/account/statement/", views.statement, name="statement"),
    path("portal/account/statement/pdf/", views.statement_pdf, name="statement_pdf"),
    path("portal/account/entries/<int:pk>/", views.entry, name="entry"),
    path("portal/account/entries/<int:pk>/question/", views.question, name="question"),
    path("portal/account/entries/<int:pk>/apply/", views.apply_credit, name="apply_credit"),
    path("portal/account/entries/<int:pk>/refund/", views.ask_refund, name="ask_refund"),
    path("portal/account/wishes/<int:pk>/withdraw/", views.withdraw_wish, name="withdraw_wish"),
    path("portal/customers/<int:pk>/contacts/", views.contacts, name="contacts"),
    path("portal/contacts/<int:pk>/", views.contact, name="contact"),
    path("portal/contacts/<int:pk>/end/", views.end_access, name="end_access"),
    path("portal/contacts/<int:pk>/send-again/", views.send_again, name="send_again"),
    path(
        "portal/contacts/<int:pk>/withdraw/", views.withdraw_invitation, name="withdraw_invitation"
    ),
    path("portal/invitations/<str:token>/", views.invitation, name="invitation"),
    path("portal/photos/<str:token>/", views.send_photos, name="send_photos"),
    path("portal/requests/new/", views.ask, name="ask"),
    path("portal/requests/<int:pk>/", views.draft, name="draft"),
    path("portal/requests/<int:pk>/add/", views.add, name="add"),
    path("portal/requests/<int:pk>/discard/", views.discard, name="discard"),
    path("portal/requests/keep/", views.keep, name="keep"),
    path("portal/requests/estimate/", views.estimate, name="estimate"),
    path("portal/requests/photos/", views.photos, name="photos"),
    path("portal/attachments/<int:pk>/", views.attachment, name="attachment"),
    path("portal/attachments/<int:pk>/thumbnail/", views.thumbnail, name="thumbnail"),
]

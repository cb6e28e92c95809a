"""Addresses of the credit notes' pages."""

from django.urls import path

from creditnotes import views

app_name = "creditnotes"
urlpatterns = [
    path("credit-notes/", views.credit_notes, name="credit_notes"),
    path("credit-notes/new/", views.compose, name="compose"),
    path("credit-notes/preview/", views.preview, name="preview"),
    path("credit-notes/other-invoices/", views.other_invoices, name="other_invoices"),
    path("credit-notes/autosave/", views.autosave, name="autosave"),
    path("credit-notes/<int:pk>/attach/", views.attach, name="attach"),
    path("credit-notes/attachments/<int:pk>/", views.attachment, name="attachment"),
    path("credit-notes/attachments/<int:pk>/thumbnail/", views.thumbnail, name="thumbnail"),
    path(
        "credit-notes/attachments/<int:pk>/remove/",
        views.remove_attachment,
        name="remove_attachment",
    ),
    path("credit-notes/<int:pk>/photos/ask/", views.ask_for_photos, name="ask_for_photos"),
    path("credit-notes/photo-links/<int:pk>/end/", views.end_photo_link, name="end_photo_link"),
    path("credit-notes/<int:pk>/", views.credit_note, name="credit_note"),
    path("credit-notes/<int:pk>/edit/", views.edit, name="edit"),
    path("credit-notes/<int:pk>/submit/", views.submit, name="submit"),
    path("credit-notes/<int:pk>/recall/", views.recall, name="recall"),
    path("credit-notes/<int:pk>/withdraw/", views.withdraw, name="withdraw"),
    path("credit-notes/<int:pk>/pick-up/", views.pick_up, name="pick_up"),
    path("credit-notes/<int:pk>/decline/", views.decline, name="decline"),
    path("credit-notes/<int:pk>/write/", views.write, name="write"),
    path("credit-notes/<int:pk>/remark/", views.remark, name="remark"),
    path("credit-notes/messages/files/<int:pk>/", views.message_file, name="message_file"),
    path("credit-notes/<int:pk>/appeal/", views.appeal, name="appeal"),
    path("credit-notes/<int:pk>/issue/", views.issue, name="issue"),
    path("credit-notes/<int:pk>/rebill/", views.edit_rebill, name="edit_rebill"),
    path("invoices/<int:pk>/rebill/", views.rebill, name="rebill"),
    path("credit-notes/<int:pk>/goods/", views.receive_goods, name="receive_goods"),
    path("credit-notes/<int:pk>/cancel/", views.cancel, name="cancel"),
    path("credit-notes/<int:pk>/reverse/", views.propose_reversal, name="propose_reversal"),
    path("credit-notes/<int:pk>/reverse/confirm/", views.confirm_reversal, name="confirm_reversal"),
    path("credit-notes/<int:pk>/reverse/decline/", views.decline_reversal, name="decline_reversal"),
    path(
        "credit-notes/<int:pk>/reverse/withdraw/", views.withdraw_reversal, name="withdraw_reversal"
    ),
    path("credit-notes/<int:pk>/debit-note/", views.debit_note_pdf, name="debit_note_pdf"),
    path("credit-notes/<int:pk>/pdf/", views.credit_note_pdf, name="credit_note_pdf"),
    path("credit-notes/<int:pk>/pdf/state/", views.pdf_state, name="pdf_state"),
    path("news/", views.news, name="news"),
    path("news/count/", views.news_count, name="news_count"),
]

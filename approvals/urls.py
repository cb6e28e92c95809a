"""Addresses of the approvers' pages."""

from django.urls import path

from approvals import views

app_name = "approvals"
urlpatterns = [
    path("requests/", views.requests, name="requests"),
    path("requests/count/", views.requests_count, name="requests_count"),
    path("requests/<int:pk>/accept/", views.accept_as_asked, name="accept_as_asked"),
    path("requests/<int:pk>/offer/", views.make_offer, name="make_offer"),
    path("requests/<int:pk>/hand-over/", views.hand_over, name="hand_over"),
    path("approvals/", views.review_queue, name="review_queue"),
    path("approvals/changes/", views.changes, name="changes"),
    path("approvals/filters/<int:pk>/forget/", views.forget_filter, name="forget_filter"),
    path("approvals/automatic/", views.automatic, name="automatic"),
    path("approvals/automatic/<int:pk>/review/", views.review, name="review"),
    path("approvals/away/", views.away, name="away"),
    path("approvals/away/<int:pk>/back/", views.come_back, name="come_back"),
    path("approvals/several/", views.bulk, name="bulk"),
    path("approvals/<int:pk>/", views.decide, name="decide"),
    path("approvals/<int:pk>/why/", views.explained, name="explained"),
    path("approvals/<int:pk>/preview/", views.preview, name="preview"),
    path("approvals/<int:pk>/approve/", views.approve, name="approve"),
    path("approvals/<int:pk>/less/", views.approve_for_less, name="approve_for_less"),
    path("approvals/<int:pk>/ask/", views.ask, name="ask"),
    path("approvals/asked/<int:pk>/reassign/", views.reassign, name="reassign"),
    path("approvals/questions/<int:pk>/", views.answer, name="answer"),
    path("approvals/<int:pk>/endorse/", views.endorse, name="endorse"),
    path("approvals/<int:pk>/return/", views.return_for_changes, name="return_for_changes"),
    path("approvals/<int:pk>/reject/", views.reject, name="reject"),
]

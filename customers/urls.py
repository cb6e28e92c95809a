"""Addresses of the customers', orders' and invoices' pages."""

from django.urls import path

from customers import views

app_name = "customers"
urlpatterns = [
    path("customers/", views.customers, name="customers"),
    path("customers/<int:pk>/", views.customer, name="customer"),
    path("customers/<int:pk>/notes/", views.add_note, name="add_note"),
    path("orders/", views.orders, name="orders"),
    path("orders/<int:pk>/", views.order, name="order"),
    path("invoices/", views.invoices, name="invoices"),
    path("invoices/<int:pk>/", views.invoice, name="invoice"),
    path("invoices/<int:pk>/deposit/", views.apply_deposit, name="apply_deposit"),
    path("certificates/<int:pk>/", views.certificate, name="certificate"),
]

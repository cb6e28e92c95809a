"""Addresses of the books; they open to finance alone."""

from django.urls import path

from customers.views.books import (
    accounts,
    bad_debts,
    entries,
    periods,
    taxes,
    trial_balance,
    write_offs,
)

app_name = "books"
urlpatterns = [
    path("", trial_balance.trial_balance, name="trial_balance"),
    path("accounts/<int:pk>/", accounts.account, name="account"),
    path("entries/", entries.entries, name="entries"),
    path("entries/<int:pk>/", entries.entry, name="entry"),
    path("taxes/", taxes.tax_return, name="tax_return"),
    path("periods/", periods.periods, name="periods"),
    path("periods/<int:pk>/", periods.period, name="period"),
    path("periods/<int:pk>/approved/", periods.approved_unissued, name="approved_unissued"),
    path("periods/<int:pk>/later/", periods.later_credits, name="later_credits"),
    path("periods/<int:pk>/state/", periods.set_state, name="set_state"),
    path("periods/<int:pk>/reopening/", periods.propose_reopening, name="propose_reopening"),
    path("periods/<int:pk>/reopening/answer/", periods.answer_reopening, name="answer_reopening"),
    path("write-offs/", write_offs.write_offs, name="write_offs"),
    path("write-offs/<int:pk>/", write_offs.write_off, name="write_off"),
    path("write-offs/<int:pk>/recovery/", write_offs.recover, name="recover"),
    path("write-offs/invoices/<int:pk>/", bad_debts.give_up, name="give_up"),
    path("write-offs/proposals/<int:pk>/", bad_debts.bad_debt, name="bad_debt"),
    path("write-offs/proposals/<int:pk>/evidence/", bad_debts.evidence, name="evidence"),
]

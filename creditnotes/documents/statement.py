"""The printed statement of account: its words in both languages, its page, its file."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db import connection, transaction
from django.template.loader import render_to_string
from django.utils import timezone

from creditnotes.documents.page import Writer
from creditnotes.documents.rendering import RENDERING, printed
from creditnotes.documents.words import EN, FR, Words
from creditnotes.models import StatementFile
from creditnotes.statements import digest_of, snapshot_of
from customers.statement import BUCKETS, Statement

WORDS: Mapping[str, Mapping[str, str]] = {
    "title": {EN: "Statement of account", FR: "Relevé de compte"},
    "customer": {EN: "Account of", FR: "Compte de"},
    "customer_number": {EN: "Customer no.", FR: "N° de client"},
    "period": {EN: "Period", FR: "Période"},
    "until": {EN: "to", FR: "au"},
    "site": {EN: "Delivered to", FR: "Livré à"},
    "date": {EN: "Date", FR: "Date"},
    "document": {EN: "Document", FR: "Document"},
    "due": {EN: "Due", FR: "Échéance"},
    "charge": {EN: "Charges", FR: "Débits"},
    "payment": {EN: "Payments and credits", FR: "Paiements et crédits"},
    "balance": {EN: "Balance", FR: "Solde"},
    "opening": {EN: "Opening balance", FR: "Solde d’ouverture"},
    "closing": {EN: "Closing balance", FR: "Solde de clôture"},
    "applications": {EN: "What was applied", FR: "Imputations"},
    "applied_to": {EN: "Applied to", FR: "Imputé à"},
    "amount": {EN: "Amount", FR: "Montant"},
    "aged": {EN: "Of this", FR: "Dont"},
    "not_due": {EN: "not due yet", FR: "non échu"},
    "days": {EN: "days past due", FR: "jours de retard"},
    "more_than": {EN: "more than", FR: "plus de"},
    "on_account": {EN: "on account, in your favour", FR: "au compte, en votre faveur"},
    "base_closing": {EN: "All currencies together, in", FR: "Toutes devises réunies, en"},
    "questions": {EN: "Questions?", FR: "Des questions ?"},
    "nothing": {EN: "Nothing was posted in this period.", FR: "Aucune écriture durant la période."},
    "page": {EN: "Page", FR: "Page"},
    "of_pages": {EN: "of", FR: "de"},
    "invoice": {EN: "Invoice", FR: "Facture"},
    "payment_kind": {EN: "Payment", FR: "Paiement"},
    "credit_note": {EN: "Credit note", FR: "Note de crédit"},
    "reversal": {EN: "Debit note", FR: "Note de débit"},
    "refund": {EN: "Refund", FR: "Remboursement"},
    "deposit": {EN: "Deposit", FR: "Dépôt"},
    "adjustment": {EN: "Adjustment", FR: "Rajustement"},
}
KINDS = {"payment": "payment_kind"}


def html_of(snapshot: Mapping[str, Any]) -> str:
    """The whole page, to be printed."""
    return render_to_string("documents/statement.html", page_of(snapshot))


def page_of(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """What the template shows, every number and date written out in the customer's language."""
    language = FR if snapshot["language"].startswith(FR) else EN
    words = {name: said[language] for name, said in WORDS.items()}
    write = Writer(Words((language,)))
    return {
        "language": language,
        "words": words,
        "plain": words,
        "snapshot": snapshot,
        "title": f"{words['title']} {snapshot['customer']['number']} {snapshot['until']}",
        "dated": snapshot["until"],
        "since": write.date(snapshot["since"]),
        "until": write.date(snapshot["until"]),
        "sections": [_section(section, words, write) for section in snapshot["sections"]],
        "base_closing": snapshot["base_closing"] and write.amount(snapshot["base_closing"]),
    }


def _section(section: Mapping[str, Any], words: Mapping[str, str], write: Writer) -> dict[str, Any]:
    sums = ("opening", "charges", "payments", "closing")
    return {
        "currency": section["currency"],
        **{name: write.amount(section[name]) for name in sums},
        "rows": [_row(row, words, write) for row in section["rows"]],
        "applications": [
            {**each, "amount": write.amount(each["amount"])} for each in section["applications"]
        ],
        "ages": _ages(section, words, write),
    }


def _row(row: Mapping[str, Any], words: Mapping[str, str], write: Writer) -> dict[str, Any]:
    amount = Decimal(row["amount"])
    kind = KINDS.get(row["kind"], row["kind"])
    return {
        **row,
        "kind": words.get(kind, words["adjustment"]),
        "charge": write.amount(row["amount"]) if amount > 0 else "",
        "payment": write.amount(str(-amount)) if amount < 0 else "",
        "balance": write.amount(row["balance"]),
    }


def _ages(
    section: Mapping[str, Any], words: Mapping[str, str], write: Writer
) -> list[tuple[str, str]]:
    """Each age with its amount; what is on account counts against them."""
    starts = (1, *(end + 1 for end in BUCKETS))
    labels = [words["not_due"]]
    labels += [
        f"{start}–{end} {words['days']}" for start, end in zip(starts, BUCKETS, strict=False)
    ]
    labels.append(f"{words['more_than']} {BUCKETS[-1]} {words['days']}")
    ages = [
        (label, write.amount(amount)) for label, amount in zip(labels, section["aged"], strict=True)
    ]
    return [*ages, (words["on_account"], write.amount(str(-Decimal(section["on_account"]))))]


@transaction.atomic
def stored_statement(statement: Statement) -> StatementFile:
    """The file of this statement, rendered now if nobody has yet. For workers."""
    snapshot = snapshot_of(statement)
    digest = digest_of(snapshot)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [RENDERING, digest])
    files = StatementFile.objects.filter(customer=statement.customer, digest=digest)
    return files.first() or StatementFile.objects.create(
        customer=statement.customer,
        digest=digest,
        content=printed(html_of(snapshot), snapshot),
        rendered_at=timezone.now(),
    )

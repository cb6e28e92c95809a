"""What a credit note document says, in both languages side by side.

These words are law more than interface: they stay out of the translators'
catalogues, so that a document reads the same whatever is installed beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from babel import Locale
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

EN, FR = "en", "fr"
LOCALES = {EN: Locale("en", "CA"), FR: Locale("fr", "CA")}

WORDS: Mapping[str, Mapping[str, str]] = {
    "title": {EN: "Credit note", FR: "Note de crédit"},
    "number": {EN: "Number", FR: "Numéro"},
    "date": {EN: "Date", FR: "Date"},
    "reference": {EN: "Our reference", FR: "Notre référence"},
    "customer_reference": {EN: "Your reference", FR: "Votre référence"},
    "customer": {EN: "Credited to", FR: "Au crédit de"},
    "customer_number": {EN: "Customer no.", FR: "N° de client"},
    "gst_number": {EN: "GST/HST no.", FR: "N° de TPS/TVH"},
    "qst_number": {EN: "QST no.", FR: "N° de TVQ"},
    "reason": {EN: "Reason", FR: "Motif"},
    "explanation": {EN: "Explanation", FR: "Explication"},
    "invoice": {EN: "Invoice", FR: "Facture"},
    "of": {EN: "of", FR: "du"},
    "purchase_order": {EN: "your order", FR: "votre commande"},
    "site": {EN: "delivered to", FR: "livrée à"},
    "item": {EN: "Item", FR: "Article"},
    "description": {EN: "Description", FR: "Description"},
    "quantity": {EN: "Quantity", FR: "Quantité"},
    "unit": {EN: "Unit", FR: "Unité"},
    "price": {EN: "Price", FR: "Prix"},
    "tax": {EN: "Tax", FR: "Taxe"},
    "amount": {EN: "Amount", FR: "Montant"},
    "untaxed": {EN: "no tax", FR: "sans taxe"},
    "percent": {EN: "Allowance of", FR: "Rabais de"},
    "agreed_amount": {EN: "Agreed amount", FR: "Montant convenu"},
    "corrected_price": {EN: "Price corrected to", FR: "Prix corrigé à"},
    "agreed_price": {EN: "Credited at", FR: "Créditée à"},
    "reduced": {
        EN: "after discounts and earlier credits",
        FR: "après remises et crédits antérieurs",
    },
    "freight": {EN: "Freight credited", FR: "Transport crédité"},
    "whole": {EN: "All that was left of it", FR: "Tout ce qui en restait"},
    "restocking_fee": {
        EN: "Restocking fee kept back:",
        FR: "Frais de restockage retenus :",
    },
    "before_fees": {EN: "Credited before fees", FR: "Crédité avant frais"},
    "fees": {EN: "Restocking fees kept back", FR: "Frais de restockage retenus"},
    "price_only": {EN: "price only", FR: "prix seulement"},
    "tax_treatment": {EN: "Taxes", FR: "Taxes"},
    "tax_adjusted": {EN: "Tax adjusted", FR: "Taxe rajustée"},
    "all_price_only": {
        EN: "Price only: no tax is given back",
        FR: "Prix seulement : aucune taxe n’est remise",
    },
    "some_price_only": {
        EN: "Tax adjusted, but for lines marked price only",
        FR: "Taxe rajustée, sauf aux lignes marquées « prix seulement »",
    },
    "tax_only": {
        EN: "Tax given back without a change of price:",
        FR: "Taxe remise sans changement de prix :",
    },
    "adjustment": {EN: "adjustment", FR: "rajustement"},
    "goodwill": {EN: "Goodwill, on no invoice", FR: "Geste commercial, sans facture"},
    "invoice_net": {EN: "Credited on this invoice, before tax", FR: "Crédité, avant taxes"},
    "net": {EN: "Total before tax", FR: "Total avant taxes"},
    "on": {EN: "on", FR: "sur"},
    "total": {EN: "Total credit", FR: "Crédit total"},
    "applied": {EN: "How it is applied", FR: "Imputation"},
    "applied_to": {EN: "Taken off what is open on invoice", FR: "Déduit du solde de la facture"},
    "on_account": {
        EN: "Kept on your account in your favour",
        FR: "Porté à votre compte, en votre faveur",
    },
    "questions": {EN: "Questions about this credit note", FR: "Questions sur cette note de crédit"},
    "replaced_by": {
        EN: "The invoice is billed anew as",
        FR: "La facture est remplacée par la facture",
    },
    "debit_title": {EN: "Debit note", FR: "Note de débit"},
    "debited_to": {EN: "Debited to", FR: "Au débit de"},
    "reverses": {EN: "Reverses in full", FR: "Annule en entier"},
    "reversed_credit": {EN: "Credit note", FR: "Note de crédit"},
    "why_reversed": {EN: "Why it is reversed", FR: "Motif de l'annulation"},
    "no_longer": {
        EN: "The credit below no longer holds. The amount is owed again on your account.",
        FR: "Le crédit ci-dessous ne tient plus. Le montant est de nouveau dû à votre compte.",
    },
    "first_reason": {EN: "Reason of the credit", FR: "Motif du crédit"},
    "debit_total": {EN: "Total debit", FR: "Débit total"},
    "debit_questions": {
        EN: "Questions about this debit note",
        FR: "Questions sur cette note de débit",
    },
    "page": {EN: "Page", FR: "Page"},
    "of_pages": {EN: "of", FR: "de"},
}

#: (kind, province) or kind alone → the tax's short name.
TAXES: Mapping[str, Mapping[str, str]] = {
    "gst": {EN: "GST", FR: "TPS"},
    "hst": {EN: "HST", FR: "TVH"},
    "pst": {EN: "PST", FR: "TVP"},
    "pst-MB": {EN: "RST", FR: "TVD"},
    "qst": {EN: "QST", FR: "TVQ"},
}


#: Units of measure as they are kept (in English) → in French; others stand as they are.
UNITS_FR: Mapping[str, str] = {
    "ea": "un.",
    "bag": "sac",
    "box": "boîte",
    "bundle": "paquet",
    "ft": "pi",
    "hr": "h",
    "lb": "lb",
    "pail": "seau",
    "pair": "paire",
    "pallet": "palette",
    "piece": "pièce",
    "roll": "rouleau",
    "set": "jeu",
    "sheet": "feuille",
    "sq ft": "pi²",
    "trip": "voyage",
    "tube": "tube",
}


def languages_of(language: str, province: str) -> list[str]:
    """The languages of a document, the most prominent first.

    Québec's customers get French; those who chose English get it beside the
    French, which stays the more prominent (Charter of the French Language, s. 51, 55).
    """
    chosen = FR if language.startswith("fr") else EN
    return [FR, EN] if province == "QC" and chosen == EN else [chosen]


@dataclass(frozen=True)
class Words:
    """Looks words up in the document's languages; ``words.title`` works in templates."""

    languages: Sequence[str]

    @property
    def first(self) -> str:
        """The most prominent language."""
        return self.languages[0]

    @property
    def locale(self) -> Locale:
        """How numbers and dates are written."""
        return LOCALES[self.first]

    def __getitem__(self, key: str) -> SafeString:
        return self.both(WORDS[key])

    @property
    def plain(self) -> Mapping[str, str]:
        """The words in the first language alone, without markup."""
        return {key: texts[self.first] for key, texts in WORDS.items()}

    def both(self, texts: Mapping[str, str]) -> SafeString:
        """The first language, and beside it, smaller, the second where it differs."""
        first, *others = self.languages
        also = [(other, texts[other]) for other in others if texts[other] != texts[first]]
        return format_html(
            "{}{}",
            texts[first],
            format_html_join("", ' <span class="also" lang="{}">{}</span>', also),
        )

    def unit(self, unit: str) -> str:
        """The unit of measure in the first language."""
        return UNITS_FR.get(unit, unit) if self.first == FR else unit

    def tax(self, kind: str, province: str) -> str:
        """The tax's short name: ``GST``, or ``TPS/GST`` where there are two languages."""
        names = TAXES.get(f"{kind}-{province}") or TAXES[kind]
        return "/".join(dict.fromkeys(names[language] for language in self.languages))

"""A note's content as if it had just been typed, and numbers as people type them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal

from django.http import QueryDict
from django.utils.translation import get_language

from creditnotes.content import claims_of
from creditnotes.creditable import Claim, plain
from creditnotes.forms import EACH_LINE, PRICE_ONLY
from creditnotes.models import MEASURED, Basis, CreditNote
from creditnotes.views.unlined import goodwill_key, tax_key


def data_of(note: CreditNote) -> QueryDict:
    """The note's content as if it had just been typed."""
    claims = claims_of(note)
    data = QueryDict(mutable=True)
    data["version"] = str(note.version)
    data["reason"] = str(note.reason_id or "")
    data["tax"] = _tax_of(claims)
    for name in ("customer_reference", "explanation", "internal_note"):
        data[name] = getattr(note, name)
    times: Counter[object] = Counter()
    for claim in claims:
        of = claim.invoice_line_id or claim.basis
        times[of] += 1
        data.update(_fields(claim, times[of], each=data["tax"] == EACH_LINE))
    return data


def _tax_of(claims: Iterable[Claim]) -> str:
    """Whether the lines give their tax back: all, none, or each as it says."""
    said = {claim.price_only for claim in claims if claim.invoice_line_id}
    return EACH_LINE if len(said) > 1 else PRICE_ONLY if said == {True} else ""


def _fields(claim: Claim, time: int, *, each: bool) -> dict[str, str]:
    """The fields of one claim, the ``time``-th of its kind."""
    if claim.basis == Basis.TAX:
        key = tax_key(claim.invoice_id or 0, claim.tax_kind)
        return {f"{key}-pick": "on", f"{key}-value": _typed(claim.amount)}
    if claim.basis == Basis.GOODWILL:
        key = goodwill_key(time)
        return {f"{key}-description": claim.description, f"{key}-value": _typed(claim.amount)}
    key = line_key(claim.line_id, time)
    fields = {"pick": "on", "basis": claim.basis, "value": _typed(_value_of(claim))}
    if claim.basis == Basis.QUANTITY and claim.unit_price is not None:
        fields["agreed"] = typed(claim.unit_price)
    if claim.fee_words:
        fields |= {"fee": _typed(claim.fee_percent), "fee_words": claim.fee_words}
    if each and claim.price_only:
        fields["price_only"] = "on"
    return {f"{key}-{name}": value for name, value in fields.items()}


def _value_of(claim: Claim) -> Decimal | None:
    if claim.basis in MEASURED:
        value: Decimal | None = getattr(claim, claim.basis)
        return value
    return claim.amount


def line_key(line_id: int, time: int) -> str:
    """The name on the page of an invoice line that is credited for the ``time``-th time."""
    return f"line-{line_id}" if time == 1 else f"line-{line_id}-{time}"


def _typed(number: Decimal | None) -> str:
    return "" if number is None else typed(number)


def typed(number: Decimal) -> str:
    """A number as the person would type it in their language."""
    mark = "," if (get_language() or "en").startswith("fr") else "."
    return plain(number).replace(".", mark)

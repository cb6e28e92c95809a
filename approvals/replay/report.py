"""What became of a file's credits: line by line, in sums, and as one JSON object."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.translation import gettext as _

from approvals.replay.crediting import Placed, Share
from approvals.replay.placement import Shortfall
from customers.importing import Reason, Refused, Sale
from customers.money import ZERO, extend


@dataclass(frozen=True)
class Capped:
    """A place where the credit's own price was more than the invoice line had left."""

    sale: Sale
    share: Share
    excess: Decimal


@dataclass
class Report:
    """Counts of documents and lines with a customer, and their values in the file's currency."""

    documents: int = 0
    documents_whole: int = 0
    whole: int = 0
    partly: int = 0
    none: int = 0
    value_whole: Decimal = ZERO
    value_credited: Decimal = ZERO
    shortfalls: Counter[Shortfall] = field(default_factory=Counter)
    capped: list[Capped] = field(default_factory=list)
    refused: Counter[Reason] = field(default_factory=Counter)

    def add(self, document: list[Placed]) -> None:
        """Count a document."""
        self.documents += 1
        self.documents_whole += all(line.shortfall is None for line in document)
        for line in document:
            self._add_line(line)

    def _add_line(self, line: Placed) -> None:
        self.value_credited += line.net
        self.capped += [Capped(line.sale, share, excess) for share, excess in line.capped()]
        if line.shortfall:
            self.shortfalls[line.shortfall] += 1
            self.partly += line.quantity > 0
            self.none += line.quantity == 0
        else:
            self.whole += 1
            self.value_whole += extend(-line.sale.quantity, line.sale.unit_price)

    def figures(self, seconds: float) -> dict[str, int]:
        """The object of ``--json``: values in cents."""
        return {
            "documents": self.documents,
            "documents_whole": self.documents_whole,
            "whole": self.whole,
            "partly": self.partly,
            "none": self.none,
            "no_customer": self.refused[Reason.NO_CUSTOMER],
            "value_whole_cents": int(self.value_whole * 100),
            "value_credited_cents": int(self.value_credited * 100),
            "seconds": round(seconds),
        }

    def sentences(self) -> Iterator[str]:
        """The report as people read it, a fact a line."""
        yield _("%(count)9d credit documents, %(whole)d of them placed whole") % {
            "count": self.documents,
            "whole": self.documents_whole,
        }
        yield _("%(count)9d lines placed whole: %(value)s at the credits' own prices") % {
            "count": self.whole,
            "value": self.value_whole,
        }
        yield _("%(count)9d lines placed partly") % {"count": self.partly}
        yield _("%(count)9d lines not placed") % {"count": self.none}
        for shortfall, count in self.shortfalls.most_common():
            yield f"{count:>15d} {shortfall.label}"
        for reason, count in self.refused.most_common():
            yield _("%(count)9d lines left out: %(reason)s") % {
                "count": count,
                "reason": reason.label,
            }
        yield _("Credited: %(value)s") % {"value": self.value_credited}
        yield _("The credit's own price was more than was left %(count)d times:") % {
            "count": len(self.capped)
        }
        for capped in self.capped:
            yield "  " + _sentence(capped)


def _sentence(capped: Capped) -> str:
    return _(
        "%(number)s line %(line)d: %(quantity)s × %(product)s at %(price)s, "
        "credited %(net)s on invoice %(invoice)s, %(excess)s less"
    ) % {
        "number": capped.sale.number,
        "line": capped.sale.row.line,
        "quantity": f"{capped.share.quantity.normalize():f}",
        "product": capped.sale.product,
        "price": capped.sale.unit_price,
        "net": capped.share.net,
        "invoice": capped.share.invoice,
        "excess": capped.excess,
    }


def left_out(placed: list[Placed]) -> Iterator[list[str]]:
    """A row for each line that was not placed whole, for the file of errors."""
    for line in placed:
        if line.shortfall:
            detail = line.detail or str(line.shortfall.label)
            quantity = f"{line.quantity.normalize():f}"
            row = line.sale.row
            yield [str(row.line), line.shortfall.value, detail, quantity, *row.values]


def refused_row(line: Refused) -> list[str]:
    """The same for a line that was no use."""
    row = line.row
    return [str(row.line), line.reason.value, str(line.reason.label), "0", *row.values]

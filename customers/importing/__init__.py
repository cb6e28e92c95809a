"""Filling the books of a company from a sales export.

:func:`import_sales` reads the file twice: once to learn where each invoice ends, since
an invoice's lines may be spread, and once to post whole invoices, batch by batch. It
holds only the invoices that are still incomplete, however long the file.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator

from customers.importing.batches import WholeInvoice, post_batch
from customers.importing.company import company_of, department_of
from customers.importing.lines import Reason, Refused, Row, Sale
from customers.importing.mapping import Mapping, Unusable, load
from customers.importing.reading import SalesFile
from customers.importing.report import Report, Write, error_file, refused_row

__all__ = [
    "Mapping",
    "Reason",
    "Refused",
    "Report",
    "Row",
    "Sale",
    "SalesFile",
    "Unusable",
    "company_of",
    "error_file",
    "import_sales",
    "load",
]

#: Lines to a transaction, roughly: whole invoices only.
LINES_IN_A_BATCH = 5000

Progress = Callable[[Iterable[Row], int], Iterable[Row]]


def import_sales(
    file: SalesFile,
    *,
    write: Write = lambda rows: None,
    progress: Progress = lambda rows, total: rows,
    lines_in_a_batch: int = LINES_IN_A_BATCH,
) -> Report:
    """Post every invoice of the file that is not in the books yet.

    ``write`` is given a row for each refused line, ``progress`` wraps the lines on their way.
    Safe to interrupt anywhere, and to run again: a batch is a transaction, and an
    invoice that is there already is left alone.
    """
    total, ends = _survey(file)
    supplier = file.mapping.company
    department = department_of(company_of(supplier), supplier)
    report = Report(read=total)

    def refuse(line: Refused) -> None:
        report.refused[line.reason] += 1
        write([refused_row(line)])

    invoices = _Collecting(file, ends, refuse).invoices(progress(file.rows(), total))
    for batch in _batches(invoices, lines_in_a_batch):
        outcome = post_batch(department, batch)
        for line in outcome.refused:
            refuse(line)
        report.add(outcome)
    if not report.complete:
        raise AssertionError(f"lines unaccounted for: {report}")
    return report


def _survey(file: SalesFile) -> tuple[int, dict[str, int]]:
    """How many lines there are, and the last line of each document."""
    total, ends = 0, {}
    for row in file.rows():
        total += 1
        ends[file.number_of(row)] = row.line
    return total, ends


class _Collecting:
    """Gathers lines into invoices, and hands each over at its last line."""

    def __init__(
        self, file: SalesFile, ends: dict[str, int], refuse: Callable[[Refused], None]
    ) -> None:
        self._file = file
        self._ends = ends
        self._refuse = refuse
        self._open: dict[str, list[Sale]] = defaultdict(list)

    def invoices(self, rows: Iterable[Row]) -> Iterator[WholeInvoice]:
        for row in rows:
            self._add(row)
            number = self._file.number_of(row)
            if self._ends[number] == row.line and (sales := self._open.pop(number, None)):
                yield WholeInvoice(number, sales)

    def _add(self, row: Row) -> None:
        line = self._file.read(row)
        if isinstance(line, Sale) and (reason := self._objection(line)):
            line = Refused(row, reason, line.number)
        if isinstance(line, Refused):
            self._refuse(line)
        else:
            self._open[line.number].append(line)

    def _objection(self, sale: Sale) -> Reason | None:
        """Why a line that makes sense is no line of an invoice."""
        if sale.is_credit:
            return Reason.CREDIT
        if not sale.customer:
            return Reason.NO_CUSTOMER
        if sale.quantity <= 0:
            return Reason.NOT_POSITIVE
        if sale.unit_price < 0:
            return Reason.NEGATIVE_PRICE
        begun = self._open.get(sale.number)
        return Reason.OTHER_CUSTOMER if begun and begun[0].customer != sale.customer else None


def _batches(invoices: Iterable[WholeInvoice], lines: int) -> Iterator[list[WholeInvoice]]:
    batch: list[WholeInvoice] = []
    gathered = 0
    for invoice in invoices:
        batch.append(invoice)
        gathered += len(invoice.sales)
        if gathered >= lines:
            yield batch
            batch, gathered = [], 0
    if batch:
        yield batch

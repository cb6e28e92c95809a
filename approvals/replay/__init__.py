"""The credits of a sales export, replayed through the services that the browser uses.

Each document is raised, submitted, decided and issued at its own date, in date order;
nobody is told, and PDFs are made when somebody asks for them. Running it again finds
every note by its token and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from approvals.replay.crediting import Placed, replay_document
from approvals.replay.documents import Credits, Document, credits_of
from approvals.replay.report import Report, left_out, refused_row
from approvals.replay.setting import setting_of
from customers.importing import SalesFile

__all__ = ["Credits", "Document", "Placed", "Report", "credits_of", "replay_credits"]

Progress = Callable[[Sequence[Document]], Iterable[Document]]
Write = Callable[[Iterable[list[str]]], None]


def replay_credits(
    file: SalesFile,
    *,
    write: Write = lambda rows: None,
    progress: Progress = lambda documents: documents,
) -> Report:
    """Credit what the file credits, as far as it can be placed on what was invoiced before.

    ``write`` is given a row for each line that was not placed whole, ``progress`` wraps
    the documents on their way. Safe to interrupt anywhere, and to run again.
    """
    setting = setting_of(file.mapping.company)
    found = credits_of(file, file.rows())
    report = Report(refused=found.reasons)
    write(refused_row(line) for line in found.refused)
    for document in progress(found.documents):
        placed = replay_document(document, setting)
        report.add(placed)
        write(left_out(placed))
    return report

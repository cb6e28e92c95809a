"""Are legal numbers without a gap or a double when many issue at once and things break?

    python bench/numbering.py [--seconds 20] [--processes 8] [--threads 4]

Every thread of every process issues credit notes, reverses them by debit notes and writes small
balances off, each with the next number of its series: a quarter of the transactions is rolled
back after the number was used, and processes are killed (SIGKILL) in the middle of whatever they
do and started anew. Afterwards every series is counted from the documents, and the ledger
compared with them. Prints one JSON line; exits with 1 where a number is missing, doubled or not
on its document.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import subprocess
import sys
import time
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from threading import Thread
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ |= {"CREDITDESK_ENV": "test", "DJANGO_SETTINGS_MODULE": "config.settings"}
os.environ |= {"EMAIL_URL": "mailbox:", "SECRET_KEY": "numbers keep no secrets"}
os.environ |= {"REDIS_PREFIX": f"bench:{os.getpid()}:", "LOG_LEVEL": "ERROR"}

#: One transaction in so many is rolled back; seconds from one kill to the next.
ROLLED_BACK, KILL_EVERY = 4, 1.5
#: What must not be, by its name in the report.
FAULTS = ("missing", "doubled", "strange", "differing", "findings")
PEOPLE = {"Rita Rep": "Reps", "Fiona Finance": "Finance", "Farid Finance": "Finance"}


def main() -> None:
    options = _options()
    if options.issue:
        issue(options.issue, options.threads)
        return
    from storm import own_database

    with own_database():
        company = prepare(options.invoices)
        killed = run(options, company)
        report = {"question": "numbers", "issuers": options.processes * options.threads}
        report |= outcome(killed) | {"python": platform.python_version()}
        print(json.dumps(report))
        if any(report[name] for name in FAULTS):
            sys.exit(1)


def prepare(invoices: int) -> int:
    """A company whose finance may write everything off, and invoices to credit or write off."""
    from customers.models import WriteOffLimit
    from customers.models.company import AppliesCredits
    from customers.services import NewInvoice, NewLine, post_invoices
    from tests import factories
    from tests.factories import MOMENT

    company = factories.company(applies_credits=AppliesCredits.NOWHERE)
    department = factories.department(company, "Ottawa", "Mia Manager")
    for name, group in PEOPLE.items():
        factories.person(name, group, company, department)
    factories.policy(company)
    factories.reason(company)
    WriteOffLimit.objects.create(company=company, amount=1000)
    customer = factories.customer(department, "C-1", "Many Invoices")
    line = NewLine(Decimal(1), Decimal("3.33"), "Nails")
    post_invoices(
        company,
        [NewInvoice(customer, f"I-{number}", MOMENT, [line]) for number in range(invoices)],
    )
    return company.pk


def run(options: argparse.Namespace, company: int) -> int:
    """Let the processes issue for a while, killing one now and then; how many were killed."""
    from django.db import connections

    connections.close_all()
    command = [sys.executable, __file__, "--issue", str(company)]
    command += ["--threads", str(options.threads)]
    processes = [_start(command) for _ in range(options.processes)]
    for process in processes:
        _wait_until_it_issues(process)
    killed, end = 0, time.monotonic() + options.seconds
    while time.monotonic() < end:
        time.sleep(KILL_EVERY)
        place = killed % len(processes)
        processes[place].kill()
        processes[place].wait()
        processes[place] = _start(command)
        killed += 1
    for process in processes:
        process.kill()
        process.wait()
    return killed


def _start(command: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, stdout=subprocess.PIPE)


def _wait_until_it_issues(process: subprocess.Popen[bytes]) -> None:
    """It says so in a line."""
    assert process.stdout
    process.stdout.readline()


def outcome(killed: int) -> dict[str, Any]:
    """What the documents say afterwards."""
    from creditnotes.auditing import audit
    from customers.books.checking import check
    from customers.numbering import count_series

    series = count_series()
    return {
        "given": {str(each.series): each.given for each in series},
        "rolled_back_of": ROLLED_BACK,
        "killed": killed,
        "missing": sum(len(each.missing) for each in series),
        "doubled": sum(len(each.doubled) for each in series),
        "strange": sum(len(each.strange) for each in series),
        "differing": check().differing,
        "findings": [str(finding) for finding in audit()],
    }


def issue(company: int, threads: int) -> None:
    """Credit or write off one invoice after the other until killed or terminated."""
    import django

    django.setup()
    workers = [Thread(target=_issue, args=[company], daemon=True) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def _issue(company: int) -> None:
    from django.db import transaction

    from customers.errors import Refusal
    from customers.models import Invoice, User

    people = {name: User.objects.get(company=company, full_name=name) for name in PEOPLE}
    invoices = Invoice.objects.filter(company=company).select_related("company", "customer")
    ids = list(invoices.values_list("pk", flat=True))
    random.shuffle(ids)
    for pk in ids:
        invoice = invoices.get(pk=pk)
        act = random.choice([_credit, _credit_and_reverse, _write_off])  # noqa: S311
        try:
            with transaction.atomic():
                act(invoice, people)
                if not random.randrange(ROLLED_BACK):  # noqa: S311
                    transaction.set_rollback(True)
        except Refusal:  # somebody else was first
            continue
        print("issuing", flush=True)


def _credit(invoice: Any, people: Mapping[str, Any]) -> Any:
    from django.utils import timezone

    from tests import factories

    return factories.issued_note(invoice, people["Rita Rep"], moment=timezone.now())


def _credit_and_reverse(invoice: Any, people: Mapping[str, Any]) -> None:
    from django.utils import timezone

    from creditnotes import services

    note, now = _credit(invoice, people), timezone.now()
    services.propose_reversal(note, actor=people["Fiona Finance"], moment=now, comment="Misread.")
    services.confirm_reversal(note, actor=people["Farid Finance"], moment=now)


def _write_off(invoice: Any, people: Mapping[str, Any]) -> None:
    from django.utils import timezone

    from customers import write_offs

    finance = people["Fiona Finance"]
    write_offs.write_off_small_balance(invoice, by=finance, moment=timezone.now())


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--processes", type=int, default=8)
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--invoices", type=int, default=8_000)
    parser.add_argument("--issue", type=int, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()

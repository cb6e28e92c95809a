"""The product's groups of staff, and what each may do on the admin site.

What a group may do elsewhere is said by the ``access`` modules, by name and by object
permission. The admin site opens to those whose account says so; there they find what
this table gives their groups: of their own company alone, and where it is about a customer,
of the customers they serve (admins of all).
"""

from __future__ import annotations

from collections.abc import Iterator

from django.contrib.auth.models import Group, Permission
from django.db.models import Q

from customers.access import ADMINS, FINANCE, MANAGERS, STAFF_GROUPS

#: Who may do what there. *tune*: add, change, and delete what is not in use; *give*: add,
#: change and delete their own; *change*: neither add nor delete; *see*: look.
TABLE = """
                               Admins   Finance  Managers
    approvals.policy           tune     see      see
    approvals.policystep       tune     see      see
    approvals.pool             tune     see      see
    approvals.approvallimit    tune     see      see
    approvals.proposal         see      see      -
    approvals.offerterms       tune     see      see
    approvals.delegation       tune     give     give
    creditnotes.reason         tune     see      see
    approvals.replytemplate    tune     see      see

    customers.user             tune     -        -
    customers.department       tune     see      see
    auth.group                 see      -        -

    customers.company          change   see      see
    customers.taxrate          tune     see      see
    customers.taxtimelimit     tune     see      see
    customers.exchangerate     tune     tune     see
    customers.account          tune     see      -
    customers.fiscalperiod     see      see      -
    customers.numberseries     see      see      -
    customers.writeofflimit    tune     see      -

    customers.customer         tune     see      -
    customers.contact          tune     see      -
    customers.site             tune     see      -
    customers.customernote     tune     see      -
    customers.product          tune     see      -
    customers.order            see      see      -
    customers.delivery         see      see      -
    customers.invoice          see      see      -
    customers.payment          see      see      -
    customers.taxexemption     tune     tune     -
    customers.customerdeposit  see      see      -

    creditnotes.creditnote     see      see      -
    approvals.step             see      see      -
    approvals.decision         see      see      -
    creditnotes.event          see      see      -
    creditnotes.dispatch       change   -        -
    creditnotes.news           see      -        -
    creditnotes.issueddocument see      see      -
    creditnotes.creditableline see      see      -
    creditnotes.creditabletax  see      see      -
    customers.journalentry     see      see      -
    customers.openitem         see      see      -
    customers.writeoff         see      see      -
    customers.baddebtproposal  see      see      -
    customers.application      see      see      -
    admin.logentry             see      -        -
"""
COLUMNS = (ADMINS, FINANCE, MANAGERS)
#: What each word of the table gives, as Django's permissions.
VERBS = {
    "-": (),
    "see": ("view",),
    "change": ("view", "change"),
    "give": ("view", "add", "change", "delete"),
    "tune": ("view", "add", "change", "delete"),
}
#: Rows of these are seen with their parents, inside the pages of what the table names.
PARTS = {
    "approvals.decision": ("approvals.afterreview",),
    "approvals.step": ("approvals.assignment", "approvals.clockstop"),
    "customers.order": ("customers.orderline",),
    "customers.delivery": ("customers.deliveryline",),
    "customers.customerdeposit": ("customers.deposituse",),
    "customers.invoice": (
        "customers.invoiceline",
        "customers.invoicelinetax",
        "customers.invoicetax",
    ),
    "customers.fiscalperiod": ("customers.periodchange", "customers.reopeningproposal"),
    "customers.journalentry": ("customers.journalline",),
    "customers.writeoff": ("customers.writeofftax",),
    "customers.baddebtproposal": ("customers.baddebtrefusal",),
    "creditnotes.creditnote": (
        "creditnotes.creditline",
        "creditnotes.credittax",
        "creditnotes.attachment",
        "creditnotes.participant",
    ),
    "creditnotes.issueddocument": ("creditnotes.documentfile",),
}


def make_groups() -> None:
    """Make the groups, or bring their permissions up to date; people stay in them."""
    for name in STAFF_GROUPS:
        group = Group.objects.get_or_create(name=name)[0]
        group.permissions.set(_permissions(name))


def rights() -> Iterator[tuple[str, dict[str, str]]]:
    """The table, row by row: ``app.model`` and each group's word."""
    for line in TABLE.splitlines()[2:]:
        if words := line.split():
            yield words[0], dict(zip(COLUMNS, words[1:], strict=True))


def _permissions(group: str) -> list[Permission]:
    wanted = Q(pk__in=[])
    for label, words in rights():
        verbs = VERBS[words.get(group, "-")]
        wanted |= _of(label, verbs)
        for part in PARTS.get(label, ()):
            wanted |= _of(part, ("view",) if verbs else ())
    return list(Permission.objects.filter(wanted).order_by("pk"))


def _of(label: str, verbs: tuple[str, ...]) -> Q:
    app_label, name = label.split(".")
    return Q(content_type__app_label=app_label, codename__in=[f"{verb}_{name}" for verb in verbs])

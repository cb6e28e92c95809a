"""Every page of the product, one line each: what it is called, whose it is, what it is about.

A page is looked at once per state: *full* is the demo's company, *empty* one on its first
day, *long* one whose names and numbers are long. See :mod:`tests.looks.worlds`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from playwright.sync_api import Page as Tab

from tests.looks import acts

Act = Callable[[Tab], None]
ALL, FULL, SAID = "full empty long", "full", "full long"


@dataclass(frozen=True)
class Page:
    """One page, or one thing that may be seen on it."""

    title: str
    name: str
    """The name of its address, or the path itself where that has none."""
    who: str = ""
    thing: str = ""
    """What it is about (see :mod:`tests.looks.things`), or a word itself after ``=``;
    after ``?``, what is asked for."""
    states: str = FULL
    status: int = 200
    """What it is answered with."""
    act: Act | None = None
    """What is done on it before one looks."""
    french: bool = False
    """Whether there is a picture of it in French too."""
    is_paper: bool = False
    """Whether it is a document, drawn as it prints."""
    may_lack: bool = False
    """Whether a company may have no such thing."""
    waits: bool = False
    """Whether it loads itself anew, which would disturb whoever looks."""


@dataclass(frozen=True)
class View:
    """A page in one state, with its address."""

    page: Page
    state: str
    url: str

    @property
    def title(self) -> str:
        return self.page.title if self.state == FULL else f"{self.page.title}.{self.state}"


PAGES = [
    # Signing in
    Page("sign-in", "account_login", french=True),
    Page("sign-in.error", "account_login", act=acts.sign_in_wrongly),
    Page("sign-up", "account_signup"),
    Page("sign-out", "account_logout", "rep"),
    Page("inactive", "account_inactive"),
    Page("password-change", "account_change_password", "rep"),
    Page("password-change.error", "account_change_password", "rep", act=acts.send),
    Page("password-reset", "account_reset_password"),
    Page("password-reset.error", "account_reset_password", act=acts.send),
    Page("password-reset-done", "account_reset_password_done"),
    Page("password-reset-key", "account_reset_password_from_key", thing="key"),
    Page("password-reset-key-done", "account_reset_password_from_key_done"),
    # Everybody
    Page("start-rep", "home", "rep", states=ALL, french=True),
    Page("start-manager", "home", "manager", states=ALL),
    Page("start-finance", "home", "finance", states=ALL),
    Page("start-admin", "home", "admin"),
    Page("keys", "home", "rep", act=acts.ask_for_keys),
    Page("account-menu", "home", "rep", act=acts.open_account_menu),
    Page("search-sheet", "home", "rep", act=acts.type_into_search),
    Page("search", "search", "rep", "?q=10", states=SAID),
    Page("search.nothing", "search", "rep", "?q=zzzzzz"),
    Page("search.blank", "search", "rep"),
    Page("news", "creditnotes:news", "rep", states=ALL, french=True),
    # Customers, orders, invoices
    Page("customers", "customers:customers", "rep", states=ALL),
    Page("customers.nothing", "customers:customers", "rep", "?q=zzzzzz"),
    Page("customer", "customers:customer", "rep", "customer", states=ALL, french=True),
    Page("account-questions", "customers:account_wishes", "finance", states=ALL),
    Page("account-question", "customers:account_wish", "rep", "wish-question"),
    Page("account-question-refund", "customers:account_wish", "finance", "wish-refund"),
    Page("people", "customers:contacts", "rep", "inviting-customer", states=ALL),
    Page("person", "customers:contact", "rep", "invited"),
    Page("orders", "customers:orders", "rep", states=ALL),
    Page("order", "customers:order", "rep", "order", states=SAID),
    Page("invoices", "customers:invoices", "rep", states=ALL),
    Page("invoice", "customers:invoice", "rep", "invoice", states=SAID),
    # The books
    Page("trial-balance", "books:trial_balance", "finance", states=ALL, french=True),
    Page("account", "books:account", "finance", "account", states=SAID),
    Page("entries", "books:entries", "finance", states=ALL),
    Page("entry", "books:entry", "finance", "entry", states=SAID),
    Page("tax-return", "books:tax_return", "finance", states=ALL, french=True),
    Page("periods", "books:periods", "finance", states=ALL),
    Page("period", "books:period", "finance", "period", french=True),
    Page("cut-off-approved", "books:approved_unissued", "finance", "period"),
    Page("cut-off-later", "books:later_credits", "finance", "period"),
    Page("write-offs", "books:write_offs", "finance", states=ALL),
    Page("write-off", "books:write_off", "finance", "write-off"),
    Page("give-up", "books:give_up", "finance", "untouched", states=SAID),
    Page("bad-debt", "books:bad_debt", "finance", "bad-debt"),
    # What is on account
    Page("apply", "customers:apply", "finance", "payer", states=SAID, french=True, may_lack=True),
    Page("apply.error", "customers:apply", "finance", "payer", act=acts.send),
    Page("unapply", "customers:unapply", "finance", "application"),
    Page("refund-propose", "customers:propose_refund", "finance", "payer"),
    Page("refund-propose.error", "customers:propose_refund", "finance", "payer", act=acts.send),
    Page("refunds", "customers:refunds", "finance", states=ALL, french=True),
    Page("refund", "customers:refund", "finance", "refund"),
    Page("refund-batches", "customers:refund_batches", "finance", states=ALL),
    Page("refund-batch-new", "customers:new_refund_batch", "finance", states=ALL),
    Page("refund-batch", "customers:refund_batch", "finance", "refund-batch", french=True),
    Page("deposit", "customers:deposit", "finance", "deposit"),
    Page("deposit-receive", "customers:receive_deposit", "finance", "customer"),
    Page(
        "deposit-receive.error", "customers:receive_deposit", "finance", "customer", act=acts.send
    ),
    Page("statement", "customers:statement", "finance", "customer", states=ALL, french=True),
    Page("statement-dollars", "customers:statement", "finance", "dollar-customer"),
    Page(
        "statement-under-way", "customers:statement_pdf", "finance", "dollar-customer", waits=True
    ),
    # Credit notes
    Page("credit-notes", "creditnotes:credit_notes", "rep", states=ALL, french=True),
    Page("pick-invoice", "creditnotes:compose", "rep", states=ALL),
    Page("composer", "creditnotes:compose", "rep", "?invoice=to-credit", french=True),
    Page("composer.draft", "creditnotes:edit", "rep", "draft", states=SAID),
    Page("composer.returned", "creditnotes:edit", "rep", "returned", states=SAID),
    Page("note-draft", "creditnotes:credit_note", "rep", "draft", states=SAID),
    Page("note-requested", "creditnotes:credit_note", "rep", "requested", states=SAID),
    Page("note-submitted", "creditnotes:credit_note", "rep", "submitted", states=SAID),
    Page("note-returned", "creditnotes:credit_note", "rep", "returned", states=SAID),
    Page("note-approved", "creditnotes:credit_note", "finance", "approved", states=SAID),
    Page("note-issued", "creditnotes:credit_note", "rep", "issued", states=SAID, french=True),
    Page("note-closed", "creditnotes:credit_note", "rep", "closed"),
    Page("note-reversed", "creditnotes:credit_note", "finance", "reversed", may_lack=True),
    Page("note-reversing", "creditnotes:credit_note", "finance", "reversing", may_lack=True),
    Page("note-rebilled", "creditnotes:credit_note", "rep", "rebilled", may_lack=True),
    Page("rebill", "creditnotes:rebill", "rep", "correcting"),
    Page("rebill-edit", "creditnotes:edit_rebill", "rep", "rebilling", may_lack=True),
    Page(
        "debit-note-pdf",
        "creditnotes:debit_note_pdf",
        "finance",
        "reversed",
        waits=True,
        may_lack=True,
    ),
    Page("note-pdf", "creditnotes:credit_note_pdf", "rep", "issued", SAID, is_paper=True),
    Page("pdf-under-way", "creditnotes:credit_note_pdf", "rep", "issued-unrendered", waits=True),
    Page("photos-ask", "creditnotes:ask_for_photos", "rep", "photos-asked", SAID),
    Page("photos-ask.error", "creditnotes:ask_for_photos", "rep", "photos-asked", act=acts.send),
    Page("note-photos", "creditnotes:credit_note", "rep", "photos-asked", SAID, french=True),
    Page("photos-send", "portal:send_photos", thing="photo-link", states=SAID, french=True),
    Page("photos-send.error", "portal:send_photos", thing="photo-link", act=acts.send),
    Page("photos-send.ended", "portal:send_photos", thing="ended-photo-link", status=410),
    # Deciding
    Page("queue", "approvals:review_queue", "manager", states=ALL, french=True),
    Page("queue-team", "approvals:review_queue", "manager", "?whose=team", states=ALL),
    Page("queue-delegated", "approvals:review_queue", "manager", "?whose=delegated", states=ALL),
    Page("queue-all", "approvals:review_queue", "manager", "?whose=all", states=ALL),
    Page("queue-nothing", "approvals:review_queue", "manager", "?whose=team&q=zzzzzz"),
    Page("queue-filters", "approvals:review_queue", "manager", "?due=late", act=acts.keep_filters),
    Page(
        "queue-filters.error",
        "approvals:review_queue",
        "manager",
        "?due=late",
        act=acts.keep_a_filter_without_name,
    ),
    Page("queue-several", "approvals:review_queue", "manager", states=SAID, act=acts.tick_two),
    Page("decision", "approvals:decide", "manager", "decision", states=SAID, french=True),
    Page("explained", "approvals:explained", "manager", "decision", states=SAID),
    Page("decision.error", "approvals:decide", "manager", "decision", act=acts.return_silently),
    Page("decision-less", "approvals:approve_for_less", "manager", "final-decision"),
    Page("decision-ask", "approvals:ask", "manager", "decision", states=SAID),
    Page("decision-ask.error", "approvals:ask", "manager", "decision", act=acts.send),
    Page("reassign", "approvals:reassign", "manager", "asked", states=SAID),
    Page("reassign.error", "approvals:reassign", "manager", "asked", act=acts.send),
    Page("answer", "approvals:answer", "rep", "question", may_lack=True),
    Page("decision.reader", "approvals:decide", "rep", "decision"),
    Page("automatic", "approvals:automatic", "manager", states=ALL, french=True),
    Page(
        "automatic-latest",
        "approvals:automatic",
        "manager",
        act=acts.go_to_the_latest,
    ),
    Page("away", "approvals:away", "manager", states=ALL, french=True),
    Page("close-account", "admin:close_account", "admin", "leaver"),
    Page("switch-off", "admin:approvals_policy_switch_off", "admin", "approvals.policy"),
    Page("rehearsal", "admin:approvals_policy_rehearsal", "admin", "approvals.policy"),
    Page("rehearsal-done", "admin:approvals_policy_rehearsal", "admin", "rehearsed"),
    Page("away.error", "approvals:away", "manager", act=acts.send),
    Page("by-mail", "by_mail:decide", thing="mail-link", states=SAID),
    # The portal
    Page("portal", "portal:portal", "customer", states=ALL, french=True),
    Page("portal-invoice", "portal:invoice", "customer", "own-invoice", states=SAID),
    Page("portal-credits", "portal:credit_notes", "customer", states=ALL),
    Page("portal-invoices", "portal:invoices", "customer", states=ALL),
    Page("portal-sent", "portal:sent", "customer", "own-request", states=SAID),
    Page("requests", "approvals:requests", "rep", states=ALL, french=True),
    Page("requests.nothing", "approvals:requests", "rep", "?q=zzzzzz"),
    Page("request-answer", "creditnotes:credit_note", "rep", "requested", states=SAID),
    Page("request-offer", "approvals:make_offer", "rep", "requested", states=SAID),
    Page("request-offer.error", "approvals:make_offer", "rep", "requested", act=acts.send),
    Page("request-hand-over", "approvals:hand_over", "rep", "requested", states=SAID),
    Page("portal-offer", "portal:credit_note", "customer", "own-offer", french=True),
    Page("portal-choose", "portal:ask", "customer", states=ALL),
    Page("portal-choose-delivery", "portal:ask", "customer", "?by=delivery"),
    Page("portal-choose-product", "portal:ask", "customer", "?by=line&q=lumber", french=True),
    Page("portal-add-invoice", "portal:ask", "customer", "?draft=own-draft"),
    Page("portal-ask-delivery", "portal:ask", "customer", "?delivery=own-delivery", french=True),
    Page("portal-ask", "portal:ask", "customer", "?invoice=own-invoice", SAID, french=True),
    Page("portal-ask.error", "portal:ask", "customer", "?invoice=own-invoice", act=acts.send),
    Page("portal-draft", "portal:draft", "customer", "own-draft", french=True),
    Page("portal-request", "portal:credit_note", "customer", "own-request", states=SAID),
    Page("portal-pending", "portal:credit_note", "customer", "own-pending"),
    Page("portal-credit", "portal:credit_note", "customer", "own-credit", SAID, french=True),
    Page("portal-policy", "portal:policy", "customer", states=ALL, french=True),
    Page("portal-declined", "portal:credit_note", "customer", "own-declined", may_lack=True),
    Page(
        "portal-appealed",
        "portal:credit_note",
        "customer",
        "own-appealed",
        FULL,
        french=True,
        may_lack=True,
    ),
    Page("decision-appeal", "approvals:decide", "finance", "appealed", may_lack=True),
    Page("portal-pdf", "portal:credit_note_pdf", "customer", "own-credit", is_paper=True),
    Page(
        "portal-pdf-under-way",
        "portal:credit_note_pdf",
        "customer",
        "own-credit-unrendered",
        waits=True,
    ),
    Page("portal-statement", "portal:statement", "customer", states=ALL, french=True),
    Page("portal-statement-under-way", "portal:statement_pdf", "customer", waits=True),
    Page("portal-account", "portal:account", "customer", states=ALL, french=True),
    Page("portal-payments", "portal:payments", "customer", states=ALL),
    Page("portal-entry", "portal:entry", "customer", "own-entry", french=True),
    Page("portal-entry.question", "portal:entry", "customer", "own-question"),
    Page("portal-entry.error", "portal:entry", "customer", "own-question", act=acts.send),
    Page("portal-people", "portal:contacts", "customer", "own-customer", states=ALL, french=True),
    Page("portal-people.error", "portal:contacts", "customer", "own-customer", act=acts.send),
    Page("portal-person", "portal:contact", "customer", "own-invited"),
    Page("portal-person-self", "portal:contact", "customer", "own-contact"),
    Page("portal-invitation", "portal:invitation", thing="invite-link", french=True),
    Page("portal-invitation.error", "portal:invitation", thing="invite-link", act=acts.send),
    Page("portal-invitation.used", "portal:invitation", thing="used-invite-link"),
    # The demo
    Page("components", "components"),
    Page("mails", "demo_mail"),
    Page("mail", "demo_message", thing="mail"),
    # What went wrong
    Page("errors", "demo_errors"),
    Page("error-400", "demo_error", thing="=400", status=400),
    Page("error-403", "demo_error", "rep", "=403", status=403),
    Page("error-403-form", "account_login", act=acts.send_without_token),
    Page("error-404", "/nowhere/", "rep", status=404, french=True),
    Page("error-404-stranger", "/customers/", "customer", status=404),
    Page("error-409", "demo_error", "rep", "=409", status=409),
    Page("error-422", "demo_error", "rep", "=422", status=422),
    Page("error-429", "demo_error", thing="=429", status=429),
    Page("error-429-locked", "account_login", act=acts.sign_in_too_often),
    Page("error-500", "demo_error", thing="=500", status=500),
    Page("error-503", "demo_error", thing="=503", status=503),
    # The admin site
    Page("admin", "admin:index", "admin", french=True),
    # What leaves drafts behind
    Page("composer.filled", "creditnotes:compose", "rep", "?invoice=to-credit", act=acts.fill),
    Page(
        "composer.error",
        "creditnotes:compose",
        "rep",
        "?invoice=to-credit",
        SAID,
        act=acts.overfill,
    ),
]

#: Models of the admin site whose list, form for a new row, and form of a row are looked at.
TUNED = [
    "approvals.approvallimit",
    "approvals.delegation",
    "approvals.offerterms",
    "approvals.policy",
    "approvals.pool",
    "approvals.replytemplate",
    "creditnotes.reason",
    "customers.account",
    "customers.contact",
    "customers.customer",
    "customers.customernote",
    "customers.department",
    "customers.exchangerate",
    "customers.product",
    "customers.site",
    "customers.taxrate",
    "customers.taxtimelimit",
    "customers.taxexemption",
    "customers.user",
    "customers.writeofflimit",
]
#: Those of which an admin sees the list and the rows.
SEEN = [
    "admin.logentry",
    "auth.group",
    "approvals.decision",
    "approvals.proposal",
    "approvals.step",
    "creditnotes.creditableline",
    "creditnotes.creditabletax",
    "creditnotes.creditnote",
    "creditnotes.dispatch",
    "creditnotes.event",
    "creditnotes.issueddocument",
    "creditnotes.news",
    "customers.application",
    "customers.baddebtproposal",
    "customers.company",
    "customers.delivery",
    "customers.fiscalperiod",
    "customers.invoice",
    "customers.journalentry",
    "customers.numberseries",
    "customers.openitem",
    "customers.order",
    "customers.payment",
    "customers.writeoff",
    "customers.customerdeposit",
]

#: Addresses that answer something else than a page, by why that is.
NOT_PAGES = {
    "health": "a word for machines",
    "favicon": "a picture",
    "approvals:changes": "a piece of a page",
    "approvals:preview": "a piece of a page",
    "approvals:requests_count": "a piece of a page",
    "books:evidence": "a file",
    "creditnotes:attachment": "a file",
    "customers:certificate": "a file",
    "customers:refund_batch_file": "a file",
    "creditnotes:message_file": "a file",
    "portal:message_file": "a file",
    "creditnotes:news_count": "a piece of a page",
    "creditnotes:other_invoices": "a piece of a page",
    "creditnotes:pdf_state": "a piece of a page",
    "creditnotes:thumbnail": "a picture",
    "demo_attachment": "a file",
    "demo_mail_html": "a mail, shown inside its page",
    "queue_count": "a piece of a page",
    "portal:attachment": "a file",
    "portal:debit_note_pdf": "a file",
    "portal:thumbnail": "a picture",
    "admin:jsi18n": "a script",
    "admin:autocomplete": "data",
    "admin:login": "the sign-in page",
    "admin:logout": "a deed",
    "admin:password_change": "the account's own page",
    "admin:password_change_done": "the account's own page",
}

#: The pictures that README and docs use, kept in git.
KEPT = [
    "admin.light.1440.png",
    "by-mail.light.390.png",
    "composer.filled.light.1440.png",
    "decision.dark.1440.png",
    "decision.light.1440.png",
    "explained.light.1440.png",
    "invoice.light.1440.png",
    "note-issued.light.1440.png",
    "note-pdf.paper.1440.png",
    "portal-ask.light.390.png",
    "portal-credit.light.390.png",
    "portal.light.390.png",
    "queue.light.1440.png",
    "rehearsal-done.light.1440.png",
    "start-rep.light.1440.png",
    "statement.light.1440.png",
]


def admin_pages() -> Iterator[Page]:
    """The pages of the admin site's models."""
    for label in (*TUNED, *SEEN):
        name = f"admin:{label.replace('.', '_')}"
        title = f"admin-{label.split('.')[1]}"
        yield Page(f"{title}-list", f"{name}_changelist", "admin")
        yield Page(f"{title}-change", f"{name}_change", "admin", label, may_lack=True)
        if label in TUNED:
            yield Page(f"{title}-add", f"{name}_add", "admin")


def every_page() -> list[Page]:
    """All of them, the product's own first."""
    return [*PAGES, *admin_pages()]

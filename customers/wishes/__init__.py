"""What customers ask about their account, and what becomes of it.

A question about a document is answered by whoever serves the customer. What is to be done
with money on account is done at once, or waits for finance, as the company's policy says;
nothing is ever paid out without two people of the company.
"""

from customers.wishes.answering import answer, decline, do_apply, propose_refund
from customers.wishes.asking import (
    ask_for_refund,
    ask_to_apply,
    choosable,
    question,
    withdraw,
)

__all__ = [
    "answer",
    "ask_for_refund",
    "ask_to_apply",
    "choosable",
    "decline",
    "do_apply",
    "propose_refund",
    "question",
    "withdraw",
]

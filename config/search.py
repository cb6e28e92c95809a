"""One box that finds customers, people, orders, invoices, credit notes and products."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from config.finding import Finder
from config.hits import Group
from customers.access import is_staff_member
from customers.text import words_from

#: One letter finds everything, which is nothing.
FEWEST_LETTERS = 2
MOST_LETTERS = 100
#: How many of each kind are shown, on the page and in the sheet below the box.
ON_THE_PAGE, IN_THE_SHEET = 10, 4


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Everything that the words find among what this person may see, by kind.

    htmx asks for the results alone, while the person types.
    """
    if not is_staff_member(request.user):
        raise Http404
    words = words_from(request.GET.get("q", ""), MOST_LETTERS)
    in_sheet = bool(getattr(request, "htmx", False))
    enough = len(words) >= FEWEST_LETTERS
    groups: list[Group] = []
    if enough:
        groups = Finder(request.user, words, IN_THE_SHEET if in_sheet else ON_THE_PAGE).groups()
    context = {
        "search_words": words,
        "groups": groups,
        "found": sum(len(group.hits) for group in groups),
        "is_guess": any(group.is_guess for group in groups),
        "enough": enough,
        "in_sheet": in_sheet,
    }
    return render(request, "search_results.html" if in_sheet else "search.html", context)

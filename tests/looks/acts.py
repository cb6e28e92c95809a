"""What is done on a page before one looks at it, by keyboard and mouse."""

from __future__ import annotations

from playwright.sync_api import Page as Tab

#: Failed attempts after which a sign-in is refused for a while, and some more.
OFTEN = 12


def send(tab: Tab) -> None:
    """Send the page's form as it is."""
    with tab.expect_navigation():
        tab.locator("main form:has(input:not([type=hidden]), select, textarea)").first.evaluate(
            "(form) => form.requestSubmit()"
        )


def go_to_the_latest(tab: Tab) -> None:
    """From an empty day to the last one that was not."""
    with tab.expect_navigation():
        tab.locator(".empty-actions a").click()


def sign_in_wrongly(tab: Tab) -> None:
    """Somebody mistypes."""
    tab.locator("[name=login]:visible").fill("rita@demo.test")
    tab.locator("[name=password]:visible").fill("not this one")
    _answered(tab, "main form:has([name=password]:visible) [type=submit]:visible")


def sign_in_too_often(tab: Tab) -> None:
    """Somebody guesses on, until the door is shut."""
    for _ in range(OFTEN):
        if not tab.locator("[name=password]:visible").count():
            return
        tab.locator("[name=login]:visible").fill("guessed@demo.test")
        tab.locator("[name=password]:visible").fill("not this one")
        _answered(tab, "main form:has([name=password]:visible) [type=submit]:visible")


def send_without_token(tab: Tab) -> None:
    """The form's secret is lost, as after signing in in another tab."""
    tab.evaluate("document.querySelector('main [name=csrfmiddlewaretoken]').remove()")
    sign_in_wrongly(tab)


def open_account_menu(tab: Tab) -> None:
    """The menu in the corner."""
    tab.locator(".account-menu summary").click()


def type_into_search(tab: Tab) -> None:
    """The sheet under the search box."""
    with tab.expect_response(lambda answer: "q=" in answer.url):
        tab.locator("#search-box").press_sequentially("lum")


def fill(tab: Tab) -> None:
    """Two lines are claimed in part."""
    tab.locator("[name=reason]").select_option(index=1)
    for place, value in ((0, "2"), (2, "3")):
        with tab.expect_response(lambda answer: "/preview/" in answer.url):
            tab.locator("[name$=-value]:visible").nth(place).fill(value)


def overfill(tab: Tab) -> None:
    """More is claimed than there is, without a reason."""
    tab.locator("[name$=-value]:visible").first.fill("99999999")
    _answered(tab, "[type=submit][value=submit]")


def return_silently(tab: Tab) -> None:
    """The manager sends it back without a word."""
    tab.locator("[data-decision=return]:visible").first.click()
    tab.wait_for_timeout(100)


def ask_for_keys(tab: Tab) -> None:
    """The sheet of keyboard shortcuts."""
    tab.keyboard.press("?")


def _answered(tab: Tab, button: str) -> None:
    with tab.expect_navigation():
        tab.locator(button).first.click()


def keep_filters(tab: Tab) -> None:
    """Two ways of looking at the list are kept, unless they were before; the menu is open."""
    names = (
        () if tab.locator(".saved-list").count() else ("Late ones", "Past due at Tremblay & Filles")
    )
    for name in names:
        _keep_filter(tab, name)
    tab.locator(".saved-filters summary").click()


def keep_a_filter_without_name(tab: Tab) -> None:
    """Nothing is typed where the name belongs."""
    _keep_filter(tab, " ")


def _keep_filter(tab: Tab, name: str) -> None:
    tab.locator(".saved-filters summary").click()
    tab.locator(".saved-new [name=name]").fill(name)
    _answered(tab, ".saved-new [type=submit]")


def tick_two(tab: Tab) -> None:
    """Two of the queue are to be approved at once."""
    for tick in tab.locator("[data-tick]").all()[:2]:
        tick.check()
    with tab.expect_navigation():
        tab.locator("[data-bulk] [value=approve]").click()

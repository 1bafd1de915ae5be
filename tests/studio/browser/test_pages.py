"""What holds for every page: its size, its layout at any width, what axe finds, and the keyboard."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from layerzoo.studio import api, pages
from layerzoo.studio.routing import routes
from tests.studio.browser.conftest import Served, Watched
from tests.studio.browser.looking import violations
from tests.studio.runs import write_run

pytestmark = pytest.mark.browser

MOST_BYTES = 200_000
SIZES = ((360, 740), (1280, 900), (3840, 2160))

api.load()
pages.load()
ASK = {"/compare", "/data/augment", "/data/set", "/login", "/nets/diff", "/tune"}
PATHS = sorted(one.path for one in routes() if one.is_page and "{" not in one.path and one.path not in ASK)
"""Pages that need no more than their path."""


@pytest.fixture
def shown(served: Served) -> Served:
    """A studio with some runs."""
    for number in range(3):
        write_run(served.root, f"run{number}", points=11)
    return served


def test_all_parts_of_the_menu_have_a_page(page: Watched, shown: Served) -> None:
    view = page.page
    links = view.get_by_role("navigation").get_by_role("link").all()
    addresses = [link.get_attribute("href") for link in links]
    assert len(addresses) == 6
    for address in addresses:
        answer = view.goto(page.url + str(address))
        assert answer is not None
        assert answer.status == 200, address
        expect(view.locator("[aria-current=page]")).to_have_count(1)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pages_fit_any_width_and_axe_finds_nothing(page: Watched, shown: Served, theme: str) -> None:
    view = page.page
    view.evaluate(f"localStorage.setItem('theme', '{theme}')")
    for path in PATHS:
        page.go(path)
        for width, height in SIZES:
            view.set_viewport_size({"width": width, "height": height})
            wide = view.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, f"{path} is {wide} wide of {width}"
        assert violations(page) == [], path


def test_pages_are_small_and_name_themselves(page: Watched, shown: Served) -> None:
    view, titles = page.page, set()
    for path in PATHS:
        page.go(path)
        view.wait_for_load_state("load")
        loaded = view.evaluate(
            "[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]"
            ".filter(one => !one.name.includes('/api/')).reduce((sum, one) => sum + one.encodedBodySize, 0)"
        )
        assert 1000 < loaded < MOST_BYTES, path
        titles.add(view.title())
        expect(view.get_by_role("heading", level=1)).to_have_count(1)
    assert len(titles) == len(PATHS)


def test_the_keyboard_leads_to_all_parts(page: Watched, shown: Served) -> None:
    view = page.page
    page.go("/")
    view.keyboard.press("Tab")
    expect(view.locator(":focus")).to_have_text("Skip to content")
    view.keyboard.press("Enter")
    expect(view.locator("main:focus")).to_have_count(1)
    view.keyboard.press("?")
    expect(view.get_by_role("dialog")).to_be_visible()
    view.keyboard.press("Escape")
    for key, title in (("z", "Zoo"), ("n", "Nets"), ("d", "Data"), ("r", "Runs")):
        view.wait_for_load_state("load")
        view.keyboard.press("g")
        view.keyboard.press(key)
        expect(view).to_have_title(re.compile(title))


def test_a_slow_network(page: Watched, shown: Served) -> None:
    view = page.page
    session = view.context.new_cdp_session(view)
    slow = {"offline": False, "latency": 300, "downloadThroughput": 50_000, "uploadThroughput": 20_000}
    session.send("Network.emulateNetworkConditions", slow)
    page.go("/")
    expect(view.get_by_role("link", name="run1")).to_be_visible(timeout=60_000)
    view.get_by_role("link", name="run1").click()
    expect(view.locator(".chart canvas").first).to_be_visible(timeout=60_000)


def test_twenty_clients_see_a_change(page: Watched, shown: Served) -> None:
    browser = page.page.context.browser
    assert browser is not None
    contexts = [browser.new_context(storage_state=page.page.context.storage_state()) for _ in range(20)]
    views = [context.new_page() for context in contexts]
    for view in views:
        view.goto(page.url)
        expect(view.get_by_role("link", name="run1")).to_be_visible(timeout=30_000)
    write_run(shown.root, "news", points=5)
    for view in views:
        expect(view.get_by_role("link", name="news")).to_be_visible(timeout=30_000)
    for context in contexts:
        context.close()

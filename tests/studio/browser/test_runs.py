"""The list of runs and the page of a run, in a browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.studio.browser.conftest import Served, Watched
from tests.studio.browser.looking import violations
from tests.studio.runs import append, write_run

pytestmark = pytest.mark.browser


def test_first_page_says_what_to_do_and_follows_a_run(page: Watched, served: Served) -> None:
    view = page.page
    expect(view.get_by_role("heading", name="No runs yet")).to_be_visible()
    assert violations(page) == []
    folder = write_run(served.root, "first", points=5)
    expect(view.get_by_role("link", name="first")).to_be_visible(timeout=30_000)
    expect(view.locator("td.progress")).to_contain_text("40 of 200")
    append(folder, points=11, start=5)
    expect(view.locator("td.progress")).to_contain_text("100 of 200", timeout=30_000)
    assert violations(page) == []


def test_search_sort_and_compare(page: Watched, served: Served) -> None:
    for name, rate in (("alpha", 0.1), ("beta", 0.2), ("gamma", 0.3)):
        write_run(served.root, name, rate=rate)
    view = page.page
    expect(view.locator("#runs tbody tr")).to_have_count(3, timeout=30_000)
    view.get_by_role("button", name="Run").click()
    expect(view.locator("#runs tbody tr a").first).to_have_text("alpha")
    view.keyboard.press("/")
    view.keyboard.type("eta")
    expect(view.locator("#runs tbody tr")).to_have_count(1)
    view.get_by_label("Search runs").fill("")
    expect(view.locator("#runs tbody tr")).to_have_count(3)
    view.get_by_label("Pick alpha").check()
    view.get_by_label("Pick gamma").check()
    view.get_by_role("button", name="Compare").click()
    expect(view.get_by_role("row", name="base_lr")).to_contain_text("0.3")
    expect(view.locator(".chart canvas").first).to_be_visible()
    assert violations(page) == []


def test_archive_is_undone(page: Watched, served: Served) -> None:
    write_run(served.root, "old")
    view = page.page
    expect(view.locator("#runs tbody tr")).to_have_count(1, timeout=30_000)
    view.get_by_label("Pick old").check()
    view.get_by_role("button", name="Archive").click()
    expect(view.locator("#runs tbody tr")).to_have_count(0)
    view.get_by_role("button", name="Undo").click()
    expect(view.locator("#runs tbody tr")).to_have_count(1)


def test_page_of_a_run(page: Watched, served: Served) -> None:
    folder = write_run(served.root, "lenet")
    (folder / "log.txt").write_text("I first line\nI a needle\n")
    view = page.page
    view.get_by_role("link", name="lenet").click(timeout=30_000)
    expect(view.locator(".chart")).to_have_count(3)
    expect(view.get_by_label("Lines of the log")).to_contain_text("first line")
    view.get_by_label("Search the log").fill("needle")
    expect(view.get_by_label("Lines of the log")).not_to_contain_text("first line")
    view.get_by_label("Tags, separated by commas").fill("good, small")
    expect(view.get_by_text("Saved.")).to_be_visible()
    view.get_by_role("combobox", name="against").select_option("seconds")
    view.get_by_label("log scale").check()
    assert violations(page) == []
    view.get_by_role("link", name="Runs").click()
    expect(view.locator(".tag").first).to_have_text("good")


@pytest.mark.parametrize(("width", "height"), [(360, 740), (3840, 2160)])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_sizes_and_themes(page: Watched, served: Served, width: int, height: int, theme: str) -> None:
    write_run(served.root, "a_run_with_a_rather_long_name_that_has_no_spaces_in_it")
    view = page.page
    view.set_viewport_size({"width": width, "height": height})
    view.evaluate(f"localStorage.setItem('theme', '{theme}')")
    for path in ("/", ""):
        if path:
            page.go(path)
        else:
            view.get_by_role("link", name="a_run_with").click(timeout=30_000)
            expect(view.locator(".chart canvas").first).to_be_visible()
        assert view.evaluate("document.documentElement.dataset.theme") == theme
        assert view.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert violations(page) == []


def test_server_that_starts_again(page: Watched, served: Served) -> None:
    page.allowed = ["ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED", "Failed to load resource"]
    view, port = page.page, served.port
    expect(view.get_by_role("heading", name="No runs yet")).to_be_visible()
    served.end()
    expect(view.get_by_text("The studio does not answer")).to_be_visible(timeout=30_000)
    served.start(port)
    write_run(served.root, "later")
    expect(view.get_by_role("link", name="later")).to_be_visible(timeout=20_000)

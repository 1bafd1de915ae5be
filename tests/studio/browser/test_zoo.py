"""The zoo, in a browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.studio.browser.conftest import Served, Watched
from tests.studio.browser.looking import violations

pytestmark = pytest.mark.browser

SLOW = 60_000


def test_entries_are_searched_and_opened(page: Watched) -> None:
    view = page.go("/zoo")
    expect(view.get_by_role("link", name="ssd-shapes", exact=True)).to_be_visible()
    assert violations(page) == []
    view.get_by_label("Search the zoo").fill("digits accuracy>0.9")
    expect(view.locator(".zoo-card")).to_have_count(2)
    view.get_by_label("Get from").select_option("classics")
    view.get_by_role("button", name="List them").click()
    expect(view.get_by_role("button", name="Get squeezenet", exact=False)).to_be_visible()
    assert violations(page) == []
    view.get_by_role("link", name="mlp-digits", exact=True).click()
    expect(view.get_by_role("heading", level=1)).to_contain_text("multilayer perceptron")
    assert violations(page) == []


def test_entry_is_verified_and_exported(page: Watched, served: Served) -> None:
    view = page.go("/zoo/mlp-digits@1")
    view.get_by_role("button", name="Verify").click()
    expect(view.locator("#entry-jobs .state.done")).to_have_count(1, timeout=SLOW)
    view.get_by_role("button", name="Export").click()
    view.get_by_label("Format").select_option("safetensors")
    view.locator("#export").get_by_role("button", name="Export").click()
    expect(view.get_by_role("link", name="mlp-digits.safetensors", exact=True)).to_be_visible(timeout=SLOW)
    assert (served.root / "exported" / "mlp-digits.safetensors").is_file()
    assert violations(page) == []


def test_publish_says_what_is_missing(page: Watched) -> None:
    view = page.go("/zoo")
    view.get_by_role("button", name="Publish a run").click()
    expect(view.get_by_text("No run has written weights yet")).to_be_visible()
    assert violations(page) == []

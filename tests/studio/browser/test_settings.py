"""The page of settings, in a browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.studio.browser.conftest import Watched
from tests.studio.browser.looking import violations

pytestmark = pytest.mark.browser


def test_tokens_and_limits(page: Watched) -> None:
    view = page.page
    view.get_by_role("link", name="Settings").click()
    view.get_by_label("Name of the token").fill("nightly")
    view.get_by_role("button", name="Make a token").click()
    expect(view.locator("#token")).to_contain_text("lz_")
    expect(view.get_by_role("cell", name="nightly", exact=True)).to_be_visible()
    view.get_by_label("On the processors").fill("3")
    expect(view.get_by_text("Saved.")).to_be_visible()
    assert violations(page) == []
    view.get_by_role("button", name="Remove nightly").click()
    expect(view.get_by_text("None yet.")).to_be_visible()

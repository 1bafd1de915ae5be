"""Looks at a page with axe."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe

from tests.studio.browser.conftest import Watched


def violations(page: Watched) -> list[str]:
    """What axe finds on the page: rule and element."""
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in Axe().run(page.page).response["violations"]]

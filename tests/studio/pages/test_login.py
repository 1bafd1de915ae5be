"""The way in; `tests/studio/security/test_guard.py` has the rest."""

from __future__ import annotations

from starlette.testclient import TestClient

from layerzoo.studio.security import Accounts, hashed
from layerzoo.studio.studio import Studio
from tests.studio.conftest import ORIGIN


def test_without_accounts_the_page_says_where_the_address_is(browser: TestClient) -> None:
    page = browser.get("/login").text
    assert "layerzoo studio" in page
    assert "<form" not in page.partition("<dialog")[0]
    answer = browser.post("/login", json={"name": "a", "password": "b"}, headers={"origin": ORIGIN})
    assert answer.status_code == 403


def test_too_many_tries_make_a_pause(browser: TestClient, studio: Studio) -> None:
    studio.accounts = Accounts({"ann": ("view", hashed("secret"))})
    browser.headers["origin"] = ORIGIN
    codes = [browser.post("/login", json={"name": "ann", "password": "x"}).status_code for _ in range(11)]
    assert codes == [403] * 10 + [429]


def test_logging_out_forgets_the_browser(browser: TestClient, studio: Studio) -> None:
    browser.get(f"/login?token={studio.sessions.token}")
    token = browser.get("/").text.partition('data-csrf="')[2].partition('"')[0]
    assert browser.post("/logout", headers={"origin": ORIGIN, "x-csrf-token": token}).status_code == 200
    assert browser.get("/api/runs").status_code in (401, 404)

"""What every request passes."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from layerzoo.studio.app import application
from layerzoo.studio.security import Site, hashed
from layerzoo.studio.security.accounts import Accounts
from layerzoo.studio.studio import Studio
from tests.studio.conftest import ORIGIN

NOTES = "/api/limits"
BODY = {"cpu": 2, "per_gpu": 1}


@pytest.fixture
def logged_in(browser: TestClient, studio: Studio) -> TestClient:
    """A browser that came by the printed address, with the page's token."""
    browser.get(f"/login?token={studio.sessions.token}")
    page = browser.get("/").text
    browser.headers["x-csrf-token"] = page.partition('data-csrf="')[2].partition('"')[0]
    browser.headers["origin"] = ORIGIN
    return browser


def test_without_a_token_nothing_is_shown(browser: TestClient) -> None:
    assert browser.get("/api/runs").status_code == 401
    answer = browser.get("/", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
    assert browser.get("/api/runs", headers={"authorization": "Bearer wrong"}).status_code == 401
    assert "token" in browser.get("/login?token=wrong").text


def test_the_printed_address_sets_a_cookie_that_scripts_and_other_sites_do_not_get(
    browser: TestClient, studio: Studio
) -> None:
    answer = browser.get(f"/login?token={studio.sessions.token}", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert studio.sessions.token.lower() not in cookie
    assert browser.get("/").status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1:1", "127.0.0.1", "evil.example:8765", ""])
def test_another_host_is_refused(client: TestClient, host: str) -> None:
    assert client.get("/api/runs", headers={"host": host}).status_code == 421


def test_a_change_needs_the_origin_and_the_token_of_the_page(logged_in: TestClient) -> None:
    assert logged_in.put(NOTES, json=BODY).status_code == 200
    for headers in (
        {"x-csrf-token": ""},
        {"x-csrf-token": "wrong"},
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ):
        assert logged_in.put(NOTES, json=BODY, headers=headers).status_code == 403
    del logged_in.headers["origin"]
    assert logged_in.put(NOTES, json=BODY).status_code == 403


def test_another_site_may_link_here_but_not_read(logged_in: TestClient) -> None:
    del logged_in.headers["origin"]
    link = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    assert logged_in.get("/", headers=link).status_code == 200
    reading = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}
    assert logged_in.get("/api/runs", headers=reading).status_code == 403


def test_a_program_needs_its_token_only(client: TestClient) -> None:
    assert client.put(NOTES, json=BODY).status_code == 200


def test_answers_forbid_scripts_of_others(client: TestClient) -> None:
    for path in ("/", "/api/runs", "/nothing", "/static/x/nothing"):
        headers = client.get(path).headers
        assert "script-src 'self'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert client.get("/api/runs").headers["cache-control"] == "no-store"


def test_a_role_that_may_only_look_changes_nothing(studio: Studio) -> None:
    studio.accounts = Accounts({"ann": ("view", hashed("secret")), "bob": ("admin", hashed("other"))})
    client = TestClient(application(studio), ORIGIN, headers={"origin": ORIGIN})
    assert client.post("/login", json={"name": "ann", "password": "wrong"}).status_code == 403
    assert client.post("/login", json={"name": "ann", "password": "secret"}).json()["role"] == "view"
    token = client.get("/").text.partition('data-csrf="')[2].partition('"')[0]
    headers = {"x-csrf-token": token}
    assert client.get("/api/runs").status_code == 200
    answer = client.put(NOTES, json=BODY, headers=headers)
    assert (answer.status_code, "your role, view" in answer.json()["error"]) == (403, True)
    studio.accounts.users["ann"] = "admin", studio.accounts.users["ann"][1]
    assert client.put(NOTES, json=BODY, headers=headers).status_code == 200
    del studio.accounts.users["ann"]
    assert client.get("/api/runs").status_code == 401


def test_a_cookie_of_an_account_is_worth_nothing_without_accounts(studio: Studio) -> None:
    studio.accounts = Accounts({"ann": ("admin", hashed("secret"))})
    client = TestClient(application(studio), ORIGIN, headers={"origin": ORIGIN})
    client.post("/login", json={"name": "ann", "password": "secret"})
    studio.accounts = None
    again = TestClient(application(studio), ORIGIN, cookies=dict(client.cookies))
    assert again.get("/api/runs").status_code == 401


def test_behind_a_proxy_with_a_path(studio: Studio) -> None:
    studio.site = Site.local("127.0.0.1", 8765, "https://example.org/nets")
    client = TestClient(application(studio), "https://example.org")
    answer = client.get(f"/nets/login?token={studio.sessions.token}", follow_redirects=False)
    assert answer.headers["location"] == "/nets/"
    cookie = answer.headers["set-cookie"].lower()
    assert "path=/nets" in cookie
    assert "secure" in cookie
    page = client.get("/nets/").text
    assert 'href="/nets/zoo"' in page
    static = page.partition('rel="stylesheet" href="')[2].partition('"')[0]
    assert client.get(static).status_code == 200
    token = page.partition('data-csrf="')[2].partition('"')[0]
    headers = {"x-csrf-token": token, "origin": "https://example.org"}
    assert client.put("/nets/api/limits", json=BODY, headers=headers).status_code == 200
    assert client.get("/api/runs").status_code in (401, 404)


def test_a_body_over_its_limit_is_refused(client: TestClient) -> None:
    answer = client.put(NOTES, content=b" " * (1 << 20) + b"{}", headers={"content-type": "application/json"})
    assert answer.status_code == 413
    assert "1,048,576 bytes" in answer.json()["error"]


@pytest.mark.parametrize(
    "path", ["/static/x/../app.py", "/static/x/..%2f..%2fapp.py", "/static/x//etc/passwd"]
)
def test_static_files_are_those_of_the_package(client: TestClient, path: str, tmp_path: Path) -> None:
    assert client.get(path).status_code == 404

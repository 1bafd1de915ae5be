"""Tokens and cookies."""

from __future__ import annotations

from pathlib import Path

from layerzoo.studio.routing import User
from layerzoo.studio.security import Sessions
from layerzoo.studio.security.sessions import LIFETIME


def test_only_the_printed_token_is_the_owners(tmp_path: Path) -> None:
    sessions = Sessions(tmp_path)
    assert sessions.owner(sessions.token) == User("", "admin")
    assert sessions.owner(sessions.token[:-1]) is None
    assert sessions.owner("") is None
    assert sessions.owner("é") is None
    assert Sessions(tmp_path).token != sessions.token


def test_a_cookie_outlives_a_start_and_ends_after_a_week(tmp_path: Path) -> None:
    cookie = Sessions(tmp_path).cookie(User("ann.b", "run"), now=1000)
    later = Sessions(tmp_path)
    user = later.user(cookie, now=1000 + LIFETIME)
    assert user is not None
    assert (user.name, user.role) == ("ann.b", "run")
    assert user.csrf
    assert later.user(cookie, now=1001 + LIFETIME) is None


def test_a_changed_cookie_is_refused(tmp_path: Path) -> None:
    sessions = Sessions(tmp_path)
    cookie = sessions.cookie(User("ann", "view"))
    assert sessions.user(cookie.replace(".view.", ".admin.")) is None
    assert sessions.user(cookie[:-1] + ("A" if cookie[-1] != "A" else "B")) is None
    for text in ("", ".", "a.b.c.d", cookie + "x", "…"):
        assert sessions.user(text) is None
    assert Sessions(tmp_path / "other").user(cookie) is None


def test_two_cookies_have_two_page_tokens(tmp_path: Path) -> None:
    sessions = Sessions(tmp_path)
    users = [sessions.user(sessions.cookie(User("ann"), now=time)) for time in (2e9, 2e9 + 1)]
    assert users[0] is not None
    assert users[1] is not None
    assert users[0].csrf != users[1].csrf


def test_the_secret_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    Sessions(tmp_path)
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600

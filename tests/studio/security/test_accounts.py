"""Accounts."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.errors import UsageError
from layerzoo.studio.routing import User
from layerzoo.studio.security import Accounts, hashed


def test_a_right_password_gives_the_role_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "accounts"
    file.write_text(f"# ours\n\nann:run:{hashed('secret')}\nbob:view:{hashed('other')}\n")
    accounts = Accounts.load(file)
    assert accounts.user("ann", "secret") == User("ann", "run")
    assert accounts.user("bob", "other") == User("bob", "view")
    assert accounts.user("ann", "other") is None
    assert accounts.user("eve", "secret") is None
    assert accounts.user("eve", "no such user....") is None
    assert accounts.role("bob") == "view"
    assert accounts.role("eve") is None


def test_hashes_of_one_password_differ() -> None:
    assert hashed("secret") != hashed("secret")
    assert "secret" not in hashed("secret")


@pytest.mark.parametrize(
    "line", ["ann", "ann:run:secret", f"ann:king:{hashed('x')}", f"a b:run:{hashed('x')}", "ann:run:scrypt$a"]
)
def test_a_line_that_is_no_account_is_named(tmp_path: Path, line: str) -> None:
    file = tmp_path / "accounts"
    file.write_text(f"# ours\n{line}\n")
    with pytest.raises(UsageError, match=r"accounts:2: expected NAME:ROLE:HASH"):
        Accounts.load(file)


def test_a_file_without_accounts_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "accounts"
    file.write_text("# nobody\n")
    with pytest.raises(UsageError, match="no accounts"):
        Accounts.load(file)


def test_ten_wrong_passwords_make_a_pause_of_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    accounts = Accounts({"ann": ("view", hashed("secret"))})
    for _ in range(10):
        assert not accounts.is_paused()
        accounts.user("ann", "wrong")
    assert accounts.is_paused()
    now[0] += 61
    assert not accounts.is_paused()

"""Tokens of programs."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.errors import UsageError
from layerzoo.studio.routing import NotFoundError, User
from layerzoo.studio.security import Tokens


def test_a_token_is_valid_until_it_is_removed(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path)
    text = tokens.add("nightly", "run")
    assert text not in (tmp_path / "tokens.json").read_text()
    assert (tmp_path / "tokens.json").stat().st_mode & 0o777 == 0o600
    assert Tokens(tmp_path).user(text) == User("nightly", "run")
    assert tokens.user(text + "x") is None
    assert tokens.user("") is None
    tokens.remove("nightly")
    assert tokens.user(text) is None
    with pytest.raises(NotFoundError, match="no token 'nightly'"):
        tokens.remove("nightly")


@pytest.mark.parametrize("name", ["", "a b", "x" * 65, "<b>", "twice"])
def test_names_that_can_not_be_used(tmp_path: Path, name: str) -> None:
    tokens = Tokens(tmp_path)
    tokens.add("twice", "view")
    with pytest.raises(UsageError, match="can't be a token's name"):
        tokens.add(name, "view")


def test_a_damaged_file_lets_nobody_in(tmp_path: Path) -> None:
    (tmp_path / "tokens.json").write_text('[{"name": "x"}]')
    assert Tokens(tmp_path).user("lz_x") is None

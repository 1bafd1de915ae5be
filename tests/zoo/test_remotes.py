"""Configured stores."""

from __future__ import annotations

from pathlib import Path

import pytest

from layerzoo.errors import UsageError
from layerzoo.zoo.remotes import Remote, offline, remotes

CONFIG = """
[stores.team]
urls = ["https://models.example.org/zoo", "file:///mirror"]
token_env = "TEAM_TOKEN"
signed = true
[stores.plain]
url = "/srv/zoo"
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LAYERZOO_HOME", str(tmp_path))
    monkeypatch.delenv("LAYERZOO_STORES", raising=False)
    return tmp_path


def test_stores_are_read_from_the_user_config(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert remotes() == []
    (home / "zoo.toml").write_text(CONFIG)
    team = Remote("team", ("https://models.example.org/zoo", "file:///mirror"), "TEAM_TOKEN", True)
    plain = Remote("plain", ("/srv/zoo",))
    assert remotes() == [team, plain]
    assert remotes(["team", "https://x.org"]) == [team, Remote("https://x.org", ("https://x.org",))]
    monkeypatch.setenv("LAYERZOO_STORES", "plain, /other")
    assert remotes() == [plain, Remote("/other", ("/other",))]
    monkeypatch.setenv("TEAM_TOKEN", "secret")
    assert [store.url for store in team.stores()] == ["https://models.example.org/zoo", "/mirror"]
    assert getattr(team.stores()[0], "token") == "secret"  # noqa: B009 (an HttpStore's)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("stores = 3", "'stores' is not a table"),
        ("[stores.x", "zoo.toml: "),
        ("[stores.x]\npassword = 'y'\nurl = 'z'", "allowed keys: signed, token_env, url, urls"),
        ("[stores.x]", "urls is missing or not a list of strings"),
        ("[stores.x]\nurls = [1]", "urls is missing or not a list of strings"),
        ("[stores.x]\nurl = 'z'\nsigned = 'yes'", "signed true or false"),
    ],
)
def test_invalid_user_config_is_refused(text: str, said: str, home: Path) -> None:
    (home / "zoo.toml").write_text(text)
    with pytest.raises(UsageError, match=said):
        remotes()


def test_offline_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for value, wanted in (("", False), ("0", False), ("no", False), ("1", True), ("yes", True)):
        monkeypatch.setenv("LAYERZOO_OFFLINE", value)
        assert offline() is wanted

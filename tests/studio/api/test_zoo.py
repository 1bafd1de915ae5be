"""The zoo over the API."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from layerzoo.zoo.push import push
from layerzoo.zoo.signing import make_key, sign
from layerzoo.zoo.store import SHIPPED, LocalZoo
from layerzoo.zoo.stores import open_store


def copied(home: Path, name: str = "lenet-digits") -> None:
    """Copy a shipped entry into the zoo of the user."""
    shutil.copytree(SHIPPED / name, home / "zoo" / name)


def test_entries_are_searched_and_filtered(client: TestClient, home: Path) -> None:
    copied(home)

    def names(query: str = "") -> list[str]:
        return [f"{one['name']} {one['where']}" for one in client.get(f"/api/zoo{query}").json()["entries"]]

    assert {"lenet-digits here", "lenet-digits part of Layerzoo"} <= set(names())
    assert names("?where=here") == ["lenet-digits here"]
    assert names("?where=here&search=accuracy>0.99") == []
    assert names("?where=here&search=accuracy>0.9") == ["lenet-digits here"]
    assert "ssd-shapes part of Layerzoo" not in names("?tag=digits")
    assert names("?license=none") == []
    assert client.get("/api/zoo?search=accuracy>x").status_code == 400


def test_damaged_entry_is_told_and_the_others_are_listed(client: TestClient, home: Path) -> None:
    copied(home)
    (home / "zoo" / "lenet-digits" / "1" / "entry.json").write_text("{}")
    found = client.get("/api/zoo").json()
    assert "lenet-digits" in found["problems"][0]
    assert len(found["entries"]) > 5


def test_entry_has_facts_card_files_and_signature(client: TestClient, home: Path) -> None:
    found = client.get("/api/zoo/entries/lenet-digits@1").json()
    assert found["row"]["results"]["accuracy"] == pytest.approx(0.9722, abs=1e-3)
    assert "431,080 params" in dict(found["facts"])["Net"]
    assert found["card"].startswith("---")
    assert found["signature"]["state"] == "unsigned"
    assert found["looks"]
    assert client.get("/api/zoo/entries/nothing").status_code == 404


def test_signatures_are_verified(client: TestClient, home: Path, tmp_path: Path) -> None:
    copied(home)
    key = make_key(tmp_path / "key")
    entry = LocalZoo().get("lenet-digits@1")
    sign(entry, tmp_path / "key")

    def state() -> str:
        return str(client.get("/api/zoo/entries/lenet-digits@1").json()["signature"]["state"])

    assert state() == "unknown"
    (home / "trusted_keys").write_text(f"{key} the team\n")
    assert state() == "trusted"
    (entry.path / "signature.json").write_text("{}")
    assert state() == "invalid"


def test_files_are_verified_and_saved_not_shown(client: TestClient, home: Path) -> None:
    copied(home)
    answer = client.get("/api/zoo/entries/lenet-digits@1/files/net.prototxt")
    assert answer.headers["content-disposition"].startswith("attachment")
    assert b"conv1" in answer.content
    assert client.get("/api/zoo/entries/lenet-digits@1/files/other").status_code == 404
    (home / "zoo" / "lenet-digits" / "1" / "net.prototxt").write_text("changed")
    assert client.get("/api/zoo/entries/lenet-digits@1/files/net.prototxt").status_code == 404


def test_stores_and_classics_are_listed(client: TestClient, home: Path, tmp_path: Path) -> None:
    copied(home)
    store = tmp_path / "store"
    push(LocalZoo().get("lenet-digits"), open_store(str(store)))
    shutil.rmtree(home / "zoo")
    (home / "zoo.toml").write_text(f'[stores.team]\nurl = "{store}"\n[stores.gone]\nurl = "{store}x"\n')
    stores = client.get("/api/zoo/stores").json()
    assert [one["name"] for one in stores["stores"]] == ["team", "gone"]
    found = client.get("/api/zoo/remote?store=team").json()
    assert [(one["address"], one["where"]) for one in found["entries"]] == [("lenet-digits@1", "team")]
    assert client.get("/api/zoo/remote").json()["problems"], "a store that doesn't answer is told"
    classics = client.get("/api/zoo/remote?store=classics").json()["entries"]
    assert all(one["where"] == "classics" for one in classics)
    assert client.get("/api/zoo/remote?store=/etc").status_code == 404

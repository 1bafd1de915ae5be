"""Static files."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from layerzoo.studio import assets
from layerzoo.studio.assets import FOLDER

VENDOR = FOLDER / "vendor"


def test_files_are_kept_by_browsers_under_an_address_that_changes(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    answer = client.get(f"/static/{assets.version()}/studio.css")
    assert answer.headers["content-type"].startswith("text/css")
    assert "immutable" in answer.headers["cache-control"]
    before = assets.version()
    (tmp_path / "a.css").write_text("x")
    monkeypatch.setattr(assets, "FOLDER", tmp_path)
    assets.version.cache_clear()
    assert assets.version() != before
    monkeypatch.undo()
    assets.version.cache_clear()
    assert assets.version() == before


def test_libraries_of_others_are_those_that_were_fetched() -> None:
    pinned = json.loads((VENDOR / "vendor.json").read_text())
    files = {path.relative_to(VENDOR).as_posix() for path in VENDOR.rglob("*") if path.is_file()}
    named = {f"{name}/{file}" for name, one in pinned.items() for file in one["files"]}
    assert files == named | {"vendor.json"}
    for name, one in pinned.items():
        for file, digest in one["files"].items():
            assert sha256((VENDOR / name / file).read_bytes()).hexdigest() == digest
        assert "LICENSE" in one["files"]

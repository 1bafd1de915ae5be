"""Texts that nets continue."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from layerzoo.errors import LayerzooError, ZooError
from layerzoo.studio.worker.texts import draw, text

TARGET = {"zoo": "char-transformer"}
HOW: dict[str, Any] = {
    "length": 20,
    "temperature": 1.0,
    "top_k": 0,
    "top_p": 1.0,
    "beam": 0,
    "count": 2,
    "seed": 5,
}


def test_text_goes_on_by_chance(home: Path) -> None:
    rows = text(TARGET, "the ", **HOW)
    assert [row["note"] for row in rows] == ["seed 5", "seed 6"]
    assert all(len(row["more"]) == 20 for row in rows)
    assert rows[0]["more"] != rows[1]["more"]
    assert text(TARGET, "the ", **HOW) == rows, "the same seed gives the same text"


def test_text_goes_on_by_search(home: Path) -> None:
    rows = text(TARGET, "the ", **{**HOW, "beam": 4})
    assert len(rows) == 2
    assert all(row["note"].startswith("log-probability -") for row in rows)


def test_net_without_texts_refuses(home: Path, tmp_path: Path) -> None:
    with pytest.raises(ZooError, match="doesn't predict the next token"):
        text({"zoo": "char-lstm"}, "the ", **HOW)
    with pytest.raises(LayerzooError):
        draw({"zoo": "lenet-digits"}, 4, 0, "", str(tmp_path / "x.png"))

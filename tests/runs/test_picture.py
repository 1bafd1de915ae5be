"""Curves as a picture."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from layerzoo.errors import MissingExtraError, UsageError
from layerzoo.runs import Curve, Panel, save_picture

PANELS = [
    Panel("loss", "seconds", [Curve("train", [0, 1], [2, 1]), Curve("test", [0], [3], net=0)], log=True),
    Panel("accuracy", "seconds", [Curve("test", [0, 1], [0.5, 1], net=0)]),
    Panel("empty", "seconds", []),
]


def test_svg_names_its_curves(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    save_picture(PANELS, tmp_path / "a.svg")
    text = (tmp_path / "a.svg").read_text()
    for word in ("loss", "accuracy", "seconds", "train", "test"):
        assert f"<!-- {word} -->" in text
    save_picture(PANELS, tmp_path / "b.svg")
    assert (tmp_path / "b.svg").read_text() == text  # no date in it, no random names


def test_save_writes_png(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    save_picture(PANELS[:1], tmp_path / "a.PNG")
    assert (tmp_path / "a.PNG").read_bytes().startswith(b"\x89PNG")
    assert [path.name for path in tmp_path.iterdir()] == ["a.PNG"]


def test_unknown_suffix_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"'a\.jpg' has to end in one of \.png, \.svg, \.pdf"):
        save_picture(PANELS, tmp_path / "a.jpg")


def test_save_without_matplotlib_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'layerzoo\[plot\]'"):
        save_picture(PANELS, tmp_path / "a.png")

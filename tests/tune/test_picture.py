"""The picture of a tune."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from layerzoo.errors import MissingExtraError, UsageError
from layerzoo.tune.axes import Axis
from layerzoo.tune.journal import Trial
from layerzoo.tune.picture import check_picture, coordinate, labels, save_picture
from layerzoo.tune.search import RandomSearch

AXES = [
    Axis("base_lr", low=1e-4, high=1.0, log=True),
    Axis("momentum", low=0.5, high=0.9),
    Axis("net.layer[ip1].inner_product_param.num_output", ("16", "64", "256")),
    Axis("type", ("Adam",)),
]


def trials(count: int) -> list[Trial]:
    search = RandomSearch(AXES, 0)
    return [Trial(n, search.propose(n), "done", n / 10) for n in range(count)] + [Trial(count, {}, "failed")]


def test_coordinates_are_from_0_to_1() -> None:
    assert [coordinate(AXES[0], text) for text in ("0.0001", "0.01", "1")] == pytest.approx([0, 0.5, 1])
    assert [coordinate(AXES[1], text) for text in ("0.5", "0.6", "0.9")] == pytest.approx([0, 0.25, 1])
    assert [coordinate(AXES[2], text) for text in AXES[2].levels] == [0, 0.5, 1]
    assert coordinate(AXES[3], "Adam") == 0.5


def test_labels_are_few() -> None:
    assert labels(AXES[2]) == [(0, "16"), (0.5, "64"), (1, "256")]
    assert [text for _, text in labels(AXES[0])] == ["0.0001", "0.01", "1"]
    assert len(labels(Axis("x", tuple(map(str, range(100)))))) <= 9
    names = tuple(f"name {n}" for n in range(30))
    assert [text for _, text in labels(Axis("x", names))] == list(names)
    assert len(labels(Axis("x", tuple(f"name {n}" for n in range(100))))) <= 40


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
@pytest.mark.parametrize("count", [1, 2, 30])
def test_picture_is_written(tmp_path: Path, suffix: str, count: int) -> None:
    path = tmp_path / f"tune.{suffix}"
    save_picture(trials(count), AXES, "accuracy", True, path)
    starts = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}
    assert path.read_bytes().startswith(starts[suffix])


def test_picture_names_axes_and_score(tmp_path: Path) -> None:
    import matplotlib

    with matplotlib.rc_context({"svg.fonttype": "none"}):
        save_picture(trials(30), AXES, "accuracy", False, tmp_path / "tune.svg")
    text = (tmp_path / "tune.svg").read_text()
    for word in ("base_lr", "momentum", "num_output", "accuracy", "importance", "30 trials; the best in red"):
        assert word in text


def test_picture_needs_a_trial_that_is_done(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no trial has a score yet"):
        save_picture(trials(0), AXES, "accuracy", True, tmp_path / "tune.png")


def test_suffix_and_library_are_checked_first(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match=r"'tune.jpg' has to end in one of .png, .svg, .pdf"):
        check_picture("tune.jpg")
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtraError, match=r"layerzoo\[plot\]"):
        check_picture("tune.png")


def test_picture_removes_what_a_killed_process_has_left_of_it(tmp_path: Path) -> None:
    left, other = (tmp_path / f".{name}.svg.999999999-01234567.part" for name in ("tune", "other"))
    for path in (left, other):
        path.write_text("<svg")
    save_picture(trials(3), AXES, "accuracy", True, tmp_path / "tune.svg")
    assert not left.exists()
    assert other.exists()

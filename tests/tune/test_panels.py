"""The picture of a search that changes one axis at a time."""

from __future__ import annotations

from pathlib import Path

from layerzoo.tune.axes import Axis
from layerzoo.tune.journal import Trial
from layerzoo.tune.panels import scores_of
from layerzoo.tune.picture import save_picture
from layerzoo.tune.search import OneAtATime

AXES = [Axis("rule", ("SGD", "Adam", "Lion")), Axis("filler", ("xavier", "msra"))]
DONE = [Trial(n, OneAtATime(AXES).propose(n), "done", n / 10) for n in range(4)]


def test_scores_of_an_axis_are_those_in_which_the_others_are_usual() -> None:
    assert scores_of(AXES[0], AXES, DONE) == [("SGD", 0.0), ("Adam", 0.1), ("Lion", 0.2)]
    assert scores_of(AXES[1], AXES, DONE) == [("xavier", 0.0), ("msra", 0.3)]


def test_picture_has_a_panel_for_each_axis_with_the_best_on_top(tmp_path: Path) -> None:
    import matplotlib

    def rows(maximise: bool) -> list[int]:
        with matplotlib.rc_context({"svg.fonttype": "none"}):
            save_picture(DONE, AXES, "accuracy", maximise, tmp_path / "tune.svg", one_at_a_time=True)
        text = (tmp_path / "tune.svg").read_text()
        for word in ("rule", "filler", "accuracy", "xavier", "msra", ">0.3<"):
            assert word in text
        return [text.index(f">{name}<") for name in ("SGD", "Adam", "Lion")]

    lowest_first = rows(maximise=True)
    assert lowest_first == sorted(lowest_first)  # an axis writes its names from below
    assert rows(maximise=False) == sorted(rows(maximise=False), reverse=True)

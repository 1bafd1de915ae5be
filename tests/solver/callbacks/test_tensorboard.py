"""TensorBoard's event files, read by TensorBoard."""

from __future__ import annotations

import logging
import resource
from pathlib import Path
from typing import Any

import pytest
import torch

from layerzoo.errors import MissingExtraError
from layerzoo.loader import parse_solver
from layerzoo.solver import Callback, Displayed, Solver
from layerzoo.solver.callbacks.tensorboard import TensorBoard, filter_picture

accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")

SOLVER = """
base_lr: 0.5 lr_policy: "fixed" max_iter: %d display: 2 test_interval: 4 test_iter: 1 snapshot: 4
solver_mode: CPU random_seed: 1 snapshot_prefix: "%s"
tensorboard_param { histogram_interval: 4 filter_interval: 4 }
net_param {
  layer { name: "d" type: "DummyData" top: "x" top: "t" dummy_data_param {
    shape { dim: 2 dim: 1 dim: 3 dim: 3 } shape { dim: 2 }
    data_filler { type: "constant" value: 1 } data_filler { type: "constant" } } }
  layer { name: "c" type: "Convolution" bottom: "x" top: "c" convolution_param {
    num_output: 3 kernel_size: 3 weight_filler { type: "gaussian" } } }
  layer { name: "l" type: "SoftmaxWithLoss" bottom: "c" bottom: "t" top: "l" }
  layer { name: "r" type: "Reshape" bottom: "t" top: "three" include { phase: TEST }
          reshape_param { shape { dim: 2 } } }
}
"""


def solve(prefix: Path, iterations: int, resume: str | None = None) -> Solver:
    solver = Solver(parse_solver(SOLVER % (iterations, prefix)), device="cpu")
    solver.solve(resume)
    return solver


def events(folder: Path) -> Any:
    found = accumulator.EventAccumulator(str(folder), {"scalars": 0, "histograms": 0, "images": 0})
    return found.Reload()


def steps(found: Any, tag: str) -> list[int]:
    return [event.step for event in found.Scalars(tag)]


def test_tensorboard_writes_scalars_histograms_and_filters(tmp_path: Path) -> None:
    solver = solve(tmp_path / "a", 6)
    found = events(tmp_path / "a.run")
    tags = found.Tags()
    assert sorted(tags["scalars"]) == [
        "test/l",
        "test/three[0]",
        "test/three[1]",
        "train/l",
        "train/lr",
        "train/total_loss",
    ]
    assert steps(found, "train/l") == steps(found, "train/lr") == [0, 2, 4]
    assert steps(found, "test/l") == [0, 4, 6], "the final net is tested"
    assert [event.value for event in found.Scalars("train/lr")] == [0.5] * 3
    assert solver.scores[0] is not None
    assert found.Scalars("test/l")[-1].value == pytest.approx(solver.scores[0].values["l"][0])
    assert tags["histograms"] == ["params/c/weight", "params/c/bias"]
    assert [event.step for event in found.Histograms("params/c/weight")] == [0, 4]
    assert found.Histograms("params/c/weight")[0].histogram_value.num == 27
    assert [(event.step, event.width, event.height) for event in found.Images("filters/c")] == [
        (0, 2 * 31 + 1, 2 * 31 + 1),  # three filters in two rows, each 3 · 10 wide, with lines between them
        (4, 63, 63),
    ]


def test_tensorboard_of_a_resumed_run_purges_later_steps(tmp_path: Path) -> None:
    solve(tmp_path / "a", 7)  # a snapshot at 4, displays to 6
    solve(tmp_path / "a", 10, resume=str(tmp_path / "a.run" / "iter_4"))
    found = events(tmp_path / "a.run")
    assert len(list((tmp_path / "a.run").glob("events.out.tfevents.*"))) == 2
    assert steps(found, "train/l") == [0, 2, 4, 6, 8]
    assert steps(found, "test/l") == [0, 4, 8, 10]


def test_tensorboard_warns_about_a_full_disk(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    class Full:
        def add_scalar(self, *args: object) -> None:
            raise OSError(28, "No space left on device")

    solver = Solver(parse_solver(SOLVER % (6, tmp_path / "a")), device="cpu")
    (watcher,) = (w for w in solver.callbacks.members if isinstance(w, TensorBoard))
    watcher._writer = Full()
    with caplog.at_level(logging.WARNING, "layerzoo"):
        solver.step(6)
    assert caplog.messages == [
        "TensorBoard's file can't be written: No space left on device; training continues without it"
    ]
    assert solver.iteration == 6


def test_tensorboard_whose_thread_fails_neither_raises_nor_hangs(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    class Limit(Callback):
        def displayed(self, shown: Displayed) -> None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (1, before[1]))

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    solver = Solver(parse_solver(SOLVER % (6, tmp_path / "a")), device="cpu")
    solver.callbacks.members.append(Limit())
    (watcher,) = (w for w in solver.callbacks.members if isinstance(w, TensorBoard))
    try:
        with caplog.at_level(logging.WARNING, "layerzoo"):
            solver.finish()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert solver.iteration == 6
    assert [m for m in caplog.messages if "TensorBoard" in m] == [
        "TensorBoard's file can't be written: File too large; training continues without it"
    ]
    assert watcher._writer is None
    assert "Traceback" not in capfd.readouterr().err


def test_check_installed_without_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("layerzoo.solver.callbacks.tensorboard.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"pip install 'layerzoo\[tensorboard\]'"):
        Solver(parse_solver(SOLVER % (6, tmp_path / "a")), device="cpu")


def test_filter_picture_scales_and_frames_grey_filters() -> None:
    weight = torch.tensor([[-1.0, 0.0], [0.5, 1.0]]).expand(1, 1, 2, 2)
    picture = filter_picture(weight)
    assert picture.shape == (1, 34, 34)
    assert picture[0, 0].tolist() == [1.0] * 34
    corners = [picture[0, y, x].item() for y in (1, 32) for x in (1, 32)]
    assert corners == [0.0, 0.5, 0.75, 1.0]


def test_filter_picture_reads_three_channels_as_bgr() -> None:
    weight = torch.zeros(5, 3, 40, 40)
    weight[4, 2] = 1.0  # the last filter sees red
    picture = filter_picture(weight)
    assert picture.shape == (3, 2 * 41 + 1, 3 * 41 + 1)
    assert picture[:, 42, 42].tolist() == [1.0, 0.0, 0.0]
    assert picture[:, 42, 83].tolist() == [1.0, 1.0, 1.0]  # no sixth filter
    assert picture[:, 1, 1].tolist() == [0.0, 0.0, 0.0]

"""Runs that become NaN or infinite: message, report, snapshots."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
import torch

from layerzoo.errors import NonFiniteError
from layerzoo.loader import parse_solver
from layerzoo.snapshot import list_snapshots
from layerzoo.solver import Solver
from layerzoo.weights import read

NET = """
layer { name: "d" type: "Dataset" top: "x" top: "t" dataset_param { name: "digits" size: 8 batch_size: 16 } }
layer { name: "n" type: "BatchNorm" bottom: "x" top: "n" }
layer { name: "a" type: "InnerProduct" bottom: "n" top: "a"
        inner_product_param { num_output: 10 weight_filler { type: "xavier" } } }
layer { name: "l" type: "SoftmaxWithLoss" bottom: "a" bottom: "t" top: "l" }
"""
BASE = """base_lr: 0.02 momentum: 0.9 lr_policy: "fixed" random_seed: 5 solver_mode: CPU snapshot_prefix: "r"
max_iter: 30 """


@pytest.fixture(autouse=True)
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def solver(text: str = "", net: str = NET, spoilt: int = 7) -> Solver:
    """A solver whose layer ``a`` returns infinite values in one iteration."""
    made = Solver(parse_solver(f"{BASE} {text} net_param {{ {net} }}"))

    def spoil(layer: torch.nn.Module, _: object, top: torch.Tensor) -> torch.Tensor:
        return top + float("inf") if made.net.clock.iteration >= spoilt else top

    made.net.layer("a").register_forward_hook(spoil)
    return made


def weights(of: Solver) -> list[torch.Tensor]:
    return [p.detach().clone() for p in of.net.learnable]


def test_stop_names_the_layer_and_saves_a_report(in_folder: Path) -> None:
    s, good = solver("iter_size: 2"), solver("iter_size: 2")
    good.step(7)
    with pytest.raises(NonFiniteError) as caught:
        s.solve()
    said = str(caught.value)
    assert caught.value.exit_code == 3
    assert said.splitlines()[0] == "iteration 7: a loss, gradient or param is NaN or infinite"
    assert "first: top 'a' of layer 'a' (InnerProduct): 16x10, 160 infinite" in said
    assert "bottom 'n': 16x1x8x8, -" in said
    assert "try: a lower base_lr, e.g. 0.002 (the rate was 0.02)" in said
    assert "clip_gradients" in said
    assert "warmup_param" in said
    assert "last snapshot" not in said
    folder = in_folder / "r.run/nonfinite_iter_7"
    assert sorted(path.name for path in folder.iterdir()) == [
        "batch.safetensors", "report.txt", "weights.safetensors",
    ]  # fmt: skip
    for name, blobs in read(folder / "weights.safetensors").items():
        for kept, before in zip(blobs, good.net.params[name], strict=True):
            assert torch.equal(kept, before), f"{name} before the update"
    good.net.clock.batch = 14
    data, label = good.net.layer("d")()
    batch = read(folder / "batch.safetensors")
    assert torch.equal(batch["x"][0], data)
    assert torch.equal(batch["t"][0], label)
    report = (folder / "report.txt").read_text()
    assert report.startswith(said.splitlines()[0])
    assert "d (Dataset) top x: 16x1x8x8, 0 to 1" in report


def test_snapshot_is_not_taken_after_a_bad_iteration(in_folder: Path) -> None:
    with pytest.raises(NonFiniteError, match="the last snapshot is of iteration 4; -resume auto"):
        solver("snapshot: 2 non_finite_param { save: false }", spoilt=5).solve()
    assert [iteration for iteration, _ in list_snapshots(in_folder / "r.run")] == [2, 4]
    assert not list((in_folder / "r.run").glob("nonfinite*"))


def test_snapshot_is_refused_for_params_that_are_not_finite(in_folder: Path) -> None:
    s = solver("snapshot: 100", spoilt=99)
    s.step(2)
    s.snapshot()
    s.net.params["a"][0].data[3, 3] = float("nan")
    with pytest.raises(NonFiniteError, match="first: param 'weight' of layer 'a': 10x64, 1 NaN, the others"):
        s.snapshot()
    assert [iteration for iteration, _ in list_snapshots(in_folder / "r.run")] == [2]


def test_ignore_warns_and_writes_no_snapshot(in_folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    s = solver("snapshot: 10 non_finite_param { action: IGNORE }", spoilt=15)
    assert s.engine.guard is None, "nothing to pay for"
    with caplog.at_level(logging.WARNING, "layerzoo"):
        assert s.solve() == 5
    assert "Iteration 20: params are not finite; no snapshot is written" in caplog.text
    assert [iteration for iteration, _ in list_snapshots(in_folder / "r.run")] == [10]


def test_skip_continues_without_the_update() -> None:
    s = solver("non_finite_param { action: SKIP }", spoilt=99)
    bad = {3, 4}
    s.net.layer("a").register_forward_hook(
        lambda _, __, top: top * float("nan") if s.net.clock.iteration in bad else top
    )
    s.step(3)
    before = weights(s)
    s.step(2)
    assert all(torch.equal(a, b) for a, b in zip(before, weights(s), strict=True)), "and BatchNorm's means"
    assert s.iteration == 5
    s.step(5)
    assert s.loss < 3


def test_data_that_are_not_finite_are_named_by_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    s = solver(spoilt=99)
    forward = s.net.layer("d").forward

    def torn() -> tuple[torch.Tensor, ...]:
        images, labels = forward()
        if s.net.clock.iteration == 2:
            images = images.clone()
            images[[3, 5], 0, 1] = float("nan")
        return images, labels

    monkeypatch.setattr(s.net.layer("d"), "forward", torn)
    with pytest.raises(NonFiniteError) as caught:
        s.step(5)
    said = str(caught.value)
    assert "first: top 'x' of layer 'd' (Dataset): 16x1x8x8, 16 NaN" in said
    assert "try: checking the source of layer 'd': samples 3, 5 of this batch (from 0)" in said
    assert "base_lr" not in said


def test_advice_names_data_of_a_large_range() -> None:
    net = NET.replace("size: 8 batch_size: 16", "size: 8 batch_size: 16").replace(
        "dataset_param {", "transform_param { scale: 255 } dataset_param {"
    )
    with pytest.raises(NonFiniteError, match=r"smaller data: 'x' ranges from 0 to 255; scale it to about 1"):
        solver(net=net).step(20)


def test_deferred_checks_find_the_first_bad_iteration(in_folder: Path) -> None:
    """Deferred checks, as on a GPU: the update and later ones have been made."""
    s, good = solver("display: 5"), solver("display: 5")
    good.step(7)
    s.engine.guard = s.loop.failures.make_guard(deferred=True)
    with pytest.raises(NonFiniteError) as caught:
        s.step(30)
    assert s.iteration == 10, "seen at the next look"
    assert str(caught.value).startswith("iteration 7:")
    assert "first: top 'a' of layer 'a'" in str(caught.value)
    kept = read(in_folder / "r.run/nonfinite_iter_7/weights.safetensors")
    assert torch.equal(kept["a"][0], good.net.params["a"][0])


def test_deferred_checks_include_the_last_iteration() -> None:
    s = solver("display: 0", spoilt=7)
    s.engine.guard = s.loop.failures.make_guard(deferred=True)
    with pytest.raises(NonFiniteError, match="iteration 7"):
        s.step(9)


def test_report_that_can_not_be_saved_does_not_hide_the_error(
    in_folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (in_folder / "r.run").write_text("in the way")
    with caplog.at_level(logging.WARNING, "layerzoo"), pytest.raises(NonFiniteError, match="first: top 'a'"):
        solver().step(9)
    assert "nonfinite_iter_7 can't be written" in caplog.text


def test_line_search_is_checked_too() -> None:
    net = NET.replace("batch_size: 16", "batch_size: 1437").replace("BatchNorm", "Flatten")
    text = BASE.replace("momentum: 0.9", 'type: "LBFGS"')
    s = Solver(parse_solver(f"{text} net_param {{ {net} }}"))
    s.net.params["a"][0].data.fill_(float("inf"))
    with pytest.raises(NonFiniteError, match="first: param 'weight' of layer 'a'"):
        s.step(1)

"""Nets of runs and configs that are not published."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch

from layerzoo.data.datasets.digits import Digits
from layerzoo.errors import SnapshotError, UsageError
from layerzoo.loader import load_net
from layerzoo.net import Net
from layerzoo.snapshot import BestScore, Snapshot, write_best
from layerzoo.zoo import Entry, load
from layerzoo.zoo.unpublished import of_config, of_run, open_deployed, scoring_state


def test_run_is_used_as_its_entry_is(run: Path, entry: Entry, zoo: object) -> None:
    net = open_deployed(of_run(run))
    published = load(entry)
    images = torch.from_numpy(Digits().load("test")[0][:8]).float()
    assert net.labels == published.labels == list("0123456789")
    assert net.preprocessing == published.preprocessing
    small = torch.nn.functional.interpolate(images, 8)
    assert torch.equal(net.scores(small), published.scores(small))


def test_best_weights_come_before_the_last(run: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(run, tmp_path / "tiny.run")
    best = Net(load_net(run / "net.prototxt"), "TEST", seed=2)
    write_best(
        copy,
        Snapshot(5, "SGD", best.params, class_names=list("abcdefghij")),
        BestScore("accuracy", 1.0, True),
    )
    found = of_run(copy)
    assert found.labels == list("abcdefghij")
    assert [Path(path).parent.name for path in found.weights] == ["best"]
    assert torch.equal(open_deployed(found).net.params["ip"][0], best.params["ip"][0])
    assert [Path(path).parent.name for path in of_run(copy, last=True).weights] == ["iter_7"]
    (copy / "labels.txt").write_text("zero\none\n")
    assert of_run(copy).labels == ["zero", "one"], "the run's own file comes first"


def test_damaged_best_weights_are_named_with_what_replaces_them(
    run: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    copy = shutil.copytree(run, tmp_path / "tiny.run")
    best = Net(load_net(run / "net.prototxt"), "TEST", seed=2)
    path = write_best(copy, Snapshot(5, "SGD", best.params), BestScore("accuracy", 1.0, True))
    weights = path / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-4] + b"\xff\xff\xff\xff")
    assert [Path(name).parent.name for name in of_run(copy).weights] == ["iter_7"]
    assert f"so those of {copy / 'iter_7'} are used: {weights}" in caplog.text
    shutil.rmtree(copy / "iter_7")
    with pytest.raises(SnapshotError, match="the run has no other weights"):
        of_run(copy)


def test_config_takes_the_names_of_the_snapshot_of_its_weights(run: Path, tmp_path: Path) -> None:
    net = Net(load_net(run / "net.prototxt"), "TEST", seed=2)
    path = write_best(
        tmp_path, Snapshot(5, "SGD", net.params, class_names=["x", "y"]), BestScore("a", 1.0, True)
    )
    assert of_config(run / "net.prototxt", [path / "weights.safetensors"]).labels == ["x", "y"]
    assert of_config(run / "net.prototxt", [tmp_path / "w.safetensors"]).labels == []


def test_folder_that_is_no_run_or_has_no_weights_is_refused(run: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not the folder of a run"):
        of_run(tmp_path)
    copy = shutil.copytree(run, tmp_path / "new.run", ignore=shutil.ignore_patterns("iter_*"))
    with pytest.raises(UsageError, match="this run has no weights yet"):
        of_run(copy)


def test_scoring_state_is_that_of_the_last_test_net(tmp_path: Path) -> None:
    file = tmp_path / "solver.prototxt"
    file.write_text('base_lr: 1 test_state {} test_state { stage: "test" }')
    assert list(scoring_state(file).stage) == ["test"]
    file.write_text("base_lr: 1")
    assert list(scoring_state(file).stage) == []
    assert list(scoring_state(tmp_path / "missing").stage) == []

"""Places in the data: other processes, or other batches, go on with the next samples."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from layerzoo.data import DataLayer
from layerzoo.errors import SnapshotError
from layerzoo.loader import parse_net
from layerzoo.net import Net
from layerzoo.ranks import Ranks
from layerzoo.snapshot import list_snapshots, read_snapshot
from layerzoo.solver.snapshots.sample_places import SamplePlaces
from layerzoo.solver.train_state import TrainState
from layerzoo.state_fields import check_state
from tests.solver.joining import train

NET = """name: "n"
layer { name: "d" type: "Dataset" top: "x" top: "t"
        transform_param { mirror: true crop_size: 6 mix_param { classes: 10 mixup_alpha: 0.4 } }
        dataset_param { name: "digits" size: 8 batch_size: 2 shuffle: true } }
layer { name: "drop" type: "Dropout" bottom: "x" top: "x" dropout_param { dropout_ratio: 0.3 } }
layer { name: "bn" type: "BatchNorm" bottom: "x" top: "x" }
layer { name: "ip" type: "InnerProduct" bottom: "x" top: "ip"
        inner_product_param { num_output: 10 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "EuclideanLoss" bottom: "ip" bottom: "t" top: "loss" }
"""
SOLVER = """net: "net.prototxt" snapshot_prefix: "r" solver_mode: CPU random_seed: 3 threads: 1
base_lr: 0.01 lr_policy: "fixed" momentum: 0.9 iter_size: 2 max_iter: 12 display: 1
distributed_param { global_batch_size: 16 sync_batch_norm: true }
"""


def _net(batch_size: int, rank: int = 0, ranks: int = 1) -> Net:
    net = Net(parse_net(NET.replace("batch_size: 2", f"batch_size: {batch_size}")), phase="TRAIN", seed=3)
    net.clock.rank, net.clock.ranks = rank, ranks
    return net


def _places(nets: list[Net], iteration: int, passes: int = 1) -> SamplePlaces:
    state, ranks = TrainState(1, torch.device("cpu")), Ranks()
    state.iteration, ranks.count = iteration, nets[0].clock.ranks
    return SamplePlaces(nets, state, passes, ranks)


def _rows(nets: list[Net], batch: int) -> list[Tensor]:
    """The tops of a batch of all processes together, row by row."""
    feeds = [list(net.fetch(batch).blobs.values()) for net in nets]
    return [torch.stack(tops, 1).flatten(0, 1) for tops in zip(*feeds, strict=True)]


@pytest.mark.parametrize(("size", "ranks"), [(8, 1), (4, 2), (2, 4)])
def test_processes_with_batches_as_large_together_go_on_with_the_same_samples(size: int, ranks: int) -> None:
    whole = _net(8)
    state = _places([whole], 5).state_dict()
    assert (state["samples"], state["batches"]) == ({"d": 40}, {"d": 8})
    nets = [_net(size, rank, ranks) for rank in range(ranks)]
    for net in nets:
        _places([net], 5).load_state_dict(state)
    for batch in (5, 200):  # the second one is in the next epoch
        for own, expected in zip(_rows(nets, batch), _rows([whole], batch), strict=True):
            assert torch.equal(own, expected)


def test_processes_with_larger_batches_go_on_with_the_next_sample(caplog: pytest.LogCaptureFixture) -> None:
    """Of batches of 2 x 3 samples 20 have been read; then 3 processes read 3 x 5 at a time."""
    state = _places([_net(3, 0, 2)], 10, passes=2).state_dict()
    assert state["samples"] == {"d": 120}
    nets = [_net(5, rank, 3) for rank in range(3)]
    for net in nets:
        _places([net], 10, passes=2).load_state_dict(state)
    assert "a batch of all processes had 6 samples before the snapshot and has 15 now" in caplog.text
    whole = next(each for each in _net(1).data_layers if isinstance(each, DataLayer))
    for batch in (20, 21):
        names = []
        for row in range(5):
            for net in nets:
                own = next(each for each in net.data_layers if isinstance(each, DataLayer))
                net.fetch(batch)
                names.append(own.sample_name(row))
        expected = []
        for number in range(120 + (batch - 20) * 15, 120 + (batch - 19) * 15):
            whole.clock.batch = number
            whole.forward()
            expected.append(whole.sample_name(0))
        assert names == expected
    later = _places([nets[0]], 12, passes=2).state_dict()
    assert later["samples"] == {"d": 120 + 4 * 15}


def test_snapshot_without_numbers_is_taken_for_one_of_batches_as_large(
    caplog: pytest.LogCaptureFixture,
) -> None:
    net = _net(4, 0, 1)
    _places([net], 10).load_state_dict({"processes": 2})
    assert net.data_layers[0].offset == 10 * 8 - 10 * 4  # type: ignore[attr-defined]
    assert "didn't count samples" in caplog.text


def test_nets_of_stages_have_places_of_their_own() -> None:
    state = _places([_net(4), _net(6)], 2).state_dict()
    assert state["samples"] == {"d": 8, "1/d": 12}


def test_damaged_numbers_are_refused() -> None:
    places = _places([_net(4)], 1)
    for broken in (
        {},
        {"processes": 0},
        {"processes": 1, "samples": {"d": -1}},
        {"processes": 1, "batches": 3},
    ):
        with pytest.raises(SnapshotError):
            check_state(broken, places.fields, "state.json")


def test_one_two_four_and_one_process_train_as_one(tmp_path: Path) -> None:
    """Mirrored, cropped and mixed images, dropout, BatchNorm, two passes an iteration."""
    for name in ("whole", "parts"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "net.prototxt").write_text(NET)
        (tmp_path / name / "solver.prototxt").write_text(SOLVER)
    parts = [
        {"folder": "parts", "processes": count, "settings": [f"max_iter={end}"], "resume": "auto"}
        for count, end in ((1, 3), (2, 6), (4, 9), (1, 12))
    ]
    errors = train(tmp_path, [{"folder": "whole", "processes": 1}, *parts])
    assert "taken with 1 processes, this run has 2: it goes on with the next samples" in errors[0]
    assert "a batch of all processes had" not in errors[0]
    ends = [list_snapshots(tmp_path / name / "r.run")[-1] for name in ("whole", "parts")]
    assert [iteration for iteration, _ in ends] == [12, 12]
    assert [read_snapshot(path).parts["samples"]["samples"] for _, path in ends] == [{"d": 192}] * 2
    whole, parted = (load_file(path / "weights.safetensors") for _, path in ends)
    assert whole.keys() == parted.keys()
    for name, blob in whole.items():
        assert (parted[name] - blob).norm() <= 1e-5 * blob.norm(), name


def test_resume_with_larger_batches_ends_after_as_many_samples(tmp_path: Path) -> None:
    """1437 digits, twice: 60 iterations of 8 samples, then 150 of 16 in two processes: 480 + 2400 >= 2874."""
    (tmp_path / "net.prototxt").write_text(NET)
    solver = (
        SOLVER.replace("max_iter: 12", "max_epoch: 2").replace("iter_size: 2 ", "").replace("display: 1", "")
    )
    (tmp_path / "solver.prototxt").write_text(solver)
    batch = "distributed_param.global_batch_size="
    errors = train(
        tmp_path,
        [
            {"folder": ".", "processes": 1, "settings": [f"{batch}8", "max_iter=60"]},
            {"folder": ".", "processes": 2, "settings": [f"{batch}16"], "resume": "auto"},
        ],
    )
    assert "and max_epoch counts samples" in errors[0]
    iteration, path = list_snapshots(tmp_path / "r.run")[-1]
    assert iteration == 60 + 150
    assert read_snapshot(path).parts["samples"]["samples"] == {"d": 480 + 150 * 16}

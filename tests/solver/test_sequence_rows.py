"""Sequences laid along the batch axis: each process reads a stream of its own."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest
from safetensors.torch import load_file

from layerzoo.data import DataLayer
from layerzoo.loader import load_net, parse_net
from layerzoo.net import Net
from layerzoo.snapshot import list_snapshots, read_snapshot
from layerzoo.solver.sequence_rows import (
    drawing_by_steps,
    losses_of_samples,
    read_streams,
    steps_in_rows,
)
from tests.shipped import FOLDER
from tests.solver.joining import train

NET = """name: "steps"
layer { name: "text" type: "HDF5Data" top: "data" top: "cont" top: "target"
        hdf5_data_param { source: "train.txt" batch_size: 4 } }
layer { name: "lstm" type: "LSTM" bottom: "data" bottom: "cont" top: "h"
        recurrent_param { num_output: 5 weight_filler { type: "uniform" min: -0.3 max: 0.3 } } }
layer { name: "score" type: "InnerProduct" bottom: "h" top: "score"
        inner_product_param { num_output: 3 axis: 2 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "score" bottom: "target" top: "loss"
        softmax_param { axis: 2 } }
"""
SOLVER = """net: "net.prototxt" snapshot_prefix: "r" solver_mode: CPU random_seed: 3 threads: 1
base_lr: 0.5 lr_policy: "fixed" momentum: 0.9 max_iter: 10
"""
ROWS = 48


def _write(folder: Path, parts: int) -> None:
    """48 steps of 2 streams; or of each stream ``parts`` parts beside each other."""
    rng = np.random.default_rng(1)
    cont = np.ones((ROWS, 2), np.float32)
    cont[rng.random(cont.shape) < 0.1] = 0
    arrays = {
        "data": rng.standard_normal((ROWS, 2, 6)).astype(np.float32),
        "cont": cont,
        "target": rng.integers(0, 3, (ROWS, 2)).astype(np.float32),
    }
    folder.mkdir()
    with h5py.File(folder / "train.h5", "w") as file:
        for name, array in arrays.items():
            file[name] = np.concatenate(np.split(array, parts), 1)
    (folder / "train.txt").write_text("train.h5\n")
    (folder / "net.prototxt").write_text(NET)
    (folder / "solver.prototxt").write_text(SOLVER)


def test_two_processes_with_two_streams_train_as_one_with_four(tmp_path: Path) -> None:
    """Ten iterations go through 40 steps: into the part of the other process, or to the start."""
    _write(tmp_path / "two", 1)
    _write(tmp_path / "one", 2)
    errors = train(
        tmp_path,
        [
            {"folder": "two", "processes": 2, "settings": ["max_iter=6"]},
            {"folder": "one", "processes": 1, "settings": ["max_iter=6"]},
            {"folder": "two", "processes": 2, "resume": "auto", "settings": ["max_iter=8"]},
            {"folder": "two", "processes": 1, "resume": "auto", "settings": ["max_iter=9"]},
        ],
    )
    assert "the first one goes on in its part of the data, the others elsewhere" in errors[0]
    assert "begin with 0, since there were 2 processes before" in errors[0]
    paths = dict(list_snapshots(tmp_path / "two" / "r.run"))
    two = load_file(paths[6] / "weights.safetensors")
    one = load_file(list_snapshots(tmp_path / "one" / "r.run")[-1][1] / "weights.safetensors")
    assert two.keys() == one.keys()
    for name, blob in one.items():
        assert (two[name] - blob).norm() <= 1e-5 * blob.norm(), name
    samples = [read_snapshot(path).parts["samples"] for path in paths.values()]
    assert [each["samples"] for each in samples] == [{"text": 24}, {"text": 32}, {"text": 36}]
    assert [each["batches"] for each in samples] == [{"text": 4}] * 3


def _rows(*layers: str) -> list[str]:
    net = Net(parse_net("\n".join([*layers, LSTM])), phase="TRAIN", device="meta")
    return [layer.name for layer in steps_in_rows(net.graph)]


DIGITS = """layer {{ name: "d" type: "Dataset" top: "d"
                  dataset_param {{ name: "digits" size: 8 batch_size: {} }} }}"""
CONT = """layer {{ name: "c" type: "DummyData" top: "cont"
                dummy_data_param {{ shape {{ dim: {} dim: {} }} }} }}"""
RESHAPE = 'layer {{ name: "r" type: "Reshape" bottom: "d" top: "x" reshape_param {{ shape {{ {} }} }} }}'
LSTM = """layer { name: "lstm" type: "LSTM" bottom: "x" bottom: "cont" top: "h"
                recurrent_param { num_output: 2 } }"""
SEQUENCE = """layer { name: "s" type: "Reshape" bottom: "d" top: "s"
                    reshape_param { shape { dim: 0 dim: 8 dim: 8 } } }
layer { name: "p" type: "Permute" bottom: "s" top: "x" permute_param { order: [1, 0, 2] } }"""


@pytest.mark.parametrize(
    ("batch", "dims", "cont", "expected"),
    [
        (12, "dim: 3 dim: 4 dim: -1", (3, 4), ["lstm"]),  # 12 rows are 3 steps of 4 streams
        (12, "dim: 3 dim: 4 dim: 64", (3, 4), ["lstm"]),
        (12, "dim: 3 dim: -1 dim: 64", (3, 4), ["lstm"]),
        (12, "dim: -1 dim: 1 dim: 64", (12, 1), ["lstm"]),  # each row is a step
        (12, "dim: 1 dim: -1 dim: 64", (1, 12), []),  # each row is a sequence of one step
    ],
)
def test_reshaped_rows_are_steps(batch: int, dims: str, cont: tuple[int, int], expected: list[str]) -> None:
    assert _rows(DIGITS.format(batch), RESHAPE.format(dims), CONT.format(*cont)) == expected


def test_sequences_that_are_samples_are_no_rows_of_steps() -> None:
    """Images as sequences of 8 rows, turned so that steps come first; 8 images, too."""
    for batch in (8, 5):
        assert _rows(DIGITS.format(batch), SEQUENCE, CONT.format(8, batch)) == []


def test_data_layers_are_told_to_read_streams(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="layerzoo")
    layers = [DIGITS.format(12), RESHAPE.format("dim: 3 dim: 4 dim: 64"), CONT.format(3, 4), LSTM]
    net = Net(parse_net("\n".join(layers)), phase="TRAIN", device="meta")
    read_streams(net)
    assert [layer.apart for layer in net.data_layers if isinstance(layer, DataLayer)] == [True]
    assert "Layer 'lstm': its steps are rows of the data; each process reads a part of them" in caplog.text


LOSSES = """layer { name: "d" type: "Dataset" top: "x" top: "t"
                    dataset_param { name: "digits" size: 8 batch_size: SIZE } }
layer { name: "a" type: "InnerProduct" bottom: "x" top: "a" loss_weight: 0.01
        inner_product_param { num_output: 10 weight_filler { type: "xavier" } } }
layer { name: "channels" type: "Reduction" bottom: "a" top: "channels" loss_weight: 1
        reduction_param { operation: MEAN axes: 0 } }
layer { name: "l" type: "SoftmaxWithLoss" bottom: "a" bottom: "t" top: "l" }
"""


def test_losses_that_grow_with_the_batch_are_sums_over_samples() -> None:
    net = Net(parse_net(LOSSES.replace("SIZE", "4")), phase="TRAIN", device="meta")
    assert [net.graph.blobs[index].name for index in losses_of_samples(net)] == ["a"]


@pytest.mark.parametrize(("mode", "summed"), [("BATCH_SIZE", ["l"]), ("VALID", []), ("FULL", [])])
def test_losses_that_are_divided_by_the_steps_are_sums_over_samples(mode: str, summed: list[str]) -> None:
    loss = f"""layer {{ name: "l" type: "SigmoidCrossEntropyLoss" bottom: "x" bottom: "x" top: "l"
                        loss_param {{ normalization: {mode} }} }}"""
    for order, expected in ((SEQUENCE, summed), (SEQUENCE.replace("1, 0, 2", "0, 1, 2"), [])):
        net = Net(parse_net("\n".join([DIGITS.format(5), order, loss])), phase="TRAIN", device="meta")
        assert [net.graph.blobs[index].name for index in losses_of_samples(net)] == expected


def test_sums_over_samples_are_those_of_both_processes() -> None:
    """Each of two processes counts its sum twice, so that the mean over them is the sum over all samples."""
    nets = [Net(parse_net(LOSSES.replace("SIZE", str(size))), phase="TRAIN", seed=3) for size in (8, 4, 4)]
    for rank, net in enumerate(nets[1:]):
        read_streams(net)
        net.clock.rank, net.clock.ranks, net.clock.shared_count = rank, 2, lambda count: count / 2
    losses = [net.loss(net.run(net.fetch(1), net.outputs_only)).item() for net in nets]
    assert sum(losses[1:]) / 2 == pytest.approx(losses[0], rel=1e-5)


def test_shipped_nets_with_steps_in_rows() -> None:
    found = []
    for path in sorted(FOLDER.rglob("*.yaml")):
        text = path.read_text()
        if "solver" in path.name or not any(kind in text for kind in ("LSTM", "GRU", "RNN")):
            continue
        net = Net(load_net(path), phase="TRAIN", device="meta")
        found += [path.name for _ in steps_in_rows(net.graph)]
    assert found == ["char_lstm_train_test.yaml"]


STEPS_FIRST = """name: "steps_first"
layer { name: "d" type: "DrawnData" top: "x" top: "t" drawn_data_param { task: "waves" batch_size: %d } }
layer { name: "cut" type: "Reshape" bottom: "x" top: "cut" reshape_param { shape { dim: 0 dim: -1 dim: 4 } } }
layer { name: "turn" type: "Permute" bottom: "cut" top: "turn" permute_param { order: 1 order: 0 order: 2 } }
layer { name: "drop" type: "Dropout" bottom: "turn" top: "dropped" }
layer { name: "channels" type: "Dropout" bottom: "dropped" top: "channels" dropout_param { axis: 2 } }
layer { name: "back" type: "Permute" bottom: "channels" top: "back"
        permute_param { order: 1 order: 0 order: 2 } }
layer { name: "last" type: "Dropout" bottom: "back" top: "last" }
layer { name: "ip" type: "InnerProduct" bottom: "last" top: "ip"
        inner_product_param { num_output: 10 weight_filler { type: "xavier" } } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "ip" bottom: "t" top: "loss" }
"""


def test_layers_that_draw_behind_steps_are_found() -> None:
    net = Net(parse_net(STEPS_FIRST % 4))
    assert drawing_by_steps(net.graph) == {"drop", "channels"}


def test_masks_behind_steps_are_those_of_the_sample_in_any_number_of_processes(tmp_path: Path) -> None:
    for folder, batch in (("two", 4), ("one", 8)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "net.prototxt").write_text(STEPS_FIRST % batch)
        (tmp_path / folder / "solver.prototxt").write_text(SOLVER)
    train(
        tmp_path,
        [
            {"folder": "two", "processes": 2, "settings": ["max_iter=6"]},
            {"folder": "one", "processes": 1, "settings": ["max_iter=6"]},
        ],
    )
    two, one = (
        load_file(list_snapshots(tmp_path / folder / "r.run")[-1][1] / "weights.safetensors")
        for folder in ("two", "one")
    )
    for name, blob in one.items():
        assert (two[name] - blob).norm() <= 1e-5 * blob.norm(), name

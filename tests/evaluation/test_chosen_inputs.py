"""Inputs of a net from files, from its data, and at random."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from layerzoo.errors import DataError, UsageError
from layerzoo.evaluation.chosen_inputs import default_blobs, first_samples, random_inputs, read_inputs
from layerzoo.loader import parse_net
from layerzoo.net import Net

DATA = """layer { name: "d" type: "DummyData" top: "x" top: "t" dummy_data_param {
  shape { dim: 4 dim: 3 } shape { dim: 4 dim: 2 } data_filler { value: 1 } } }
layer { name: "p" type: "Power" bottom: "x" top: "p" }
"""
INPUT = """layer { name: "i" type: "Input" top: "x" input_param { shape { dim: 4 dim: 3 } } }
layer { name: "p" type: "Power" bottom: "x" top: "p" }
"""
LOSS = """layer { name: "ip" type: "InnerProduct" bottom: "p" top: "y" inner_product_param { num_output: 2 } }
layer { name: "loss" type: "EuclideanLoss" bottom: "y" bottom: "t" top: "loss" }
"""


def net(text: str) -> Net:
    return Net(parse_net(text))


def test_default_blobs_are_what_the_loss_compares_and_the_first_input() -> None:
    assert default_blobs(net(DATA + LOSS).graph) == ("y", "x")
    assert default_blobs(net(INPUT).graph) == ("p", "x")
    with pytest.raises(UsageError, match="choose blobs by -of and -wrt"):
        default_blobs(
            net('layer { name: "x" type: "Parameter" top: "x" parameter_param { shape { dim: 1 } } }').graph
        )


def test_files_of_arrays_are_read(tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.arange(6).reshape(2, 3))
    found = read_inputs(tmp_path / "x.npy", "data")
    assert found["data"].dtype == torch.float32
    assert found["data"].tolist() == [[0, 1, 2], [3, 4, 5]]
    save_file({"a": torch.ones(2, dtype=torch.int64), "b": torch.zeros(1)}, tmp_path / "x.safetensors")
    found = read_inputs(tmp_path / "x.safetensors", "data")
    assert {name: value.tolist() for name, value in found.items()} == {"a": [1, 1], "b": [0]}


def test_files_that_can_not_be_read_are_errors(tmp_path: Path) -> None:
    for name in ("none.npy", "none.safetensors"):
        with pytest.raises(DataError, match=f"{name} can't be read: No such file"):
            read_inputs(tmp_path / name, "x")
        (tmp_path / name).write_bytes(b"damaged")
        with pytest.raises(DataError, match=name):
            read_inputs(tmp_path / name, "x")
    with pytest.raises(UsageError, match=r"expected a file of arrays, \.npy or \.safetensors"):
        read_inputs(tmp_path / "x.csv", "x")


def test_first_samples_are_those_of_the_first_batch() -> None:
    one = net(DATA + LOSS)
    assert {name: value.shape for name, value in first_samples(one, ["loss"], 2).items()} == {
        "x": (2, 3),
        "t": (2, 2),
    }
    assert first_samples(one, ["p"], 0)["x"].shape == (4, 3)
    assert first_samples(one, ["p"], 0).keys() == {"x"}


@pytest.mark.parametrize(("time_first", "shape"), [(True, (5, 2, 2)), (False, (2, 5, 2))])
def test_first_samples_lie_along_the_axis_of_samples(time_first: bool, shape: tuple[int, ...]) -> None:
    one = net(f"""layer {{ name: "d" type: "DrawnData" top: "x" top: "t" drawn_data_param {{
        task: "adding" batch_size: 5 count: 9 time_first: {str(time_first).lower()} length: 5 }} }}""")
    whole, found = (first_samples(one, ["x", "t"], count) for count in (0, 2))
    assert {name: value.shape for name, value in found.items()} == {"x": shape, "t": (2, 1)}
    assert torch.equal(found["x"], whole["x"][:, :2] if time_first else whole["x"][:2])
    assert torch.equal(found["t"], whole["t"][:2])


def test_random_inputs_follow_the_seed() -> None:
    one = net(INPUT)
    first, again, other = (random_inputs(one, ["p"], 2, seed, {})["x"] for seed in (1, 1, 2))
    assert first.shape == (2, 3)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_random_inputs_keep_what_data_layers_give_beside_the_first() -> None:
    one = net(DATA + LOSS)
    given = first_samples(one, ["loss"], 2)
    drawn = random_inputs(one, ["loss"], 2, 1, given)
    assert drawn["t"] is given["t"]
    assert drawn["x"].shape == (2, 3)
    assert len(set(drawn["x"].flatten().tolist())) == 6
    assert random_inputs(one, ["loss"], 2, 1, given, data=False) == given


def test_random_inputs_have_some_size_where_any_will_do() -> None:
    varying = INPUT.replace("shape { dim: 4 dim: 3 }", 'shape { dim: -1 dim: 3 } axes: "N _"')
    drawn = random_inputs(net(varying), ["p"], 0, 1, {})["x"]
    assert drawn.dim() == 2
    assert drawn.shape[1] == 3
    assert drawn.shape[0] > 0

"""Sharded training is that of one process; each process holds parts. `sharding_checks` runs in several."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from layerzoo.engine.sharding import Shards, gathered_bytes, own_groups
from layerzoo.errors import ConfigError
from layerzoo.loader import parse_net
from layerzoo.net import Net
from layerzoo.ranks import Ranks
from layerzoo.schema import ShardingParameter
from tests.processes import run_processes

RULES = ["SGD", "L1", "Nesterov", "Adam", "AdamW", "AdaGrad", "RMSProp", "AdaDelta", "Lion", "LARS", "LAMB"]
OTHERS = [
    "sums",
    "frozen",
    "params_that_stay_whole_after_the_forward_pass",
    "memory",
    "gradients_that_are_not_finite_in_one_process",
    "params_that_depend_on_samples",
    "tests_in_sequence",
]
DOUBLE = [f"{name}_in_double_precision" for name in ("SGD", "LARS", "sums")]
IN_TWO = [*RULES, *OTHERS, *DOUBLE]
IN_THREE = ["Adam", "LAMB", *OTHERS[1:], "Nesterov_in_double_precision"]

NET = """
layer { name: "in" type: "Input" top: "x" top: "t"
        input_param { shape { dim: 4 dim: 5 } shape { dim: 4 dim: 3 } } }
layer { name: "a" type: "InnerProduct" bottom: "x" top: "a" inner_product_param { num_output: 7 } }
layer { name: "n" type: "BatchNorm" bottom: "a" top: "n" }
layer { name: "p" type: "PReLU" bottom: "n" top: "p" prelu_param { channel_shared: true } }
layer { name: "b" type: "InnerProduct" bottom: "p" top: "b"
        param { name: "w" } inner_product_param { num_output: 7 } }
layer { name: "c" type: "InnerProduct" bottom: "b" top: "c"
        param { name: "w" } inner_product_param { num_output: 7 } }
layer { name: "d" type: "InnerProduct" bottom: "c" top: "d" inner_product_param { num_output: 3 } }
layer { name: "loss" type: "EuclideanLoss" bottom: "d" bottom: "t" top: "loss" }
"""
WRITES = """
layer { name: "w" type: "HDF5Output" bottom: "d" bottom: "t" hdf5_output_param { file_name: "f" } }
"""
MORE = """
layer { name: "e" type: "InnerProduct" bottom: "x" top: "e" inner_product_param { num_output: 9 } }
"""
OTHER_SHAPE = """
layer { name: "s" type: "Slice" bottom: "b" top: "one" top: "six" slice_param { slice_point: 1 } }
layer { name: "o" type: "InnerProduct" bottom: "one" top: "o"
        param { name: "w" share_mode: PERMISSIVE } inner_product_param { num_output: 49 } }
"""


def _results(folder: Path, names: list[str], count: int) -> dict[str, list[str]]:
    done = run_processes(["-m", "tests.solver.sharding_checks", *names], folder, count)
    assert all(code == 0 for code, _, _ in done), done
    return json.loads((folder / "results.json").read_text())  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def in_two(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    return _results(tmp_path_factory.mktemp("two"), IN_TWO, 2)


@pytest.fixture(scope="module")
def in_three(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    return _results(tmp_path_factory.mktemp("three"), IN_THREE, 3)


@pytest.mark.parametrize("name", IN_TWO)
def test_sharding_over_two_processes(in_two: dict[str, list[str]], name: str) -> None:
    assert in_two[name] == []


@pytest.mark.parametrize("name", IN_THREE)
def test_sharding_over_three_processes(in_three: dict[str, list[str]], name: str) -> None:
    assert in_three[name] == []


def test_own_groups_are_large_layers_that_share_no_param() -> None:
    graph = Net(parse_net(NET), phase="TRAIN").graph
    assert own_groups(graph, ShardingParameter(min_layer_size=1)) == {1: 42, 7 - 1: 24}
    assert own_groups(graph, ShardingParameter(min_layer_size=25)) == {1: 42}
    assert own_groups(graph, ShardingParameter()) == {}


def test_gathered_bytes_are_those_of_two_groups_and_the_rest() -> None:
    graph = Net(parse_net(NET), phase="TRAIN").graph
    rest = 49 + 7 + 7  # w and two biases; PReLU's slope and the statistics are never split
    assert gathered_bytes(graph, ShardingParameter()) == 8 * (42 + rest + 24)
    assert gathered_bytes(graph, ShardingParameter(min_layer_size=1)) == 8 * (42 + 24 + rest)
    graph = Net(parse_net(NET + MORE), phase="TRAIN").graph
    assert gathered_bytes(graph, ShardingParameter(min_layer_size=1)) == 8 * (42 + 54 + rest)
    kept = ShardingParameter(min_layer_size=1, reshard_after_forward=False)
    assert gathered_bytes(graph, kept) == 8 * (42 + 54 + 24 + rest)


def _refused(text: str, test: str = "") -> str:
    tests = [Net(parse_net(test), phase="TEST")] if test else []
    with pytest.raises(ConfigError) as raised:
        Shards(Net(parse_net(text), phase="TRAIN"), tests, Ranks(), ShardingParameter())
    return str(raised.value)


def test_shards_refuse_params_of_other_shapes() -> None:
    said = _refused(NET + OTHER_SHAPE)
    assert "params that layers share in different shapes can't be split by rows" in said
    assert "remove sharding from distributed_param" in said


def test_shards_refuse_test_nets_that_write_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    said = _refused(NET, NET + WRITES)
    assert "sharding: HDF5Output in a test net writes files" in said

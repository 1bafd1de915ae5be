"""Upgrading whole nets and solvers."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from layerzoo.binding import bind
from layerzoo.errors import ConfigError, Fault
from layerzoo.legacy import upgrade_net, upgrade_solver
from layerzoo.nodes import prototxt
from layerzoo.schema import NetParameter, SolverParameter
from layerzoo.source import Source
from tests.upgrading import bound, tree

TODAY = 'name: "n" layer { name: "i" type: "Input" top: "x" input_param { shape { dim: 1 } } }'


def test_upgrade_net_leaves_the_current_format_unchanged() -> None:
    root = tree(TODAY)
    before = [(node.key, node.text, node.offset) for node in root.walk()]
    assert upgrade_net(root) == []
    assert [(node.key, node.text, node.offset) for node in root.walk()] == before


def test_upgrade_net_of_an_upgraded_net_does_nothing() -> None:
    root = tree("""
        input: "x" input_dim: 1 input_dim: 1 input_dim: 1 input_dim: 1
        layers { layer { type: "conv" kernelsize: 1 num_output: 1 } bottom: "x" top: "y" }
        layers { type: DATA data_param { scale: 2 } }
    """)
    assert len(upgrade_net(root)) == 4
    assert upgrade_net(root) == []


def test_upgrade_net_refuses_two_formats_in_one_net() -> None:
    faults: list[Fault] = []
    upgrade_net(tree('layers { type: RELU }\nlayer { type: "ReLU" }'), faults)
    assert [f.message for f in faults] == ["'layer' in a net that has 'layers'"]
    assert str(faults[0].origin) == "old.prototxt:2:1"


@pytest.mark.parametrize(
    ("old", "new"), [("NESTEROV", "Nesterov"), ("2", "AdaGrad"), ("ADADELTA", "AdaDelta")]
)
def test_solver_type_becomes_type(old: str, new: str) -> None:
    root = tree(f"base_lr: 0.1 solver_type: {old}")
    assert upgrade_solver(root) == ["solver_type to type"]
    solver = bound(root, SolverParameter())
    assert solver.type == new
    assert not solver.HasField("solver_type")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('solver_type: SGD type: "SGD"', "both 'solver_type' and 'type' are set"),
        ("solver_type: ADAMS", "unknown solver_type 'ADAMS'"),
    ],
)
def test_solver_type_that_is_invalid_is_a_fault(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        upgrade_solver(tree(text))
    assert [f.message for f in caught.value.faults] == [message]


def test_upgrade_solver_upgrades_the_nets_inside() -> None:
    root = tree("net_param { layers { type: TANH } } test_net_param { layers { layer { type: 'relu' } } }")
    assert upgrade_solver(root) == ["1 layer of format V1", "1 layer of format V0"]
    solver = bound(root, SolverParameter())
    assert solver.net_param.layer[0].type == "TanH"
    assert solver.test_net_param[0].layer[0].type == "ReLU"


# What no schema of Caffe's that was released has: files of a day's work on a branch.
STRANGE = {
    "7a0659875f/examples/imagenet.prototxt": "subtraction",
    "c1faaa36ca/examples/cifar10/cifar10_full.prototxt": "norm_region",
    "4c81ee54af/examples/cifar10/cifar10_full_lrn_map_test.prototxt": "lrn_map_param",
    "4c81ee54af/examples/cifar10/cifar10_full_lrn_map_train.prototxt": "lrn_map_param",
}


def test_old_files_of_the_corpus_upgrade_and_bind(shared: Path) -> None:
    corpus = shared / "corpus"
    rows = list(csv.DictReader((corpus / "index.tsv").read_text().splitlines(), delimiter="\t"))
    old = [row for row in rows if row["style"] in ("V0", "V1")]
    assert len(old) == 136
    strange = 0
    for row in old:
        text = (corpus / row["path"]).read_bytes().decode("utf-8", "surrogateescape")
        faults: list[Fault] = []
        root = prototxt.read(Source(row["path"], text), faults)
        is_solver = row["kind"] == "solver"
        done = (upgrade_solver if is_solver else upgrade_net)(root, faults)
        assert any("of format" in line for line in done), row["path"]
        solver, net = SolverParameter(), NetParameter()
        bind(root, solver if is_solver else net, faults)
        field = next((field for path, field in STRANGE.items() if row["path"].endswith(path)), None)
        if field is not None:
            strange += 1
            assert faults
            assert all(f"'{field}'" in fault.message for fault in faults)
            continue
        assert not faults, faults[0]
        nets = [solver.net_param, solver.train_net_param, *solver.test_net_param] if is_solver else [net]
        layers = [layer for net in nets for layer in net.layer if layer.name != "input"]
        padding = text.count('"padding"')
        assert len(layers) == int(row["layers"]) - padding, row["path"]
        types = set(row["types"].replace("V1:", "").split(",")) - {"V0:padding", "Input"}
        assert {layer.type for layer in layers} == types, row["path"]
    assert strange == len(STRANGE)

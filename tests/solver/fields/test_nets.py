"""Fields that name nets, their states, their weights and the device."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from layerzoo.errors import ConfigError
from layerzoo.loader import load_solver, parse_solver
from layerzoo.schema import SolverParameter
from layerzoo.solver import Solver
from layerzoo.weights import read
from tests.solver.fields.solvers import (
    BASE,
    NET,
    SGD,
    STEPS,
    solver,
    solver_after,
    trained,
)


def test_field_net(in_folder: Path) -> None:
    (in_folder / "n.prototxt").write_text(NET)
    assert torch.equal(trained(SGD + 'net: "n.prototxt"'), trained(SGD))


def test_field_include(in_folder: Path) -> None:
    (in_folder / "n.prototxt").write_text(NET)
    (in_folder / "rates.prototxt").write_text("let { rate: 0.05 }")
    text = 'include: "rates.prototxt" net: "n.prototxt" base_lr: ${rate}'
    (in_folder / "s.prototxt").write_text(text)
    assert load_solver(in_folder / "s.prototxt").message.base_lr == pytest.approx(0.05)


def test_field_net_param() -> None:
    message = SolverParameter(base_lr=0.1, lr_policy="fixed", random_seed=1)
    message.net_param.CopyFrom(parse_solver(f"net_param {{ {NET} }}").message.net_param)
    s = Solver(message, device="cpu")
    s.step(STEPS)
    assert torch.equal(s.net.learnable[0], solver_after('base_lr: 0.1 lr_policy: "fixed"').net.learnable[0])


def test_field_train_net(in_folder: Path) -> None:
    (in_folder / "n.prototxt").write_text(NET)
    s = solver(SGD + 'train_net: "n.prototxt" test_net: "n.prototxt" test_iter: 1 test_interval: 1')
    assert "acc" not in s.net.graph.last
    with pytest.raises(ConfigError, match="2 nets to train"):
        solver(SGD + f'net_param {{ {NET} }} train_net: "n.prototxt"')


def test_field_test_net(in_folder: Path) -> None:
    (in_folder / "n.prototxt").write_text(NET)
    tests = 'test_net: "n.prototxt" test_iter: 1 test_iter: 2 test_interval: 1'
    s = solver(f"{SGD} net_param {{ {NET} }} {tests}")
    assert [tester.iterations for tester in s.tests.testers] == [1, 2]


def test_field_train_net_param() -> None:
    assert torch.equal(trained(SGD + f"train_net_param {{ {NET} }}"), trained(SGD))


def test_field_test_net_param() -> None:
    tested = NET.replace('name: "acc"', 'name: "other"').replace('top: "acc"', 'top: "other"')
    s = solver(SGD + f"train_net_param {{ {NET} }} test_net_param {{ {tested} }} test_interval: 1")
    assert s.test()[0].values.keys() == {"other", "l"}


def test_field_test_state() -> None:
    tests = "test_iter: 1 test_iter: 1 test_interval: 1"
    s = solver(f'{SGD} {tests} test_state {{}} test_state {{ stage: "scaled" }}')
    assert ["own" in net.params for net in s.test_nets] == [False, True]
    with pytest.raises(ConfigError, match="1 test_state for 2 test nets"):
        solver(f"{SGD} {tests} test_state {{}}")


def test_field_solver_mode(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr("torch.cuda.device_count", lambda: 0)
    document = parse_solver(f"{SGD} net_param {{ {NET} }} random_seed: 1")
    assert Solver(document).device.type == "cpu"
    assert "solver_mode is GPU but torch sees no GPU 0: running on the CPU" in caplog.text
    caplog.clear()
    assert solver(SGD).device.type == "cpu"
    assert not caplog.text


def test_field_device_id(monkeypatch: pytest.MonkeyPatch) -> None:
    from layerzoo.solver.config.device import choose_device

    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)
    assert choose_device(SolverParameter(device_id=1)) == torch.device("cuda", 1)
    assert choose_device(SolverParameter(device_id=2)) == torch.device("cpu")


def test_field_weights(in_folder: Path) -> None:
    first = solver_after(SGD)
    first.net.save_weights("first.caffemodel")
    second = solver_after(SGD + "weight_decay: 1")
    second.net.save_weights("second.caffemodel")
    (in_folder / "both").write_text("")
    for text in ('weights: "first.caffemodel" weights: "second.caffemodel"',
                 'weights: "first.caffemodel, second.caffemodel"'):  # fmt: skip
        assert torch.equal(solver(SGD + text).net.learnable[0], second.net.learnable[0]), "the last one wins"
    document = parse_solver(f'{BASE} {SGD} weights: "first.caffemodel" net_param {{ {NET} }}')
    other = Solver(document, weights=["second.caffemodel"])
    assert torch.equal(other.net.learnable[0], second.net.learnable[0])
    assert read(Path("first.caffemodel")) is not None


def test_weights_are_loaded_into_layers_of_test_nets_only() -> None:
    scaled = solver(SGD + 'train_state { stage: "scaled" }')
    scaled.step(STEPS)
    scaled.net.save_weights("w.caffemodel")
    tested = 'test_iter: 1 test_interval: 1 test_state { stage: "scaled" } weights: "w.caffemodel"'
    own = solver(SGD + tested).test_nets[0].params["own"][0]
    assert torch.equal(own, scaled.net.params["own"][0])

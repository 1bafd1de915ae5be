"""Solvers whose nets compute in 64 bits."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from layerzoo.engine.precision.layer_precision import params_type
from layerzoo.errors import ConfigError, UsageError
from layerzoo.loader import parse_solver
from layerzoo.net import Net
from layerzoo.schema import NetParameter
from layerzoo.solver import Solver

NET = """net_param {
  layer { name: "x" type: "DummyData" top: "x" top: "y" dummy_data_param {
    shape { dim: 5 dim: 3 } shape { dim: 5 dim: 2 }
    data_filler { type: "constant" value: 0.7 } data_filler { type: "constant" value: -0.3 } } }
  layer { name: "ip" type: "InnerProduct" bottom: "x" top: "ip"
    inner_product_param { num_output: 4 weight_filler { type: "xavier" } } }
  layer { name: "tanh" type: "TanH" bottom: "ip" top: "ip" }
  layer { name: "drop" type: "Dropout" bottom: "ip" top: "drop" }
  layer { name: "out" type: "InnerProduct" bottom: "drop" top: "out"
    inner_product_param { num_output: 2 weight_filler { type: "xavier" } } }
  layer { name: "loss" type: "EuclideanLoss" bottom: "out" bottom: "y" top: "loss" }
} """
PLAIN = NET.replace('layer { name: "drop" type: "Dropout" bottom: "ip" top: "drop" }', "").replace(
    '"drop"', '"ip"'
)
SETTINGS = 'precision: FP64 lr_policy: "fixed" max_iter: 8 random_seed: 3 solver_mode: CPU '
RULES = {
    "SGD": "momentum: 0.9 weight_decay: 0.01 clip_gradients: 0.05",
    "Nesterov": "momentum: 0.9",
    "Adam": "momentum: 0.9 clip_gradients: 0.05",
    "AdamW": "momentum: 0.9 weight_decay: 0.01",
    "AdaGrad": "",
    "RMSProp": "rms_decay: 0.9",
    "AdaDelta": "momentum: 0.9 delta: 1e-6",
    "Lion": "momentum: 0.9",
    "Muon": "momentum: 0.9",
    "LBFGS": "",
}


def solver(rule: str, net: str = NET, more: str = "") -> Solver:
    return Solver(parse_solver(f'{net} {SETTINGS} type: "{rule}" base_lr: 0.1 {RULES[rule]} {more}').message)


@pytest.mark.parametrize("rule", RULES)
def test_params_history_and_outputs_have_64_bits(rule: str) -> None:
    made = solver(rule, PLAIN if rule == "LBFGS" else NET)
    before = [param.detach().clone() for param in made.net.learnable]
    made.step(3)
    tensors = [*made.net.learnable, *made.engine.rule.history, *made.engine.outputs]
    assert made.net.dtype == torch.float64
    assert {tensor.dtype for tensor in tensors if tensor.is_floating_point()} == {torch.float64}
    after = made.net.learnable
    assert any(
        not torch.equal(param, param.float().double()) and not torch.equal(param, old)
        for param, old in zip(after, before, strict=True)
    ), "a param holds more than 32 bits"


def test_sgd_is_that_of_plain_torch_to_the_last_bits() -> None:
    """Clipped gradients, weight decay and momentum, with Caffe's V = m V + lr (g + decay w)."""
    made = solver("SGD", PLAIN)
    params = [param.detach().clone().requires_grad_() for param in made.net.learnable]
    histories = [torch.zeros_like(param) for param in params]
    x, y = (
        torch.full(shape, value, dtype=torch.float32).double()
        for shape, value in (((5, 3), 0.7), ((5, 2), -0.3))
    )
    for _ in range(6):
        w1, b1, w2, b2 = params
        out = torch.tanh(x @ w1.T + b1) @ w2.T + b2
        loss = ((out - y) ** 2).sum() / 10
        gradients = list(torch.autograd.grad(loss, params))
        norm = torch.cat([gradient.ravel() for gradient in gradients]).norm()
        scale = 0.05 / norm if norm > 0.05 else torch.ones((), dtype=torch.float64)
        rate, momentum, decay = (
            float(torch.tensor(value)) for value in (0.1, 0.9, 0.01)
        )  # as the config has them
        limit = float(torch.tensor(0.05))
        scale = limit / norm if norm > limit else scale
        for param, history, gradient in zip(params, histories, gradients, strict=True):
            history.mul_(momentum).add_(rate * (gradient * scale + decay * param.detach()))
            param.data.sub_(history)
    made.step(6)
    for found, expected in zip(made.net.learnable, params, strict=True):
        torch.testing.assert_close(found.detach(), expected.detach(), rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("rule", ["SGD", "Adam"])
def test_resume_is_exact_and_files_keep_64_bits(
    rule: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    more = 'snapshot_prefix: "r" snapshot_format: BINARYPROTO'
    whole = solver(rule, more=more)
    whole.step(8)
    cut = solver(rule, more=more)
    cut.step(5)
    folder = cut.snapshot()
    assert folder is not None
    weights = load_file(folder / "weights.safetensors")
    assert {blob.dtype for blob in weights.values()} == {torch.float64}
    shutil.copytree(folder, "kept")
    caffe = Net(cut.net.graph).double()
    caffe.load_weights("r_iter_5.caffemodel")
    for found, expected in zip(caffe.learnable, cut.net.learnable, strict=True):
        assert torch.equal(found, expected), ".caffemodel keeps doubles"
    resumed = solver(rule, more=more)
    assert resumed.restore("kept")
    resumed.step(3)
    for found, expected in zip(state(resumed), state(whole), strict=True):
        assert torch.equal(found, expected)


def state(made: Solver) -> list[Tensor]:
    return [*(param.detach() for param in made.net.learnable), *made.engine.rule.history]


def test_net_converts_data_and_inputs() -> None:
    message = parse_solver(PLAIN).message.net_param
    net = Net(message).double()
    assert net()["loss"].dtype == torch.float64
    given = NetParameter()
    given.CopyFrom(message)
    given.layer[0].Clear()
    given.layer[0].name, given.layer[0].type = "x", "Input"
    given.layer[0].top.extend(["x", "y"])
    for dims in ((5, 3), (5, 2)):
        given.layer[0].input_param.shape.add(dim=dims)
    net = Net(given).double()
    assert net(torch.ones(5, 3), torch.ones(5, 2))["loss"].dtype == torch.float64
    assert net.float()(torch.ones(5, 3), torch.ones(5, 2))["loss"].dtype == torch.float32


def test_settings_that_exclude_each_other_are_faults() -> None:
    with pytest.raises(
        ConfigError, match="FP64 applies to the whole net; layer_precision can't be set beside it"
    ):
        solver("SGD", more='layer_precision { layer: "ip" precision: BF16 }')
    text = (
        f'{NET} base_lr: 0.1 lr_policy: "fixed" max_iter: 1 layer_precision {{ layer: "ip" precision: FP64 }}'
    )
    with pytest.raises(ConfigError, match="FP64 applies to the whole net"):
        Solver(parse_solver(text).message)
    param = parse_solver(f"{NET} {SETTINGS}").message
    with pytest.raises(UsageError, match="Apple's GPUs have no 64-bit numbers"):
        params_type(param, torch.device("mps"))
    assert params_type(param, torch.device("cpu")) == torch.float64

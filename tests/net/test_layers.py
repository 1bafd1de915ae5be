"""Layers of a net: replaced by other modules, and moved without their values."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from layerzoo.engine import Engine, Layerwise
from layerzoo.errors import ExportError, UsageError, WeightsError
from layerzoo.export.python import python_source
from layerzoo.layer import LAYERS
from layerzoo.loader import parse_net
from layerzoo.net import Feed, Net
from layerzoo.optimizer import make_rule
from layerzoo.schema import LayerParameter, SolverParameter
from layerzoo.solver.make_engine import update_params

TEXT = """
layer { name: "input" type: "Input" top: "x" top: "t"
  input_param { shape { dim: 2 dim: 3 } shape { dim: 2 dim: 1 } } }
layer { name: "a" type: "InnerProduct" bottom: "x" top: "a" inner_product_param { num_output: 4
  weight_filler { type: "constant" value: 1 } } }
layer { name: "r" type: "ReLU" bottom: "a" top: "a" }
layer { name: "b.c" type: "InnerProduct" bottom: "a" top: "b" param { lr_mult: 1 } param { lr_mult: 2 }
  inner_product_param { num_output: 1 weight_filler { type: "constant" value: 2 } } }
layer { name: "l" type: "EuclideanLoss" bottom: "b" bottom: "t" top: "l" include { phase: TRAIN } }
"""
DEPLOY = TEXT.replace(' top: "t"', "", 1).replace(" shape { dim: 2 dim: 1 }", "")


class Lora(nn.Module):
    """A low-rank update of a frozen layer."""

    def __init__(self, base: nn.Module, inputs: int, outputs: int) -> None:
        super().__init__()
        self.base = base.requires_grad_(False)
        self.down, self.up = nn.Linear(inputs, 1, bias=False), nn.Linear(1, outputs, bias=False)
        nn.init.ones_(self.down.weight)
        nn.init.ones_(self.up.weight)

    def forward(self, x: Tensor) -> Tensor:
        made: Tensor = self.base(x) + self.up(self.down(x))
        return made


class Twin(nn.Module):
    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return x, x


def deploy() -> Net:
    return Net(parse_net(DEPLOY))


ONES = torch.ones(2, 3)


def test_pass_runs_the_replacement() -> None:
    net = deploy()
    assert net(ONES)["b"].tolist() == [[24.0]] * 2
    head = nn.Linear(4, 5)
    net.layers["b_c"] = head
    assert net.layers["b_c"] is head
    assert net(ONES)["b"].shape == (2, 5)
    assert net.params["b.c"] == [head.weight, head.bias]
    assert net.learnable[2:] == [head.weight, head.bias]
    assert list(net.state_dict()) == [f"layers.{n}" for n in ("a.weight", "a.bias", "b_c.weight", "b_c.bias")]
    assert [(p.lr_mult, p.own.shape) for p in net.graph.params][2:] == [(1.0, (5, 4)), (2.0, (5,))]


def _by_item(net: Net, module: nn.Module) -> None:
    net.layers["a"] = module


def _by_attribute(net: Net, module: nn.Module) -> None:
    net.layers.a = module


def _by_path(net: Net, module: nn.Module) -> None:
    net.set_submodule("layers.a", module)


def _by_update(net: Net, module: nn.Module) -> None:
    net.layers.update({"a": module})


def _past_everything(net: Net, module: nn.Module) -> None:
    net.layers._modules["a"] = module


@pytest.mark.parametrize("put", [_by_item, _by_attribute, _by_path, _by_update, _past_everything])
def test_replacement_by_every_way_of_torch(put: Any) -> None:
    net = deploy()
    put(net, Lora(net.layer("a"), 3, 4))
    assert net(ONES)["b"].tolist() == [[48.0]] * 2, "each unit: 3 of the layer, 3 of the update"
    assert len(net.params["a"]) == 4


def test_replacement_by_another_layer_type_and_an_identity() -> None:
    net = deploy()
    message = LayerParameter(name="any", type="Power")
    message.power_param.shift = 1
    net.layers["r"] = LAYERS["Power"](message, [(2, 4)])
    assert net(ONES)["b"].tolist() == [[32.0]] * 2
    assert net.layer("r").name == "r"
    net.layers["r"] = nn.Identity()
    assert net(ONES)["b"].tolist() == [[24.0]] * 2


def test_wrapper_of_a_layer_keeps_its_params_and_multipliers() -> None:
    net = Net(parse_net(TEXT), "TRAIN")
    base = net.layer("b.c")
    held = list(base.parameters())
    net.layers["b_c"] = Lora(base, 4, 1)
    specs = {id(param): spec for param, spec in zip(net.learnable, net.graph.params, strict=True)}
    assert [specs[id(param)].lr_mult for param in held] == [1.0, 2.0]
    assert [(p.name, p.lr_mult) for p in update_params(net)][2:] == [
        ("b.c.base.weight", 0.0), ("b.c.base.bias", 0.0), ("b.c.down.weight", 1.0), ("b.c.up.weight", 1.0),
    ]  # fmt: skip


def test_replacement_is_learned() -> None:
    net = Net(parse_net(TEXT), "TRAIN")
    head = nn.Linear(4, 1, bias=False)
    nn.init.zeros_(head.weight)
    net.layers["b_c"] = head
    net.layers["a"] = Lora(net.layer("a"), 3, 4)
    base = [param.clone() for param in net.layers["a"].base.parameters()]
    param = SolverParameter(base_lr=0.1, lr_policy="fixed")
    rule = make_rule(param, update_params(net), 0)
    optimized = Engine(net, rule)
    net(x=ONES, t=torch.ones(2, 1))
    net.loss().backward()
    rule.step(0.1, 0, 1.0)
    assert head.weight.tolist() == [pytest.approx([0.6] * 4)], "0.1 * units of 6 * an error of 1"
    assert all(torch.equal(a, b) for a, b in zip(base, net.layers["a"].base.parameters(), strict=True))
    assert optimized.net is net
    with pytest.raises(UsageError, match="layer 'b_c' can't be replaced: an update rule uses"):
        net.layers["b_c"] = nn.Linear(4, 1)
    other = copy.deepcopy(net)
    other.layers["b_c"] = nn.Identity()
    assert other(x=ONES, t=torch.ones(2, 4))["l"].shape == ()
    assert net.layers["b_c"] is head


def test_replacement_is_in_weights_files_and_copies(tmp_path: Path) -> None:
    net = deploy()
    head = nn.Linear(4, 1)
    net.layers["b_c"] = head
    for suffix in (".safetensors", ".caffemodel", ".h5"):
        net.save_weights(tmp_path / f"w{suffix}")
        other = deploy()
        assert other.load_weights(tmp_path / f"w{suffix}", strict=True).complete
        assert torch.equal(other.params["b.c"][0], head.weight)
        again = deploy()
        again.layers["b_c"] = nn.Linear(4, 1)
        again.load_weights(tmp_path / f"w{suffix}", strict=True)
        assert torch.equal(again(ONES)["b"], net(ONES)["b"])
    for twin in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        assert torch.equal(twin(ONES)["b"], net(ONES)["b"])
        twin.layers["b_c"] = nn.Identity()
        assert twin(ONES)["b"].shape == (2, 4)
        assert net(ONES)["b"].shape == (2, 1)


def test_sharing_uses_the_shapes_of_replacements() -> None:
    net, other = deploy(), deploy()
    net.layers["b_c"] = nn.Linear(4, 1)
    other.share_with(net)
    assert other.params["b.c"][0] is net.layers["b_c"].weight
    net.layers["b_c"] = nn.Linear(4, 5)
    with pytest.raises(WeightsError, match=r"layer 'b.c': \[\(1, 4\), \(1,\)\] here, \[\(5, 4\)"):
        deploy().share_with(net)


def test_replacement_takes_the_mode_of_the_net() -> None:
    net = deploy()
    net.layers["r"] = nn.Dropout(0.9)
    assert not net.layers["r"].training
    train = Net(parse_net(TEXT), "TRAIN")
    train.layers["r"] = nn.Dropout(0.9)
    assert train.layers["r"].training


def test_replacement_compiles_and_exports() -> None:
    net = deploy()
    net.layers["b_c"] = nn.Linear(4, 5)
    wanted = net(ONES)["b"]
    assert torch.equal(torch.compile(net, fullgraph=True, backend="eager")(ONES)["b"], wanted)
    assert torch.equal(torch.export.export(net, (ONES,)).module()(ONES)["b"], wanted)


def test_replacement_runs_its_hooks() -> None:
    net = deploy()
    net.layers["r"] = nn.ReLU()
    seen: list[Tensor] = []
    net.layers["r"].register_forward_hook(lambda module, given, made: seen.append(made))
    net(ONES)
    assert [tuple(made.shape) for made in seen] == [(2, 4)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda n: n.layers.__delitem__("a"), "layer 'a' can't be removed from a net"),
        (lambda n: delattr(n.layers, "a"), "layer 'a' can't be removed from a net"),
        (lambda n: n.layers.pop("a"), "layer 'a' can't be removed from a net"),
        (lambda n: n.layers.clear(), "can't be removed from a net"),
        (lambda n: n.layers.__setitem__("bc", nn.ReLU()), "no layer 'bc' to replace; did you mean 'b_c'"),
        (lambda n: setattr(n.layers, "extra", nn.ReLU()), "no layer 'extra' to replace"),
        (lambda n: n.layers.__setitem__("a", None), "can only be replaced by a torch.nn.Module; got None"),
        (lambda n: setattr(n.layers, "a", 3), "can only be replaced by a torch.nn.Module; got 3"),
        (
            lambda n: n.layers.__setitem__("input", nn.ReLU()),
            "layer 'input' can't be replaced: an Input layer",
        ),
    ],
)
def test_layers_refuse_wrong_replacements(change: Any, message: str) -> None:
    net = deploy()
    with pytest.raises(UsageError, match=message):
        change(net)
    assert net(ONES)["b"].tolist() == [[24.0]] * 2


def test_replacement_with_other_tops_is_refused() -> None:
    net = deploy()
    net.layers["r"] = Twin()
    with pytest.raises(UsageError, match="layer 'r' has 1 tops; the Twin in its place returned a tensor, a"):
        net(ONES)
    net.layers["r"] = nn.LSTM(4, 4)
    with pytest.raises(UsageError, match="the LSTM in its place returned a tensor, tuple"):
        net(ONES)


def test_replacement_is_not_written_as_the_config_says() -> None:
    net = deploy()
    net.layers["r"] = nn.ReLU()
    with pytest.raises(ExportError, match="these layers were replaced by modules: r"):
        python_source(net, "w.safetensors")


def test_layer_by_layer_runs_the_replacement() -> None:
    net = Net(parse_net(TEXT), "TRAIN")
    net.layers["b_c"] = nn.Linear(4, 1)
    inputs = {"x": ONES, "t": torch.ones(2, 1)}
    wanted = net(**inputs)["l"]
    net.loss().backward()
    grads = [param.grad.clone() for param in net.learnable if param.grad is not None]
    net.zero_grad()
    runner = Layerwise(net)
    runner.forward(Feed({blob.index: inputs[blob.name] for blob in net.graph.inputs}))
    runner.backward()
    assert torch.equal(runner.data[net.graph.last["l"].index], wanted)  # type: ignore[arg-type]  # it has run
    assert len(grads) == 4
    assert all(
        torch.allclose(param.grad, grad)
        for param, grad in zip(net.learnable, grads, strict=True)
        if param.grad is not None
    )


PRIORS = """
layer { name: "input" type: "Input" top: "x" top: "image" top: "d"
  input_param { shape { dim: 1 dim: 2 dim: 3 dim: 3 } shape { dim: 1 dim: 3 dim: 30 dim: 30 }
    shape { dim: 1 dim: 12 dim: 2 dim: 2 } } }
layer { name: "priors" type: "PriorBox" bottom: "x" bottom: "image" top: "priors"
  prior_box_param { min_size: 4 max_size: 9 aspect_ratio: 2 variance: 0.1 } }
layer { name: "yolo" type: "YoloDetectionOutput" bottom: "d" top: "boxes"
  yolo_detection_output_param { num_classes: 1 num_box: 2 biases: [1, 2, 3, 4] confidence_threshold: 0 } }
layer { name: "drop" type: "Dropout" bottom: "x" top: "drop" }
"""


@pytest.mark.parametrize("device", ["meta", "cpu"])
def test_constants_outlive_a_move_without_values(device: str) -> None:
    inputs = [torch.rand(1, *shape) for shape in ((2, 3, 3), (3, 30, 30), (12, 2, 2))]
    wanted = Net(parse_net(PRIORS))(*inputs)
    moved = Net(parse_net(PRIORS), device=device).to_empty(device="cpu")
    assert wanted["priors"].std() > 0
    assert wanted["boxes"].shape[2] > 1
    got = moved(*inputs)
    assert all(torch.equal(got[name], wanted[name]) for name in wanted)
    assert moved.passes is not None
    assert int(moved.passes.number) == 0


def test_constants_of_replaced_layers_are_those_of_their_module() -> None:
    net = Net(parse_net(PRIORS))
    net.layers["priors"] = nn.Identity()
    net.layers["drop"] = nn.BatchNorm2d(2)
    assert net.to_empty(device="meta").layers["drop"].running_mean.is_meta

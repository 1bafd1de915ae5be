"""The blobs that a net keeps of its last pass, and copies of the net."""

from __future__ import annotations

import copy
import gc
import pickle
import weakref
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from layerzoo.errors import UsageError
from layerzoo.loader import parse_net
from layerzoo.net import Net
from layerzoo.schema import SolverParameter
from layerzoo.solver import Solver

DATA = """layer { name: "in" type: "DummyData" top: "x" top: "t" dummy_data_param {
  shape { dim: 4 dim: 3 } shape { dim: 4 dim: 1 } data_filler { type: "gaussian" } } }"""
INPUT = """layer { name: "in" type: "Input" top: "x" top: "t"
  input_param { shape { dim: 4 dim: 3 } shape { dim: 4 dim: 1 } } }"""
LAYERS = """
layer { name: "a" type: "InnerProduct" bottom: "x" top: "a" param { name: "w" } param { lr_mult: 1 }
  inner_product_param { num_output: 3 weight_filler { type: "gaussian" } } }
layer { name: "s" type: "Sigmoid" bottom: "a" top: "s" }
layer { name: "c" type: "InnerProduct" bottom: "s" top: "c" param { name: "w" }
  inner_product_param { num_output: 3 bias_term: false } }
layer { name: "b" type: "InnerProduct" bottom: "c" top: "b"
  inner_product_param { num_output: 1 weight_filler { type: "gaussian" } } }
layer { name: "l" type: "EuclideanLoss" bottom: "b" bottom: "t" top: "l" }
"""


def net(phase: str = "TRAIN") -> Net:
    return Net(parse_net(INPUT + LAYERS), phase)  # type: ignore[arg-type]


def batch() -> dict[str, Tensor]:
    return {"x": torch.linspace(-1, 1, 12).reshape(4, 3), "t": torch.ones(4, 1)}


def solver(**fields: object) -> Solver:
    param = SolverParameter(
        base_lr=0.1,
        lr_policy="fixed",
        max_iter=9,
        momentum=0.9,
        test_iter=[1],
        test_interval=9,
        random_seed=1,
    )
    param.net_param.CopyFrom(parse_net(DATA + LAYERS).message)
    return Solver(param, device="cpu")


def test_values_are_kept_and_the_loss_has_its_graph() -> None:
    n = net()
    n(**batch())
    assert n.blobs["c"].shape == (4, 3)
    first, again = n.loss(), n.loss()
    first.backward(retain_graph=True)
    grads = [param.grad.clone() for param in n.parameters() if param.grad is not None]
    again.backward()
    assert len(grads) == 4
    assert all(
        torch.allclose(p.grad, 2 * g)
        for p, g in zip(n.parameters(), grads, strict=True)
        if p.grad is not None
    )
    assert n.blobs["c"].shape == (4, 3)
    assert n.loss().item() == first.item()


def test_gradient_penalty_on_the_loss() -> None:
    n = net()
    inputs = batch()
    inputs["x"].requires_grad_()
    n(**inputs)
    (slope,) = torch.autograd.grad(n.loss(), inputs["x"], create_graph=True)
    (n.loss() + slope.square().sum()).backward()
    assert all(param.grad is not None for param in n.parameters())


def test_activations_are_freed_after_backward() -> None:
    n = net()
    seen: list[weakref.ref[Tensor]] = []
    for name in ("a", "s", "c"):
        n.layer(name).register_forward_hook(lambda module, given, made: seen.append(weakref.ref(made)))
    n(**batch())
    n.loss().backward()
    gc.collect()
    assert [ref() for ref in seen] == [None] * 3
    assert n.blobs["s"].grad_fn is None


def test_tensors_are_freed_when_the_next_pass_begins() -> None:
    n = net()
    n(**batch())
    storage = weakref.ref(n.blobs["s"].untyped_storage())
    held: list[object] = []
    n.layer("a").register_forward_pre_hook(lambda module, given: held.append(storage()))
    n(**batch())
    gc.collect()
    assert held == [None]


def test_blob_with_a_reference_has_its_graph() -> None:
    n = net()
    kept: list[Tensor] = []
    n.layer("s").register_forward_hook(lambda module, given, made: kept.append(made))
    out = n(**batch())
    assert n.blobs["s"] is kept[0]
    assert n.blobs["l"] is out["l"]
    (grad,) = torch.autograd.grad(n.loss(), n.blobs["s"])
    assert grad.shape == (4, 3)


@pytest.mark.parametrize("how", [copy.deepcopy, lambda n: pickle.loads(pickle.dumps(n))])
def test_copy_after_a_pass(how: object) -> None:
    n = net()
    out = n(**batch())
    n.loss().backward()
    other = how(n)  # type: ignore[operator]
    assert other(**batch())["l"].item() == out["l"].item()
    assert other.params["a"][0] is other.params["c"][0]
    assert other.params["a"][0] is not n.params["a"][0]
    with torch.no_grad():
        for param in n.parameters():
            param.zero_()
    assert other(**batch())["l"].item() == out["l"].item()
    with pytest.raises(UsageError, match="no forward pass has been run"):
        copy.deepcopy(n).blobs["a"]


def test_copy_after_training() -> None:
    trained = solver()
    trained.step(3)
    trained.test()
    other, tester = copy.deepcopy(trained.net), copy.deepcopy(trained.test_nets[0])
    values = {name: [p.clone() for p in blobs] for name, blobs in other.params.items()}
    trained.step(3)
    assert all(
        torch.equal(p, v) for name, ps in other.params.items() for p, v in zip(ps, values[name], strict=True)
    )
    assert other.params["a"][0] is other.params["c"][0]
    assert torch.equal(tester.params["a"][0], other.params["a"][0])
    other.clock.batch = 0
    other().get("l")
    other.loss().backward()


def test_averaged_model_copies_a_net() -> None:
    n = net()
    n(**batch())
    averaged = AveragedModel(n)
    n.loss().backward()
    before = [param.detach().clone() for param in n.parameters()]
    averaged.update_parameters(n)
    assert averaged(**batch())["l"].item() == n(**batch())["l"].item()
    with torch.no_grad():
        for param in n.parameters():
            param.add_(2)
    averaged.update_parameters(n)
    means = list(averaged.module.parameters())
    assert all(torch.allclose(mean, old + 1) for mean, old in zip(means, before, strict=True))
    assert averaged.module.params["a"][0] is averaged.module.params["c"][0]


def test_outputs_after_a_step_that_ran_layer_by_layer() -> None:
    trained = solver(debug_info=True, display=1)
    trained.step(2)
    assert trained.net.blobs["l"].item() == pytest.approx(trained.loss)


def test_outputs_after_a_training_step() -> None:
    trained = solver()
    trained.step(2)
    assert trained.net.blobs["l"].item() == pytest.approx(trained.loss)
    assert trained.net.loss().item() == trained.net.blobs["l"].item()
    assert not trained.net.blobs["l"].requires_grad
    with pytest.raises(UsageError, match=r"blob 'c' is missing \(a training or test step keeps only outputs"):
        trained.net.blobs["c"]
    assert trained.net(end="c")["c"].shape == (4, 3)
    assert trained.net.blobs["c"].shape == (4, 3)
    score = trained.test()[0]
    assert trained.test_nets[0].blobs["l"].item() == pytest.approx(score.values["l"][0])


def test_pass_after_a_training_step_explains_a_missing_blob() -> None:
    s = solver()
    s.step(1)
    with pytest.raises(UsageError, match="a training or test step keeps only outputs and losses"):
        s.net.blobs["c"]
    s.net(end="s")
    with pytest.raises(UsageError, match="the last pass did not compute it"):
        s.net.blobs["c"]


def test_copy_keeps_the_position_of_a_data_layer(tmp_path: Path) -> None:
    text = """layer { name: "d" type: "Dataset" top: "x" top: "t"
          dataset_param { name: "digits" batch_size: 3 } }
        layer { name: "f" type: "InnerProduct" bottom: "x" top: "f" inner_product_param { num_output: 2 } }"""
    n = Net(parse_net(text))
    n()
    other = copy.deepcopy(n)
    assert torch.equal(other()["t"], n()["t"])


def test_pass_without_gradients_keeps_only_values() -> None:
    n = net()
    with torch.no_grad():
        out = n(**batch())
    assert n.blobs["l"] is out["l"]
    assert isinstance(n.layers, nn.ModuleDict)

"""Estimates of the memory of training."""

from __future__ import annotations

import gc

import pytest
import torch
from google.protobuf import text_format

from layerzoo.engine import Engine
from layerzoo.engine.memory import estimate
from layerzoo.engine.memory.estimate import (
    MemoryEstimate,
    batch_size_of,
    estimate_memory,
    readable,
    set_batch_size,
)
from layerzoo.engine.precision.layer_precision import apply_precision
from layerzoo.functional.loss import LabelCheck
from layerzoo.functional.transforms import values_hidden
from layerzoo.loader import parse_net
from layerzoo.net import Net
from layerzoo.optimizer import UpdateParam, make_rule
from layerzoo.schema import SolverParameter

NET = """
layer { name: "d" type: "Dataset" top: "x" top: "t" dataset_param { name: "digits" size: 8 batch_size: 16 } }
layer { name: "a" type: "InnerProduct" bottom: "x" top: "a" inner_product_param { num_output: 100 } }
layer { name: "b" type: "InnerProduct" bottom: "a" top: "b" inner_product_param { num_output: 10 } }
layer { name: "l" type: "EuclideanLoss" bottom: "b" bottom: "b" top: "l" }
"""


def engine(text: str = NET, solver: str = "momentum: 0.9 base_lr: 0.1") -> Engine:
    net = Net(parse_net(text), phase="TRAIN")
    param = text_format.Parse(solver, SolverParameter())
    apply_precision(net, param)
    return Engine(net, make_rule(param, [UpdateParam(p) for p in net.learnable]))


def test_params_gradients_and_history_are_exact() -> None:
    found = estimate_memory(engine())
    params = 4 * (64 * 100 + 100 + 100 * 10 + 10)
    assert (found.params, found.gradients, found.history) == (params, params, params)
    assert estimate_memory(engine(solver="type: 'Adam' base_lr: 0.1")).history == 2 * params
    assert found.batch_size == 16


def test_activations_are_those_that_autograd_keeps() -> None:
    e = engine()
    kept: dict[int, int] = {p.data_ptr(): 0 for p in e.net.parameters()}

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        kept.setdefault(tensor.untyped_storage().data_ptr(), tensor.untyped_storage().nbytes())
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        values = e.net.run(e.net.fetch(), e.net.outputs_only)
    assert values
    moving = 4 * 16 * (64 + 100)
    assert estimate_memory(e).activations == pytest.approx(sum(kept.values()) + moving, rel=0.1)


def test_activations_in_16_bits_are_smaller() -> None:
    assert (
        estimate_memory(engine(solver="precision: BF16 base_lr: 0.1")).per_sample
        < estimate_memory(engine(solver="base_lr: 0.1")).per_sample
    )


def test_estimate_memory_restores_the_net() -> None:
    text = NET.replace('bottom: "a" top: "b"', 'bottom: "n" top: "b"').replace(
        'layer { name: "b"', 'layer { name: "n" type: "BatchNorm" bottom: "a" top: "n" } layer { name: "b"'
    )
    e = engine(text)
    e.net.layer("n").mean.data.fill_(3)  # type: ignore[union-attr]  # a param
    before = [p.detach().clone() for p in e.net.parameters()]
    estimate_memory(e)
    assert all(torch.equal(a, b) for a, b in zip(before, e.net.parameters(), strict=True))
    assert e.net.clock.batch == 0


def test_estimate_of_a_net_of_fixed_batch_size_uses_shapes() -> None:
    text = NET.replace('bottom: "a" top: "b"', 'bottom: "r" top: "b"').replace(
        'layer { name: "b"',
        """layer { name: "r" type: "Reshape" bottom: "a" top: "r"
        reshape_param { shape { dim: 16 dim: 100 } } } layer { name: "b\"""",
    )
    found = estimate_memory(engine(text))
    assert found.per_sample == 4 * (100 + 100 + 10)
    assert found.constant == 0


def test_estimate_includes_a_test_net_with_larger_blobs() -> None:
    large = Net(parse_net(NET.replace("batch_size: 16", "batch_size: 1600")), phase="TEST")
    alone, both = estimate_memory(engine()), estimate_memory(engine(), [large])
    assert both.activations == 4 * 1600 * (64 + 1 + 100), "data, labels and the first top, at once"
    assert both.per_sample == alone.per_sample


ESTIMATE = MemoryEstimate(params=100, gradients=100, history=200, constant=50, per_sample=10, batch_size=64)


def test_largest_and_smaller_batch_that_fit() -> None:
    assert ESTIMATE.total == 450 + 640
    assert ESTIMATE.largest_batch(450 + 79) == 7
    assert ESTIMATE.largest_batch(400) == 0
    assert ESTIMATE.smaller_batch(450 + 320, 1) == (32, 2)
    assert ESTIMATE.smaller_batch(450 + 319, 3) == (16, 12)
    assert ESTIMATE.smaller_batch(455, 1) is None


def test_smaller_batch_of_an_odd_size_loses_no_sample() -> None:
    odd = MemoryEstimate(0, 0, 0, 0, 10, 100)
    assert odd.smaller_batch(250, 1) == (25, 4)
    assert odd.smaller_batch(130, 1) == (12, 9), "9 times 12 are 108"


def test_set_batch_size_changes_data_layers() -> None:
    e = engine()
    e.net.run(e.net.fetch(), e.net.outputs_only)
    set_batch_size(e.net, 5)
    assert batch_size_of(e.net) == 5
    assert e.net.layer("d")()[0].shape == (5, 1, 8, 8)


def test_batch_size_of_a_net_without_data_is_0() -> None:
    net = Net(
        parse_net('layer { name: "p" type: "Parameter" top: "p" parameter_param { shape { dim: 2 } } }')
    )
    assert batch_size_of(net) == 0


def test_readable_formats_bytes() -> None:
    assert [readable(n) for n in (100, 1536, 5 << 20, 3 << 30, 5 << 40)] == [
        "100 B", "1.5 KiB", "5.0 MiB", "3.0 GiB", "5120.0 GiB",
    ]  # fmt: skip


def test_nothing_is_measured_where_two_samples_might_not_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    e = engine()
    shapes = 4 * (100 + 10) + 4 // 16
    monkeypatch.setattr(estimate, "available_memory", lambda _: 2 * shapes - 1)
    monkeypatch.setattr(estimate, "_kept", lambda *_: pytest.fail("it was measured"))
    found = estimate_memory(e)
    assert (found.constant, found.per_sample) == (0, shapes)


def test_estimate_memory_leaves_no_graph_alive() -> None:
    e = engine(NET.replace('type: "InnerProduct" bottom: "a"', 'type: "Sigmoid" bottom: "a"'))
    estimate_memory(e)  # a sigmoid's gradient needs its own output
    gc.collect()
    alive = [value for value in gc.get_objects() if isinstance(value, torch.Tensor) and value.grad_fn]
    assert not alive


def test_estimate_memory_leaves_no_label_out_of_range() -> None:
    text = """
    layer { name: "d" type: "Dataset" top: "x" top: "t"
            dataset_param { name: "digits" size: 8 batch_size: 16 } }
    layer { name: "a" type: "InnerProduct" bottom: "x" top: "a" inner_product_param { num_output: 3 } }
    layer { name: "i" type: "Parameter" top: "i" parameter_param { shape { dim: 4 } } }
    layer { name: "g" type: "Gather" bottom: "a" bottom: "i" top: "g" }
    layer { name: "l" type: "Reduction" bottom: "g" top: "l" loss_weight: 1 }
    """
    e = engine(text)
    with torch.no_grad():
        e.net.params["i"][0].copy_(torch.tensor([15.0, 0, 7, 8]))
    gather = e.net.layer("g")
    assert isinstance(gather, LabelCheck)
    with values_hidden():  # as on a GPU: indices are checked later
        estimate_memory(e)  # with batches of one and two, which have no sample 15
        gather.check_labels()
        e.net.run(e.net.fetch(), e.net.outputs_only)
    gather.check_labels()
    assert gather.label_range.tolist() == [0, -1, 16]

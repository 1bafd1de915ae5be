"""The engine against plain torch."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from layerzoo import engine as engines
from layerzoo.engine import Engine
from layerzoo.loader import parse_net
from layerzoo.net import Net
from layerzoo.optimizer import UpdateParam, make_rule
from layerzoo.schema import SolverParameter

NET = """
layer { name: "d" type: "DummyData" top: "x" top: "t" dummy_data_param {
  shape { dim: 4 dim: 3 } shape { dim: 4 } data_filler { type: "gaussian" }
  data_filler { type: "constant" value: 1 } } }
layer { name: "a" type: "InnerProduct" bottom: "x" top: "a"
        inner_product_param { num_output: 2 weight_filler { type: "gaussian" } } }
layer { name: "l" type: "SoftmaxWithLoss" bottom: "a" bottom: "t" top: "l" %s }
"""


def engine(extra: str = "", iter_size: int = 1) -> Engine:
    net = Net(parse_net(NET % extra), phase="TRAIN", seed=2)
    solver = SolverParameter(base_lr=1, lr_policy="fixed", iter_size=iter_size)
    rule = make_rule(solver, [UpdateParam(p) for p in net.learnable])
    return Engine(net, rule, iter_size)


def batch(e: Engine, number: int) -> torch.Tensor:
    """The images of a batch of the data layer."""
    e.net.clock.batch = number
    return e.net.layer("d")()[0]


def test_train_step_runs_forward_backward_update() -> None:
    e = engine()
    w, b = (p.detach().clone().requires_grad_() for p in e.net.learnable)
    expected = F.cross_entropy(F.linear(batch(e, 3), w, b), torch.ones(4, dtype=torch.long))
    expected.backward()
    loss = e.train_step(3, 0.5)
    assert torch.allclose(loss, expected)
    assert torch.allclose(e.net.learnable[0], w.detach() - 0.5 * w.grad)
    assert torch.allclose(e.outputs[0], expected)
    assert not e.outputs[0].requires_grad


def test_train_step_asks_for_a_rate_that_depends_on_the_loss() -> None:
    one, other = engine(), engine()
    seen: list[float] = []

    def rate(loss: torch.Tensor) -> float:
        seen.append(float(loss))
        return 0.5

    loss = one.train_step(3, rate)
    other.train_step(3, 0.5)
    assert seen == [float(loss)]
    assert torch.equal(one.net.learnable[0], other.net.learnable[0])


def test_loss_weight_scales_the_total_not_the_output() -> None:
    e, weighted = engine(), engine("loss_weight: 3")
    assert torch.allclose(weighted.train_step(0, 0.0), 3 * e.train_step(0, 0.0))
    assert torch.equal(weighted.outputs[0], e.outputs[0])


def test_iter_size_takes_its_batches_one_after_the_other() -> None:
    e = engine(iter_size=2)
    w, b = e.net.learnable
    target = torch.ones(4, dtype=torch.long)
    losses = [F.cross_entropy(F.linear(batch(e, k), w, b), target).detach() for k in (6, 7)]
    assert torch.allclose(e.train_step(3, 0.0), sum(losses) / 2)


def test_gradients_start_from_zero_each_iteration() -> None:
    e = engine()
    e.gradients(0)
    first = [p.grad.clone() for p in e.net.learnable]
    e.gradients(0)
    assert all(torch.equal(a, p.grad) for a, p in zip(first, e.net.learnable, strict=True))


def test_step_keeps_only_outputs_without_autograd_graph() -> None:
    e = engine()
    (loss,) = engines.test_step(e.net, 5)
    assert not loss.requires_grad
    values = e.net.run(e.net.fetch(), e.net.outputs_only)
    assert [value is not None for value in values] == [False, False, False, True]


def test_loss_only_changes_nothing() -> None:
    e = engine()
    before = [p.detach().clone() for p in e.net.learnable]
    assert torch.allclose(e.loss_only(4), e.train_step(4, 0.0))
    assert all(torch.equal(a, p) for a, p in zip(before, e.net.learnable, strict=True))

"""The check of losses and gradients before an update."""

from __future__ import annotations

import logging
from typing import NoReturn

import pytest
import torch

from layerzoo.engine import Engine
from layerzoo.engine.observers.guard import Guard, carried_tensors
from layerzoo.engine.precision.loss_scale import LossScale
from layerzoo.errors import DataError, NonFiniteError
from layerzoo.loader import parse_net
from layerzoo.net import Net
from layerzoo.optimizer import UpdateParam, make_rule
from layerzoo.schema import LossScaleParameter, NonFiniteParameter, SolverParameter

NET = """
layer { name: "d" type: "DummyData" top: "x" top: "t" dummy_data_param {
  shape { dim: 4 dim: 3 } shape { dim: 4 dim: 2 } data_filler { type: "gaussian" } } }
layer { name: "n" type: "BatchNorm" bottom: "x" top: "n" }
layer { name: "a" type: "InnerProduct" bottom: "n" top: "a"
        inner_product_param { num_output: 2 weight_filler { type: "gaussian" } } }
layer { name: "l" type: "EuclideanLoss" bottom: "a" bottom: "t" top: "l" }
"""


class Spoiler:
    """Makes a blob infinite in given iterations."""

    def __init__(self, net: Net, layer: str = "a") -> None:
        self.now = False
        net.layer(layer).register_forward_hook(lambda _, __, top: top * (float("inf") if self.now else 1))


def found(iteration: int) -> NoReturn:
    raise NonFiniteError(f"at {iteration}")


def engine(scale: LossScale | None = None, **how: object) -> tuple[Engine, Guard, Spoiler]:
    net = Net(parse_net(NET), phase="TRAIN", seed=2)
    rule = make_rule(SolverParameter(base_lr=1, momentum=0.5), [UpdateParam(p) for p in net.learnable])
    made = Engine(net, rule, 1, scale)
    deferred = how.pop("deferred", None)
    param = NonFiniteParameter(**how)  # type: ignore[arg-type]  # its fields
    made.guard = Guard(net, param, scale, found, 4, deferred)  # type: ignore[arg-type]  # bool or None
    return made, made.guard, Spoiler(net)


def state(of: Engine) -> list[torch.Tensor]:
    return [t.detach().clone() for t in (*of.net.learnable, *of.rule.history, *carried_tensors(of.net))]


def same(one: list[torch.Tensor], other: list[torch.Tensor]) -> bool:
    return all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


def test_guard_admits_a_good_iteration() -> None:
    e, _, _ = engine()
    before = state(e)
    assert e.train_step(0, 0.01).isfinite()
    assert not same(before, state(e))


def test_stop_raises_before_the_update_and_restores_statistics() -> None:
    e, _, spoiler = engine()
    e.train_step(0, 0.01)
    before, spoiler.now = state(e), True
    with pytest.raises(NonFiniteError, match="at 1"):
        e.train_step(1, 0.01)
    assert same(before, state(e)), "params, history and BatchNorm's means"


def test_skip_stops_after_max_skips(caplog: pytest.LogCaptureFixture) -> None:
    e, guard, spoiler = engine(action=NonFiniteParameter.SKIP, max_skips=2)
    good = e.train_step(0, 0.01)
    before, spoiler.now = state(e), True
    with caplog.at_level(logging.WARNING, "layerzoo"):
        assert e.train_step(1, 0.01) == good, "the last good loss, so that a mean of losses stays one"
        e.train_step(2, 0.01)
    assert "Iteration 2 makes no update: loss = inf (2 of 2)" in caplog.text
    assert same(before, state(e))
    with pytest.raises(NonFiniteError, match="at 3"):
        e.train_step(3, 0.01)
    spoiler.now = False
    e.train_step(4, 0.01)
    assert guard.skipped == 0, "they are counted in a row"


def test_guard_finds_a_gradient_that_is_not_finite() -> None:
    e, _, _ = engine()
    e.net.learnable[-1].register_hook(lambda grad: grad * float("nan"))
    with pytest.raises(NonFiniteError, match="at 0"):
        e.train_step(0, 0.01)


def test_guard_admits_a_large_gradient() -> None:
    e, _, _ = engine()
    e.net.learnable[-1].register_hook(lambda grad: grad * 0 + 3e38)
    assert e.train_step(0, 0.0).isfinite(), "its square is not finite, it is"


def test_loss_scale_falls_on_overflows() -> None:
    scale = LossScale(LossScaleParameter(initial=4, interval=2))
    e, guard, _ = engine(scale)
    overflow = [True]
    e.net.learnable[-1].register_hook(lambda grad: grad * (float("inf") if overflow[0] else 1))
    before = state(e)
    e.train_step(0, 0.01)
    assert (scale.value, guard.skipped) == (2, 0)
    assert same(before, state(e))
    overflow[0] = False
    for iteration in (1, 2):
        e.train_step(iteration, 0.01)
    assert scale.value == 4
    overflow[0] = True
    e.train_step(3, 0.01)
    e.train_step(4, 0.01)
    assert scale.value == 1
    with pytest.raises(NonFiniteError, match="at 5"):
        e.train_step(5, 0.01)


def test_loss_scale_is_divided_out_of_the_update() -> None:
    plain, scaled = engine()[0], engine(LossScale(LossScaleParameter(initial=1024, interval=1)))[0]
    for iteration in range(3):
        assert plain.train_step(iteration, 0.01) == scaled.train_step(iteration, 0.01)
    assert same(state(plain), state(scaled)), "powers of two are exact, also while the scale grows"


def test_ignore_still_follows_the_scale() -> None:
    scale = LossScale(LossScaleParameter(initial=2))
    e, _, spoiler = engine(scale, action=NonFiniteParameter.IGNORE)
    spoiler.now = True
    for iteration in range(3):
        e.train_step(iteration, 0.01)
    assert scale.value == 0.25


def test_deferred_check_raises_at_the_interval() -> None:
    e, guard, spoiler = engine(deferred=True)
    looked: list[int] = []
    guard.looked = looked.append
    for iteration in range(6):
        spoiler.now = iteration == 5
        e.train_step(iteration, 0.01)
    assert looked == [0, 4]
    e.train_step(6, 0.01)
    with pytest.raises(NonFiniteError, match="at 7"):
        guard.look(7)


def test_deferred_check_looks_at_the_first_iteration() -> None:
    e, guard, _ = engine(deferred=True)
    looked: list[int] = []
    guard.looked = looked.append
    e.train_step(6, 0.01)
    assert looked == [6], "a resumed run begins between two looks"


def test_look_checks_labels(monkeypatch: pytest.MonkeyPatch) -> None:
    e, guard, _ = engine(deferred=True)

    def raises(_: object) -> None:
        raise DataError("label")

    monkeypatch.setattr("layerzoo.engine.observers.guard.check_labels", raises)
    guard.look(3)
    monkeypatch.setattr(type(e.net), "device", property(lambda _: torch.device("cuda")))
    with pytest.raises(DataError, match="label"):
        guard.look(4)


def test_guard_of_parts_asks_the_other_processes() -> None:
    net = Net(parse_net(NET), phase="TRAIN", seed=2)
    part = torch.nn.Parameter(torch.ones(2))
    part.grad = torch.ones(2)
    for param in net.learnable:
        param.grad = torch.full_like(param, torch.nan)  # not looked at
    asked: list[bool] = []

    def agreed(finite: bool) -> bool:
        asked.append(finite)
        return finite and len(asked) == 1

    param = NonFiniteParameter(action=NonFiniteParameter.SKIP)
    guard = Guard(net, param, None, found, 4, params=[part], agreed=agreed)
    assert guard.admits(0, torch.ones(()))
    assert not guard.admits(1, torch.ones(())), "another process has found one"
    part.grad[0] = torch.nan
    assert not guard.admits(2, torch.ones(()))
    assert asked == [True, True, False]


def test_guard_of_parts_that_looks_rarely_asks_them_too() -> None:
    net = Net(parse_net(NET), phase="TRAIN", seed=2)
    part = torch.nn.Parameter(torch.ones(2))
    part.grad = torch.ones(2)
    guard = Guard(net, NonFiniteParameter(), None, found, 4, True, [part], lambda finite: False)
    with pytest.raises(NonFiniteError, match="at 0"):
        guard.admits(0, torch.ones(()))

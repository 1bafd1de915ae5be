"""Fixtures for tests of update rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from layerzoo.optimizer import Rule, UpdateParam, make_rule
from layerzoo.schema import SolverParameter


class Two:
    """Two params with an lr_mult of 1 and 2 and a decay_mult of 1 and 0, under a rule."""

    def __init__(self, type_name: str, **fields: Any) -> None:
        self.weight = nn.Parameter(torch.tensor([1.0, -2.0]))
        self.bias = nn.Parameter(torch.tensor([0.5]))
        params = [UpdateParam(self.weight, 1, 1, "ip.weight"), UpdateParam(self.bias, 2, 0, "ip.bias")]
        self.rule: Rule = make_rule(SolverParameter(type=type_name, **fields), params)

    def step(self, lr: float, iteration: int, weight: Sequence[float], bias: float) -> list[float]:
        """Make an update from these gradients and return the three numbers after it."""
        self.weight.grad, self.bias.grad = torch.tensor(weight).float(), torch.tensor([bias]).float()
        self.rule.step(lr, iteration)
        return [*self.weight.tolist(), *self.bias.tolist()]


@pytest.fixture(scope="session")
def two() -> type[Two]:
    """``two("SGD", momentum=0.9).step(lr, 0, [g, g], g)``."""
    return Two


SHAPES = [(3, 2, 2, 2), (3,), (4, 12), (4,), (5,)]
LR_MULTS = [1.0, 2.0, 1.0, 0.5, 0.0]
DECAY_MULTS = [1.0, 0.0, 1.0, 2.0, 1.0]

Formula = Callable[[np.ndarray, np.ndarray, list[np.ndarray], float, int, float], np.ndarray]


def _run(rule: Rule, params: list[nn.Parameter], steps: range, iter_size: int = 1) -> None:
    """Make updates from gradients that depend only on the params and the iteration."""
    for t in steps:
        for index, param in enumerate(params):
            if param.requires_grad:
                draw = np.random.default_rng([t, index]).standard_normal(param.shape, dtype="f4")
                gradient = torch.from_numpy(draw) + 0.3 * param.detach()
                param.grad = gradient * iter_size
        rule.step(0.05 / (1 + t), t)


def _params() -> list[nn.Parameter]:
    params = []
    for index, shape in enumerate(SHAPES):
        value = np.random.default_rng([99, index]).standard_normal(shape, dtype="f4")
        params.append(nn.Parameter(torch.from_numpy(value), requires_grad=LR_MULTS[index] != 0))
    return params


def _rule(solver: SolverParameter, params: list[nn.Parameter]) -> Rule:
    named = [UpdateParam(p, LR_MULTS[i], DECAY_MULTS[i], f"l{i}.weight") for i, p in enumerate(params)]
    return make_rule(solver, named)


def _expected(formula: Formula, slots: int, solver: SolverParameter, own_decay: bool) -> list[np.ndarray]:
    """Params, then history, after twenty steps in double precision in Caffe's order."""
    params = [p.detach().numpy().astype("f8") for p in _params()]
    history = [[np.zeros_like(p) for _ in range(slots)] for p in params]
    for t in range(20):
        lr, gradients = 0.05 / (1 + t), []
        for index, param in enumerate(params):
            draw = np.random.default_rng([t, index]).standard_normal(param.shape, dtype="f4")
            gradients.append((draw + 0.3 * param) * solver.iter_size * (LR_MULTS[index] != 0))
        norm = np.sqrt(sum((g**2).sum() for g in gradients))
        if 0 <= solver.clip_gradients < norm:
            gradients = [g * solver.clip_gradients / norm for g in gradients]
        for index, param in enumerate(params):
            g = gradients[index] / solver.iter_size
            decay, rate = solver.weight_decay * DECAY_MULTS[index], lr * LR_MULTS[index]
            if not own_decay:
                if solver.decoupled_weight_decay:
                    param[:] = (1 - rate * decay) * param
                else:
                    share = {"L1": 1.0, "L2": 0.0, "L1L2": solver.l1_ratio}[solver.regularization_type]
                    g += decay * (share * np.sign(param) + (1 - share) * param)
                decay = 0.0
            param[:] = param - formula(param, g, history[index], rate, t + 1, decay)
    return params + [history[i][slot] for slot in range(slots) for i in range(len(params))]


@pytest.fixture(scope="session")
def agrees() -> Callable[..., None]:
    """``agrees(formula, slots, type=..., ...)`` checks twenty steps against a formula in numpy.

    The formula takes a param, its gradient, its history (updated in place), the rate, t from 1 and, with
    ``own_decay``, the decay; it returns the step to subtract from the param.
    """

    def check(formula: Formula, slots: int, own_decay: bool = False, **fields: Any) -> None:
        solver = SolverParameter(**fields)
        params = _params()
        rule = _rule(solver, params)
        addresses = [t.data_ptr() for t in [*params, *rule.history]]
        _run(rule, params, range(20), solver.iter_size)
        tensors: list[Tensor] = [*params, *rule.history]
        assert [t.data_ptr() for t in tensors] == addresses
        expected = _expected(formula, slots, solver, own_decay)
        assert len(tensors) == len(expected)
        for ours, theirs in zip(tensors, expected, strict=True):
            if ours.numel():  # a rule may keep nothing for a param
                np.testing.assert_allclose(ours.detach().numpy(), theirs, rtol=2e-4, atol=2e-6)

    return check


@pytest.fixture(scope="session")
def resumes() -> Callable[..., None]:
    """``resumes(type=..., ...)`` checks that a rule that loads another's history continues bit for bit."""

    def check(**fields: Any) -> None:
        solver = SolverParameter(**fields)
        whole, part, rest = _params(), _params(), _params()
        _run(_rule(solver, whole), whole, range(9))
        first = _rule(solver, part)
        _run(first, part, range(4))
        second = _rule(solver, rest)
        second.load_history([h.clone() for h in first.history])
        for ours, theirs in zip(rest, part, strict=True):
            ours.data.copy_(theirs.data)
        _run(second, rest, range(4, 9))
        for ours, theirs in zip(rest, whole, strict=True):
            assert torch.equal(ours, theirs)

    return check


VARIANTS: list[dict[str, Any]] = [
    {},
    {"weight_decay": 0.01},
    {"weight_decay": 0.01, "regularization_type": "L1", "iter_size": 3},
    {"weight_decay": 0.01, "regularization_type": "L1L2", "l1_ratio": 0.25},
    {"weight_decay": 0.01, "clip_gradients": 2.0},
    {"clip_gradients": 1.0, "iter_size": 4, "weight_decay": 0.02},
    {"weight_decay": 0.03, "decoupled_weight_decay": True},
]
OWN_DECAY_VARIANTS = [v for v in VARIANTS if not {"regularization_type", "decoupled_weight_decay"} & set(v)]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run tests that take ``variant`` over kinds of clipping and decay."""
    if "variant" in metafunc.fixturenames:
        metafunc.parametrize("variant", VARIANTS, ids=str)
    if "own_decay_variant" in metafunc.fixturenames:
        metafunc.parametrize("own_decay_variant", OWN_DECAY_VARIANTS, ids=str)


class _Curvature:
    """The Hessian of a function of one vector, by torch's functional interface."""

    def __init__(self, hessian: Tensor) -> None:
        self._hessian = hessian

    def product(self, vector: Sequence[Tensor]) -> list[Tensor]:
        return [self._hessian @ vector[0]]

    def matrix(self) -> Tensor:
        return self._hessian.clone()


class Descent:
    """A full-batch rule on a function of one vector, in double precision."""

    def __init__(self, function: Callable[[Tensor], Tensor], start: Sequence[float], **fields: Any) -> None:
        self.param = nn.Parameter(torch.tensor(start, dtype=torch.float64))
        self.rule: Any = make_rule(SolverParameter(**fields), [UpdateParam(self.param, name="ip.weight")])
        self.function, self.evaluations, self.done = function, 0, 0

    def __call__(self) -> Tensor:
        self.evaluations += 1
        self.param.grad = None
        loss = self.function(self.param)
        loss.backward()  # type: ignore[no-untyped-call]
        return loss.detach()

    def loss(self) -> float:
        self.evaluations += 1
        return float(self.function(self.param.detach()))

    def curvature(self, params: Sequence[Tensor], matrix: str) -> _Curvature:
        assert params[0] is self.param
        assert len(params) == 1
        return _Curvature(torch.autograd.functional.hessian(self.function, self.param.detach()))

    def run(self, steps: int, lr: float = 1.0) -> list[float]:
        losses = []
        for _ in range(steps):
            losses.append(self.rule.step(lr, self.done, self))
            self.done += 1
        return losses


@pytest.fixture(scope="session")
def descent() -> type[Descent]:
    """``descent(function, start, type="LBFGS").run(steps)`` returns the loss before each step."""
    return Descent


def _rosenbrock(x: Tensor) -> Tensor:
    return (100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum()


@pytest.fixture(scope="session")
def rosenbrock() -> Callable[[Tensor], Tensor]:
    """Rosenbrock's function; its minimum, 0, is where all coordinates are 1."""
    return _rosenbrock


@pytest.fixture(scope="session")
def resumes_descent() -> Callable[..., None]:
    """Checks that a full-batch rule that loads another's history continues bit for bit."""

    def check(**fields: Any) -> None:
        whole, part, rest = (Descent(_rosenbrock, [-1.2, 1.0, 0.3], **fields) for _ in range(3))
        losses = whole.run(12)
        first_losses = part.run(7)
        rest.rule.load_history([h.clone() for h in part.rule.history])
        rest.param.data.copy_(part.param.data)
        rest.done = 7
        assert first_losses + rest.run(5) == losses
        assert torch.equal(rest.param, whole.param)

    return check

from __future__ import annotations

import pytest
import torch
from torch.autograd import forward_ad

from layerzoo.functional.transforms import (
    accumulate,
    may_read,
    plain_only,
    recorded,
    refuse_derivative,
    store,
    transforming,
    values_hidden,
)

X = torch.tensor([1.0, 2.0, 3.0])


def test_transforming_is_true_only_inside_transforms() -> None:
    seen = []

    def look(x: torch.Tensor) -> torch.Tensor:
        seen.append((transforming(), plain_only()))
        return x.sum()

    look(X)
    torch.func.grad(look)(X)
    torch.func.vmap(look)(X[None])
    with forward_ad.dual_level():
        look(X)
    look(X)
    assert seen == [(False, False), (True, True), (True, True), (True, True), (False, False)]


@pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated:DeprecationWarning")
def test_store_writes_the_value_under_each_transform() -> None:
    kept = torch.zeros(3)

    def square(x: torch.Tensor) -> torch.Tensor:
        store(kept, x * x)
        return (x * x).sum()

    func = torch.func
    for run in (square, func.grad(square), func.hessian(square), func.jacrev(func.jacrev(square))):
        kept.zero_()
        run(X)
        assert kept.tolist() == [1, 4, 9]


def test_store_under_vmap_writes_only_to_batched_tensors() -> None:
    one, each = torch.zeros(3), torch.zeros(2, 3)

    def square(x: torch.Tensor, batched: torch.Tensor) -> torch.Tensor:
        store(one, x)
        store(batched, x)
        return x.sum()

    torch.func.vmap(torch.func.grad(square))(torch.stack([X, 2 * X]), each)
    assert one.tolist() == [0, 0, 0]
    assert each.tolist() == [[1, 2, 3], [2, 4, 6]]


def test_accumulate_is_the_same_in_a_transform() -> None:
    totals = torch.ones(2, 3)

    def run(x: torch.Tensor, total: torch.Tensor) -> torch.Tensor:
        accumulate(total, 0.5, x)
        return x.sum()

    run(X, totals[0])
    torch.func.grad(run)(X, totals[1])
    assert totals.tolist() == [[1.5, 2.5, 3.5]] * 2


def test_refuse_derivative_raises_in_the_backward_pass() -> None:
    value = refuse_derivative(X, "no derivative here")
    assert torch.equal(value, X)
    with pytest.raises(RuntimeError, match="no derivative here"):
        (value * 2).sum().backward()


def test_values_are_hidden_in_blocks_and_transforms() -> None:
    seen = []

    def inside(x: torch.Tensor) -> torch.Tensor:
        seen.append((may_read(), recorded()))
        return x.sum()

    inside(torch.ones(2))
    with values_hidden():
        inside(torch.ones(2))
        torch.func.grad(inside)(torch.ones(2))
    torch.func.grad(inside)(torch.ones(2))
    inside(torch.ones(2))
    assert seen == [(True, False), (False, True), (False, False), (False, False), (True, False)]

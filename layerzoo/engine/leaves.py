"""The leaves of a graph of autograd: the params that a loss gives gradients to."""

from __future__ import annotations

from torch import Tensor


def leaves_under(loss: Tensor) -> set[Tensor]:
    """The leaves that a backward pass from a loss gives gradients to."""
    found: set[Tensor] = set()
    seen, pending = set(), [loss.grad_fn]
    while pending:
        node = pending.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        if node.name().endswith("AccumulateGrad"):
            found.add(node.variable)  # type: ignore[attr-defined]  # only this kind of node has it
        pending += [below for below, _ in node.next_functions]
    return found

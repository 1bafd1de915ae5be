"""Layers that follow each other as one operation under autograd: what `Layer.joined` gives."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from layerzoo.layer import ComputeType, RunningSums, compute_type
from layerzoo.net.rewriting.chains import Chains, states
from layerzoo.plan import Plan, Step


def join(
    plan: Plan, steps: Sequence[Step], sums: RunningSums, typed: bool = False
) -> tuple[list[Step], set[int]]:
    """Join layers.

    Args:
        plan: the plan.
        steps: its steps.
        sums: takes updates of running sums.
        typed: join layers that compute in a type of their own, too.

    Returns:
        the steps, and the blob versions that operations made as `Joined.fresh`.
    """
    chains = Chains(plan, steps, typed)
    shared = _shared_params(steps)
    gone: set[int] = set()
    fresh: set[int] = set()
    found: list[Step] = []
    for place, step in enumerate(steps):
        if place in gone:
            continue
        layer = step.layer
        if (
            step.call is layer
            and states(layer, "joined", typed)
            and not any(id(blob) in shared for blob in layer.parameters())
        ):
            kind = compute_type(layer)
            after = _of_type(kind, steps, chains.following(place))
            joined = layer.joined([steps[i].layer for i in after], sums)
            if joined is not None:
                gone.update(after[: joined.taken])
                tops = steps[after[joined.taken - 1]].tops if joined.taken else step.tops
                fresh.update(tops if joined.fresh else ())
                call = joined.call if kind is None else kind.around(joined.call)
                found.append(step._replace(tops=tops, call=call))
                continue
        found.append(step)
    return found, fresh


def _of_type(kind: ComputeType | None, steps: Sequence[Step], places: Sequence[int]) -> list[int]:
    """The first places, up to a layer that computes in another type."""
    return list(takewhile(lambda place: compute_type(steps[place].layer) == kind, places))


def _shared_params(steps: Sequence[Step]) -> set[int]:
    """Params that several layers hold; their running sums must be updated one after the other."""
    seen: set[int] = set()
    again: set[int] = set()
    for layer in {id(step.layer): step.layer for step in steps}.values():
        for blob in layer.parameters():
            (again if id(blob) in seen else seen).add(id(blob))
    return again

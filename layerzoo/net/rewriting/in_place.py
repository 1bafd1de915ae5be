"""Activations that overwrite their bottom, where nothing needs it any more."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from layerzoo.layer import compute_type
from layerzoo.net.rewriting.chains import Chains, states
from layerzoo.plan import Plan, Step


def overwrite(plan: Plan, steps: Sequence[Step], fresh: Collection[int], typed: bool = False) -> list[Step]:
    """Let activations overwrite tops of layers that don't need them for their backward pass.

    Args:
        plan: the plan.
        steps: its steps.
        fresh: tops of operations that may be overwritten; those of layers say it themselves.
        typed: of layers that compute in a type of their own, too.
    """
    chains = Chains(plan, steps, typed)
    found = list(steps)
    for place, step in enumerate(steps):
        after = chains.next(place)
        if after is None or not (_is_fresh(step, typed) or step.tops[0] in fresh):
            continue
        layer = steps[after].layer
        same = steps[after].call is layer and compute_type(layer) == compute_type(step.layer)
        activation = layer.activation() if same and states(layer, "activation", typed) else None
        if activation is not None:
            found[after] = steps[after]._replace(call=activation.overwrite)
    return found


def _is_fresh(step: Step, typed: bool) -> bool:
    return step.call is step.layer and step.layer.fresh_top and states(step.layer, "fresh_top", typed)

"""Which layers of a plan may be part of another operation, and which layer follows which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import nn

from layerzoo.layer import Layer
from layerzoo.net.plan import Plan, Step


def is_plain(layer: Layer) -> bool:
    """Whether a layer computes what its class says, and nothing looks on.

    Not if it has hooks, sees params in another shape, or has a forward pass of its own, such as one in
    another precision.
    """
    return is_plain_state(vars(layer))


def is_plain_state(state: Mapping[str, Any]) -> bool:
    """`is_plain` of the layer with these attributes."""
    return not (
        state["_forward_hooks"]
        or state["_forward_pre_hooks"]
        or state["_backward_hooks"]
        or state["_backward_pre_hooks"]
        or state["views"]
        or "forward" in state
    )


def states(layer: Layer, fact: str) -> bool:
    """Whether a layer's class states a fact, of its own forward pass, and it computes what the class says."""
    return states_class(type(layer), fact) and is_plain(layer)


def states_class(kind: type[nn.Module], fact: str) -> bool:
    """Whether a class states a fact of its own forward pass: a subclass with another pass doesn't."""
    first = next(base for base in kind.__mro__ if "forward" in base.__dict__ or fact in base.__dict__)
    return fact in first.__dict__


class Chains:
    """The layers that follow each step of a plan.

    Args:
        plan: the plan.
        steps: its steps; the plan's own unless a pass has changed them already.
    """

    def __init__(self, plan: Plan, steps: Sequence[Step]) -> None:
        self.steps = steps
        self.kept = plan.kept
        self.users: dict[int, list[int]] = {}
        for place, step in enumerate(steps):
            for bottom in step.bottoms:
                self.users.setdefault(bottom, []).append(place)

    def next(self, place: int) -> int | None:
        """The step that alone consumes a step's top, and passes it a gradient; None if there is none."""
        tops = self.steps[place].tops
        if len(tops) != 1 or self.kept is None or tops[0] in self.kept:
            return None
        users = self.users.get(tops[0], [])
        if len(users) != 1:
            return None
        step = self.steps[users[0]]
        return None if step.bottoms.index(tops[0]) in step.cut else users[0]

    def following(self, place: int, most: int = 3) -> list[int]:
        """The steps of one bottom and one top after a step, each the only consumer of the one before."""
        found: list[int] = []
        after = self.next(place)
        while after is not None and len(found) < most:
            step = self.steps[after]
            if len(step.bottoms) != 1 or len(step.tops) != 1 or not is_plain(step.layer):
                break
            found.append(after)
            after = self.next(after)
        return found

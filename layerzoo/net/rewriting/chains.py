"""Which layers of a plan may be part of another operation, and which layer follows which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import nn

from layerzoo.layer import Layer, compute_type
from layerzoo.plan import Plan, Step


def is_plain(layer: Layer) -> bool:
    """Whether a layer computes what its class says, and nothing looks on.

    Not if it has hooks, sees params in another shape, or has a forward pass of its own, such as one in
    another precision.
    """
    return is_plain_state(vars(layer))


def is_typed(layer: Layer) -> bool:
    """Whether a layer is plain, or would be but for the type in which it computes (`ComputeType`)."""
    return _is_unwatched(vars(layer)) and ("forward" not in vars(layer) or compute_type(layer) is not None)


def is_plain_state(state: Mapping[str, Any]) -> bool:
    """`is_plain` of the layer with these attributes."""
    return _is_unwatched(state) and "forward" not in state


def _is_unwatched(state: Mapping[str, Any]) -> bool:
    return not (
        state["_forward_hooks"]
        or state["_forward_pre_hooks"]
        or state["_backward_hooks"]
        or state["_backward_pre_hooks"]
        or state["views"]
    )


def states(layer: Layer, fact: str, typed: bool = False) -> bool:
    """Whether a layer's class states a fact, of its own forward pass, and it computes what the class says.

    Args:
        layer: the layer.
        fact: an attribute of its class.
        typed: it may compute in a type of its own.
    """
    return states_class(type(layer), fact) and (is_typed(layer) if typed else is_plain(layer))


def states_class(kind: type[nn.Module], fact: str) -> bool:
    """Whether a class states a fact of its own forward pass: a subclass with another pass doesn't."""
    first = next(base for base in kind.__mro__ if "forward" in base.__dict__ or fact in base.__dict__)
    return fact in first.__dict__


class Chains:
    """The layers that follow each step of a plan.

    Args:
        plan: the plan.
        steps: its steps; the plan's own unless a pass has changed them already.
        typed: layers may compute in a type of their own.
    """

    def __init__(self, plan: Plan, steps: Sequence[Step], typed: bool = False) -> None:
        self.steps, self._typed = steps, typed
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
            plain = is_typed(step.layer) if self._typed else is_plain(step.layer)
            if len(step.bottoms) != 1 or len(step.tops) != 1 or not plain:
                break
            found.append(after)
            after = self.next(after)
        return found

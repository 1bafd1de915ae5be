"""Layers and directions of a recurrence: each is one pass over time, of which this makes several.

T is the number of time steps, N of streams (parallel sequences), D of hidden values. A sweep is the pass of
one layer in one direction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from layerzoo.schema import BACKWARD, BIDIRECTIONAL, FORWARD

Sweep = Callable[[int, Tensor, Tensor | None, list[Tensor]], tuple[Tensor, list[Tensor]]]
"""Of the number of a sweep, x (T, N, inputs), keep (T, N) or None, and the states before, each (N, D): the
values at each step, (T, N, D), and the states, each at all steps, or where there are no lengths at the last
alone, (1, N, D). ``keep`` is 0 where a state isn't taken over from the step before; None: 1 at all steps."""


class Steps(NamedTuple):
    """Where sequences begin and end.

    Attributes:
        cont: (T, N), 0 where a sequence begins; None: nowhere but at the first step.
        lengths: (N), the number of steps of each; None: all.
    """

    cont: Tensor | None = None
    lengths: Tensor | None = None

    def inside(self, steps: int) -> Tensor | None:
        """Which of a number of steps belong to a sequence, bool (T, N, 1); None if all do."""
        if self.lengths is None:
            return None
        return (torch.arange(steps, device=self.lengths.device)[:, None] < self.lengths).unsqueeze(2)

    def turned(self, x: Tensor) -> Tensor:
        """Blobs (T, N, ...) with each sequence in the other order; steps behind its end stay."""
        if self.lengths is None:
            return x.flip(0)
        place = torch.arange(len(x), device=x.device)[:, None]
        lengths = self.lengths.detach().long()
        order = torch.where(place < lengths, lengths - 1 - place, place)
        return x.gather(0, order.unsqueeze(2).expand(x.shape))

    def keep(self, backward: bool) -> Tensor | None:
        """``keep`` of a sweep in this direction."""
        if self.cont is None:
            return None
        cont = self.cont.detach()
        return torch.cat([torch.ones_like(cont[:1]), cont[1:].flip(0)]) if backward else cont

    def last(self, states: Tensor, before: Tensor) -> Tensor:
        """The state of each stream after its last step; ``before`` (N, D) where it has none."""
        if self.lengths is None:
            return states[-1]
        place = (self.lengths.detach().long() - 1)[None, :, None]
        found = states.gather(0, place.clamp(0, len(states) - 1).expand(1, *states.shape[1:]))[0]
        return torch.where(place[0] >= 0, found, before)


_ORDERS: Mapping[int, tuple[bool, ...]] = {FORWARD: (False,), BACKWARD: (True,), BIDIRECTIONAL: (False, True)}
"""Whether the sweeps of a layer go backward."""


def run_stack(
    x: Tensor,
    steps: Steps,
    states: Sequence[Tensor],
    direction: int,
    sweep: Sweep,
    between: Callable[[Tensor, int], Tensor],
) -> tuple[Tensor, list[Tensor]]:
    """Run all layers in all directions.

    Args:
        x: (T, N, inputs).
        steps: where sequences begin and end.
        states: the states before the first step, each (sweeps, N, D): layer by layer, the direction forward
            first.
        direction: FORWARD, BACKWARD or BIDIRECTIONAL.
        sweep: runs a layer in one direction.
        between: what is done to the values that the layer of a number passes on.

    Returns:
        the values of the last layer at each step, (T, N, directions * D), 0 behind the end of a sequence; the
        states after the last step, each as in ``states``.
    """
    orders = _ORDERS[direction]
    inside, count = steps.inside(len(x)), len(states[0])
    after: list[list[Tensor]] = [[] for _ in states]
    for first in range(0, count, len(orders)):
        values = []
        for at, backward in enumerate(orders, first):
            before = [state[at] for state in states]
            y, found = sweep(at, steps.turned(x) if backward else x, steps.keep(backward), before)
            values.append(steps.turned(y) if backward else y)
            for kept, state, old in zip(after, found, before, strict=True):
                kept.append(steps.last(state, old))
        x = values[0] if len(values) == 1 else torch.cat(values, 2)
        x = x if inside is None else torch.where(inside, x, 0)
        if first + len(orders) < count:
            x = between(x, first // len(orders))
    return x, [torch.stack(kept) for kept in after]

"""The progress of a run."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from torch import Tensor

from layerzoo.state_fields import ITERATION, NUMBER, Fields, list_of, optional


class TrainState:
    """Progress of a run, as the loop needs it.

    Args:
        window: number of iterations over which the displayed loss is averaged (``average_loss``).
        device: device of the losses.

    Attributes:
        iteration: number of updates made.
        losses: those of the last ``window`` iterations, the oldest first; scalars on the device.
        tested_at: iteration of the last test; None before the first.
        stopping: a signal requested a stop.
        done: the loop ended before ``max_iter``: by early stopping, time, or at a minimum.
    """

    fields: ClassVar[Fields] = {
        "iteration": ITERATION,
        "losses": list_of(NUMBER),
        "tested_at": optional(ITERATION),
    }

    def __init__(self, window: int, device: torch.device) -> None:
        self.device = device
        self.iteration = 0
        self.losses: deque[Tensor] = deque(maxlen=max(1, window))
        self.tested_at: int | None = None
        self.stopping = self.done = False

    @property
    def ended(self) -> bool:
        """Whether the loop must make no further update."""
        return self.stopping or self.done

    @property
    def loss(self) -> float:
        """The mean of `losses`; NaN before the first. Waits for the device."""
        return float(torch.stack(list(self.losses)).mean()) if self.losses else float("nan")

    def restart(self, iteration: int) -> None:
        """Begin at an iteration, without losses or tests."""
        self.iteration, self.tested_at = iteration, None
        self.losses.clear()

    def state_dict(self) -> dict[str, Any]:
        """Iteration, losses and last test; waits for the device."""
        return {
            "iteration": self.iteration,
            "losses": [float(loss) for loss in self.losses],
            "tested_at": self.tested_at,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore the progress from `state_dict`."""
        self.restart(state["iteration"])
        self.losses.extend(torch.tensor(loss, device=self.device) for loss in state["losses"])
        self.tested_at = state["tested_at"]

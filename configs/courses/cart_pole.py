"""A pole on a cart, for reinforce_cartpole.yaml: the environment and the advantages, as Python layers."""

from collections.abc import Sequence

import torch
from torch import Tensor

from layerzoo import TorchLayer

CART, POLE, HALF = 1.0, 0.1, 0.5
"""Masses in kg, and half of the pole's length in m."""
GRAVITY, PUSH, STEP = 9.8, 10.0, 0.02
"""In m/s^2, N and s."""
WIDEST, STEEPEST = 2.4, 0.21
"""Farthest that the cart may be from the middle, in m, and the pole from upright, in radians."""


class CartPole(TorchLayer):
    """One step of the cart, by Newton's laws (Barto, Sutton and Anderson 1983).

    Bottoms: the state (episodes, 4): place, speed, angle, angular speed; the action of each episode, 0 pushes
    to the left and 1 to the right; the wind, a force in N; and whether the episode goes on. Tops: the next
    state, and whether the episode still goes on, which is the reward of the step.
    """

    def forward(self, state: Tensor, action: Tensor, wind: Tensor, going: Tensor) -> tuple[Tensor, Tensor]:
        """Move the cart."""
        place, speed, angle, turning = state.unbind(1)
        sine, cosine, mass = angle.sin(), angle.cos(), CART + POLE
        pull = (PUSH * (2 * action - 1) + wind + POLE * HALF * turning**2 * sine) / mass
        tilt = (GRAVITY * sine - cosine * pull) / (HALF * (4 / 3 - POLE * cosine**2 / mass))
        push = pull - POLE * HALF * tilt * cosine / mass
        place, speed = place + STEP * speed, speed + STEP * push
        angle, turning = angle + STEP * turning, turning + STEP * tilt
        fell = (place.abs() > WIDEST) | (angle.abs() > STEEPEST)
        return torch.stack([place, speed, angle, turning], 1), going * ~fell


class Advantage(TorchLayer):
    """How much better what followed an action was than what followed at the same step in the other episodes.

    Bottoms: the rewards (steps, episodes), and which steps count. Top: the sum of the rewards from the step
    on, each step later multiplied by ``discount`` once more, less the mean of the episodes; divided by the
    deviation of all. ``param_str``: the discount, and 0 to leave the mean out.
    """

    def setup(self, bottom_shapes: Sequence[tuple[int, ...]]) -> None:
        """Read the discount, and whether the mean is subtracted."""
        self.discount, self.baseline = (float(word) for word in self.param_str.split())

    def forward(self, reward: Tensor, counts: Tensor) -> Tensor:
        """Add up the rewards from the last step on."""
        returns, after = [], torch.zeros_like(reward[0])
        for now in reward.flip(0):
            after = now + self.discount * after
            returns.append(after)
        gain = torch.stack(returns).flip(0)
        mean = (gain * counts).sum(1, keepdim=True) / counts.sum(1, keepdim=True).clamp(min=1)
        gain = (gain - self.baseline * mean) * counts
        return gain / ((gain**2).sum() / counts.sum()).sqrt().clamp(min=1e-6)

"""The Python layers of the lessons on REINFORCE: their laws, and the gradient that they lead to."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

from layerzoo.host import find_class
from tests.courses.lessons import make_solver


@pytest.fixture
def cart_pole(tmp_path: Path) -> ModuleType:
    make_solver("reinforce_cartpole", ["net.let.steps=2"], tmp_path)  # allows and imports the module
    return sys.modules["cart_pole"]


def test_cart_keeps_to_the_laws_of_motion(cart_pole: ModuleType) -> None:
    """The accelerations solve Newton's equations of the cart and the pole, of Lagrange's form."""
    rng = np.random.default_rng(0)
    state = rng.uniform(-0.2, 0.2, (50, 4)) * [5, 5, 1, 10]
    action, wind = rng.integers(0, 2, 50), rng.normal(0, 1, 50)
    tensors = [torch.from_numpy(np.asarray(value, float)) for value in (state, action, wind, np.ones(50))]
    moved, going = cart_pole.CartPole()(*tensors)
    _, speed, angle, turning = state.T
    cart, pole, half, gravity, step = 1.0, 0.1, 0.5, 9.8, 0.02
    for n in range(50):
        # (M + m) x'' + m l (a'' cos a - a'^2 sin a) = F;  x'' cos a + 4/3 l a'' = g sin a
        matrix = np.array([[cart + pole, pole * half * np.cos(angle[n])], [np.cos(angle[n]), 4 / 3 * half]])
        force = (10 if action[n] else -10) + wind[n] + pole * half * turning[n] ** 2 * np.sin(angle[n])
        push, tilt = np.linalg.solve(matrix, [force, gravity * np.sin(angle[n])])
        wanted = state[n] + step * np.array([speed[n], push, turning[n], tilt])
        np.testing.assert_allclose(moved[n].numpy(), wanted, rtol=1e-9)
        inside = abs(wanted[0]) <= 2.4 and abs(wanted[2]) <= 0.21
        assert going[n] == inside
    assert 0 < going.sum() < 50


def test_episode_that_has_ended_stays_ended(cart_pole: ModuleType) -> None:
    still = torch.zeros(2, 4), torch.ones(2), torch.zeros(2), torch.tensor([0.0, 1.0])
    assert cart_pole.CartPole()(*still)[1].tolist() == [0, 1]


def test_advantages_are_returns_less_the_mean_of_episodes_that_go_on(cart_pole: ModuleType) -> None:
    reward = torch.tensor([[1.0, 1.0, 0.0], [1.0, 0.0, 0.0], [1.0, 0.0, 0.0]])
    counts = torch.tensor([[1.0, 1.0, 1.0], [1.0, 1.0, 0.0], [1.0, 0.0, 0.0]])
    layer = cart_pole.Advantage()
    layer.param_str = "0.5 1"
    layer.setup([])
    # returns 1.75, 1, 0 of mean 11/12; 1.5, 0 of mean 3/4; 1
    gain = np.array([[1.75 - 11 / 12, 1 - 11 / 12, -11 / 12], [0.75, -0.75, 0], [0, 0, 0]])
    np.testing.assert_allclose(layer(reward, counts), gain / np.sqrt((gain**2).sum() / 6), rtol=1e-6)
    layer.param_str = "0.5 0"
    layer.setup([])
    gain = np.array([[1.75, 1, 0], [1.5, 0, 0], [1, 0, 0]])
    np.testing.assert_allclose(layer(reward, counts), gain / np.sqrt((gain**2).sum() / 6), rtol=1e-6)


def test_mean_gradient_of_the_bandit_is_that_of_the_expected_reward(tmp_path: Path) -> None:
    players, chances = 200_000, np.array([0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 0.55, 0.45, 0.35, 0.25])
    solver = make_solver("reinforce_bandit", [f"net.let.players={players}"], tmp_path)
    net = solver.net
    (scores,) = net.learnable
    z = np.linspace(-0.5, 0.5, 10)
    with torch.no_grad():
        scores.copy_(torch.from_numpy(z)[:, None])
    net.loss(net.run(net.fetch(0), net.outputs_only)).backward()
    p = np.exp(z) / np.exp(z).sum()
    wanted = -p * (chances - p @ chances)  # the derivative of -sum p_a chance_a by z
    assert scores.grad is not None
    np.testing.assert_allclose(scores.grad[:, 0].numpy(), wanted, atol=5 * 0.5 / players**0.5)
    assert np.abs(wanted).max() > 0.02


def test_arms_pay_with_their_chances(tmp_path: Path) -> None:
    make_solver("reinforce_bandit", [], tmp_path)
    arms = find_class("bandit_arms", "Arms")()
    arms.param_str = "0.25 0.75"
    arms.setup([], [])

    class Blob:
        def __init__(self, data: object) -> None:
            self.data = np.array(data, float)

    bottom, top = [Blob([0, 0, 1, 1, 1]), Blob([0.2, 0.3, 0.2, 0.7, 0.8])], [Blob([9] * 5), Blob([9] * 5)]
    arms.forward(bottom, top)
    assert top[0].data.tolist() == [1, 0, 1, 1, 0]
    assert top[1].data.tolist() == [0, 0, 1, 1, 1]

"""The generative lessons: their bounds and judges by numpy, and what is left in the stage generate."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from layerzoo.data.datasets.digits import Digits
from layerzoo.net import Net
from layerzoo.solver import Solver
from tests.courses.lessons import COURSES, make_solver, read_scores

SCORES = read_scores()
DRAWN = {
    "vae": ("image", (64, 1, 16, 16)),
    "gan": ("large", (500, 1, 28, 28)),
    "wgan_gp": ("large", (500, 1, 28, 28)),
    "gan_rings": ("fake", (2000, 2)),
    "wgan_gp_rings": ("fake", (2000, 2)),
}


def black_and_white(split: str) -> torch.Tensor:
    images, _ = Digits().load(split)
    large = functional.interpolate(torch.as_tensor(images), size=(16, 16), mode="bilinear")
    return (large > 0.5).double().flatten(1)


def outputs(net: Net, *names: str) -> tuple[torch.Tensor, ...]:
    """Blobs of one pass of a net, by name."""
    with torch.no_grad():
        found = net()
    return tuple(found[name] for name in names)


@pytest.mark.parametrize("name", DRAWN)
def test_stage_generate_needs_noise_alone(name: str) -> None:
    blob, shape = DRAWN[name]
    net = Net(COURSES / f"{name}.yaml", phase="TEST", stages=["generate"])
    with torch.no_grad():
        made = net()
    assert {key: tuple(value.shape) for key, value in made.items()} == {blob: shape}
    if len(shape) == 4:
        assert 0 <= float(made[blob].min()) < float(made[blob].max()) <= 1
    assert not any(layer.type_name in ("Dataset", "DrawnData") for layer in net.data_layers)


def test_vae_beats_pixels_that_know_nothing_of_each_other() -> None:
    mean = (black_and_white("train").sum(0) + 0.5) / (1437 + 1)
    test = black_and_white("test")
    bound = (test * mean.log() + (1 - test) * (1 - mean).log()).sum(1).mean()
    assert float(bound) == pytest.approx(-96, abs=0.5)  # as the lesson says
    assert min(SCORES["vae"]["runs"]["plain"]["scores"]) > float(bound) + 45


@pytest.mark.parametrize(("name", "steps"), [("gan", 20), ("gan_rings", 20)])
def test_gan_begins_with_guesses_and_both_players_move(name: str, steps: int, tmp_path: Path) -> None:
    solver = make_solver(name, [], tmp_path)
    updates = solver.engine.updates
    assert updates is not None
    before = [param.detach().clone() for param in solver.net.learnable]
    solver.step(1)
    first = {key: kept[-1] for key, kept in updates.state_dict()["losses"].items()}
    assert first["discriminate"] == pytest.approx(2 * np.log(2), rel=0.35)
    solver.step(steps)
    assert all(not torch.equal(b, p) for b, p in zip(before, solver.net.learnable, strict=True))


@pytest.mark.parametrize("name", ["wgan_gp", "wgan_gp_rings"])
def test_penalty_reaches_the_params_that_the_critic_shares_with_its_slope(name: str, tmp_path: Path) -> None:
    solver = make_solver(name, [], tmp_path)
    net = solver.net
    places = {blob.name: blob.index for blob in net.graph.blobs}
    critic = [param for param in net.graph.params if param.shared_name.startswith("D/")]
    assert all(len(param.users) == 3 for param in critic)  # on real and drawn samples, and the slope
    tensors = [net.learnable[param.index] for param in critic]
    values = net.run(net.fetch(0), net.outputs_only)
    penalty = values[places["penalty"]]
    assert penalty is not None
    gradients = torch.autograd.grad(penalty, tensors, allow_unused=True, retain_graph=True)
    assert sum(one is not None and bool(one.abs().sum() > 0) for one in gradients) >= len(critic) // 2


def judged(solver: Solver) -> dict[str, float]:
    (scores,) = solver.test()
    return {key: float(values[0]) for key, values in scores.values.items()}


def test_rings_are_judged_as_by_numpy(tmp_path: Path) -> None:
    solver = make_solver("gan_rings", [], tmp_path)
    solver.step(300)
    found = judged(solver)
    net = Net(COURSES / "gan_rings.yaml", phase="TEST", stages=["generate"], seed=1)
    for mine, theirs in zip(net.learnable, solver.test_nets[0].learnable, strict=False):
        assert mine.shape == theirs.shape
        mine.data.copy_(theirs.data)
    (points,) = outputs(net, "fake")
    angles = 2 * np.pi * np.arange(8) / 8
    centres = np.stack([np.cos(angles), np.sin(angles)], 1)
    near = np.linalg.norm(points.numpy()[:, None] - centres, axis=2) < 3 * 0.05
    shares = near.mean(0)
    assert found["quality"] == pytest.approx(near.any(1).mean(), abs=0.03)
    assert abs(found["modes"] - int((shares >= 0.01).sum())) <= 1
    assert found["judged"] == (found["quality"] if found["modes"] == 8 else 0)


@pytest.mark.parametrize("name", ["gan", "wgan_gp"])
def test_player_that_is_told_the_class_sees_it(name: str, tmp_path: Path) -> None:
    """The losses of D, of real digits and of drawn ones, change when their classes are exchanged."""
    params, function = make_solver(name, ["net.let.conditional=true"], tmp_path).net.functional()
    given = function.read()
    with torch.no_grad():
        found = [
            function(params, {**given, "label": labels})
            for labels in (given["label"], given["label"], (given["label"] + 1) % 10)
        ]
    for loss in ("d_real", "d_fake"):
        first, again, other = (float(losses[loss]) for losses in found)
        assert first == again != other


def test_judge_knows_real_digits(tmp_path: Path) -> None:
    """Real digits of 8x8 pixels in the place of drawn ones have the confidence that the lesson says."""
    solver = make_solver("gan", ["net.let.samples=360"], tmp_path)
    (net,) = solver.test_nets
    digits = torch.as_tensor(Digits().load("test")[0])
    params, function = net.functional()
    with torch.no_grad():
        found = function(params, {**function.read(), "fake": digits})
    assert float(found["confidence"]) == pytest.approx(0.987, abs=0.002)
    assert float(found["certain"]) == pytest.approx(0.961, abs=0.002)
    assert float(found["classes"]) == 10
    assert float(found["judged"]) == pytest.approx(float(found["confidence"]))


def test_lost_class_leaves_nothing(tmp_path: Path) -> None:
    """Perfect drawings of nine classes are judged 0."""
    solver = make_solver("gan", ["net.let.samples=300"], tmp_path)
    images, labels = Digits().load("test")
    some = torch.as_tensor(images[labels != 4][:300])
    params, function = solver.test_nets[0].functional()
    with torch.no_grad():
        found = function(params, {**function.read(), "fake": some})
    assert float(found["classes"]) == 9
    assert float(found["confidence"]) > 0.98
    assert float(found["judged"]) == 0

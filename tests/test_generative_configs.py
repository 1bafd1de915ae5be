"""The generative configs that come with Layerzoo: each trains, and draws samples."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from layerzoo.loader import load_solver
from layerzoo.net import Net
from layerzoo.solver import Solver
from tests.shipped import FOLDER

GENERATIVE = FOLDER / "generative"


def test_gan_trains_both_players(tmp_path: Path) -> None:
    prefix = f"snapshot_prefix={tmp_path}/gan"
    solver = Solver(load_solver(GENERATIVE / "gan_solver.yaml", [prefix, "solver_mode=CPU", "threads=1"]))
    updates = solver.engine.updates
    assert updates is not None
    before = [param.detach().clone() for param in solver.net.learnable]
    losses = []
    for _ in range(30):
        solver.step(1)
        losses.append({name: kept[-1] for name, kept in updates.state_dict()["losses"].items()})
    assert losses[0]["discriminate"] == pytest.approx(2 * 0.6931, rel=0.05)  # it guesses
    assert losses[0]["generate"] == pytest.approx(0.6931, rel=0.05)
    assert losses[-1]["discriminate"] < 1.25
    assert losses[-1]["generate"] > 0.75
    learning = [
        p for p, spec in zip(solver.net.learnable, solver.net.graph.params, strict=True) if spec.lr_mult
    ]
    assert len(learning) == len([p for p in learning if p.requires_grad]) > 10
    moved = [not torch.equal(b, p) for b, p in zip(before, solver.net.learnable, strict=True)]
    assert all(moved)


def test_gan_draws_from_noise_alone_in_the_stage_generate() -> None:
    net = Net(GENERATIVE / "gan.yaml", stages=["generate"])
    with torch.no_grad():
        made = net()
    assert {name: tuple(blob.shape) for name, blob in made.items()} == {"fake": (64, 1, 16, 16)}
    assert 0 <= float(made["fake"].min()) <= float(made["fake"].max()) <= 1
    assert not any(layer.type_name == "Dataset" for layer in net.data_layers)

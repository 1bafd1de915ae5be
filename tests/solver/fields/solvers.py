"""Solvers of a small net on digits, for tests of the solver's fields."""

from __future__ import annotations

import logging
import re

import pytest
import torch

from layerzoo.loader import parse_solver
from layerzoo.solver import Solver

NET = """
layer { name: "d" type: "Dataset" top: "x" top: "t" include { phase: TRAIN }
        dataset_param { name: "digits" size: 4 split: "test" batch_size: 360 shuffle: false } }
layer { name: "d" type: "Dataset" top: "x" top: "t" include { phase: TEST }
        dataset_param { name: "digits" size: 4 split: "test" batch_size: 100 } }
layer { name: "a" type: "InnerProduct" bottom: "x" top: "a"
        inner_product_param { num_output: 12 weight_filler { type: "xavier" } } }
layer { name: "r" type: "ReLU" bottom: "a" top: "a" }
layer { name: "b" type: "InnerProduct" bottom: "a" top: "b"
        inner_product_param { num_output: 10 weight_filler { type: "xavier" } } }
layer { name: "own" type: "Scale" bottom: "b" top: "b" include { stage: "scaled" }
        scale_param { filler { value: 2 } } }
layer { name: "acc" type: "Accuracy" bottom: "b" bottom: "t" top: "acc" include { phase: TEST } }
layer { name: "l" type: "SoftmaxWithLoss" bottom: "b" bottom: "t" top: "l" }
"""

STEPS = 4

BASE = 'random_seed: 1 solver_mode: CPU snapshot_prefix: "r" '

SGD = 'base_lr: 0.1 momentum: 0.9 lr_policy: "fixed" '

LBFGS = 'base_lr: 1 lr_policy: "fixed" type: "LBFGS" '


def solver(text: str = SGD, net: str = NET) -> Solver:
    """A solver of ``NET`` with more fields; a ``#`` at the end gives it another seed."""
    own_net = "" if re.search(r"\bnet_param|\bnet:|train_net", text) else f"net_param {{ {net} }}"
    base = BASE.replace("random_seed: 1", "random_seed: 2") if text.endswith("#") else BASE
    return Solver(parse_solver(f"{base} {text.rstrip('#')} {own_net}", format="prototxt"))


def solver_after(text: str) -> Solver:
    """A solver after ``STEPS`` iterations."""
    s = solver(text)
    s.step(STEPS)
    return s


def trained(text: str, net: str = NET) -> torch.Tensor:
    """The params of a solver after ``STEPS`` iterations, in one vector."""
    s = solver(text, net)
    s.step(STEPS)
    return torch.cat([p.detach().flatten() for p in s.net.learnable])


def solver_with(other: Solver) -> Solver:
    """A solver without averaging, with the params of another."""
    s = solver(SGD + "test_interval: 100")
    with torch.no_grad():
        for own, theirs in zip(s.net.learnable, other.net.learnable, strict=True):
            own.copy_(theirs)
    return s


def lines(caplog: pytest.LogCaptureFixture, s: Solver, steps: int = 0) -> list[str]:
    """The log lines of some iterations, or of a whole run."""
    caplog.clear()
    with caplog.at_level(logging.INFO, "layerzoo"):
        if steps:
            s.step(steps)
        else:
            s.solve()
    return caplog.messages


def when_tested(log: list[str]) -> list[int]:
    """The iterations at which the first test net was tested."""
    matches = (re.match(r"Iteration (\d+), Testing net \(#0\)", line) for line in log)
    return [int(match[1]) for match in matches if match]

"""A module with a layer of the user's own, for tests of the command line."""

from __future__ import annotations

import pytest

from layerzoo.cli.main import main

NET = """
layer { name: 'data' type: 'DummyData' top: 'x' top: 't' dummy_data_param {
  shape { dim: 4 dim: 3 } data_filler { type: 'gaussian' }
  shape { dim: 4 dim: 2 } data_filler { type: 'constant' value: 5 } } }
layer { name: 'ip' type: 'InnerProduct' bottom: 'x' top: 'y' inner_product_param { num_output: 2 } }
layer { name: 'own' type: 'OwnForTest' bottom: 'y' top: 'z' }
layer { name: 'loss' type: 'EuclideanLoss' bottom: 'z' bottom: 't' top: 'loss' }
"""

SOLVER = "net: 'net.prototxt' base_lr: 0.1 lr_policy: 'fixed' max_iter: 2 random_seed: 1 snapshot_prefix: 's'"

HEAD = """
import numpy
import torch
import layerzoo
from layerzoo.layer import OwnParam

@layerzoo.register
class OwnForTest(layerzoo.Layer):
"""

FORWARD = "    def forward(self, x):\n        return x * 2\n"


def train(*arguments: str) -> int:
    """Run ``layerzoo train`` with the user's module; return the exit code."""
    return main(
        ["train", "-solver", "solver.prototxt", "-gpu", "none", "-allow_python", "own_for_test", *arguments]
    )


def error_report(capfd: pytest.CaptureFixture[str]) -> str:
    """The lines on stderr that are not log lines."""
    lines = [line for line in capfd.readouterr().err.splitlines() if not line[1:5].isdecimal()]
    text = "\n".join(lines)
    assert "bug in Layerzoo" not in text
    assert "/layerzoo/" not in text
    assert len(lines) <= 12, text
    return text

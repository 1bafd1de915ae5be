"""A layer type takes a module (and a message where it has fields, and a test): nothing else.

Here it is written into a folder of its own beside the others; then it is listed, explained, built, run,
checked and summed up like any other.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

import layerzoo.layers
from layerzoo.cli.main import main
from layerzoo.layer import LAYERS
from layerzoo.loader import parse_net
from layerzoo.net import Net

MODULE = '''
"""Cube: the third power of its bottom."""

from __future__ import annotations

import torch

from layerzoo.layer import Layer, register


@register
class Cube(Layer):
    """Third power: ``y = x ^ 3``. Shapes: bottom any, top the same. Source: ours."""

    family = "activation"

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x * x * x
'''
NET = """
layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 2 } } }
layer { name: "c" type: "Cube" bottom: "x" top: "y" }
"""


@pytest.fixture
def cube(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The module, in a folder that the package of layers looks into; gone afterwards."""
    (tmp_path / "cube.py").write_text(MODULE)
    monkeypatch.setattr(layerzoo.layers, "__path__", [*layerzoo.layers.__path__, str(tmp_path)])
    LAYERS.__dict__.pop("_modules", None)
    yield
    LAYERS._known.pop("Cube", None)
    LAYERS.__dict__.pop("_modules", None)
    sys.modules.pop("layerzoo.layers.cube", None)


@pytest.mark.usefixtures("cube")
def test_one_module_is_enough(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    net = Net(parse_net(NET))
    x = torch.tensor([2.0, -3.0], requires_grad=True)
    y = net(x)["y"]
    assert y.tolist() == [8, -27]
    y.sum().backward()
    assert x.grad is not None
    assert x.grad.tolist() == [12, 27]

    assert main(["list", "layers"]) == 0
    listed = [line.split(maxsplit=2) for line in capsys.readouterr().out.splitlines()]
    assert ["Cube", "own", "Third power: y = x ^ 3"] in listed
    assert main(["explain", "Cube"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("Cube: layer type (activation, own)")
    assert 'type: "Cube"' in said
    path = tmp_path / "net.prototxt"
    path.write_text(NET)
    for command in ("check", "summary"):
        assert main([command, "-model", str(path)]) == 0
    assert "Cube" in capsys.readouterr().out


def test_it_was_not_there_before() -> None:
    assert "Cube" not in LAYERS

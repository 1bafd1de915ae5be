"""Layers of one's own on the command line: how mistakes in them are told."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from layerzoo import user_code
from layerzoo.cli.main import main
from layerzoo.layer import LAYERS

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
FUNCTION = """
class Doubled(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 2
    @staticmethod
    def backward(ctx, diff):
        return {}
"""


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Write the user's module; what importing it leaves behind is undone."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setattr(user_code, "_known", set())
    monkeypatch.setattr(user_code, "_layers", {})
    (tmp_path / "net.prototxt").write_text(NET)
    (tmp_path / "solver.prototxt").write_text(SOLVER)

    def write(text: str) -> None:
        (tmp_path / "own_for_test.py").write_text(text)

    yield write
    for name in [name for name in sys.modules if name.partition(".")[0] == "own_for_test"]:
        del sys.modules[name]
    LAYERS._known.pop("OwnForTest", None)


def train(*arguments: str) -> int:
    return main(
        ["train", "-solver", "solver.prototxt", "-gpu", "none", "-allow_python", "own_for_test", *arguments]
    )


def test_a_registered_layer_trains_by_its_name(write: Callable[[str], None], tmp_path: Path) -> None:
    write(HEAD + FORWARD)
    assert train() == 0
    assert (tmp_path / "s.run/iter_2/weights.safetensors").exists()


def made_in_init(line: str) -> str:
    return f"    def __init__(self, param, bottom_shapes=()):\n        {line}\n{FORWARD}"


MISTAKES = {
    "two tops": (
        "    def forward(self, x):\n        return x, x\n",
        "returned a tuple of 2; expected a tensor of",
    ),
    "a list": (
        "    def forward(self, x):\n        return [x]\n",
        "returned a list of 1; expected a tensor of shape (4, 2)",
    ),
    "None": (
        "    def forward(self, x):\n        x * 2\n",
        "returned None; expected a tensor of shape (4, 2)",
    ),
    "an array": (
        "    def forward(self, x):\n        return x.detach().numpy()\n",
        "returned a numpy.ndarray; expected a tensor of shape (4, 2)",
    ),
    "another shape": (
        "    def forward(self, x):\n        return x.sum(1)\n",
        "returned top 0 ('z') of shape (4,); top_shapes says (4, 2)",
    ),
    "integers": (
        "    def forward(self, x):\n        return x.long()\n",
        "returned top 0 ('z') as int64; expected",
    ),
    "float64": ("    def forward(self, x):\n        return x.double()\n", "returned top 0 ('z') as float64"),
    "another device": (
        "    def forward(self, x):\n        return x.to('meta')\n",
        "returned top 0 ('z') on meta; its bottoms are on cpu",
    ),
    "a bottom written over": (
        "    def forward(self, x):\n        x.data.mul_(2)\n        x += 1\n        return x * 1\n",
        "overwrites bottom 0, which other layers may use",
    ),
    "a saved tensor written over": (
        "    def forward(self, x):\n        y = x.exp()\n        y += 1\n        return y\n",
        "overwrites a tensor that the gradient of ExpBackward0 needs",
    ),
    "an exception in forward": (
        "    def forward(self, x):\n        return x @ torch.zeros(7, 7)\n",
        "in forward\n    return x @ torch.zeros(7, 7)\nRuntimeError: ",
    ),
    "an exception in init": (
        made_in_init("super().__init__(param, bottom_shapes); self.a = [][1]"),
        "IndexError",
    ),
    "no super": (
        made_in_init("pass"),
        "OwnForTest.__init__ has to begin with super().__init__(param, bottom_shapes)",
    ),
    "an init of other arguments": (
        f"    def __init__(self, param):\n        super().__init__(param)\n{FORWARD}",
        "OwnForTest.__init__ takes (self, param); expected (self, param, bottom_shapes=())",
    ),
    "an exception in top_shapes": (
        f"    @classmethod\n    def top_shapes(cls, param, bottoms):\n        return [bottoms[1]]\n{FORWARD}",
        "in top_shapes\n    return [bottoms[1]]\nIndexError: list index out of range\nin layer 'own' (",
    ),
    "top_shapes gives None": (
        f"    @classmethod\n    def top_shapes(cls, param, bottoms):\n        pass\n{FORWARD}",
        "layer type 'OwnForTest': top_shapes gave None; expected a list of 1 shape",
    ),
    "top_shapes gives a shape": (
        f"    @classmethod\n    def top_shapes(cls, param, bottoms):\n        return bottoms[0]\n{FORWARD}",
        "layer type 'OwnForTest': top_shapes gave 4 as a shape",
    ),
    "top_shapes is no class method": (
        f"    def top_shapes(self, param, bottoms):\n        return bottoms\n{FORWARD}",
        "OwnForTest.top_shapes is no class method; write @classmethod above it",
    ),
    "an exception in param_shapes": (
        "    @classmethod\n    def param_shapes(cls, param, bottoms):\n        return [OwnParam('w')]\n"
        + FORWARD,
        "in param_shapes\n    return [OwnParam('w')]\nTypeError",
    ),
    "param_shapes gives shapes": (
        f"    @classmethod\n    def param_shapes(cls, param, bottoms):\n        return [(3,)]\n{FORWARD}",
        "layer type 'OwnForTest': param_shapes gave [(3,)]; expected a list of OwnParam(name, shape)",
    ),
    "no forward": ("    pass\n", "class OwnForTest has no method forward(self, *bottoms)"),
    "forward of two bottoms": (
        "    def forward(self, x, y):\n        return x\n",
        "OwnForTest.forward takes (self, x, y), and the class says 1 bottom",
    ),
    "a syntax error": (
        "    def forward(self, x)\n        return x\n",
        "own_for_test.py:9: SyntaxError: expected ':'",
    ),
    "an error at import": (
        FORWARD + "\nmissing + 1\n",
        "own_for_test.py:12: in <module>\n    missing + 1\nNameError",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_in_a_few_lines(
    mistake: str, write: Callable[[str], None], capfd: pytest.CaptureFixture[str]
) -> None:
    body, expected = MISTAKES[mistake]
    write(HEAD + body)
    assert train() in {1, 2}
    said = told(capfd)
    assert expected in said
    assert "own_for_test.py:" in said or "net.prototxt:" in said


BACKWARD = {
    "an exception": (
        "diff @ torch.zeros(5, 5)",
        "in backward\n    return diff @ torch.zeros(5, 5)\nRuntimeError: ",
    ),
    "too many gradients": ("diff, diff", "incorrect number of gradients (expected 1, got 2)"),
    "a gradient of another shape": ("diff[0]", "invalid gradient at index 0 - got [2]"),
}


@pytest.mark.parametrize("mistake", BACKWARD)
def test_a_mistake_in_a_backward_of_ones_own(
    mistake: str, write: Callable[[str], None], capfd: pytest.CaptureFixture[str]
) -> None:
    returned, expected = BACKWARD[mistake]
    body = "    def forward(self, x):\n        return Doubled.apply(x)\n"
    write(HEAD + body + FUNCTION.format(returned))
    assert train() == 1
    said = told(capfd)
    assert expected in said
    assert "own_for_test.py:" in said


@pytest.mark.parametrize("name", ["ReLU", "Convolution"])
def test_a_name_that_is_taken(
    name: str, write: Callable[[str], None], capfd: pytest.CaptureFixture[str]
) -> None:
    write((HEAD + FORWARD).replace("OwnForTest", name))
    assert train() == 2
    assert f"own_for_test.py:7: layer type '{name}' is already registered by layerzoo.layers." in told(capfd)


@pytest.mark.parametrize("command", ["test", "check", "summary", "time"])
def test_other_commands_tell_it_alike(
    command: str, write: Callable[[str], None], capfd: pytest.CaptureFixture[str]
) -> None:
    body = "    @classmethod\n    def top_shapes(cls, param, bottoms):\n        return bottoms.shape\n"
    write(HEAD + body + FORWARD)
    assert main([command, "-model", "net.prototxt", "-allow_python", "own_for_test"]) == 1
    assert "in top_shapes\n    return bottoms.shape\nAttributeError" in told(capfd)


def test_a_module_that_is_not_there(write: Callable[[str], None], capfd: pytest.CaptureFixture[str]) -> None:
    write(HEAD + FORWARD)
    assert main(["check", "-model", "net.prototxt", "-allow_python", "own_for_tests"]) == 2
    where = "in the working folder or on PYTHONPATH"
    assert told(capfd) == f"error: no module 'own_for_tests' {where}; did you mean 'own_for_test'?"


def told(capfd: pytest.CaptureFixture[str]) -> str:
    """What was said of an error: the lines that are no log."""
    lines = [line for line in capfd.readouterr().err.splitlines() if not line[1:5].isdecimal()]
    text = "\n".join(lines)
    assert "bug of Layerzoo" not in text
    assert "/layerzoo/" not in text
    assert len(lines) <= 12, text
    return text


def test_list_and_explain_know_them(write: Callable[[str], None], capfd: pytest.CaptureFixture[str]) -> None:
    write(HEAD + '    """Doubled."""\n\n' + FORWARD)
    own = ["-allow_python", "own_for_test"]
    assert main(["list", "layers", *own]) == 0
    assert "Doubled" in capfd.readouterr().out
    assert main(["explain", "OwnForTest", *own]) == 0
    assert "OwnForTest: layer type (other, own)" in capfd.readouterr().out


def test_an_unknown_type_names_the_flag(
    write: Callable[[str], None], capfd: pytest.CaptureFixture[str]
) -> None:
    write(HEAD + FORWARD)
    assert main(["check", "-model", "net.prototxt"]) == 2
    assert "-allow_python MODULE" in capfd.readouterr().err


SQUARE = "    def forward(self, x):\n        return x * x\n"


def test_check_layer_says_what_is_kept(
    write: Callable[[str], None], capfd: pytest.CaptureFixture[str]
) -> None:
    write(HEAD + SQUARE)
    assert main(["check", "-layer", "own_for_test.OwnForTest"]) == 0
    out = capfd.readouterr().out.splitlines()
    assert out[0] == "own_for_test.py:7: OwnForTest, on bottoms [(3, 4)]"
    assert len(out) == 11
    assert all(line.endswith(" ok") for line in out[1:])
    assert main(["check", "-layer", "own_for_test.OwnForTest", "-model", "net.prototxt"]) == 0
    assert capfd.readouterr().out.splitlines()[0].endswith("on bottoms [(4, 2)]")


def test_check_layer_says_what_is_broken(
    write: Callable[[str], None], capfd: pytest.CaptureFixture[str]
) -> None:
    write(HEAD + "    def forward(self, x):\n        return x + torch.rand(1)\n")
    assert main(["check", "-layer", "own_for_test.OwnForTest"]) == 1
    said = capfd.readouterr()
    assert "  determinism       WRONG: two passes over the same bottoms differ" in said.out
    assert said.err == "error: 1 of the promises is broken\n"


def test_check_layer_shows_what_the_class_raises(
    write: Callable[[str], None], capfd: pytest.CaptureFixture[str]
) -> None:
    write(HEAD + "    def forward(self, x):\n        return x @ torch.zeros(9, 9)\n")
    assert main(["check", "-layer", "own_for_test.OwnForTest"]) == 1
    out = capfd.readouterr().out
    assert "WRONG: own_for_test.py:10: in forward" in out
    assert "/layerzoo/" not in out


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("OwnForTest", "expected a module and a class in it"),
        ("own_for_test.Other", "module 'own_for_test' has no class 'Other'"),
        ("own_for_test.OwnParam", "own_for_test.OwnParam is no layer"),
        ("own_for_tests.Own", "no module 'own_for_tests'"),
        ("own_for_test.Plain", "own_for_test.Plain is not registered"),
    ],
)
def test_check_layer_of_what_is_none(
    path: str, message: str, write: Callable[[str], None], capfd: pytest.CaptureFixture[str]
) -> None:
    write(HEAD + SQUARE + "\nclass Plain(layerzoo.Layer):\n" + SQUARE)
    assert main(["check", "-layer", path]) == 2
    assert message in capfd.readouterr().err

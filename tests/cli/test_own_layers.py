"""Layers of the user's own on the command line: how mistakes in them are reported."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from layerzoo.cli.main import main
from tests.cli.own_layers import FORWARD, HEAD, error_report, train

FUNCTION = """
class Doubled(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return x * 2
    @staticmethod
    def backward(ctx, diff):
        return {}
"""


def test_registered_layer_trains_by_its_name(write: Callable[[str], None], tmp_path: Path) -> None:
    write(HEAD + FORWARD)
    assert train() == 0
    assert (tmp_path / "s.run/iter_2/weights.safetensors").exists()


def with_init(line: str) -> str:
    """The body of a class with a line in ``__init__``."""
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
        with_init("super().__init__(param, bottom_shapes); self.a = [][1]"),
        "IndexError",
    ),
    "no super": (
        with_init("pass"),
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
        "OwnForTest.top_shapes is not a class method; write @classmethod above it",
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
def test_mistakes_are_reported_in_a_few_lines(
    mistake: str, write: Callable[[str], None], capfd: pytest.CaptureFixture[str]
) -> None:
    body, expected = MISTAKES[mistake]
    write(HEAD + body)
    assert train() in {1, 2}
    report = error_report(capfd)
    assert expected in report
    assert "own_for_test.py:" in report or "net.prototxt:" in report


BACKWARD = {
    "an exception": (
        "diff @ torch.zeros(5, 5)",
        "in backward\n    return diff @ torch.zeros(5, 5)\nRuntimeError: ",
    ),
    "too many gradients": ("diff, diff", "incorrect number of gradients (expected 1, got 2)"),
    "a gradient of another shape": ("diff[0]", "invalid gradient at index 0 - got [2]"),
}


@pytest.mark.parametrize("mistake", BACKWARD)
def test_mistakes_in_backward_are_reported_in_a_few_lines(
    mistake: str, write: Callable[[str], None], capfd: pytest.CaptureFixture[str]
) -> None:
    returned, expected = BACKWARD[mistake]
    body = "    def forward(self, x):\n        return Doubled.apply(x)\n"
    write(HEAD + body + FUNCTION.format(returned))
    assert train() == 1
    report = error_report(capfd)
    assert expected in report
    assert "own_for_test.py:" in report


@pytest.mark.parametrize("name", ["ReLU", "Convolution"])
def test_taken_name_is_refused(
    name: str, write: Callable[[str], None], capfd: pytest.CaptureFixture[str]
) -> None:
    write((HEAD + FORWARD).replace("OwnForTest", name))
    assert train() == 2
    assert (
        f"own_for_test.py:7: layer type '{name}' is already registered by layerzoo.layers."
        in error_report(capfd)
    )


@pytest.mark.parametrize("command", ["test", "check", "summary", "time"])
def test_other_commands_report_mistakes_too(
    command: str, write: Callable[[str], None], capfd: pytest.CaptureFixture[str]
) -> None:
    body = "    @classmethod\n    def top_shapes(cls, param, bottoms):\n        return bottoms.shape\n"
    write(HEAD + body + FORWARD)
    assert main([command, "-model", "net.prototxt", "-allow_python", "own_for_test"]) == 1
    assert "in top_shapes\n    return bottoms.shape\nAttributeError" in error_report(capfd)


def test_missing_module_is_an_error(write: Callable[[str], None], capfd: pytest.CaptureFixture[str]) -> None:
    write(HEAD + FORWARD)
    assert main(["check", "-model", "net.prototxt", "-allow_python", "own_for_tests"]) == 2
    where = "in the working folder or on PYTHONPATH"
    assert error_report(capfd) == f"error: no module 'own_for_tests' {where}; did you mean 'own_for_test'?"


def test_list_and_explain_show_own_layers(
    write: Callable[[str], None], capfd: pytest.CaptureFixture[str]
) -> None:
    write(HEAD + '    """Doubled."""\n\n' + FORWARD)
    own = ["-allow_python", "own_for_test"]
    assert main(["list", "layers", *own]) == 0
    assert "Doubled" in capfd.readouterr().out
    assert main(["explain", "OwnForTest", *own]) == 0
    assert "OwnForTest: layer type (other, own)" in capfd.readouterr().out


def test_unknown_type_error_names_the_flag(
    write: Callable[[str], None], capfd: pytest.CaptureFixture[str]
) -> None:
    write(HEAD + FORWARD)
    assert main(["check", "-model", "net.prototxt"]) == 2
    assert "-allow_python MODULE" in capfd.readouterr().err

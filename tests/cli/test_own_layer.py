"""``layerzoo check -layer``."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from layerzoo.cli.main import main
from tests.cli.own_layers import HEAD

SQUARE = "    def forward(self, x):\n        return x * x\n"


def test_check_layer_prints_passed_tests(
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


def test_check_layer_prints_failed_tests(
    write: Callable[[str], None], capfd: pytest.CaptureFixture[str]
) -> None:
    write(HEAD + "    def forward(self, x):\n        return x + torch.rand(1)\n")
    assert main(["check", "-layer", "own_for_test.OwnForTest"]) == 1
    captured = capfd.readouterr()
    assert "  determinism       WRONG: two passes over the same bottoms differ" in captured.out
    assert captured.err == "error: 1 test failed\n"


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
        ("OwnForTest", "expected MODULE.CLASS, such as"),
        ("own_for_test.Other", "module 'own_for_test' has no class 'Other'"),
        ("own_for_test.OwnParam", "own_for_test.OwnParam is not a layer"),
        ("own_for_tests.Own", "no module 'own_for_tests'"),
        ("own_for_test.Plain", "own_for_test.Plain is not registered"),
    ],
)
def test_check_layer_usage_errors(
    path: str, message: str, write: Callable[[str], None], capfd: pytest.CaptureFixture[str]
) -> None:
    write(HEAD + SQUARE + "\nclass Plain(layerzoo.Layer):\n" + SQUARE)
    assert main(["check", "-layer", path]) == 2
    assert message in capfd.readouterr().err

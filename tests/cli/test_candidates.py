"""Candidates for the next word of a command line."""

from __future__ import annotations

import pytest

from layerzoo.cli.candidates import candidates
from layerzoo.cli.main import layerzoo


def values(*args: str) -> list[str]:
    return [item.value for item in candidates(layerzoo, args[:-1], args[-1])]


def kinds(*args: str) -> set[str]:
    return {item.type for item in candidates(layerzoo, args[:-1], args[-1])}


def test_commands_come_with_their_first_sentence() -> None:
    (item,) = candidates(layerzoo, [], "summ")
    assert (item.value, item.help) == (
        "summary",
        "Print a net's layers, shapes, params and multiply-adds as a table.",
    )
    assert "ls" in values("zoo", "")
    assert values("zoo", "ver") == ["verify"]
    assert values("no_such_command", "") == []


def test_flags_are_those_of_the_command_and_of_the_program() -> None:
    assert values("train", "-so") == ["-solver"]
    assert values("train", "--so") == ["--solver"]
    assert values("check", "-sand") == ["-sandbox"]
    assert "-nojson" in values("runs", "ls", "-no")
    assert values("-sand") == ["-sandbox"]


@pytest.mark.parametrize(
    ("args", "kind"),
    [
        (("train", "-solver", ""), "file"),
        (("summary", "-model", "conf"), "file"),
        (("check", "-all", ""), "dir"),
        (("runs", "show", ""), "dir"),
        (("train", "-solver", "=", "conf"), "file"),
    ],
)
def test_values_that_are_files_are_left_to_the_shell(args: tuple[str, ...], kind: str) -> None:
    assert kinds(*args) == {kind}
    assert values(*args) == [args[-1]]


def test_values_of_choices_follow_a_flag_or_its_equals_sign() -> None:
    assert values("summary", "-phase", "TR") == ["TRAIN"]
    assert values("summary", "-phase=TR") == ["-phase=TRAIN"]
    assert values("summary", "-phase", "=", "TR") == ["TRAIN"]
    assert values("summary", "-phase", "=") == ["TRAIN", "TEST"]


def test_switch_takes_no_value() -> None:
    assert values("check", "-lenient", "-mod") == ["-model"]
    assert values("list", "-json", "lay") == ["layers"]


def test_arguments_are_names_of_their_kind() -> None:
    assert {"Convolution", "ConvolutionParameter"} <= set(values("explain", "Convolutio"))
    assert values("explain", "ConvolutionPa") == ["ConvolutionParameter"]
    assert values("explain", "ConvolutionParameter.kernel_s") == ["ConvolutionParameter.kernel_size"]
    assert values("list", "sol") == ["solvers"]
    assert "lenet-digits" in values("zoo", "info", "lenet")
    assert values("explain", "Convolution", "") == []
    assert "lenet-digits" in values("zoo", "verify", "mlp-digits", "lenet")
